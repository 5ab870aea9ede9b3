"""Price lists, and what a variant costs for whom and when."""

# The statements are put together from names of our own tables and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import approvals, audit, publishing
from backoffice.errors import explained
from backoffice.imports.batch import carry_out
from backoffice.imports.tables import Lookup, TableBatch
from backoffice.models import User
from backoffice.money import minor_units, round_money
from catalog.models import PriceList, PriceListItem, Variant, decimals_sql
from catalog.services.proposals import BEYOND_LIMIT, PRICE, is_beyond

CONSTRAINT_FIELDS = {
    "price_list_code_once": "code",
    "price_list_currency": "currency",
    "price_list_ends_later": "ends_at",
    "price_list_unambiguous": "priority",
}


@transaction.atomic
def save_price_list(price_list: PriceList | None = None, *, by: User, **fields: Any) -> PriceList:
    """Create or change a list. Raises ValidationError by field; a list with prices keeps its currency."""
    stored = PriceList.objects.locked().get(pk=price_list.pk) if price_list is not None else PriceList()
    currency = fields.get("currency", stored.currency)
    if stored.pk and currency != stored.currency and stored.items.exists():  # type: ignore[attr-defined]
        raise ValidationError({"currency": _("A list with prices keeps its currency.")})
    for name, value in fields.items():
        setattr(stored, name, value)
    stored.code, stored.name = stored.code.strip(), stored.name.strip()
    stored.clean_fields()
    with explained(PriceList, **CONSTRAINT_FIELDS):
        stored.save()
    audit.record("pricelist.changed" if price_list is not None else "pricelist.created", stored, by=by)
    return stored


def activate_list(price_list: PriceList, *, by: User) -> PriceList:
    return save_price_list(price_list, by=by, is_active=True)


def deactivate_list(price_list: PriceList, *, by: User) -> PriceList:
    """Take a list out of force; its prices stay."""
    return save_price_list(price_list, by=by, is_active=False)


@transaction.atomic
def set_list_price(
    price_list: PriceList, variant: Variant, *, by: User, price: Decimal, compare_at: Decimal | None = None
) -> PriceListItem:
    """Set what `variant` costs on the list. Raises ValidationError by field."""
    price_list = PriceList.objects.locked().get(pk=price_list.pk)
    for name, amount in (("price", price), ("compare_at", compare_at)):
        if amount is not None:
            _must_fit(name, amount, price_list.currency)
    _must_be_within_limit(price_list, variant, price, by)
    item, _created = PriceListItem.objects.update_or_create(
        price_list=price_list, variant=variant, defaults={"price": price, "compare_at": compare_at}
    )
    publishing.bring_up_soon()
    audit.record("pricelist.priced", price_list, by=by, data={"sku": variant.sku, "price": str(price)})
    return item


def _must_be_within_limit(price_list: PriceList, variant: Variant, price: Decimal, by: User) -> None:
    """Refuse a step from the price on the list, else from the variant's own in its currency, that is too large for `by`."""
    if not approvals.needed(PRICE, by):
        return
    now = PriceListItem.objects.filter(price_list=price_list, variant=variant).values_list("price", flat=True).first()
    if now is None and price_list.currency == settings.DEFAULT_CURRENCY:
        now = variant.price
    limit = approvals.limit_of(PRICE)
    if now is not None and is_beyond(now, price, limit):
        raise ValidationError({"price": BEYOND_LIMIT % {"limit": f"{limit.normalize():f}"}})


def _must_fit(name: str, amount: Decimal, currency: str) -> None:
    if amount < 0:
        raise ValidationError({name: _("Prices cannot be negative.")})
    if amount != round_money(amount, currency):
        raise ValidationError(
            {
                name: _("%(amount)s is not possible: %(currency)s has %(decimals)s decimals.")
                % {"amount": amount.normalize(), "currency": currency, "decimals": minor_units(currency)}
            }
        )


@transaction.atomic
def remove_list_prices(items: Sequence[PriceListItem], *, by: User) -> None:
    """Take prices off their list; the variants cost there what they cost elsewhere."""
    rows = list(PriceListItem.objects.filter(pk__in=[item.pk for item in items]).locked().select_related("price_list"))
    PriceListItem.objects.filter(pk__in=[row.pk for row in rows]).delete()
    publishing.bring_up_soon()
    for price_list in {row.price_list for row in rows}:
        number = sum(row.price_list_id == price_list.pk for row in rows)
        audit.record("pricelist.prices_removed", price_list, by=by, data={"prices": number})


