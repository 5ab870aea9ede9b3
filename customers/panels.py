"""Panels on the pages of customers."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice import panels
from backoffice.templatetags.houtai import badge, relative_time
from customers.models import Ticket


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


@panels.register("customers.ticket", order=40, permission="customers.add_followup")
def follow_ups_panel(user: Any, ticket: Any) -> panels.Panel | None:
    """The ways to the follow-ups of a ticket's customer and to a new one; nothing is read for it."""
    if not ticket.customer_id or not user.has_perm("customers.view_personal_data"):
        return None
    customer = f"customer=%23{ticket.customer_id}"
    return panels.Panel(
        title=_("Follow-ups"),
        template="customers/_ticket_follow_ups.html",
        context={"plan_url": f"{reverse('followups:new')}?{customer}&ticket=%23{ticket.pk}"},
        url=f"{reverse('followups:list')}?{customer}&status=open",
    )
