"""E-mail addresses and phone numbers: one form of each, one customer for each."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.numbering import next_number, next_numbers, sequence_name
from backoffice.rows import insert_selected
from customers import masking
from customers.models import ContactPoint, Customer
from customers.services.suppression import in_database, refuse_suppressed


class ContactTaken(ValidationError):
    """The contact is in use by another customer, who is named as far as the user may see names."""

    def __init__(self, value: str, owner: Customer, by: User | None) -> None:
        shown = owner.name if by is None or masking.may_see(by) else masking.name(owner.name)
        super().__init__(
            _("%(value)s belongs to %(customer)s (%(number)s) already."),
            code="contact_taken",
            params={"value": value, "customer": shown, "number": owner.number},
        )
        self.owner = owner


@dataclass(frozen=True)
class ContactData:
    """A contact as somebody typed it; `pk` names the stored one that it replaces."""

    kind: str
    value: str
    label: str = ""
    is_primary: bool = False
    pk: int | None = None

    @property
    def normalized(self) -> str:
        return normalize_email(self.value) if self.kind == ContactPoint.Kind.EMAIL else normalize_phone(self.value)


def normalize_email(text: str) -> str:
    """Lower case, the domain in its ASCII form. Raises ValidationError naming what is no e-mail address."""
    typed = unicodedata.normalize("NFKC", text).strip().lower()
    local, _at, domain = typed.rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode('ascii')}"
        validate_email(address)
    except (UnicodeError, ValidationError) as error:
        raise ValidationError(
            _("“%(text)s” is not an e-mail address."), code="invalid_email", params={"text": text.strip()}
        ) from error
    return address


def normalize_phone(text: str, region: str = "") -> str:
    """E.164; a number without country code is read as one of `region`, else DEFAULT_PHONE_REGION. Raises ValidationError."""
    typed = unicodedata.normalize("NFKC", text).strip()
    try:
        number = phonenumbers.parse(typed, region or settings.DEFAULT_PHONE_REGION)
    except phonenumbers.NumberParseException:
        number = None
    if (
        number is None
        or phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE
    ):
        raise ValidationError(
            _("“%(text)s” is not a phone number. Begin with + and the country code."),
            code="invalid_phone",
            params={"text": typed},
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def find_by_email(email: str) -> Customer | None:
    """The customer who uses this address now."""
    live = ContactPoint.objects.filter(
        kind=ContactPoint.Kind.EMAIL, normalized=normalize_email(email), ended_at=None
    ).select_related("customer")
    found = live.first()
    return found.customer if found else None


def find_or_create_by_email(email: str, name: str = "", *, language: str = "en", by: User | None = None) -> Customer:
    """The customer who uses this address, created when nobody does; two at once get the same one."""
    found = find_by_email(email)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            customer = Customer.objects.create(
                number=next_number("CU"), name=name.strip()[:200] or email.strip()[:200], language=language
            )
            set_contacts(customer, [ContactData(ContactPoint.Kind.EMAIL, email, is_primary=True)], by=by)
            audit.record("customer.created", customer, by=by)
            return customer
    except ContactTaken as taken:
        return taken.owner


@transaction.atomic
def find_or_create_by_emails(people: Mapping[str, str], *, by: User | None = None) -> dict[str, Customer]:
    """Customers by normalised address; where nobody uses one, a customer with the name given is created.

    Raises IntegrityError when somebody else creates one of them just now.
    """
    live = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, normalized__in=people, ended_at=None)
    found = {contact.normalized: contact.customer for contact in live.select_related("customer")}
    missing = [email for email in people if email not in found]
    refuse_suppressed(missing)
    created = Customer.objects.bulk_create(
        Customer(number=number, name=people[email].strip()[:200] or email[:200])
        for number, email in zip(next_numbers("CU", len(missing)), missing, strict=True)
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(customer=customer, kind=ContactPoint.Kind.EMAIL, raw=email, normalized=email, is_primary=True)
        for customer, email in zip(created, missing, strict=True)
    )
    audit.record_many("customer.created", created, by=by)
    return found | dict(zip(missing, created, strict=True))


def create_by_selected_emails(cursor: Any, select: str, *, by: User | None) -> None:
    """Create a customer for each address that `select` yields, set-wise, for files of many.

    select: a statement of ours: normalised address, which nobody uses now and which comes once, and name. Whose data were erased
    is left out. Raises IntegrityError when somebody else creates one of them just now.
    """
    digests, pads = in_database("p.email")
    cursor.execute(
        f"""CREATE TEMP TABLE new_customer ON COMMIT DROP AS
            SELECT nextval(pg_get_serial_sequence('customers_customer', 'id')) AS id, 'CU-' || nextval('{sequence_name("CU")}') AS number,
                   p.email, left(coalesce(nullif(trim(p.name), ''), p.email), 200) AS name
            FROM ({select}) p(email, name)
            WHERE NOT EXISTS (SELECT 1 FROM customers_suppression s WHERE s.digest = ANY({digests}))""",  # noqa: S608 - statements of ours
        pads,
    )
    insert_selected(
        cursor,
        Customer,
        "new_customer n",
        {"id": "n.id", "number": "n.number", "name": "n.name", "updated_at": "now()"},
    )
    contact = {
        "customer_id": "n.id",
        "kind": "'email'",
        "raw": "n.email",
        "normalized": "n.email",
        "is_primary": "true",
    }
    insert_selected(cursor, ContactPoint, "new_customer n", contact)
    audit.record_selected(cursor, "customer.created", Customer, "SELECT id, number, '' FROM new_customer", by=by)
    cursor.execute("DROP TABLE new_customer")


@transaction.atomic
def set_contacts(customer: Customer, contacts: Sequence[ContactData], *, by: User | None) -> None:
    """Make `contacts` the live contacts of a locked customer: add, change, and end those left out.

    Raises ContactTaken naming the other customer, ValidationError for what is no address or number.
    """
    wanted = [(data, data.normalized) for data in _with_one_primary(contacts)]
    _refuse_repeated(wanted)
    _refuse_taken(customer, wanted, by)
    live = {contact.pk: contact for contact in customer.contacts.filter(ended_at=None)}
    refuse_suppressed({normalized for _data, normalized in wanted} - {contact.normalized for contact in live.values()})
    _end(customer, set(live) - {data.pk for data, _normalized in wanted})
    try:
        with transaction.atomic():
            _write(customer, wanted, live)
    except IntegrityError as error:
        _refuse_taken(customer, wanted, by)
        raise ValidationError(
            _("Two contacts cannot change places in one step. Remove one of them first."), code="swapped"
        ) from error


def _with_one_primary(contacts: Sequence[ContactData]) -> list[ContactData]:
    """Exactly one primary of each kind: the last one chosen, else the first."""
    chosen: dict[str, int] = {}
    for index, data in enumerate(contacts):
        if data.is_primary or data.kind not in chosen:
            chosen[data.kind] = index
    return [
        ContactData(data.kind, data.value.strip(), data.label, chosen[data.kind] == index, data.pk)
        for index, data in enumerate(contacts)
    ]


def _refuse_repeated(wanted: list[tuple[ContactData, str]]) -> None:
    seen = set()
    for data, normalized in wanted:
        if (data.kind, normalized) in seen:
            raise ValidationError(_("%(value)s stands here twice."), code="repeated", params={"value": data.value})
        seen.add((data.kind, normalized))


def _refuse_taken(customer: Customer, wanted: list[tuple[ContactData, str]], by: User | None) -> None:
    others = ContactPoint.objects.filter(
        normalized__in=[normalized for _data, normalized in wanted], ended_at=None
    ).exclude(customer=customer)
    taken = {(other.kind, other.normalized): other.customer for other in others.select_related("customer")}
    for data, normalized in wanted:
        if owner := taken.get((data.kind, normalized)):
            raise ContactTaken(data.value, owner, by)


def _end(customer: Customer, keys: set[int]) -> None:
    if keys:
        customer.contacts.filter(pk__in=keys).update(ended_at=timezone.now(), is_primary=False)


def _write(customer: Customer, wanted: list[tuple[ContactData, str]], live: dict[int, ContactPoint]) -> None:
    """Write what differs; a primary that is one no longer steps back before the new one is written."""
    changed = []
    for data, normalized in wanted:
        contact = live.get(data.pk or 0) or ContactPoint(customer=customer)
        values = {
            "kind": data.kind,
            "raw": data.value,
            "normalized": normalized,
            "label": data.label,
            "is_primary": data.is_primary,
        }
        if any(getattr(contact, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(contact, name, value)
            changed.append(contact)
    for contact in sorted(changed, key=lambda contact: contact.is_primary):
        contact.save()
