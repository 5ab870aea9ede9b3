"""Options of a product and the matrix of variants that their values make.

The values of an option are those that its variants have, in the order of the variants: nothing else remembers them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from itertools import product as combined
from math import prod
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat, Upper
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from catalog.models import Product, Variant
from catalog.services.variants import VariantFields, retitle, save_variants

MOST_OPTIONS = 3
MOST_VARIANTS = 2000
AT_ONCE = 200
OPTIONS = ("option1", "option2", "option3")
COPIED = ("compare_at", "weight_grams", "tax_class", "requires_shipping", "track_stock", "backorder_limit", "tracking")
Values = tuple[str, str, str]


@dataclass(frozen=True)
class Option:
    """An option as it shall be. `place`: where it stands now (0 to 2), None for a new one.

    `values`: (present value, value from now on) in the order wanted; those not named stay, behind the others. An option
    that is new, or empty on some variants, has "" as present value.
    """

    place: int | None
    name: str
    values: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Combination:
    """Values that no variant of the product has yet, and the SKU that the pattern gives them."""

    values: Values
    sku: str
    problem: str = ""

    @property
    def name(self) -> str:
        return " / ".join(value for value in self.values if value)


@dataclass(frozen=True)
class Plan:
    """What generating would make: all that is `missing`, of which the first AT_ONCE are spelled out."""

    present: int
    missing: int
    combinations: list[Combination]

    @property
    def is_cut(self) -> bool:
        return self.missing > len(self.combinations)


def options_of(variant: Variant) -> Values:
    return variant.option1, variant.option2, variant.option3


def values_of(product: Product) -> list[list[str]]:
    """The values of each of three options in their order; one query."""
    rows = product.variants.order_by("position", "pk").values_list(*OPTIONS)  # type: ignore[attr-defined]
    columns: list[list[str]] = [list(dict.fromkeys(filter(None, column))) for column in zip(*rows, strict=True)]
    return columns or [[], [], []]


# --- Options ------------------------------------------------------------------------------------


@transaction.atomic
def save_options(product: Product, options: Sequence[Option], *, by: User) -> Product:
    """Name the options, rename their values on every variant and put the variants in the order of the values.

    Raises ValidationError where two options or two variants would be the same.
    """
    product = Product.objects.locked().get(pk=product.pk)
    variants = list(product.variants.locked())  # type: ignore[attr-defined]
    variants.sort(key=lambda variant: (variant.position, variant.pk))
    names = [" ".join(option.name.split()) for option in options]
    _refuse_odd_names(names)
    new = {variant.pk: _renamed(variant, options) for variant in variants}
    _refuse_twins(variants, new)
    _write_options(variants, new)
    _arrange(variants, [[new for _old, new in option.values] for option in options])
    if product.options != names:
        product.options = names
        product.save(update_fields=["options", "updated_at"])
    else:
        Product.objects.filter(pk=product.pk).update(updated_at=timezone.now())
    retitle([product.pk])
    audit.record("product.options_changed", product, by=by, data={"options": names})
    return product


def _refuse_odd_names(names: Sequence[str]) -> None:
    if len(names) > MOST_OPTIONS:
        raise ValidationError(_("A product has three options at most."))
    if not all(names):
        raise ValidationError(_("Every option needs a name."))
    if len({name.casefold() for name in names}) < len(names):
        raise ValidationError(_("Two options cannot have the same name."))
    if long := next((name for name in names if len(name) > 120 or not name.isprintable()), None):
        raise ValidationError(_("“%(name)s…” is no name for an option.") % {"name": long[:30]})


def _renamed(variant: Variant, options: Sequence[Option]) -> Values:
    old = options_of(variant)
    values = []
    for option in options:
        present = "" if option.place is None else old[option.place]
        value = " ".join(dict(option.values).get(present, present).split())
        if not value and present:
            raise ValidationError(_("“%(value)s” needs a name.") % {"value": present})
        if len(value) > 160 or not value.isprintable():
            raise ValidationError(_("“%(name)s…” is no value for an option.") % {"name": value[:30]})
        values.append(value)
    return tuple([*values, "", "", ""][:3])  # type: ignore[return-value]


def _refuse_twins(variants: Sequence[Variant], new: dict[int, Values]) -> None:
    first: dict[Values, Variant] = {}
    for variant in variants:
        other = first.setdefault(new[variant.pk], variant)
        if other is not variant:
            raise ValidationError(
                _("%(one)s and %(other)s would be the same variant: %(options)s. Delete or change one of them first.")
                % {"one": other.sku, "other": variant.sku, "options": " / ".join(filter(None, new[variant.pk])) or "–"}
            )


def _write_options(variants: Sequence[Variant], new: dict[int, Values]) -> None:
    """Set the options of those that change; where values change places, by way of values that nobody has."""
    changed = [variant for variant in variants if new[variant.pk] != options_of(variant)]
    present = {options_of(variant) for variant in variants}
    if any(new[variant.pk] in present for variant in changed):
        Variant.objects.filter(pk__in=[variant.pk for variant in changed]).update(
            option1=Concat(Value("\N{INFORMATION SEPARATOR ONE}"), Cast("pk", CharField())), updated_at=timezone.now()
        )
    for variant in changed:
        variant.option1, variant.option2, variant.option3 = new[variant.pk]
        variant.updated_at = timezone.now()
    Variant.objects.bulk_update(changed, [*OPTIONS, "updated_at"], batch_size=500)


def _arrange(variants: Sequence[Variant], values: Sequence[Sequence[str]]) -> None:
    """Put variants in the order of these values, option by option; values not named come last, as they stand."""
    ranks = [{value: rank for rank, value in reversed(list(enumerate(column)))} for column in values]

    def place(variant: Variant) -> tuple[int, ...]:
        own = options_of(variant)
        return tuple(rank.get(own[column], len(rank)) for column, rank in enumerate(ranks))

    moved = []
    for position, variant in enumerate(sorted(variants, key=place)):
        if variant.position != position:
            variant.position = position
            moved.append(variant)
    Variant.objects.bulk_update(moved, ["position"], batch_size=500)


# --- The matrix ---------------------------------------------------------------------------------


def default_pattern(product: Product) -> str:
    """ "SHIRT-{1}-{2}" for a product with two options."""
    base = slugify(product.handle, allow_unicode=True).upper()[:60] or "SKU"
    return "-".join([base, *(f"{{{number}}}" for number in range(1, len(product.options) + 1))])


def sku_by(pattern: str, values: Values) -> str:
    """The pattern with {1}, {2}, {3} replaced by the values in capitals, with dashes for blanks and signs but the point."""
    sku = pattern
    for number, value in enumerate(values, start=1):
        sku = sku.replace(f"{{{number}}}", re.sub(r"[^\w.]+", "-", value.strip()).strip("-").upper())
    return sku.strip(" -")


def plan_variants(product: Product, values: Sequence[Sequence[str]], pattern: str) -> Plan:
    """Which combinations of these values are missing, the first of them with SKU and what is wrong with it.

    Raises ValidationError when the product would have more than MOST_VARIANTS variants, or an option has no value.
    """
    present, total = _counted(product, values)
    wanted = _combinations(values)
    missing = total - sum(1 for own in present if _is_among(own, values))
    if len(present) + missing > MOST_VARIANTS:
        raise ValidationError(
            _("That would be %(number)s variants; a product has %(limit)s at most. Take fewer values.")
            % {"number": len(present) + missing, "limit": MOST_VARIANTS}
        )
    shown = list(islice((one for one in wanted if one not in present), AT_ONCE))
    skus = [sku_by(pattern, one) for one in shown]
    taken = taken_skus(skus)
    combinations = [Combination(one, sku, _problem(sku, skus, taken)) for one, sku in zip(shown, skus, strict=True)]
    return Plan(len(present), missing, combinations)


def _counted(of: Product, values: Sequence[Sequence[str]]) -> tuple[set[Values], int]:
    if not values or not all(values):
        raise ValidationError(_("Give at least one value for each option."))
    present = set(of.variants.values_list(*OPTIONS))  # type: ignore[attr-defined]
    return present, prod(len(column) for column in values)


def _combinations(values: Sequence[Sequence[str]]) -> Any:
    padded = [*values, *([[""]] * (MOST_OPTIONS - len(values)))]
    return combined(*padded)


def _is_among(own: Values, values: Sequence[Sequence[str]]) -> bool:
    padded = [*values, *([[""]] * (MOST_OPTIONS - len(values)))]
    return all(value in column for value, column in zip(own, padded, strict=True))


def _problem(sku: str, skus: Sequence[str], taken: set[str]) -> str:
    capitals = sku.upper()
    if not sku:
        return _("A variant needs a SKU.")
    if len(sku) > 100:
        return _("A SKU has 100 characters at most.")
    if capitals in taken:
        return _("This SKU is taken.")
    if [one.upper() for one in skus].count(capitals) > 1:
        return _("Several lines have this SKU.")
    return ""


def taken_skus(skus: Sequence[str]) -> set[str]:
    """Those of `skus` that variants have, in capitals; one query on the unique index."""
    found = Variant.objects.alias(capitals=Upper("sku")).filter(capitals__in=[Upper(Value(sku)) for sku in skus])
    return {sku.upper() for sku in found.values_list("sku", flat=True)}


@transaction.atomic
def generate_variants(
    product: Product,
    rows: Sequence[tuple[Values, str]],
    *,
    by: User,
    price: Decimal,
    cost: Decimal | None = None,
    order: Sequence[Sequence[str]] = (),
) -> list[Variant]:
    """Make a variant for each (values, SKU), all or none, and put all of the product's in the `order` of the values.

    What is not said here, such as weight and tax class, is copied from the first variant. Raises VariantsRefused.
    """
    if not rows:
        raise ValidationError(_("Choose at least one variant to make."))
    present = list(product.variants.order_by("position", "pk"))  # type: ignore[attr-defined]
    if len(present) + len(rows) > MOST_VARIANTS:
        raise ValidationError(_("A product has %(limit)s variants at most.") % {"limit": MOST_VARIANTS})
    like = {name: getattr(present[0], name) for name in COPIED} if present else {}
    made = save_variants(product, [_row(values, sku, price, cost, like) for values, sku in rows], by=by)
    _arrange([*present, *made], order or values_of(product))
    return made


def _row(values: Values, sku: str, price: Decimal, cost: Decimal | None, like: dict[str, Any]) -> VariantFields:
    option1, option2, option3 = values
    row: VariantFields = {"sku": sku, "option1": option1, "option2": option2, "option3": option3, "price": price}
    if cost is not None:
        row["cost"] = cost
    return {**like, **row}  # type: ignore[typeddict-item]
