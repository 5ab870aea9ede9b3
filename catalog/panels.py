"""What stands on the page of a variant about its prices: what is coming, on lists, and how they went."""

from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.charts import Series, StepChart
from backoffice.generic import display
from backoffice.money import format_money
from backoffice.panels import Panel, register
from backoffice.templatetags.houtai import badge
from catalog.models import PriceChange, PriceListItem, Repricing, RepricingRow, Variant

SHOWN = 10
STEPS = 24
EVENTS = 400


@register("catalog.variant", permission="catalog.view_pricechange", order=1)
def coming_prices(user: Any, variant: Variant) -> Panel | None:
    """Planned changes of this variant, and of runs that it is in."""
    runs = RepricingRow.objects.filter(repricing=OuterRef("repricing"), variant=variant.pk, outcome="")
    coming = PriceChange.objects.visible_to(user).coming()
    own = coming.filter(variant=variant.pk)
    shared = coming.exclude(repricing=None).filter(Exists(runs))
    keys = own.order_by().values("pk").union(shared.order_by().values("pk"), all=True)
    rows = list(PriceChange.objects.filter(pk__in=keys).select_related("repricing").order_by("due_at", "pk")[:SHOWN])
    if not rows:
        return None
    return Panel(
        title=_("Coming prices"),
        columns=[_("At"), _("New price"), _("Status")],
        rows=[
            [(display(row.due_at), row.get_absolute_url()), _wanted(row), badge(row.get_status_display(), row.status)]
            for row in rows
        ],
        url=f"{reverse('catalog:price_changes')}?variant=%23{variant.pk}&status=scheduled&status=waiting",
    )


def _wanted(change: PriceChange) -> Any:
    if change.price is not None:
        return format_money(change.price, change.currency)
    if change.repricing is not None:
        run: Repricing = change.repricing
        return (_("As in %(run)s") if change.back_of_id is None else _("End of %(run)s")) % {"run": run}
    return _("Back to the price of before")


@register("catalog.variant", permission="catalog.view_pricelistitem", order=2)
def prices_on_lists(user: Any, variant: Variant) -> Panel | None:
    items = PriceListItem.objects.visible_to(user).filter(variant=variant.pk).select_related("price_list")
    rows = list(items.order_by("-price_list__is_active", "-price_list__priority", "pk")[:SHOWN])
    if not rows:
        return None
    return Panel(
        title=_("Prices on lists"),
        columns=[_("Price list"), _("Customer group"), _("Price")],
        numbers=[2],
        rows=[
            [
                (row.price_list.code, row.price_list.get_absolute_url()),
                row.price_list.customer_group or _("Everyone"),
                format_money(row.price, row.currency),
            ]
            for row in rows
        ],
    )


@register("catalog.variant", permission="catalog.view_varianthistory", order=3)
def price_history(user: Any, variant: Variant) -> Panel | None:
    """The steps of the price, and of the cost for those who may see it, out of the row history."""
    steps = _steps(variant, with_cost=user.has_perm("catalog.view_cost"))
    if not steps:
        return None
    now, first = steps[-1], steps[0]
    changes = len(steps) - 1
    caption = (
        ngettext(
            "The price or cost changed %(count)s time; the price went from %(first)s to %(now)s.",
            "The price or cost changed %(count)s times; the price went from %(first)s to %(now)s.",
            changes,
        )
        if changes
        else _("The price has been %(now)s all along.")
    ) % {"count": changes, "first": _money(first[1]), "now": _money(now[1])}
    series = [Series(_("Price"), [price for _at, price, _cost in steps])]
    if any(cost is not None for _at, _price, cost in steps):
        series.append(Series(_("Cost"), [cost for _at, _price, cost in steps]))
    labels = [formats.date_format(timezone.localtime(at), "SHORT_DATE_FORMAT") for at, _price, _cost in steps]
    return Panel(
        title=_("Price history"),
        template="catalog/_price_chart.html",
        context={"chart": StepChart(caption, labels, series, write=_money)},
    )


def _money(value: Any) -> str:
    return "–" if value is None else format_money(Decimal(str(value)), Variant().currency)


def _steps(variant: Variant, *, with_cost: bool) -> list[tuple[Any, Any, Any]]:
    """(when, price, cost) of every step, the last ones."""
    history = Variant.history.rel.related_model  # type: ignore[attr-defined]
    events = history.objects.filter(pgh_obj_id=variant.pk).exclude(pgh_label="delete").order_by("-pgh_id")
    found: list[tuple[Any, Any, Any]] = []
    for at, price, cost in reversed(events.values_list("pgh_created_at", "price", "cost")[:EVENTS]):
        step = (price, cost if with_cost else None)
        if not found or found[-1][1:] != step:
            found.append((at, *step))
    return found[-STEPS:]
