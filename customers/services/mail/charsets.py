"""Bytes to text, whatever the mail claims: wrong, unknown and missing charsets, and what no database takes."""

import re
from collections.abc import Iterator

UNKNOWN = {
    "",
    "x-unknown",
    "unknown-8bit",
    "unknown",
    "default",
    "default_charset",
    "utf-8-mac",
    "binary",
    "x-user-defined",
}
# What is sent under a name is often a larger set that contains it.
LARGER = {
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "gb18030": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "unicode-1-1-utf-7": "utf-7",
    "utf8": "utf-8",
    "utf-8": "utf-8",
}  # fmt: skip
MULTIBYTE = {"gb18030", "big5hkscs", "cp949", "cp932"}
JIS = re.compile(rb"\x1b\$[B@](.*?)(?=\x1b|$)", re.DOTALL)
FEW = 0.3  # of the bytes beyond ASCII may be broken for a text to count as what it claims to be
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def text_of(data: bytes, claimed: str = "") -> str:
    """The text of `data`, of which the sender says that it is in `claimed`. Never raises."""
    for codec in _candidates(data, claimed):
        try:
            text = data.decode(codec)
        except (LookupError, ValueError):  # names of codecs may hold anything
            continue
        return clean(_encoded_once(text, claimed) if codec == "utf-8-sig" else text)
    return clean(_damaged(data, claimed))


def _encoded_once(text: str, claimed: str) -> str:
    """`text`, or what it was before something on the way read it as Latin-1 and wrote it as UTF-8."""
    codec = LARGER.get(claimed.lower(), "")
    if codec not in MULTIBYTE or text.isascii() or not all(sign < "\u0100" for sign in text):
        return text
    try:
        return text.encode("latin-1").decode(codec)
    except UnicodeError:
        return text


def _candidates(data: bytes, claimed: str) -> Iterator[str]:
    """Codecs to try in turn, each strictly. What is valid UTF-8 beyond ASCII is UTF-8, whatever it is called."""
    name = claimed.strip().strip("\"'").lower()
    codec = LARGER.get(name, name)
    if b"\x1b$" in data or b"\x1b(" in data:
        yield from ("iso2022_jp_ext", "iso2022_kr")
        return
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "utf-16"
    if codec not in {"utf-7", "hz", "utf-16", "utf-16le", "utf-16be", "utf-32"}:
        yield "utf-8-sig"
    if name not in UNKNOWN:
        yield codec


def _damaged(data: bytes, claimed: str) -> str:
    """What no codec reads strictly: the claimed one where little is broken, else the likeliest that reads all of it."""
    name = claimed.strip().strip("\"'").lower()
    codec = LARGER.get(name, name)
    beyond = sum(byte > 127 for byte in data) or 1
    if JIS.search(data):  # signs that vendors added, which no codec of ISO-2022-JP has
        return (
            JIS.sub(_as_euc, data).decode("euc_jis_2004", errors="replace").replace("\x1b(B", "").replace("\x1b(J", "")
        )
    if name not in UNKNOWN | {"us-ascii", "ascii"}:
        try:
            text = data.decode(codec, errors="replace")
        except (LookupError, ValueError):  # names of codecs may hold anything
            text = ""
        if text and text.count("\ufffd") <= FEW * beyond:
            return text
    if beyond == 1 or _in_runs(data) * 2 < beyond:  # few signs beyond ASCII, one by one: a language in Latin letters
        return data.decode("cp1252", errors="replace")
    if _is_mostly_utf8(data):
        return data.decode("utf-8", errors="replace")
    try:
        return data.decode("gb18030")
    except UnicodeError:
        return data.decode("cp1252", errors="replace")


def _as_euc(found: re.Match[bytes]) -> bytes:
    return bytes(byte | 0x80 for byte in found[1])


def _in_runs(data: bytes) -> int:
    """How many bytes beyond ASCII stand in runs of four or more, as those of Chinese, Japanese and Korean do."""
    return sum(len(run) for run in re.findall(rb"[\x80-\xff]{4,}", data))


def _is_mostly_utf8(data: bytes) -> bool:
    beyond = sum(byte > 127 for byte in data) or 1
    return data.decode("utf-8", errors="replace").count("\ufffd") <= FEW * beyond


def clean(text: str) -> str:
    """Without what the database or a reader cannot have: NULs, control signs, halves of surrogate pairs."""
    whole = text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
    return CONTROL.sub("", whole.replace("\r\n", "\n").replace("\r", "\n"))


def raw_bytes(text: str) -> bytes:
    """What stood in the mail where the parser could only keep the bytes as surrogates."""
    return text.encode("utf-8", errors="surrogateescape")
