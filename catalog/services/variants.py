"""Variants: what is sold, at which price, under which SKU and barcode."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, F, Func, OuterRef, Subquery, Value
from django.db.models.functions import Left, NullIf, Upper
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import audit, publishing
from backoffice.errors import explained
from backoffice.models import User
from backoffice.money import minor_units, round_money
from catalog.models import Product, Variant
from catalog.services.barcodes import clean_barcode
from catalog.services.proposals import hold_back, propose
from catalog.services.using import users_of

TEXTS = ("option1", "option2", "option3", "tax_class")
PRICES = ("price", "compare_at", "cost")
TRACKING_KEPT = gettext_lazy("%(sku)s: there is stock of it. How it is tracked can change once none is left.")
CONSTRAINT_FIELDS = {"variant_sku_once": "sku", "variant_sku_given": "sku", "variant_prices_not_negative": "price"}


class VariantFields(TypedDict, total=False):
    """What may be set of a variant; `id` names one that exists."""

    id: int | None
    sku: str
    barcode: str
    option1: str
    option2: str
    option3: str
    position: int
    price: Decimal
    compare_at: Decimal | None
    cost: Decimal | None
    weight_grams: int | None
    tax_class: str
    requires_shipping: bool
    track_stock: bool
    tracking: str
    backorder_limit: int
    is_active: bool


class VariantsRefused(ValidationError):
    """Some rows were refused: `rows` has the errors by field of each, under its place in the batch."""

    def __init__(self, rows: dict[int, ValidationError], names: Sequence[str]) -> None:
        self.rows = rows
        super().__init__(
            [
                f"{names[place] or _('Variant')}: {sentence}"
                for place, error in rows.items()
                for sentence in error.messages
            ]
        )


def clean_sku(text: str) -> str:
    """`text` without spaces at its ends. Raises ValidationError for an empty one or characters that no one can type."""
    sku = text.strip()
    if not sku:
        raise ValidationError(_("A variant needs a SKU."))
    if not sku.isprintable():
        raise ValidationError(_("A SKU cannot hold tabs, line breaks or invisible characters."))
    return sku


def whole_price(amount: Decimal | None) -> Decimal | None:
    """Raise ValidationError unless `amount` is a whole number of the currency's smallest unit, and not negative."""
    currency = settings.DEFAULT_CURRENCY
    if amount is None:
        return None
    amount = Decimal(amount)
    if amount < 0:
        raise ValidationError(_("Prices cannot be negative."))
    if amount != round_money(amount, currency):
        raise ValidationError(
            _("%(amount)s is not possible: %(currency)s has %(decimals)s decimals."),
            params={"amount": amount.normalize(), "currency": currency, "decimals": minor_units(currency)},
        )
    return amount


def add_variant(product: Product, *, by: User, **fields: Unpack[VariantFields]) -> Variant:
    return _one(lambda: save_variants(product, [fields], by=by))


def update_variant(variant: Variant, *, by: User, **fields: Unpack[VariantFields]) -> Variant:
    fields["id"] = variant.pk
    return _one(lambda: save_variants(variant.product, [fields], by=by))


def _one(save: Any) -> Variant:
    """A batch of one: its errors belong to fields, not to a place in a batch."""
    try:
        return save()[0]  # type: ignore[no-any-return]
    except VariantsRefused as refusal:
        raise refusal.rows[0] from refusal


@transaction.atomic
def save_variants(product: Product, rows: Sequence[VariantFields], *, by: User) -> list[Variant]:
    """Add and change variants of one product, all or none; variants that `rows` does not name stay as they are.

    A price that moves beyond the limit stays and is proposed for approval, where `by` may not approve it.
    Raises VariantsRefused with the errors of each row.
    """
    product = Product.objects.locked().get(pk=product.pk)
    known = {variant.pk: variant for variant in product.variants.locked()}  # type: ignore[attr-defined]
    before = {pk: _values(variant) for pk, variant in known.items()}
    variants = _built(product, rows, known)
    _refuse_wrong_rows(product, variants, known, before)
    held = hold_back(variants, before, by)
    changed = [v for v in variants if v.pk and _values(v) != before[v.pk]]
    added = [v for v in variants if not v.pk]
    with explained(Variant, **CONSTRAINT_FIELDS):
        _write(changed, added)
    retitle([product.pk])
    must_stay_sellable([product.pk])
    if changed:
        publishing.bring_up_soon()
    audit.record_many("variant.added", added, by=by)
    audit.record_many("variant.changed", changed, by=by)
    propose(held, by=by)
    return variants


