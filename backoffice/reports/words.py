"""How reports put days, spans of time and changes."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _


def days_between(first: date, last: date) -> str:
    """Days in words: one, or from one to another."""
    if first == last:
        return date_format(first, "SHORT_DATE_FORMAT")
    return _("%(low)s to %(high)s") % {
        "low": date_format(first, "SHORT_DATE_FORMAT"),
        "high": date_format(last, "SHORT_DATE_FORMAT"),
    }


def day_title(begins: date, unit: str) -> str:
    """The day, week or month that begins then."""
    if unit == "month":
        return date_format(begins, "YEAR_MONTH_FORMAT")
    shown = date_format(begins, "SHORT_DATE_FORMAT")
    return _("Week of %(day)s") % {"day": shown} if unit == "week" else shown


def change_text(now: Any, before: Any) -> str:
    """By how much it is more or less than before, "" where there was nothing."""
    if not before:
        return ""
    percent = (now - before) * 100 / abs(before)
    number = number_format(abs(percent), 1 if abs(percent) < 1000 else 0, use_l10n=True, force_grouping=True)
    if percent == 0:
        return _("as before")
    return (_("%(number)s%% more than before") if percent > 0 else _("%(number)s%% less than before")) % {
        "number": number
    }


def time_text(minutes: Decimal | float | int) -> str:
    """95.4 is "1 h 35 min"; from 48 hours on there are no minutes."""
    whole = round(minutes)
    hours, rest = divmod(whole, 60)
    if not hours:
        return _("%(minutes)s min") % {"minutes": rest}
    if hours >= 48 or not rest:
        return _("%(hours)s h") % {"hours": number_format(hours + (rest >= 30 and hours >= 48), force_grouping=True)}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
