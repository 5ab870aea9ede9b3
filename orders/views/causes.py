"""What is begun from a ticket is told in its thread."""

from typing import Any

from django.http import HttpRequest

from customers import services
from customers.models import Ticket


def tell_ticket(request: HttpRequest, what: str, document: Any) -> None:
    """Write "return" or "refund" with its number into the ticket of `?ticket=TK-1`, if the user sees that."""
    number = request.GET.get("ticket", "")
    ticket = Ticket.objects.visible_to(request.user).filter(number=number).first() if number else None
    if ticket is not None:
        services.happened(ticket, what, by=request.user, new=document)
