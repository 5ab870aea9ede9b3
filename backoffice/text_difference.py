"""Two texts word by word: what stayed, what went, what came. Chinese is compared character by character."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

TOKEN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]|\w+|\s|[^\w\s]")
LINE = re.compile(r"[^\n]*\n|[^\n]+")
COMPARED_BY_WORD = 4_000
AROUND = 80
LONG = 60

Kind = Literal["same", "removed", "added"]


@dataclass(frozen=True)
class Span:
    kind: Kind
    text: str


def spans(old: str, new: str) -> list[Span]:
    """`old` and `new` in one: what is not added makes up `old`, what is not removed `new`."""
    head, tail = _common(old, new)
    pieces = LINE if len(old) + len(new) - 2 * (head + tail) > COMPARED_BY_WORD * 8 else TOKEN
    before, after = (pieces.findall(text[head : len(text) - tail]) for text in (old, new))
    found: list[Span] = [Span("same", old[:head])] if head else []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=len(before) > COMPARED_BY_WORD).get_opcodes():
        if tag == "equal":
            found.append(Span("same", "".join(before[a:b])))
            continue
        if a < b:
            found.append(Span("removed", "".join(before[a:b])))
        if c < d:
            found.append(Span("added", "".join(after[c:d])))
    if tail:
        found.append(Span("same", old[len(old) - tail :]))
    return list(_joined(found))


def _common(old: str, new: str) -> tuple[int, int]:
    """How much both texts have in common at their start and end, in whole words."""
    most = min(len(old), len(new))
    head = next((i for i in range(most) if old[i] != new[i]), most)
    while head > 0 and (old[head - 1].isalnum() or old[head - 1] == "_"):
        head -= 1
    most -= head
    tail = next((i for i in range(most) if old[-1 - i] != new[-1 - i]), most)
    while tail > 0 and (old[len(old) - tail].isalnum() or old[len(old) - tail] == "_"):
        tail -= 1
    return head, tail


def _joined(found: list[Span]) -> Iterator[Span]:
    """Neighbours of one kind as one; a lone space between two changes belongs to both of them."""
    pending = {"removed": "", "added": ""}
    for place, span in enumerate(found):
        is_gap = span.kind == "same" and not span.text.strip() and "\n" not in span.text
        if is_gap and 0 < place < len(found) - 1 and all(pending.values()):
            pending = {kind: text + span.text for kind, text in pending.items()}
        elif span.kind == "same":
            yield from (Span(kind, text) for kind, text in pending.items() if text)  # type: ignore[arg-type]
            pending = {"removed": "", "added": ""}
            yield span
        else:
            pending[span.kind] += span.text
    yield from (Span(kind, text) for kind, text in pending.items() if text)  # type: ignore[arg-type]


def marked(old: str, new: str) -> SafeString:
    """One text with <del> and <ins>, each said aloud as well; long stretches without a change are left out."""
    found = spans(old, new)
    last = len(found) - 1
    return format_html_join("", "{}", ((_html(span, place == 0, place == last),) for place, span in enumerate(found)))


def _html(span: Span, first: bool, last: bool) -> SafeString:
    if span.kind == "removed":
        return format_html('<del><span class="visually-hidden">{} </span>{}</del>', _("removed:"), _visible(span.text))
    if span.kind == "added":
        return format_html('<ins><span class="visually-hidden">{} </span>{}</ins>', _("added:"), _visible(span.text))
    return _visible(_shortened(span.text, first, last))


def _visible(text: str) -> SafeString:
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in text.split("\n")))


def _shortened(text: str, first: bool, last: bool) -> str:
    """The ends of a long stretch that lie beside a change."""
    if first and last:
        return text
    keep = (2 - first - last) * AROUND
    if len(text) <= keep + AROUND:
        return text
    return f"{'' if first else text[:AROUND]} … {'' if last else text[-AROUND:]}"


def beside(one: Any, other: Any) -> tuple[SafeString, SafeString]:
    """Both for showing side by side; in long texts the words that differ are marked."""
    if not (isinstance(one, str) and isinstance(other, str)) or max(len(one), len(other)) < LONG:
        return conditional_escape(one), conditional_escape(other)
    found = spans(one, other)
    return _side(found, "removed"), _side(found, "added")


def _side(found: list[Span], kind: Kind) -> SafeString:
    mine = [span for span in found if span.kind in ("same", kind)]
    shapes = {"same": "{}", kind: "<mark>{}</mark>"}
    last = len(mine) - 1
    return format_html_join(
        "",
        "{}",
        (
            (
                format_html(
                    shapes[span.kind],
                    _visible(span.text if span.kind != "same" else _shortened(span.text, place == 0, place == last)),
                ),
            )
            for place, span in enumerate(mine)
        ),
    )
