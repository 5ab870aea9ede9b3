"""Attribute definitions: written with the values that products have, ordered, removed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.attributes.values import canonical, clean_choices, read, text_of
from backoffice.errors import explained
from backoffice.models import User
from catalog.models import AttributeDefinition, Category, Product
from catalog.services.attributes.products import attributes_explained
from catalog.services.categories import lock_tree

SHOWN = 5
CONSTRAINTS = {
    "attribute_code_once": "code",
    "attribute_named": "code",
    "attribute_unit_of_numbers": "unit",
    "attribute_choices_of_choices": "choices",
}


class DefinitionFields(TypedDict, total=False):
    """What may be set of a definition; its category is given once."""

    category: Category | None
    code: str
    name: str
    name_zh: str
    kind: str
    unit: str
    choices: list[dict[str, str]]
    is_required: bool
    is_filterable: bool
    position: int | None
    help: str


@transaction.atomic
def save_definition(
    definition: AttributeDefinition | None = None, *, by: User | None, **fields: Unpack[DefinitionFields]
) -> AttributeDefinition:
    """Create a definition, or change `definition`; values that products have under its code are converted.

    A new one also takes over values that stand under its name, where they convert. Raises ValidationError for a code
    that the path has already, and where values do not convert, naming some.
    """
    lock_tree()
    before = AttributeDefinition.objects.locked().get(pk=definition.pk) if definition else None
    after = AttributeDefinition.objects.get(pk=before.pk) if before else AttributeDefinition()
    for name, value in fields.items():
        setattr(after, name, value)
    _tidy(after, fields)
    hold_products({after.code, before.code} if before else {after.code, after.name, after.name_zh})
    with (
        explained(AttributeDefinition, **CONSTRAINTS),
        attributes_explained(attribute_once_on_path="code"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS definition_fits_values DEFERRED")
        after.save()
        _convert(before, after)
        cursor.execute("SET CONSTRAINTS definition_fits_values IMMEDIATE")
    audit.record("attribute.changed" if before else "attribute.created", after, by=by)
    return after


def hold_products(codes: Iterable[str]) -> None:
    """Lock the products that have a value under one of `codes`, before their definitions: who writes a product has it locked
    when the trigger waits for those who change definitions."""
    list(Product.objects.locked().filter(attributes__has_any_keys=sorted(codes)).values_list("pk"))


def _tidy(definition: AttributeDefinition, fields: Mapping[str, Any]) -> None:
    definition.code = definition.code.strip()
    definition.name, definition.name_zh = " ".join(definition.name.split()), " ".join(definition.name_zh.split())
    if definition.kind != AttributeDefinition.Kind.NUMBER and "unit" not in fields:
        definition.unit = ""
    if not definition.has_choices and "choices" not in fields:
        definition.choices = []
    definition.choices = clean_choices(definition.choices)
    if definition.position is None or (definition.pk is None and "position" not in fields):
        beside = AttributeDefinition.objects.filter(category=definition.category)
        definition.position = (beside.aggregate(last=Max("position"))["last"] or 0) + 1
    definition.clean_fields(exclude=["category", "choices"])


# --- Values that are there --------------------------------------------------------------------------


def _convert(before: AttributeDefinition | None, after: AttributeDefinition) -> None:
    """Rewrite the values of products by the changed definition."""
    if before and (before.code, before.kind, before.choices, before.unit) == (
        after.code, after.kind, after.choices, after.unit,
    ):  # fmt: skip
        return
    old = before.code if before else after.code
    pairs, refused = [], []
    for text in _values(after, old):
        value = json.loads(text)
        try:
            pairs.append((old, text, json.dumps(converted(before, after, value), ensure_ascii=False)))
        except ValidationError:
            refused.append(text_of(value))
    if refused:
        raise ValidationError(
            {"kind": _("Products have values that do not fit: %(values)s. Change these first.")
             % {"values": ", ".join(f"“{text[:60]}”" for text in refused[:SHOWN]) + (" …" if len(refused) > SHOWN else "")}}
        )  # fmt: skip
    if not before:
        pairs += [pair for name in {after.name, after.name_zh} - {"", after.code} for pair in _adopted(after, name)]
    _rewrite(after, old, pairs)


def _adopted(after: AttributeDefinition, name: str) -> list[tuple[str, str, str]]:
    """Values of products under the name of a new definition that convert."""
    found = []
    for text in _values(after, name):
        try:
            found.append((name, text, json.dumps(converted(None, after, json.loads(text)), ensure_ascii=False)))
        except ValidationError:
            continue
    return found


def converted(before: AttributeDefinition | None, after: AttributeDefinition, value: Any) -> Any:
    """The value as the changed definition has it. Raises ValidationError where it means nothing there."""
    try:
        return canonical(after, value)
    except ValidationError:
        if not isinstance(value, str | int | float | bool | list):
            raise
    shown: dict[Any, str] = dict(before.labels) if before else {}
    parts = [shown.get(one, one) for one in value] if isinstance(value, list) else shown.get(value, value)
    for text in (text_of(value), text_of(parts)):
        try:
            found = read(after, text)
        except ValidationError:
            continue
        if found is not None:
            return found
    return canonical(after, value)


def _values(definition: AttributeDefinition, code: str) -> list[str]:
    """Different values under `code` that products of the definition's branch have, as JSON."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT (attributes -> %s)::text FROM catalog_product
               WHERE id = ANY (catalog_products_with(%s, ARRAY[%s])) ORDER BY 1""",
            [code, definition.category_id, code],
        )
        return [text for (text,) in cursor.fetchall()]


def _rewrite(definition: AttributeDefinition, old: str, pairs: Sequence[tuple[str, str, str]]) -> None:
    """Of each pair: code that the value stands under, value, and what it becomes under the definition's code.

    Where a product has a value under the `old` code or the new one, those under other names stay what they are.
    """
    changed = [pair for pair in pairs if pair[0] != definition.code or pair[1] != pair[2]]
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH new AS (SELECT * FROM unnest(%s::text[], %s::jsonb[], %s::jsonb[]) n(code, old, value)),
                    locked AS (
                        SELECT id FROM catalog_product WHERE id = ANY (catalog_products_with(%s, %s))
                        ORDER BY id FOR NO KEY UPDATE
                    ), wanted AS (
                        SELECT DISTINCT ON (p.id) p.id, n.code, n.value FROM catalog_product p JOIN locked USING (id)
                        JOIN new n ON p.attributes -> n.code = n.old
                        WHERE n.code = %s OR NOT p.attributes ? %s ORDER BY p.id
                    )
               UPDATE catalog_product p SET attributes = (p.attributes - w.code) || jsonb_build_object(%s::text, w.value), updated_at = now()
               FROM wanted w WHERE p.id = w.id AND p.attributes IS DISTINCT FROM (p.attributes - w.code) || jsonb_build_object(%s::text, w.value)""",
            [
                *map(list, zip(*changed, strict=True)),
                definition.category_id,
                sorted({code for code, _old, _new in changed}),
                old,
                definition.code,
                definition.code,
                definition.code,
            ],
        )


