"""Reports about mail that did not arrive: RFC 3464 and what servers send instead."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from customers.services.mail import headers
from customers.services.mail.charsets import clean
from customers.services.mail.headers import ADDRESS, MESSAGE_ID
from customers.services.mail.parsing import Mail, bytes_in, inside, parts_of, text_in

ROBOT = re.compile(
    r"(mailer-?daemon|postmaster|mail ?delivery (sub)?system|mail delivery system|mdaemon|microsoftexchange)",
    re.IGNORECASE,
)
SUBJECT = re.compile(
    r"(undeliver|delivery (status notification|failure|has failed|report|error)|returned mail|mail (delivery )?failed|failure notice|delivery incomplete|could not send message"
    r"|non remis|unzustellbar|zustellung|退信|系统退信|无法(送达|投递)|未送达|投递失败|配信不能|送信エラー|배달 (실패|불가))",
    re.IGNORECASE,
)  # fmt: skip
STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
CODE = re.compile(r"\b([45])\d\d[ -]")
DELAY = re.compile(
    r"(delay|still undelivered|will (keep|retry|be retried)|warning message only|not yet been delivered|延迟)",
    re.IGNORECASE,
)
# Where the mail that did not arrive begins in the text of a report.
ORIGINAL = re.compile(
    r"^[-\s>#*]*(original message( headers)?|message headers follow|returned message|header of the (original|undelivered) message|below this line is a copy of the message"
    r"|this is a copy of (the|your) message.*|原邮件.*|以下是.*(邮件|信头).*)[-\s:.*]*$",
    re.IGNORECASE | re.MULTILINE,
)  # fmt: skip
LONGEST_TEXT = 200_000


@dataclass(frozen=True)
class Failure:
    """One recipient that a report is about: `status` such as "5.1.1", what the server said."""

    email: str
    status: str
    said: str


@dataclass(frozen=True)
class Report:
    """kind: "failed", "delayed", "delivered" or "complaint". `about` are the Message-IDs of what it is about, as text."""

    kind: str
    failures: list[Failure]
    about: str
    original_ids: list[str]

    @property
    def is_final(self) -> bool:
        return self.kind == "failed"

    @property
    def gone(self) -> list[str]:
        """Addresses that do not exist any more, other than those whose mailbox is full, say."""
        return [
            one.email
            for one in self.failures
            if self.is_final and one.email and one.status.startswith(("5.1.", "5.0."))
        ]


def report_in(mail: Mail) -> Report | None:
    """What the mail reports; None when it is no report."""
    source = mail.source
    parts = parts_of(source)
    kinds = {part.get_content_type() for part in parts}
    if "message/feedback-report" in kinds or "feedback-report" in str(source.get_param("report-type") or ""):
        return Report("complaint", [], _about(mail, parts), _original_ids(mail, parts))
    is_report = source.get_content_type() == "multipart/report" or "message/delivery-status" in kinds
    if not (is_report or _reads_like_one(mail)):
        return None
    failures = list(_listed(parts)) or list(_told(mail))
    actions = {action for action, _failure in failures}
    if not actions:
        actions = {"delayed" if DELAY.search(f"{mail.subject}\n{mail.body[:LONGEST_TEXT]}") else "failed"}
    kind = "failed" if "failed" in actions else "delayed" if "delayed" in actions else "delivered"
    return Report(kind, [failure for _action, failure in failures], _about(mail, parts), _original_ids(mail, parts))


def _reads_like_one(mail: Mail) -> bool:
    """A report without the form of one: from a mail system, with no way back, and about something that failed."""
    source = mail.source
    if source.get("X-Failed-Recipients"):
        return True
    named = f"{headers.text(source, 'From')} {headers.text(source, 'Sender')}"
    is_robot = bool(ROBOT.search(named))
    by_robot = is_robot or headers.text(source, "Return-Path") == "<>"
    return (
        by_robot
        and bool(SUBJECT.search(mail.subject))
        and bool(is_robot or STATUS.search(mail.body) or CODE.search(mail.body) or ADDRESS.search(mail.body))
    )


def _listed(parts: list[Message]) -> Iterator[tuple[str, Failure]]:
    """The recipients of the part made for machines, each with its action."""
    for part in parts:
        if part.get_content_type() != "message/delivery-status":
            continue
        for group in inside(part):
            given = headers.text(group, "Original-Recipient") or headers.text(group, "Final-Recipient")
            if given:
                action = headers.text(group, "Action").lower().partition(" ")[0]
                status = STATUS.search(headers.text(group, "Status"))
                said = headers.text(group, "Diagnostic-Code").partition(";")
                yield (
                    action if action in {"failed", "delayed"} else "delivered",
                    Failure(_address(given), status[1] if status else "", (said[2] or said[0]).strip()[:300]),
                )


def _told(mail: Mail) -> Iterator[tuple[str, Failure]]:
    """The recipients and the reason as the text tells people."""
    text = ORIGINAL.split(mail.body[:LONGEST_TEXT], maxsplit=1)[0]
    named = headers.people(mail.source, "X-Failed-Recipients")
    emails = [one.email for one in named] or list(dict.fromkeys(_address(found) for found in ADDRESS.findall(text)[:1]))
    status = STATUS.search(text)
    code = CODE.search(text)
    lines = [line.strip() for line in text.split("\n")]
    line = max(lines, key=lambda one: bool(CODE.search(one)) * 2 + bool(STATUS.search(one)), default="")
    is_delay = bool(DELAY.search(f"{mail.subject}\n{text}")) and not (code and code[1] == "5")
    for email in emails:
        yield "delayed" if is_delay else "failed", Failure(email, status[1] if status else "", line[:300])


def _address(given: str) -> str:
    found = ADDRESS.search(given.rpartition(";")[2])
    return found[0].lower() if found else ""


def _about(mail: Mail, parts: list[Message]) -> str:
    """Everything in which a Message-ID or a plus address of ours may stand."""
    texts = [mail.body[:LONGEST_TEXT], " ".join(mail.references)]
    for part in parts:
        if part.get_content_maintype() == "message" or part.get_content_type() == "text/rfc822-headers":
            texts.append(clean(bytes_in(part)[:LONGEST_TEXT].decode("utf-8", errors="replace")))
        elif part.get_content_type() == "text/html":
            texts.append(text_in(part)[:LONGEST_TEXT])
    return "\n".join(texts)


def _original_ids(mail: Mail, parts: list[Message]) -> list[str]:
    """Message-IDs of the mail that did not arrive, from the copy of its headers, the most certain first."""
    found: list[str] = []
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            found += [one for inner in inside(part) for one in headers.message_ids(inner, "Message-ID")]
        elif part.get_content_type() == "text/rfc822-headers":
            found += re.findall(r"^Message-ID:\s*(<[^<>\s]+>)", text_in(part), re.IGNORECASE | re.MULTILINE)
    pieces = ORIGINAL.split(mail.body[:LONGEST_TEXT], maxsplit=1)
    if len(pieces) > 1:
        found += re.findall(r"^Message-ID:\s*(<[^<>\s]+>)", pieces[-1], re.IGNORECASE | re.MULTILINE)
    return list(dict.fromkeys([*found, *MESSAGE_ID.findall(" ".join(mail.references))]))
