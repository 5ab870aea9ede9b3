"""Panels on the pages of customers."""

from typing import Any

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from backoffice import panels
from backoffice.references import linked
from backoffice.templatetags.houtai import badge, relative_time
from customers.models import CustomerMerge, Ownership, Ticket


@panels.register("customers.customer", order=20, permission="customers.view_ticket")
def tickets_panel(user: Any, customer: Any) -> panels.Panel:
    """The newest tickets of a customer."""
    rows = Ticket.objects.visible_to(user).filter(customer=customer)[:10]
    return panels.Panel(
        title=_("Tickets"),
        columns=[_("Ticket"), _("Subject"), _("Status"), _("Last message")],
        rows=[
            [
                (ticket.number, ticket.get_absolute_url()),
                ticket.subject,
                badge(ticket.get_status_display(), ticket.status),
                relative_time(ticket.last_message_at),
            ]
            for ticket in rows
        ],
        empty=_("This customer has asked nothing yet."),
        url=f"{reverse('tickets:list')}?customer=%23{customer.pk}",
    )


@panels.register("customers.customer", order=30, permission="customers.view_ownership")
def owners_panel(user: Any, customer: Any) -> panels.Panel:
    """Who has looked after a customer, since when and why; the present owner first."""
    rows = list(Ownership.objects.visible_to(user).filter(customer=customer).select_related("user", "given_by")[:10])
    return panels.Panel(
        title=_("Owners"),
        columns=[_("Owner"), _("Since"), _("Until"), _("How"), _("Why")],
        rows=[
            [
                row.user,
                relative_time(row.began_at),
                relative_time(row.ended_at) if row.ended_at else badge(_("today"), "good"),
                row.get_source_display(),
                _why(row),
            ]
            for row in rows
        ],
        empty=_("Nobody owns this customer; it is in the claim pool."),
    )


def _why(row: Ownership) -> Any:
    """What was said, who did it, and how long nobody can dispute it."""
    said = [row.reason, _("by %(user)s") % {"user": row.given_by} if row.given_by and row.given_by != row.user else ""]
    if row.is_protected and row.ended_at is None:
        said.append(
            _("protected until %(day)s") % {"day": formats.date_format(timezone.localdate(row.protected_until))}
        )
    if row.ended_at:
        said.append(_("ended: %(how)s") % {"how": row.get_ended_how_display()})
    return linked(" · ".join(part for part in said if part))


@panels.register("customers.customer", order=40, permission="customers.view_customermerge")
def merges_panel(user: Any, customer: Any) -> panels.Panel | None:
    """Who became part of a customer, and the way back."""
    rows = list(CustomerMerge.objects.visible_to(user).filter(keep=customer).select_related("lose", "by")[:10])
    if not rows:
        return None
    may_undo = user.has_perms(["customers.merge_customer", "customers.view_personal_data"])
    return panels.Panel(
        title=_("Merged into this customer"),
        columns=[_("Number"), _("Name"), _("Merged"), _("By"), ""],
        rows=[
            [
                row.lose.number,
                row.lose.name,
                relative_time(row.at),
                row.by,
                _("undone")
                if row.undone_at
                else (_("Undo"), reverse("customers:unmerge", args=[row.pk]))
                if may_undo
                else "",
            ]
            for row in rows
        ],
    )
