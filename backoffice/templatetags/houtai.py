"""Tags and filters of every template (a builtin library: nothing to load).

{% icon "box" %}                        a shape of the sprite, decorative; {% icon "box" label=_("Product") %} speaks
{% badge order.get_status_display order.status %}   status in words, coloured by the status value
{% querystring ... %} is Django's own; {% field form.name %} draws a label, its control, help and errors
{{ amount|money:currency }}  {{ text|references }}  {{ moment|relative }}  {{ value|tone }}  {{ quantity|plain_number }}
"""

import re
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import nh3
from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Textarea
from django.http import QueryDict
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice import money as money_module
from backoffice import references, text_difference, verbs

register = template.Library()

MARKUP = re.compile(r"</?(?:p|br|div|span|ul|ol|li|h[1-6]|b|strong|em|i|a|img|table|blockquote)\b[^>]*>", re.IGNORECASE)
EMPTY = re.compile(r"<(p|div|li)>(?:\s|&nbsp;|<br>)*</\1>", re.IGNORECASE)
HEADING = re.compile(r"<(/?)h[1-6]\b[^>]*>", re.IGNORECASE)
KEPT_TAGS = {
    "p",
    "br",
    "div",
    "ul",
    "ol",
    "li",
    "b",
    "strong",
    "em",
    "i",
    "blockquote",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}

TONES = {
    "good": "active published approved captured executed paid fulfilled delivered received completed done solved succeeded applied ok won"
    " accepted matched resellable in_stock posted true",
    "info": "placed open new scheduled sent in_progress doing running granted allocated picking packed shipped in_transit reserved"
    " announced confirmed ordered counting invited",
    "warn": "pending in_review review on_hold held partial partially_paid partially_fulfilled partially_refunded partially_received"
    " partially_returned requested asked awaiting due low waiting authorized unpaid unfulfilled todo checked backordered silent high",
    "bad": "failed refused rejected overdue breached missing damaged lost churning out_of_stock error"
    " expired disputed urgent spam voided short",
}
TONE = {word: tone for tone, words in TONES.items() for word in words.split()}


def tone_of(value: Any) -> str:
    """The colour family of a status value: good, info, warn, bad or neutral."""
    return TONE.get(str(value).lower().replace(" ", "_").replace("-", "_"), "neutral")


@register.filter
def tone(value: Any) -> str:
    return tone_of(value)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw a shape of the sprite; with `label` it has a name for screen readers."""
    if not label:
        return _silent_icon(str(name))
    sprite = static("backoffice/icons.svg")
    return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, sprite, name)


@lru_cache(maxsize=256)
def _silent_icon(name: str) -> SafeString:
    """A page draws a hundred, of a few shapes."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("backoffice/icons.svg"), name
    )


@register.simple_tag
def badge(text: Any, value: Any = "") -> SafeString:
    """A status badge; `value` is a tone (good, info, warn, bad, neutral) or the status value it follows from."""
    known = value if value in {*TONES, "neutral"} else tone_of(value)
    return format_html('<span class="badge {}">{}</span>', known, text)


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """`{{ line.total|money:order.currency }}`"""
    return money_module.format_money(amount, currency)


@register.filter(name="references")
def linked_references(text: Any) -> SafeString:
    """The text escaped, its line breaks kept, every document number in it a link."""
    return format_html_join(
        mark_safe("<br>"), "{}", ((references.linked(line),) for line in str(text or "").splitlines())
    )


@register.filter
def source_words(source: Any) -> str:
    """`command:import_csv` as a person reads it."""
    return verbs.source_words(str(source or ""))


@register.simple_tag
def panel_cell(cell: Any) -> SafeString:
    """A cell of a panel: plain, or a pair of text and address."""
    if isinstance(cell, tuple):
        return format_html('<a href="{}">{}</a>', cell[1], cell[0])
    return conditional_escape("" if cell is None else cell)


@register.filter
def plain_number(value: Any) -> str:
    """A number in the reader's format, without the zeros that a decimal column pads with."""
    if value is None or value == "":
        return ""
    if isinstance(value, Decimal):
        value = value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
    return formats.number_format(value, use_l10n=True, force_grouping=True)


@register.filter(name="relative")
def relative_time(value: datetime | None) -> SafeString:
    """ "5 minutes ago", with the exact moment as title; a date beyond a month."""
    if value is None:
        return mark_safe("")
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    exact = formats.date_format(local, "DATETIME_FORMAT")
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), exact, _in_words(local))


