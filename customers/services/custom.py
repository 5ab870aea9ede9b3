"""Custom fields: their definitions, and the values that customers have of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.attributes.values import canonical, clean_choices, read, text_of
from backoffice.models import User
from customers.models import Customer, CustomField
from customers.services.merged import merged_may_change

FIELD = "custom."  # stands before the code in the names of form fields, filters and columns
SHOWN = 3  # values that a refusal names
# Customers before the lock of fields, as whoever writes values takes them.
HOLD = """SELECT count(*) FROM (SELECT id FROM customers_customer WHERE id = ANY (customers_with_custom(%s))
          ORDER BY id FOR NO KEY UPDATE) held"""


def values_of(customer: Customer) -> dict[str, Any]:
    """Code -> stored value, personal ones masked where the row is."""
    return {**customer.custom, **customer.custom_personal}


def take_values(customer: Customer, given: Mapping[str, Any]) -> None:
    """Put `given` (code -> value, None for none) into the columns of a customer that is saved next; what is not given stays.

    Raises ValidationError, at "custom.CODE", for a code that no field has, a value that does not fit, and a required one that
    is emptied. A value that is there already is not asked.
    """
    known = {field.code: field for field in CustomField.objects.live()} if given else {}
    refused: dict[str, list[str]] = {}
    stored = values_of(customer)
    columns = {"custom": dict(customer.custom), "custom_personal": dict(customer.custom_personal)}
    for code, value in given.items():
        if code not in known:
            if stored.get(code) != value:
                refused[FIELD + code] = [_("There is no custom field “%(code)s”.") % {"code": code}]
            continue
        field = known[code]
        try:
            _put(columns[field.column], field, value)
        except ValidationError as error:
            refused[FIELD + code] = [f"{field.title}: {text}" for text in error.messages]
    if refused:
        raise ValidationError(refused)
    customer.custom, customer.custom_personal = columns["custom"], columns["custom_personal"]


def _put(values: dict[str, Any], field: CustomField, value: Any) -> None:
    if value in (None, "", []):
        if field.is_required:
            raise ValidationError(_("This is needed."))
        values.pop(field.code, None)
    else:
        values[field.code] = canonical(field, value)


def field_takes(field: CustomField, value: Any) -> bool:
    """Whether a stored value is one of the field as it is now."""
    try:
        return bool(canonical(field, value) == value)
    except ValidationError:
        return False


# --- Definitions ------------------------------------------------------------------------------------


@transaction.atomic
def save_field(field: CustomField | None = None, *, by: User | None, **fields: Any) -> CustomField:
    """Create a field, or change one with the values that customers have of it.

    Raises ValidationError where values do not fit the changed field, naming some, and for a code or name in use.
    """
    before = CustomField.objects.locked().get(pk=field.pk) if field else None
    after = CustomField.objects.get(pk=before.pk) if before else CustomField()
    for name, value in fields.items():
        setattr(after, name, value)
    after.name, after.name_zh = " ".join(after.name.split()), " ".join(after.name_zh.split())
    after.code = after.code or _code_of(after.name)
    after.choices = clean_choices(after.choices if after.kind == CustomField.Kind.CHOICE else [])
    if before is None and "position" not in fields:
        after.position = (CustomField.objects.aggregate(last=Max("position"))["last"] or 0) + 1
    _refuse_code(before, after)
    with connection.cursor() as cursor:
        if before is not None and _is_another(before, after):
            cursor.execute(HOLD, [before.code])
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('customers_customfield'))")
        after.full_clean()
        cursor.execute("SET CONSTRAINTS field_fits_values DEFERRED")
        after.save()
        if before is not None:
            _convert(before, after)
        cursor.execute("SET CONSTRAINTS field_fits_values IMMEDIATE")
    audit.record("custom_field.changed" if before else "custom_field.created", after, by=by)
    return after


def _code_of(name: str) -> str:
    """A code made of the name; of one without Latin letters, such as a Chinese one, a numbered code."""
    text = slugify(name).replace("-", "_")
    if text and not text[0].isalpha():
        text = f"field_{text}"
    number = CustomField.objects.count() + 1
    while not text or (text.startswith("field_") and CustomField.objects.filter(code=text[:40]).exists()):
        text, number = f"field_{number}", number + 1
    return text[:40]


def _refuse_code(before: CustomField | None, after: CustomField) -> None:
    if before is not None and before.code != after.code:
        raise ValidationError({"code": _("The code stays: files and saved lists go by it.")})
    gone = CustomField.objects.filter(code=after.code).exclude(archived_at=None).first()
    if before is None and gone is not None:
        sentence = _("The archived field “%(field)s” has this code. Bring it back, or choose another code.")
        raise ValidationError({"code": sentence % {"field": gone.title}})


def _is_another(before: CustomField, after: CustomField) -> bool:
    """Whether values are kept otherwise than before."""
    return (before.kind, before.choices, before.column) != (after.kind, after.choices, after.column)


def _convert(before: CustomField, after: CustomField) -> None:
    """Rewrite what customers have by the changed field, in the column where it belongs now.

    Nobody can change a record that was merged away: what does not fit there any more goes from it.
    """
    if not _is_another(before, after):
        return
    pairs: list[tuple[str, str | None]] = []
    refused: list[str] = []
    for text, is_in_use in _different_values(before):
        value = json.loads(text)
        try:
            pairs.append((text, json.dumps(_converted(before, after, value), ensure_ascii=False)))
        except ValidationError:
            pairs.append((text, None))
            refused += [text_of(value)] if is_in_use else []
    if refused:
        told = ", ".join(f"“{text[:60]}”" for text in refused[:SHOWN]) + (" …" if len(refused) > SHOWN else "")
        sentence = _("Customers have values that do not fit: %(values)s. Change these first.") % {"values": told}
        raise ValidationError({"kind": sentence})
    if not pairs:
        return
    old, new = before.column, after.column
    put = f"{new} = CASE WHEN n.value IS NULL THEN c.{new} - %(code)s ELSE c.{new} || jsonb_build_object(%(code)s::text, n.value) END"
    taken = f", {old} = c.{old} - %(code)s" if old != new else ""
    with merged_may_change(), connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE customers_customer c SET {put}{taken}, updated_at = now()
                FROM unnest(%(olds)s::jsonb[], %(news)s::jsonb[]) n(old, value)
                WHERE c.{old} <> '{{}}' AND c.{old} ? %(code)s AND c.{old} -> %(code)s = n.old""",  # noqa: S608 - columns of ours
            {"code": after.code, "olds": [pair[0] for pair in pairs], "news": [pair[1] for pair in pairs]},
        )
        if (
            before.kind != after.kind
        ):  # a text and a day are written alike: such values are indexed anew though they stay
            cursor.execute("SELECT customers_index_custom(customers_with_custom(%s))", [after.code])