# --- What it costs ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Price:
    """What a variant costs; `code` is that of the list that says so, "" for the variant's own price."""

    price: Decimal
    compare_at: Decimal | None
    code: str = ""


def price_of(
    variants: QuerySet | Iterable[int], *, group: str = "", currency: str = "", at: datetime | None = None
) -> dict[int, Price]:
    """Prices of `variants` (a queryset, or keys) for customers of `group` in `currency` at `at`; one statement.

    A variant without a price in a currency other than the shop's is left out.
    """
    return dict(each_price(variants, group=group, currency=currency, at=at))


def each_price(
    variants: QuerySet | Iterable[int], *, group: str = "", currency: str = "", at: datetime | None = None
) -> Iterator[tuple[int, Price]]:
    """The same as pairs of key and price, in order of the keys."""
    currency = currency or settings.DEFAULT_CURRENCY
    if isinstance(variants, QuerySet):
        keys, params = variants.order_by().values("pk").query.sql_with_params()
    else:
        keys, params = "SELECT unnest(%s::bigint[])", ([int(key) for key in variants],)
    own = currency == settings.DEFAULT_CURRENCY
    lists, list_params = (
        PriceList.objects.in_force(at or timezone.now(), group=group, currency=currency)
        .order_by()
        .values("pk", "priority", "code", "customer_group")
        .query.sql_with_params()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT DISTINCT ON (v.id) v.id, i.price, i.compare_at, i.code, v.price, v.compare_at
                FROM catalog_variant v LEFT JOIN (
                    SELECT p.variant_id, p.price, p.compare_at, l.priority, l.code, l.customer_group <> '' AS is_own
                    FROM catalog_pricelistitem p JOIN ({lists}) l(id, priority, code, customer_group) ON l.id = p.price_list_id
                ) i ON i.variant_id = v.id
                WHERE v.id IN ({keys})
                ORDER BY v.id, i.priority DESC NULLS LAST, i.is_own DESC""",
            (*list_params, *params),
        )
        for key, price, compare_at, code, own_price, own_compare_at in cursor:
            if code is not None:
                yield key, Price(price, compare_at, code)
            elif own:
                yield key, Price(own_price, own_compare_at)


# --- Files ------------------------------------------------------------------------------------------


class PriceListBatch(TableBatch):
    """Prices on lists that exist, of variants that exist."""

    resource = "price_lists"
    model = PriceListItem
    key = ("price_list", "variant")
    names = ("price_list", "variant", "price", "compare_at")
    lookups: ClassVar[Any] = {"price_list": Lookup(PriceList, "code"), "variant": Lookup(Variant, "sku")}
    keeps = frozenset({"price"})
    messages = {
        "beyond_limit": BEYOND_LIMIT,
        "decimals": gettext_lazy("%(currency)s has %(decimals)s decimals."),
    }

    def record(self) -> str:
        return "concat_ws(' / ', s.price_list, s.variant)"

    def find_problems(self) -> None:
        super().find_problems()
        decimals = decimals_sql("l.currency")
        for name in ("price", "compare_at"):
            if name in self.present:
                self.told(
                    "decimals",
                    f"""SELECT r.row, '{name}', trim_scale(r.{name})::text,
                               jsonb_build_object('currency', l.currency, 'decimals', {decimals})
                        FROM import_record r JOIN catalog_pricelist l ON l.id = r.price_list_id
                        WHERE r.{name} <> round(r.{name}, {decimals})""",
                )
        if "price" in self.present and approvals.needed(PRICE, self.by):
            limit = approvals.limit_of(PRICE)
            self.told("beyond_limit", STEPS_TOO_FAR, [f"{limit.normalize():f}", settings.DEFAULT_CURRENCY, limit])


STEPS_TOO_FAR = """
    SELECT r.row, 'price', trim_scale(r.price)::text, jsonb_build_object('limit', %s::text)
    FROM import_record r JOIN catalog_pricelist l ON l.id = r.price_list_id JOIN catalog_variant v ON v.id = r.variant_id
    LEFT JOIN catalog_pricelistitem t ON t.id = r.id AND NOT r.is_new
    CROSS JOIN LATERAL (SELECT coalesce(t.price, CASE WHEN l.currency = %s THEN v.price END) AS price) b
    WHERE (r.is_new OR r.changed) AND b.price > 0 AND abs(r.price - b.price) * 100 > %s * b.price
"""

upsert_list_prices = partial(carry_out, PriceListBatch)
