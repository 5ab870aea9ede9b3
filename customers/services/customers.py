"""The verbs of customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.numbering import next_number
from customers.models import Address, Consent, Customer
from customers.services.contacts import ContactData, set_contacts
from customers.services.custom import take_values
from customers.services.ownership import transfer

FIELDS = (
    "kind", "name", "company", "external_id", "tax_id", "language", "tags", "note", "tax_exempt", "price_group",
)  # fmt: skip
ADDRESS_FIELDS = ("kind", "name", "company", "line1", "line2", "city", "region", "postal_code", "country", "is_default")


@dataclass(frozen=True)
class AddressData:
    """An address as somebody typed it; `pk` names the stored one that it replaces."""

    values: dict[str, Any] = field(default_factory=dict)
    pk: int | None = None


@transaction.atomic
def create_customer(
    *,
    by: User | None,
    contacts: Sequence[ContactData] = (),
    addresses: Sequence[AddressData] = (),
    owner: User | None = None,
    custom: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Customer:
    """Create a customer with contacts and addresses, or nothing. `custom`: code of a custom field -> value.

    Raises ContactTaken naming the customer who uses a contact already.
    """
    customer = Customer(number=next_number("CU"), **_known(fields))
    take_values(customer, custom or {})
    _save(customer)
    set_contacts(customer, contacts, by=by)
    set_addresses(customer, addresses)
    audit.record("customer.created", customer, by=by)
    if owner is not None:
        transfer([customer], owner, by=by)
        customer.owner = owner
    return customer


@transaction.atomic
def update_customer(
    customer: Customer,
    *,
    by: User | None,
    contacts: Sequence[ContactData] | None = None,
    addresses: Sequence[AddressData] | None = None,
    custom: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Customer:
    """Change the given fields; contacts and addresses, where given, become exactly these. An `owner` gets the customer by a transfer.

    Of custom fields only those in `custom` change (code -> value, None for none).
    """
    customer = lock(customer)
    if "owner" in fields:
        owner = fields.pop("owner")
        transfer([customer], owner, by=by)
        customer.owner = owner
    for name, value in _known(fields).items():
        setattr(customer, name, value)
    take_values(customer, custom or {})
    _save(customer)
    if contacts is not None:
        set_contacts(customer, contacts, by=by)
    if addresses is not None:
        set_addresses(customer, addresses)
    audit.record("customer.changed", customer, by=by)
    return customer


def lock(customer: Customer) -> Customer:
    """The customer, locked for a change. Raises what `must_be_open` raises."""
    customer = Customer.objects.locked().get(pk=customer.pk)
    must_be_open(customer)
    return customer


def must_be_open(customer: Customer) -> None:
    """Raise ValidationError where the data were erased, or the customer became part of another."""
    if customer.status == Customer.Status.ERASED:
        raise ValidationError(
            _("The data of %(number)s were erased; nothing can be added."), params={"number": customer.number}
        )
    if customer.merged_into is not None:
        raise ValidationError(
            _("%(number)s was merged into %(survivor)s: change that customer."),
            code="merged",
            params={"number": customer.number, "survivor": customer.merged_into.number},
        )


def save_customer(customer: Customer | None = None, *, by: User | None, **fields: Any) -> Customer:
    """Create a customer, or change `customer`."""
    return create_customer(by=by, **fields) if customer is None else update_customer(customer, by=by, **fields)


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"a customer has no {', '.join(sorted(unknown))}")
    if "tags" in fields:
        fields["tags"] = clean_tags(fields["tags"])
    return fields


def _save(customer: Customer) -> None:
    """Save with the rules checked first, so that a refusal is a sentence at its field."""
    customer.full_clean(exclude=["number", "status", "created_at"])
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError as error:
        if "customer_custom_fits" in str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")):
            raise ValidationError(
                _("A custom field was changed just now. Open the form again and look at its values."), code="stale"
            ) from error
        raise ValidationError(
            {"external_id": _("Another customer has this number already.")}, code="external_id_taken"
        ) from error


def set_addresses(customer: Customer, addresses: Sequence[AddressData]) -> None:
    """Make `addresses` those of a locked customer; the last one marked becomes the default of its kind."""
    stored = {address.pk: address for address in customer.addresses.all()}
    kept = {data.pk for data in addresses}
    customer.addresses.filter(pk__in=set(stored) - kept).delete()
    defaults = _defaults(addresses)
    customer.addresses.filter(is_default=True).exclude(
        pk__in=[addresses[index].pk for index in defaults.values() if addresses[index].pk]
    ).update(is_default=False)
    for index, data in enumerate(addresses):
        address = stored.get(data.pk or 0) or Address(customer=customer)
        values = {name: value for name, value in data.values.items() if name in ADDRESS_FIELDS}
        values["is_default"] = defaults[_kind(data)] == index
        values["country"] = str(values.get("country", address.country)).strip().upper()
        for name, value in values.items():
            setattr(address, name, value)
        address.full_clean(exclude=["customer"], validate_unique=False, validate_constraints=False)
        address.save()


def _kind(data: AddressData) -> str:
    return str(data.values.get("kind") or Address.Kind.SHIPPING)


def _defaults(addresses: Sequence[AddressData]) -> dict[str, int]:
    """Position of the default of each kind: the last one marked, else the first."""
    chosen: dict[str, int] = {}
    for index, data in enumerate(addresses):
        if data.values.get("is_default") or _kind(data) not in chosen:
            chosen[_kind(data)] = index
    return chosen


def clean_tags(tags: Sequence[str]) -> list[str]:
    """Each tag once, whatever its case, in the order given."""
    unique = {tag.strip().casefold(): tag.strip()[:120] for tag in reversed(tags) if tag.strip()}
    return list(reversed(unique.values()))


@transaction.atomic
def add_tags(customers: Sequence[Customer], *, tags: Sequence[str], by: User) -> list[Customer]:
    """Add `tags` to every customer; who has them all already stays unchanged."""
    changed = []
    standing = Customer.objects.exclude(status=Customer.Status.ERASED)
    for customer in standing.locked().filter(pk__in=[customer.pk for customer in customers]):
        wanted = clean_tags([*customer.tags, *tags])
        if wanted != customer.tags:
            customer.tags = wanted
            customer.save(update_fields=["tags", "updated_at"])
            changed.append(customer)
    audit.record_many("customer.tagged", changed, by=by, data={"tags": list(tags)})
    return changed


@transaction.atomic
def record_consent(
    customer: Customer, *, channel: str, purpose: str, granted: bool, source: str, by: User | None
) -> Consent:
    """Append what the customer agreed to, or withdrew; the latest entry governs."""
    customer = lock(customer)
    consent = Consent(customer=customer, channel=channel, purpose=purpose, granted=granted, source=source)
    consent.full_clean(exclude=["customer"])
    consent.save()
    verb = "customer.consent_given" if granted else "customer.consent_withdrawn"
    audit.record(verb, customer, by=by, data={"channel": channel, "purpose": purpose, "source": source})
    return consent


def archive_customer(customer: Customer, *, by: User, reason: str = "") -> Customer:
    """Take a customer out of the working lists; orders and tickets stay."""
    return _become(customer, Customer.Status.ARCHIVED, "customer.archived", by, reason)


def restore_customer(customer: Customer, *, by: User, reason: str = "") -> Customer:
    """Bring an archived customer back."""
    return _become(customer, Customer.Status.ACTIVE, "customer.restored", by, reason)


@transaction.atomic
def _become(customer: Customer, status: str, verb: str, by: User, reason: str) -> Customer:
    customer = lock(customer)
    if customer.status == status:
        raise ValidationError(
            _("%(number)s is %(status)s already."),
            params={"number": customer.number, "status": customer.get_status_display()},
        )
    customer.status = status
    customer.save(update_fields=["status", "updated_at"])
    audit.record(verb, customer, by=by, reason=reason)
    return customer