def _different_values(field: CustomField) -> list[tuple[str, bool]]:
    """What customers have of the field, each value once, as JSON; and whether anybody has it who was not merged away."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT ({field.column} -> %s)::text, bool_or(merged_into_id IS NULL) FROM customers_customer
                WHERE {field.column} <> '{{}}' AND {field.column} ? %s GROUP BY 1 ORDER BY 1""",  # noqa: S608 - a column of ours
            [field.code, field.code],
        )
        return cursor.fetchall()


def _converted(before: CustomField, after: CustomField, value: Any) -> Any:
    """The value as the changed field has it. Raises ValidationError where it means nothing there."""
    if before.has_choices and not after.has_choices:
        value = before.labels.get(value, value)
    try:
        return canonical(after, value)
    except ValidationError:
        return canonical(after, read(after, text_of(value)))


@transaction.atomic
def archive_field(field: CustomField, *, by: User) -> CustomField:
    """It is no longer asked for, shown or filtered by; what customers have of it stays."""
    return _become(field, True, "custom_field.archived", by)


def restore_field(field: CustomField, *, by: User) -> CustomField:
    """Bring an archived field back, with what customers have of it."""
    return _become(field, False, "custom_field.restored", by)


@transaction.atomic
def _become(field: CustomField, archived: bool, verb: str, by: User) -> CustomField:
    field = CustomField.objects.locked().get(pk=field.pk)
    field.archived_at = (field.archived_at or timezone.now()) if archived else None
    try:
        with transaction.atomic():
            field.save(update_fields=["archived_at", "updated_at"])
    except IntegrityError as error:
        raise ValidationError(_("There is a custom field of this name.")) from error
    audit.record(verb, field, by=by)
    return field


@transaction.atomic
def move_field(field: CustomField, *, by: User, up: bool) -> CustomField:
    """Let a field change places with the one before it, or behind it."""
    beside = list(CustomField.objects.live().select_for_update())
    place = next((number for number, one in enumerate(beside) if one.pk == field.pk), None)
    if place is None:
        raise ValidationError(_("An archived field has no place."))
    other = place - 1 if up else place + 1
    if 0 <= other < len(beside):
        beside[place], beside[other] = beside[other], beside[place]
        for number, one in enumerate(beside, start=1):
            if one.position != number:
                one.position = number
                one.save(update_fields=["position", "updated_at"])
        audit.record("custom_field.changed", field, by=by)
    return field
