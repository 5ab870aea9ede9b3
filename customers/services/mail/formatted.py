"""HTML of mails: what of it is shown, what its text is, and the pictures that wait for a click."""

import re
from collections.abc import Mapping
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import nh3

TAGS = {
    "a", "abbr", "b", "big", "blockquote", "br", "caption", "center", "cite", "code", "dd", "del", "div", "dl", "dt", "em", "font",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol", "p", "pre", "q", "s", "small", "span", "strike", "strong",
    "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
DROPPED = {"script", "style", "title", "svg", "math", "iframe", "object"}
LONGEST = 2_000_000
LONGEST_SHOWN = 300_000
MOST_LINKS = 2_000
PICTURE = re.compile(r"<img\b([^>]*)>")
SOURCE = re.compile(r'\bsrc="([^"]*)"')
OWN = "cid:sha256-"
ALT = re.compile(r'\balt="([^"]*)"')


def sanitised(html: str) -> str:
    """What may be kept of the HTML of a mail: no script, style, form, frame, or address but of the web, mail and phone."""
    if len(html) > LONGEST or html.count("<a ") > MOST_LINKS:
        return ""
    kept = nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=DROPPED,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    return kept if len(kept) <= LONGEST_SHOWN else ""


def bound(html: str, digests: Mapping[str, str]) -> str:
    """Sanitised HTML whose own pictures (`cid:`) are named by the SHA-256 of the file instead, which nobody can guess wrong."""

    def named(found: re.Match[str]) -> str:
        scheme, _colon, name = unescape(found[1]).partition(":")
        digest = digests.get(unquote(name)) if scheme == "cid" else None
        return f'src="{OWN}{digest}"' if digest else found[0]

    return PICTURE.sub(lambda tag: SOURCE.sub(named, tag[0]), html) if digests else html


def shown(html: str, *, with_pictures: bool, own: Mapping[str, str] | None = None) -> str:
    """Sanitised HTML for the page: pictures of other servers become a word unless they are asked for.

    own: addresses here of the pictures that came with the mail, by their SHA-256.
    """

    def picture(found: re.Match[str]) -> str:
        source, alt = SOURCE.search(found[1]), ALT.search(found[1])
        address = source[1] if source else ""
        if with_pictures and _origin(address):
            return found[0]
        here = (own or {}).get(address.removeprefix(OWN)) if address.startswith(OWN) else None
        if here:
            return f'<img src="{escape(here)}" alt="{alt[1] if alt else ""}" loading="lazy">'
        return f'<span class="picture">[{alt[1] if alt and alt[1].strip() else "…"}]</span>'

    return PICTURE.sub(picture, html)


def picture_origins(html: str) -> list[str]:
    """The servers that pictures would be loaded from: `https://host`, each once."""
    origins = (_origin(found[1]) for tag in PICTURE.finditer(html) if (found := SOURCE.search(tag[1])))
    return list(dict.fromkeys(origin for origin in origins if origin))


def _origin(address: str) -> str:
    """ "https://host" of an encrypted address of the web, else ""."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    if parts.scheme != "https" or not re.fullmatch(r"[a-z0-9.-]{1,200}", host):
        return ""
    return f"https://{host}:{port}" if port else f"https://{host}"


class _Reader(HTMLParser):
    """Collects the text: blocks end lines, quotes begin them with ">", links keep where they lead."""

    BLOCKS = {"address", "article", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "form", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul"}  # fmt: skip

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.quoted = 0
        self.silent = 0
        self.href = ""
        self.preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "body":
            self.silent = 0
        elif tag in DROPPED:
            self.silent += 1
        elif tag == "br":
            self.break_line(even_empty=True)
        elif tag in self.BLOCKS:
            self.break_line()
        if tag == "blockquote":
            self.quoted += 1
        elif tag == "li":
            self.add("- ")
        elif tag in {"td", "th"} and self.lines[-1].strip("> "):
            self.add(" ")
        elif tag == "a":
            self.href = (given.get("href") or "").strip()
        elif tag == "pre":
            self.preformatted += 1
        elif tag == "img" and (given.get("alt") or "").strip():
            self.add(f"[{(given['alt'] or '').strip()}]")

    def handle_endtag(self, tag: str) -> None:
        if tag in DROPPED:
            self.silent = max(0, self.silent - 1)
        if tag == "a" and self.href.startswith(("http://", "https://")):
            if self.href.partition("://")[2].strip("/") not in self.lines[-1]:
                self.add(f" <{self.href[:500]}>")
            self.href = ""
        if tag in self.BLOCKS:
            self.break_line()
        if tag == "p":
            self.break_line(even_empty=True)
        if tag == "blockquote":
            self.quoted = max(0, self.quoted - 1)
        elif tag == "pre":
            self.preformatted = max(0, self.preformatted - 1)

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        if self.preformatted:
            first, *rest = data.split("\n")
            self.add(first)
            for line in rest:
                self.break_line(even_empty=True)
                self.add(line)
        else:
            self.add(re.sub(r"[ \t\n\r\f]+", " ", data))

    def add(self, text: str) -> None:
        if self.silent:
            return
        if not self.lines[-1]:
            text = text if self.preformatted else text.lstrip(" ")
            if text:
                self.lines[-1] = "> " * min(self.quoted, 5) + text
        elif not (text.startswith(" ") and self.lines[-1].endswith(" ")):
            self.lines[-1] += text
        else:
            self.lines[-1] += text.lstrip(" ")

    def break_line(self, *, even_empty: bool = False) -> None:
        if self.silent:
            return
        if self.lines[-1] or even_empty:
            self.lines.append("")


def text_of_html(html: str) -> str:
    """The text of a mail that has HTML alone."""
    reader = _Reader()
    reader.feed(html[:LONGEST])
    reader.close()
    lines = [line.replace("\xa0", " ").rstrip() for line in reader.lines]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def is_html(text: str) -> bool:
    """Whether a text that calls itself plain is HTML after all."""
    start = re.match(r"\s*<(!doctype html|html|body|div|p|table|br|span|font)\b", text[:2000], re.IGNORECASE)
    return bool(start) and "</" in text