def _built(product: Product, rows: Sequence[VariantFields], known: dict[int, Variant]) -> list[Variant]:
    last = max((variant.position for variant in known.values()), default=-1)
    variants = []
    for row in rows:
        pk = row.get("id")
        if pk and pk not in known:
            raise ValidationError(
                _("A variant in this form does not belong to %(product)s."), params={"product": product}
            )
        if not pk:
            last += 1
        variant = known[pk] if pk else Variant(product=product, position=last)
        for name, value in row.items():
            if name != "id":
                setattr(variant, name, value)
        variants.append(variant)
    return variants


def _refuse_wrong_rows(
    product: Product, variants: Sequence[Variant], known: dict[int, Variant], before: dict[int, dict[str, Any]]
) -> None:
    """Check every row, so that one answer names everything there is to mend."""
    everyone = [*variants, *(variant for variant in known.values() if variant not in variants)]
    options = [_options(variant) for variant in everyone]
    wrong = {place: found for place, variant in enumerate(variants) if (found := _errors(variant))}
    taken = _taken_skus([variant for place, variant in enumerate(variants) if "sku" not in wrong.get(place, {})])
    skus = [variant.sku.upper() for variant in everyone]
    kept = stocked(v.pk for v in variants if v.pk and v.tracking != before[v.pk]["tracking"])
    for place, variant in enumerate(variants):
        found = wrong.setdefault(place, {})
        sku = variant.sku.upper()
        if sku and (sku in taken or skus.count(sku) > 1):
            found.setdefault("sku", []).append(
                _("The SKU %(sku)s is taken (capitals and small letters count as the same).") % {"sku": variant.sku}
            )
        if variant.pk in kept:
            found.setdefault("tracking", []).append(str(TRACKING_KEPT) % {"sku": variant.sku})
        if options.count(_options(variant)) > 1:
            found.setdefault("option1", []).append(_("The product has a variant with these options already."))
    refused = {place: ValidationError(found) for place, found in sorted(wrong.items()) if found}
    if refused:
        raise VariantsRefused(refused, [variant.sku for variant in variants])


def _errors(variant: Variant) -> dict[str, list[str]]:
    """Errors of one row by field; cleans its SKU and barcode."""
    found: dict[str, list[str]] = {}
    for name, clean in (("sku", clean_sku), ("barcode", clean_barcode), *((price, whole_price) for price in PRICES)):
        try:
            setattr(variant, name, clean(getattr(variant, name)))  # type: ignore[operator]
        except ValidationError as error:
            found[name] = list(error.messages)
    found |= {
        name: [_("Invisible characters are not possible here.")] for name in TEXTS if "\x00" in getattr(variant, name)
    }
    try:
        variant.clean_fields(exclude=["product", *found])
    except ValidationError as error:
        found.update(error.message_dict)
    return found


def stocked(variants: Iterable[int]) -> set[int]:
    """Those of these variants that there is stock of. The module that keeps stock answers, in the database."""
    keys = list(variants)
    if not keys:
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalog_stocked(%s::bigint[])", [keys])
        return {key for (key,) in cursor.fetchall()}


def _options(variant: Variant) -> tuple[str, str, str]:
    return variant.option1, variant.option2, variant.option3


def _taken_skus(variants: Sequence[Variant]) -> set[str]:
    """Those of the SKUs that other variants have, in capitals; one query on the unique index."""
    others = Variant.objects.alias(capitals=Upper("sku")).filter(capitals__in=[Upper(Value(v.sku)) for v in variants])
    return {
        sku.upper() for sku in others.exclude(pk__in=[v.pk for v in variants if v.pk]).values_list("sku", flat=True)
    }


def _values(variant: Variant) -> dict[str, Any]:
    return {name: getattr(variant, name) for name in WRITTEN}


WRITTEN = [name for name in VariantFields.__annotations__ if name != "id"]