# --- Using, ordering, removing ----------------------------------------------------------------------


def usage(definitions: Sequence[AttributeDefinition], cap: int = 1000) -> dict[int, int]:
    """How many products have a value of each definition, counted to one more than `cap`."""
    found = {}
    with connection.cursor() as cursor:
        for definition in definitions:
            cursor.execute(
                """SELECT count(*) FROM (
                       SELECT FROM catalog_product p LEFT JOIN catalog_category c ON c.id = p.category_id
                       WHERE p.attributes ? %s AND (%s::text IS NULL OR c.path = %s OR c.path LIKE %s) LIMIT %s) x""",
                [definition.code, *_branch(definition.category), cap + 1],
            )
            found[definition.pk] = cursor.fetchone()[0]
    return found


def _branch(category: Category | None) -> tuple[str | None, str | None, str | None]:
    if category is None:
        return None, None, None
    below = category.path.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return category.path, category.path, f"{below} > %"


@transaction.atomic
def remove_definition(definition: AttributeDefinition, *, by: User) -> AttributeDefinition:
    """Remove a definition; what products have under its code stays with them, as an attribute that nobody checks."""
    definition = AttributeDefinition.objects.locked().get(pk=definition.pk)
    audit.record("attribute.removed", definition, by=by)
    key = definition.pk
    definition.delete()
    definition.pk = key
    return definition


@transaction.atomic
def move_definition(definition: AttributeDefinition, *, by: User, up: bool) -> AttributeDefinition:
    """Let a definition change places with the one before it, or behind it, among those of its category."""
    beside = list(AttributeDefinition.objects.locked().filter(category=definition.category).order_by("position", "pk"))
    beside.sort(key=lambda one: (one.position, one.pk))
    place = next(number for number, one in enumerate(beside) if one.pk == definition.pk)
    other = place - 1 if up else place + 1
    if 0 <= other < len(beside):
        beside[place], beside[other] = beside[other], beside[place]
        for number, one in enumerate(beside, start=1):
            if one.position != number:
                one.position = number
                one.save(update_fields=["position", "updated_at"])
        audit.record("attribute.changed", definition, by=by)
    return definition
