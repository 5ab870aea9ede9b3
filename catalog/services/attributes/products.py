"""The attributes of products: checked against the definitions of their category, and what they lack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from backoffice.attributes.values import canonical, expected
from catalog.models import AttributeDefinition, Category, Product

FIELD = "attributes."  # stands before the code in the names of form fields, filters and columns
FITS, ONCE = "product_attributes_fit", "attribute_once_on_path"


def clean_attributes(category: Category | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a product in `category` as they are stored; what is None is left out, what nobody defined stays.

    Raises ValidationError with the sentences of each wrong value under "attributes.CODE".
    """
    found = {code: value for code, value in values.items() if value is not None}
    refused: dict[str, list[str]] = {}
    for definition in AttributeDefinition.objects.of_path(category) if found else ():
        if definition.code in found:
            try:
                found[definition.code] = canonical(definition, found[definition.code])
            except ValidationError as error:
                refused[FIELD + definition.code] = [f"{definition.title}: {text}" for text in error.messages]
    if refused:
        raise ValidationError(refused)
    return dict(sorted(found.items()))


def missing_attributes(products: Sequence[Product] | Sequence[int]) -> dict[int, list[AttributeDefinition]]:
    """Required attributes that each of the products (or their primary keys) lacks; two statements for any number.

    Products that lack none are not in it.
    """
    keys = [product.pk if isinstance(product, Product) else product for product in products]
    with connection.cursor() as cursor:
        cursor.execute("SELECT product_id, definition_id FROM catalog_missing_attributes(%s::bigint[])", [keys])
        pairs = cursor.fetchall()
    if not pairs:
        return {}
    known = {definition.pk: definition for definition in AttributeDefinition.objects.in_order()}
    order = {pk: place for place, pk in enumerate(known)}
    found: dict[int, list[AttributeDefinition]] = {}
    for product, definition in sorted(pairs, key=lambda pair: (pair[0], order[pair[1]])):
        found.setdefault(product, []).append(known[definition])
    return found


@contextmanager
def attributes_explained(**fields: str) -> Iterator[None]:
    """Run in a savepoint; what the triggers of attributes refuse becomes a ValidationError in the reader's language.

    `fields` names the form field that a refusal belongs to, by constraint.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        name = getattr(diagnosis, "constraint_name", None) or ""
        if diagnosis is None or name not in (FITS, ONCE):
            raise
        sentence = _told(name, diagnosis.message_detail)
        raise ValidationError({fields[name]: sentence} if name in fields else sentence, code=name) from error


def _told(name: str, detail: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM jsonb_to_record(%s::jsonb) AS x(product text, value text, definition bigint, code text, category text)",
            [detail],
        )
        product, value, definition, code, category = cursor.fetchone()
    if name == ONCE and not category:
        return _("The attribute “%(code)s” is defined for all products already.") % {"code": code}
    if name == ONCE:
        return _("The attribute “%(code)s” is defined for “%(category)s” already, which is on the same path.") % {
            "code": code,
            "category": category,
        }
    known = AttributeDefinition.objects.filter(pk=definition).first()
    return _("“%(value)s” of the product “%(product)s” does not fit the attribute “%(attribute)s”. %(expected)s") % {
        "value": value[:80],
        "product": product,
        "attribute": known or "",
        "expected": expected(known) if known else "",
    }
