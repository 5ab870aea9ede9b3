"""Prices that move further than one person may move them alone: they wait for somebody who approves prices."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import approvals
from backoffice.models import Approval, User
from backoffice.money import format_money
from catalog.models import Variant

PRICE = "catalog.price"
SCHEDULED = "catalog.scheduled_price"
REPRICING = "catalog.repricing"
APPROVE = "catalog.approve_price"


BEYOND_LIMIT = gettext_lazy(
    "The price moves by more than %(limit)s percent; somebody who approves prices has to bring it in."
)


def beyond_limit(table: str, price: str, condition: str) -> str:
    """SELECT of the rows `r` of an import whose price moves too far, for `problem`; parameters: the limit as text and number."""
    return f"""SELECT r.row, 'price', {price}::text, jsonb_build_object('limit', %s::text) FROM {table} r
               JOIN import_stage s ON s.row = r.row JOIN catalog_variant t ON t.id = r.id
               WHERE {condition} AND t.price > 0 AND abs({price} - t.price) * 100 > %s * t.price"""  # noqa: S608 - names of ours


def is_beyond(old: Decimal, new: Decimal, limit: Decimal) -> bool:
    """Whether the step from `old` to `new` is more than `limit` percent; a first price is no step."""
    return old > 0 and abs(new - old) * 100 > limit * old


def needs_approval(variant: Variant, price: Decimal, by: User | None) -> bool:
    return approvals.needed(PRICE, by) and is_beyond(variant.price, price, approvals.limit_of(PRICE))


def hold_back(
    variants: Sequence[Variant], before: Mapping[int, Mapping[str, Any]], by: User | None
) -> list[tuple[Variant, dict[str, Any]]]:
    """Give those of `variants` whose price moves too far for `by` their prices of `before` back.

    Returns them with what is to be proposed; all else about them may be written.
    """
    moved = [v for v in variants if v.pk in before and v.price != before[v.pk]["price"]]
    if not moved or not approvals.needed(PRICE, by):
        return []
    limit = approvals.limit_of(PRICE)
    held = []
    for variant in moved:
        old = before[variant.pk]
        if is_beyond(old["price"], variant.price, limit):
            held.append((variant, _payload(old, {"price": variant.price, "compare_at": variant.compare_at})))
            variant.price, variant.compare_at = old["price"], old["compare_at"]
    return held


def propose(held: Sequence[tuple[Variant, dict[str, Any]]], *, by: User) -> list[Approval]:
    return [approvals.request(PRICE, variant, payload=payload, by=by) for variant, payload in held]


def proposed_since(variants: QuerySet, since: datetime, *, by: User) -> list[Approval]:
    """Proposals that `by` made for prices of `variants` from `since` on."""
    label = Variant._meta.label_lower
    found = Approval.objects.waiting().filter(kind=PRICE, subject_type=label, requested_by=by, requested_at__gte=since)
    return list(found.filter(subject_id__in=variants.order_by().values("pk")).order_by("pk"))


def _payload(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    return {"old": _texts(old), "new": _texts(new)}


def _texts(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: None if values[name] is None else str(values[name]) for name in ("price", "compare_at")}


def proposed_prices(variant: Variant, approval: Approval) -> dict[str, Decimal | None]:
    """The prices to write. Raises ValidationError when the price has moved since they were proposed."""
    old, new = approval.payload["old"], approval.payload["new"]
    if variant.price != Decimal(old["price"]):
        raise ValidationError(
            _(
                "The price of %(sku)s is %(now)s by now and was %(then)s when this was asked for. Reject it, and ask anew."
            ),
            params={
                "sku": variant.sku,
                "now": format_money(variant.price, variant.currency),
                "then": format_money(Decimal(old["price"]), variant.currency),
            },
        )
    return {name: None if value is None else Decimal(value) for name, value in new.items()}
