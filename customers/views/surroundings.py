"""What stands on the page of a customer beside the record: why it is in its segments, what is planned, what colleagues noted."""

from typing import Any

from django.urls import reverse

from customers.models import (
    Consent,
    ConsentPurpose,
    Customer,
    CustomerNote,
    FollowUp,
    SegmentLimits,
    SegmentRun,
    SegmentSnapshot,
)
from customers.services import segments
from customers.views.segment_columns import segment_of

MOST = 10
MOST_CONSENTS = 100


def of(user: Any, customer: Customer) -> dict[str, Any]:
    """For the template: `reasons`, `snapshots`, `follow_ups`, `notes`, and where more can be done."""
    shown: dict[str, Any] = {}
    if user.has_perm("customers.view_customersegment"):
        shown |= _segments(customer)
    if user.has_perm("customers.view_followup"):
        rows = FollowUp.objects.visible_to(user).open().filter(customer=customer).select_related("assignee")
        shown["follow_ups"] = list(rows[:MOST])
        if user.has_perms(["customers.add_followup", "customers.view_personal_data"]):
            shown["plan_url"] = f"{reverse('followups:new')}?customer=%23{customer.pk}"
    notes = CustomerNote.objects.visible_to(user).filter(customer=customer).select_related("author")
    shown["notes"] = [{"note": note, "may_edit": note.may_edit(user) and not note.is_masked} for note in notes[:MOST]]
    return {**shown, **_consents(user, customer)}


def _consents(user: Any, customer: Customer) -> dict[str, Any]:
    """What holds now for each channel and purpose, and what was said before that."""
    if not user.has_perm("customers.view_consent"):
        return {"consents": []}
    rows = list(Consent.objects.visible_to(user).filter(customer=customer).order_by("-pk")[:MOST_CONSENTS])
    names = {row.code.upper(): str(row) for row in ConsentPurpose.objects.all()} if rows else {}
    now: dict[tuple[str, str], Consent] = {}
    for row in rows:
        now.setdefault((row.channel, row.purpose), row)
        row.called = names.get(row.purpose.upper(), row.purpose)  # type: ignore[attr-defined]
    latest = set(map(id, now.values()))
    return {"consents": list(now.values()), "earlier_consents": [row for row in rows if id(row) not in latest]}


def _segments(customer: Customer) -> dict[str, Any]:
    segment, run = segment_of(customer), SegmentRun.objects.order_by("-as_of").first()
    if segment is None or run is None:
        return {}
    limits = SegmentLimits.of(run.limits)
    return {
        "segmented": run,
        "reasons": segments.reasons(segment, limits, run.as_of),
        "snapshots": list(SegmentSnapshot.objects.filter(customer=customer).order_by("-as_of")[:MOST]),
    }