def _in_words(value: datetime) -> str:
    now = timezone.localtime()
    seconds = ((now if timezone.is_aware(value) else timezone.make_naive(now)) - value).total_seconds()
    minutes, hours, days = (int(abs(seconds) // unit) for unit in (60, 3600, 86400))
    if days > 30:
        return formats.date_format(value, "SHORT_DATE_FORMAT")
    if minutes < 1:
        return _("just now")
    if seconds >= 0:
        if hours < 1:
            return ngettext("%d minute ago", "%d minutes ago", minutes) % minutes
        if days < 1:
            return ngettext("%d hour ago", "%d hours ago", hours) % hours
        return ngettext("%d day ago", "%d days ago", days) % days
    if hours < 1:
        return ngettext("in %d minute", "in %d minutes", minutes) % minutes
    if days < 1:
        return ngettext("in %d hour", "in %d hours", hours) % hours
    return ngettext("in %d day", "in %d days", days) % days


@register.inclusion_tag("components/_field.html")
def field(bound: BoundField, autofocus: bool = False) -> dict[str, Any]:
    """Label, control, help and errors of one form field."""
    widget = bound.field.widget
    return {
        "field": bound,
        "control": described(bound, {"autofocus": True} if autofocus else {}),
        "is_checkbox": isinstance(widget, CheckboxInput),
        "is_group": isinstance(widget, RadioSelect | CheckboxSelectMultiple) or getattr(widget, "use_fieldset", False),
        "is_wide": isinstance(widget, Textarea),
        "error_id": f"{bound.auto_id}_error",
    }


@register.inclusion_tag("components/_bare_field.html")
def bare_field(bound: BoundField) -> dict[str, Any]:
    """The control and its errors alone, its label for screen readers only: for cells of a table."""
    return {"field": bound, "control": described(bound, {}), "error_id": f"{bound.auto_id}_error"}


def described(bound: BoundField, attrs: dict[str, Any]) -> SafeString:
    """The control, tied to its help and errors for screen readers."""
    ids = []
    if bound.help_text:
        ids.append(f"{bound.auto_id}_helptext")
    if bound.errors:
        ids.append(f"{bound.auto_id}_error")
        attrs["aria-invalid"] = "true"
    if ids:
        attrs["aria-describedby"] = " ".join(ids)
    return bound.as_widget(attrs=attrs)


# What a user agent calls itself, the more particular names first.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "Windows": "Windows",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


@register.filter
def browser(user_agent: str) -> str:
    """ "Firefox, Windows"; what is not known is shown as it is, cut."""
    found = [next((name for sign, name in signs.items() if sign in user_agent), "") for signs in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in found if name) or user_agent[:60] or "–"


@register.simple_tag(takes_context=True)
def without(context: dict[str, Any], *names: str) -> str:
    """The present query string without some parameters, for a link: `?a=1&b=2`, or the bare path."""
    query = context["request"].GET.copy()
    for name in names:
        query.pop(name, None)
    return as_query(query, context["request"].path)


def as_query(query: QueryDict, path: str = "") -> str:
    text = query.urlencode()
    return f"{path}?{text}" if text else path or "?"


@register.filter
def lines(text: Any) -> SafeString:
    """Line breaks kept, everything escaped."""
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in str(text or "").splitlines()))


@register.filter
def marked(old: str, new: str) -> SafeString:
    """{{ old|marked:new }}: two texts in one, with the words that went and came."""
    return text_difference.marked(old, new)


@register.filter
def prose(text: Any) -> SafeString:
    """A text as it is to be read: paragraphs and lists of HTML without its styles, links and pictures; else its lines.

    Pictures stand at addresses of others, from which no page of ours loads anything; it says how many there are.
    """
    text = str(text or "")
    if not MARKUP.search(text):
        return lines(text)
    pictures = len(re.findall(r"<img\b", text, re.IGNORECASE))
    html = nh3.clean(HEADING.sub(r"<\1p>", text), tags=KEPT_TAGS, attributes={})
    html = EMPTY.sub("", html)
    if not nh3.clean(html, tags=set()).strip():
        html = ""
    said = ngettext(
        "%(count)s picture in this text is not shown here.", "%(count)s pictures in this text are not shown here.", pictures
    ) % {"count": pictures}  # fmt: skip
    return format_html("{}{}", mark_safe(html), format_html('<p class="muted">{}</p>', said) if pictures else "")  # noqa: S308 - cleaned above
