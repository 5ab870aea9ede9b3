"""Notes on customers, for colleagues."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit, mentions
from backoffice.models import User
from customers.models import Customer, CustomerNote
from customers.services.customers import lock

LONGEST = 2000


@transaction.atomic
def add_note(customer: Customer, *, note: str, by: User) -> Customer:
    """Keep a remark with the customer; people named in it by "@" are told."""
    customer = lock(customer)
    _write(CustomerNote(customer=customer, author=by), note)
    audit.record("customer.noted", customer, by=by)
    _tell(customer, note, set(), by)
    return customer


@transaction.atomic
def edit_note(note: CustomerNote, *, text: str, by: User) -> CustomerNote:
    """Only its author changes a note; people newly named in it are told."""
    note = CustomerNote.objects.locked().select_related("customer").get(pk=note.pk)
    if not note.may_edit(by):
        raise PermissionDenied
    before = {person.pk for person in mentions.mentioned(note.text)}
    note.edited_at = timezone.now()
    _write(note, text)
    _tell(note.customer, text, before, by)
    return note


@transaction.atomic
def pin_note(note: CustomerNote, *, pinned: bool, by: User) -> CustomerNote:
    """Let a note stand first, or no longer."""
    note = CustomerNote.objects.locked().get(pk=note.pk)
    note.is_pinned = pinned
    note.save(update_fields=["is_pinned"])
    return note


def _write(note: CustomerNote, text: str) -> None:
    note.text = text.strip()
    if not note.text:
        raise ValidationError({"note": _("Write the note first.")})
    if len(note.text) > LONGEST:
        raise ValidationError({"note": _("At most %(most)s characters.") % {"most": LONGEST}})
    note.save()


def _tell(customer: Customer, text: str, before: set[int], by: User) -> None:
    people = [
        one for one in mentions.mentioned(text) if one.pk not in before and one.has_perm("customers.view_customer")
    ]
    mentions.tell(
        people,
        lambda: _("%(person)s names you in a note on customer %(number)s.") % {"person": by, "number": customer.number},
        url=customer.get_absolute_url(),
        by=by,
    )
