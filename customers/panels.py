"""Panels on the pages of customers."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice import panels
from backoffice.templatetags.houtai import badge, relative_time
from customers.models import FollowUp, Ticket


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


@panels.register("customers.ticket", order=40, permission="customers.view_followup")
def follow_ups_panel(user: Any, ticket: Any) -> panels.Panel | None:
    """What is planned with the customer of a ticket."""
    if not ticket.customer_id:
        return None
    rows = FollowUp.objects.visible_to(user).open().filter(customer=ticket.customer_id).select_related("assignee")[:10]
    plan = f"{reverse('followups:new')}?customer=%23{ticket.customer_id}&ticket=%23{ticket.pk}"
    return panels.Panel(
        title=_("Follow-ups"),
        template="customers/_ticket_follow_ups.html",
        context={
            "follow_ups": list(rows),
            "plan_url": plan if user.has_perms(["customers.add_followup", "customers.view_personal_data"]) else "",
        },
    )
