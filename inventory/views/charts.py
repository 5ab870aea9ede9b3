"""Charts of the reports, each from a summary of a few rows."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.charts import BarChart, Chart, LineChart, Series, day_label, month_label
from backoffice.money import ZERO, format_money
from inventory.models import AbcClass, DailyFlow, Location, StockMove, StockSummary, StockTotal

MONTHS = 13
DAYS = 30
AGES = ("aged_30", "aged_90", "aged_180", "aged_365", "aged_older")
OUT = ("out_0", "out_7", "out_28", "out_90")
IDLE = ("idle_30", "idle_90", "idle_180", "idle_365")


def money(value: Any) -> str:
    return format_money(Decimal(value), settings.DEFAULT_CURRENCY)


def _scoped(rows: Any, user: Any, location: Location | None) -> Any:
    """Rows at the locations that `user` may see, or at one of them."""
    rows = rows.in_scope(user)
    return rows.filter(location=location) if location else rows


def _field(name: str) -> str:
    return str(StockSummary._meta.get_field(name).verbose_name)


def stock_over_time(user: Any, location: Location | None, *, costs: bool) -> Chart:
    """Value, or pieces for those who see no costs, at the ends of the last months."""
    totals = _scoped(StockTotal.objects.filter(period__is_month_end=True), user, location)
    figure = "value" if costs else "on_hand"
    rows = totals.values("period__at").annotate(sum=Sum(figure)).order_by("-period__at")[:MONTHS]
    months = [(_last_day(row["period__at"]), row["sum"]) for row in reversed(rows)]
    name, write = (_("Value"), money) if costs else (_("On hand"), None)
    caption = _("Stock at the ends of months.")
    if months:
        caption = _("%(month)s ended with %(amount)s in stock.") % {
            "month": date_format(months[-1][0], "YEAR_MONTH_FORMAT"),
            "amount": money(months[-1][1]) if costs else _("%(number)s pieces") % {"number": months[-1][1]},
        }
    labels = [month_label(day) for day, _sum in months]
    return _chart(LineChart, caption, labels, name, [total for _day, total in months], write)


def _last_day(end: Any) -> date:
    return timezone.localtime(end, timezone.get_default_timezone()).date() - timedelta(days=1)


def cost_by_day(user: Any, location: Location | None) -> Chart:
    """What the goods shipped on each of the last days cost."""
    today = timezone.localdate()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    flows = _scoped(DailyFlow.objects.filter(kind=StockMove.Kind.SHIPPED, day__gte=days[0]), user, location)
    found = dict(flows.values_list("day").annotate(Sum("value")).order_by())
    values = [-found.get(day, ZERO) for day in days]
    caption = _("Goods shipped in the last %(days)s days cost %(amount)s.") % {
        "days": DAYS,
        "amount": money(sum(values, ZERO)),
    }
    labels = [day_label(day) for day in days]
    return _chart(BarChart, caption, labels, _("Cost of goods shipped"), values, money)


def value_by_age(user: Any, location: Location | None) -> Chart:
    sums = _sums(user, location, AGES)
    whole = sum(sums, ZERO)
    share = round(100 * sums[-1] / whole) if whole else 0
    caption = _("%(share)s%% of the value is in pieces that came in over a year ago.") % {"share": share}
    return _chart(BarChart, caption, [_field(name) for name in AGES], _("Value"), sums, money)


def value_by_idleness(user: Any, location: Location | None) -> Chart:
    sums = _sums(user, location, IDLE)
    caption = _("Goods worth %(amount)s were not shipped for 90 days.") % {"amount": money(sum(sums[1:], ZERO))}
    return _chart(BarChart, caption, [_field(name) for name in IDLE], _("Value"), sums, money)


def levels_by_forecast(user: Any, location: Location | None) -> Chart:
    """How many articles will be sold out, by when."""
    sums = [int(number) for number in _sums(user, location, OUT)]
    caption = _("%(number)s articles are sold out or will be within 28 days.") % {"number": sum(sums[:3])}
    return _chart(BarChart, caption, [_field(name) for name in OUT], _("SKUs"), sums)


def _sums(user: Any, location: Location | None, names: Sequence[str]) -> list[Decimal]:
    sums = _scoped(StockSummary.objects.all(), user, location).aggregate(**{name: Sum(name) for name in names})
    return [sums[name] or ZERO for name in names]


def turnover_by_place(user: Any, location: Location | None) -> Chart:
    rows = _scoped(StockSummary.objects.all(), user, location).order_by().values("location")
    rows = rows.annotate(used=Sum("used_value"), average=Sum("average_value"))
    turned = {row["location"]: round(row["used"] / row["average"], 1) for row in rows if row["average"]}
    places = Location.objects.filter(pk__in=turned).order_by("priority", "pk")
    used, average = sum(row["used"] for row in rows), sum(row["average"] for row in rows)
    caption = _("The stock turned over %(times)s times in a year.") % {
        "times": round(used / average, 1) if average else 0
    }
    values = [max(turned[place.pk], ZERO) for place in places]
    return _chart(BarChart, caption, [str(place) for place in places], _("Turnover"), values)


def use_by_class(user: Any, location: Location | None) -> Chart:
    rows = _scoped(StockSummary.objects.all(), user, location).order_by().values("abc")
    found = {row["abc"]: row for row in rows.annotate(used=Sum("used_value"), number=Sum("levels"))}
    classes = [one for one in AbcClass if one != AbcClass.NONE]
    values = [max(found[one]["used"], ZERO) if one in found else ZERO for one in classes]
    number, whole = (sum(row[name] for row in found.values()) for name in ("number", "used"))
    caption = _("No use yet.")
    if whole:
        caption = _("Class A is %(share)s%% of the levels and %(part)s%% of the value of use.") % {
            "share": round(100 * found["A"]["number"] / number) if "A" in found else 0,
            "part": round(100 * values[0] / whole),
        }
    return _chart(BarChart, caption, [str(one.label) for one in classes], _("Value of use"), values, money)


def corrections_by_month(user: Any, location: Location | None, kinds: Sequence[str]) -> Chart:
    """Pieces that corrections took and found in the last months."""
    first = timezone.localdate().replace(day=1)
    starts = [first]
    for _number in range(MONTHS - 2):
        starts.append((starts[-1] - timedelta(days=1)).replace(day=1))
    flows = _scoped(DailyFlow.objects.filter(kind__in=kinds, day__gte=starts[-1]), user, location)
    figures: dict[str, Any] = {"lost": Sum("lost"), "gained": Sum("gained")}
    rows = flows.values("day__year", "day__month").annotate(**figures).order_by()
    found = {(row["day__year"], row["day__month"]): row for row in rows}
    months = [found.get((day.year, day.month), {"lost": 0, "gained": 0}) for day in reversed(starts)]
    caption = _("Corrections took %(lost)s pieces and found %(gained)s within a year.") % {
        name: sum(row[name] for row in months) for name in figures
    }
    labels = [month_label(day) for day in reversed(starts)]
    series = [
        Series(_("Pieces lost"), [row["lost"] for row in months]),
        Series(_("Pieces gained"), [row["gained"] for row in months]),
    ]
    return BarChart(caption=caption, labels=labels, series=series)


def _chart(
    kind: type[Chart],
    caption: str,
    labels: Sequence[str],
    name: str,
    values: Sequence[Any],
    write: Callable[[Any], str] | None = None,
) -> Chart:
    more = {"write": write} if write else {}
    return kind(caption=caption, labels=labels, series=[Series(name, values)], **more)
