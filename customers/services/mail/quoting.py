"""Where the quoted part of an answer begins: everything stays, and pages fold that part away.

Rules of our own come first, because they know the clients that Chinese customers use and cost the same for any text;
mail-parser-reply is asked about short texts that they find nothing in.
"""

import re

from mailparser_reply import EmailReplyParser

LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "sv", "da", "cs", "ja", "ko", "zh"]
SHORT = 8_000  # characters for which the expressions of the library are affordable
LONGEST_LINE = 240
MOST_LINES = 5_000

# "On Tuesday, Jane wrote:" in the words of many clients; such a line may be broken in two or three.
WROTE = re.compile(
    r"(?:on\b.{4,}\bwrote|am\b.{4,}\bschrieb\b.*|le\b.{4,}\ba écrit|el\b.{4,}\bescribió|il\b.{4,}\bha scritto|op\b.{4,}\bschreef\b.*"
    r"|em\b.{4,}\bescreveu|w dniu\b.{4,}\bnapisał.*|den\b.{4,}\bskrev\b.*|dne\b.{4,}\bnapsal.*|[在于].{2,}(?:写道|寫道|写))\s*[:：]$",
    re.IGNORECASE,
)
WROTE_IN_A_LINE = re.compile(
    r".{4,}(?:\bwrote|写道|寫道|写到|のメール|書きました|님이 작성|\bпишет|\bнаписала?)\s*[:：]$", re.IGNORECASE
)
DATE_LIKE = re.compile(r"\d{1,4}[-/.年]\s?\d{1,2}|\d{1,2}:\d{2}|@|\b(19|20)\d\d\b")
# "----- Original Message -----", "------------------ 原始邮件 ------------------", "---------- Forwarded message ---------".
RULED = re.compile(
    r"^[-_=*\s]{2,}\s*(original|original message|original appointment|forwarded message|begin forwarded message|原始邮件|原始郵件|转发邮件|轉寄郵件|回复的原邮件"
    r"|转发的邮件|ursprüngliche nachricht|message d'origine|mensaje original|messaggio originale|oorspronkelijk bericht|元のメッセージ|원본 메시지)\s*[-_=*\s]{2,}$",
    re.IGNORECASE,
)
REPLIED = re.compile(r"^\W*(回复的原邮件|原始邮件|原始郵件|begin forwarded message:?)\W*$", re.IGNORECASE)
LINE_OF_SIGNS = re.compile(r"^\s*[_-]{8,}\s*$")
FIELD = re.compile(
    r"^[\s*>|]*(from|sent|to|date|subject|cc|reply-to|von|gesendet|an|betreff|datum|de|envoyé|à|objet|enviado|para|asunto|da|inviato|oggetto|van|verzonden|aan|onderwerp"
    r"|发件人|寄件人|寄件者|发送时间|发送日期|寄件日期|日期|时间|收件人|收件者|主题|主旨|抄送|副本|差出人|送信日時|宛先|件名|보낸 사람|보낸사람|받는 사람|제목|날짜|от|отправлено|кому|тема)[*\s]*[:：]",
    re.IGNORECASE,
)  # fmt: skip
FIRST_FIELD = re.compile(
    r"^[\s*|]*(from|von|de|da|van|发件人|寄件人|寄件者|差出人|보낸 사람|보낸사람|от)[*\s]*[:：]", re.IGNORECASE
)
FIELDS_NEEDED = 2
FIELDS_WITHIN = 6
SIGNATURE_LINES = 8  # what may stand below a quote without being the answer


def split_quote(text: str) -> tuple[str, str]:
    """The new part and the quoted part of `text`, which together are `text`. No quote, or nothing but one: all is new."""
    at = _by_rules(text)
    if at is None:
        at = _by_library(text)
    if at is None or not text[:at].strip():
        return text, ""
    return text[:at], text[at:]


def _by_rules(text: str) -> int | None:
    lines = text.split("\n", MOST_LINES)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for number, line in enumerate(lines[:MOST_LINES]):
        if _opens_quote(lines, number):
            return starts[_rule_above(lines, number)] if not _goes_on_below(lines, number, line) else None
    return _trailing(lines, starts)


def _opens_quote(lines: list[str], number: int) -> bool:
    line = lines[number].strip()
    if not line or len(line) > LONGEST_LINE or line.startswith(">"):
        return False
    if RULED.match(line) or REPLIED.match(line):
        return True
    if FIRST_FIELD.match(line):
        following = lines[number : number + FIELDS_WITHIN]
        return sum(bool(FIELD.match(one[:LONGEST_LINE])) for one in following) >= FIELDS_NEEDED
    return _is_wrote(lines, number)


def _is_wrote(lines: list[str], number: int) -> bool:
    """Whether "... wrote:" begins here and ends within three lines, and names a date or an address."""
    joined = ""
    for line in lines[number : number + 3]:
        joined = f"{joined} {line.strip()}".strip()
        if not line.strip() or line.startswith(">") or len(joined) > LONGEST_LINE:
            return False
        if joined.endswith((":", "：")):
            pattern = WROTE_IN_A_LINE if joined == lines[number].strip() else WROTE
            return bool((WROTE.match(joined) or pattern.match(joined)) and DATE_LIKE.search(joined))
    return False


def _rule_above(lines: list[str], number: int) -> int:
    """The line of signs that some clients draw above the fields belongs to the quote."""
    above = number - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and LINE_OF_SIGNS.match(lines[above][:LONGEST_LINE]) else number


def _goes_on_below(lines: list[str], number: int, opening: str) -> bool:
    """Whether the answer stands between quoted lines, or below them: then nothing is folded away."""
    below = [line for line in lines[number + 1 :] if line.strip()]
    marked = [line.lstrip().startswith(">") for line in below]
    if not any(marked) or FIRST_FIELD.match(opening.strip()[:LONGEST_LINE]):
        return False
    last = max(index for index, is_marked in enumerate(marked) if is_marked)
    first = marked.index(True)
    return not all(marked[first : last + 1]) or len(below) - 1 > last + SIGNATURE_LINES


def _trailing(lines: list[str], starts: list[int]) -> int | None:
    """Lines with ">" at the end of the text, with the sentence that opens them in a language not known here."""
    at = len(lines)
    while at and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith(">")):
        at -= 1
    first = next((number for number in range(at, len(lines)) if lines[number].strip()), None)
    if first is None:
        return None
    if at and _leads_in(lines[at - 1].strip()):
        first = at - 1
    return starts[first]


def _leads_in(line: str) -> bool:
    """Whether a line above quoted ones says whom they are of: "вт, 24 нояб. 2026 г. в 10:12, Jane <jane@example.com>:", in any language."""
    return len(line) <= LONGEST_LINE and line.endswith((":", "：")) and len(DATE_LIKE.findall(line)) > 1


def _by_library(text: str) -> int | None:
    if len(text) > SHORT or any(len(line) > LONGEST_LINE for line in text.split("\n")):
        return None
    replies = EmailReplyParser(languages=LANGUAGES).read(text).replies
    if len(replies) < FIELDS_NEEDED:
        return None
    content = (replies[0].content or "").rstrip()
    return len(content) if content and text.startswith(content) else None
