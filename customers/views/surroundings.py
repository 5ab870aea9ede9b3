"""What stands on the page of a customer beside the record: why it is in its segments, what is planned, what colleagues noted."""

from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.urls import reverse

from backoffice.rows import told_along
from customers.models import (
    Consent,
    ConsentPurpose,
    Customer,
    CustomerNote,
    FollowUp,
    ListMember,
    SegmentLimits,
    SegmentRun,
    SegmentSnapshot,
    StaticList,
)
from customers.services import segments
from customers.views.segment_columns import segment_of

MOST = 10
MOST_CONSENTS = 100
MOST_LISTS = 50


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


def lists_of(user: Any) -> ArraySubquery:
    """The lists that a customer is on and `user` sees, read along with the customer; panels.py shows them."""
    members = ListMember.objects.filter(
        customer=OuterRef("pk"), list__in=StaticList.objects.visible_to(user).order_by()
    )
    return told_along(members.order_by("list__name", "list")[:MOST_LISTS], pk="list", name="list__name")


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


def segments_beside(ticket: Any, user: Any) -> list[segments.Reason]:
    """What whoever asks is to us and why, of a ticket read with `customer__segment` and the latest run as `segmented`."""
    segment, runs = getattr(ticket.customer, "segment", None), ticket.segmented
    if segment is None or not runs or not user.has_perm("customers.view_customersegment"):
        return []
    return segments.reasons(segment, SegmentLimits.of(runs[0]["limits"]), date.fromisoformat(runs[0]["as_of"]))


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
