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