def _write(changed: Sequence[Variant], added: Sequence[Variant]) -> None:
    now = timezone.now()
    for variant in changed:
        variant.updated_at = now
    Variant.objects.bulk_update(changed, [*WRITTEN, "updated_at"], batch_size=500)
    Variant.objects.bulk_create(added, batch_size=500)


def retitle(products: Iterable[int]) -> int:
    """Give the variants of these products (primary keys) their title: product title and option values."""
    values = Func(
        Value(" / "),
        *(NullIf(F(option), Value("")) for option in ("option1", "option2", "option3")),
        function="concat_ws",
    )
    title = Left(
        Func(
            Value(" – "),
            Subquery(Product.objects.filter(pk=OuterRef("product")).values("title")[:1]),
            NullIf(values, Value("")),
            function="concat_ws",
        ),
        Variant._meta.get_field("title").max_length or 400,
    )
    wrong = (
        Variant.objects.locked().filter(product__in=list(products)).exclude(title=title).values_list("pk", flat=True)
    )
    return Variant.objects.filter(pk__in=list(wrong)).update(title=title)


def activate_variants(variants: Sequence[Variant], *, by: User) -> list[Variant]:
    return _set_active(variants, True, "variant.activated", by=by)


def deactivate_variants(variants: Sequence[Variant], *, by: User) -> list[Variant]:
    """Take variants off sale. Raises ValidationError when that leaves a published product with nothing to sell."""
    return _set_active(variants, False, "variant.deactivated", by=by)


@transaction.atomic
def _set_active(variants: Sequence[Variant], active: bool, verb: str, *, by: User) -> list[Variant]:
    keys = [variant.pk for variant in variants]
    list(Product.objects.locked().filter(variants__in=keys).values_list("pk"))
    rows = list(Variant.objects.locked().filter(pk__in=keys, is_active=not active))
    Variant.objects.filter(pk__in=[row.pk for row in rows]).update(is_active=active, updated_at=timezone.now())
    must_stay_sellable({row.product_id for row in rows})
    publishing.bring_up_soon()
    audit.record_many(verb, rows, by=by)
    return rows


@transaction.atomic
def delete_variants(variants: Sequence[Variant], *, by: User) -> list[str]:
    """Delete variants that nothing ever pointed at, all or none; returns their SKUs.

    One that was ordered, stocked or put into a bundle has history: it is refused, and can be deactivated instead.
    """
    keys = [variant.pk for variant in variants]
    list(Product.objects.locked().filter(variants__in=keys).values_list("pk"))
    rows = list(Variant.objects.locked().filter(pk__in=keys))
    used = users_of(Variant, [row.pk for row in rows])
    if sentences := [
        _("%(sku)s has history (%(records)s) and cannot be deleted. Deactivate it: it is off sale then, and findable.")
        % {"sku": row.sku, "records": ", ".join(used[row.pk])}
        for row in rows
        if row.pk in used
    ]:
        raise ValidationError(sentences)
    audit.record_many("variant.deleted", rows, by=by)
    Variant.objects.filter(pk__in=[row.pk for row in rows]).delete()
    must_stay_sellable({row.product_id for row in rows})
    return [row.sku for row in rows]


def barcode_twins(variants: Sequence[Variant]) -> dict[str, list[str]]:
    """For each barcode of these variants that others have too: the SKUs of the others. One query on the index.

    A barcode may be used twice, as where a bundle is sold under the code of its content; people are told.
    """
    codes = {variant.barcode for variant in variants if variant.barcode}
    keys = [variant.pk for variant in variants]
    twins: dict[str, list[str]] = {}
    for barcode, sku in (
        Variant.objects.filter(barcode__in=codes)
        .exclude(barcode="")
        .exclude(pk__in=keys)
        .order_by("pk")
        .values_list("barcode", "sku")[:50]
    ):
        twins.setdefault(barcode, []).append(sku)
    return twins


def must_stay_sellable(products: Iterable[int]) -> None:
    """Raise ValidationError naming every published product among these that has nothing left to sell."""
    sellable = Variant.objects.sellable().filter(product=OuterRef("pk"))
    bare = Product.objects.published().filter(~Exists(sellable), pk__in=list(products))
    if sentences := [
        _("“%(product)s” is published and would have nothing left to sell. Unpublish it first.") % {"product": product}
        for product in bare
    ]:
        raise ValidationError(sentences)
