"""The staged columns of customers, and what stands against rows, as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from backoffice.imports.batch import Staged

CONSENTS = {"accepts_email": "email", "accepts_sms": "sms"}  # staged column -> channel
PURPOSE = "marketing"


def _text(insert: str = "coalesce(s.{0}, '')") -> Staged:
    return Staged("text", "customer", "coalesce(s.{0}, '')", insert)


def _kept(type: str, default: str) -> Staged:
    """A blank cell keeps what is there."""
    empty = "nullif(s.{0}, '')" if type == "text" else "s.{0}"
    return Staged(type, "customer", f"coalesce({empty}, t.{{0}})", f"coalesce({empty}, {default})")


def _custom(name: str) -> Staged:
    """Values by code are added to those that are there; codes of blank cells go."""
    added = f"((t.{name} || coalesce(s.{name}, '{{}}')) - coalesce(s.custom_cleared, '{{}}'))"
    return Staged("jsonb", "customer", added, f"coalesce(s.{name}, '{{}}')")


KIND = "CASE WHEN coalesce(s.name, '') = '' AND coalesce(s.company, '') <> '' THEN 'company' ELSE 'person' END"  # of a new one

STAGED: Mapping[str, Staged] = {
    "number": Staged("text"),
    "external_id": _kept("text", "''"),
    "name": _kept("text", "s.spare_name"),
    "spare_name": Staged("text"),
    "company": _text(),
    "kind": _kept("text", KIND),
    "status": _kept("text", "'active'"),
    "language": _kept("text", "'en'"),
    "tags": Staged("varchar(120)[]", "customer", "coalesce(s.tags, '{}')", "coalesce(s.tags, '{}')"),
    "note": _text(),
    "tax_exempt": _kept("bool", "false"),
    "price_group": _text(),
    "tax_id": _text(),
    "emails": Staged("text[]"),
    "raw_emails": Staged("text[]"),
    "phones": Staged("text[]"),
    "raw_phones": Staged("text[]"),
    "other_phones": Staged("text[]"),
    "raw_other_phones": Staged("text[]"),
    "addresses": Staged("jsonb"),
    "custom": _custom("custom"),
    "custom_personal": _custom("custom_personal"),
    "custom_cleared": Staged("text[]"),
    "accepts_email": Staged("bool"),
    "accepts_sms": Staged("bool"),
}
FIELDS = tuple(name for name, staged in STAGED.items() if staged.table)

MESSAGES: Mapping[str, Any] = {
    "nobody": gettext_lazy("The row names nobody: a number elsewhere, an e-mail address or a phone number is needed."),
    "number_unknown": gettext_lazy(
        "There is no customer %(number)s. Leave the cell blank to create one; another system's number belongs into “external_id”."
    ),
    "number_kept": gettext_lazy("There is no customer %(number)s; the new one gets this number."),
    "number_other": gettext_lazy("There is no customer %(number)s; the row is about %(found)s."),
    "number_merged": gettext_lazy("%(number)s was merged into %(found)s; the row is about that customer."),
    "two_customers": gettext_lazy("The number elsewhere is that of %(one)s, the number that of %(other)s."),
    "external_twice": gettext_lazy("Row %(row)s gives this number to another customer."),
    "contact_taken": gettext_lazy("%(value)s belongs to %(customer)s (%(number)s) already."),
    "contact_twice": gettext_lazy("%(value)s stands in row %(row)s already, with another customer."),
    "customer_refused": gettext_lazy("Its customer is refused: see row %(row)s."),
    "name_differs": gettext_lazy("Row %(row)s gives this customer another name, which counts."),
    "erased": gettext_lazy("The data of %(number)s were erased; nothing can be added."),
    "suppressed": gettext_lazy(
        "%(value)s belongs to somebody whose data were erased on %(day)s (%(erasure)s). It is not taken in again."
    ),
    "may_not_add": gettext_lazy("You may change customers but not add any."),
    "name_made": gettext_lazy("The row has no name; “%(name)s” stands in its place."),
}
