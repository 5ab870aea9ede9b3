"""Cards of the home page about tickets and follow-ups."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import dashboard
from backoffice.panels import Panel
from backoffice.templatetags.houtai import badge, relative_time
from customers.models import FollowUp, Ticket


def _card(label: str, rows: QuerySet, query: str, *, warn: bool = False) -> dashboard.Card:
    value = dashboard.capped(rows)
    return dashboard.Card(
        label, value, f"{reverse('tickets:list')}?{query}", tone="warn" if warn and value != "0" else ""
    )


@dashboard.card(permission="customers.view_ticket", order=40)
def unassigned_tickets(user: Any) -> dashboard.Card:
    rows = Ticket.objects.visible_to(user).unsolved().filter(assignee=None)
    return _card(_("Unassigned tickets"), rows, "stage=unsolved&assignee=nobody&sort=oldest", warn=True)


@dashboard.card(permission="customers.reply_ticket", order=41)
def my_tickets(user: Any) -> dashboard.Card:
    rows = Ticket.objects.visible_to(user).unsolved().filter(assignee=user)
    return _card(_("My unsolved tickets"), rows, "stage=unsolved&assignee=me")


@dashboard.card(permission="customers.view_ticket", order=42)
def tickets_today(user: Any) -> dashboard.Card:
    today = timezone.localdate()
    rows = Ticket.objects.visible_to(user).filter(created_at__date=today)
    return _card(_("Tickets opened today"), rows, f"created_min={today:%Y-%m-%d}&sort=created")


@dashboard.attention(permission="customers.reply_ticket", order=20)
def longest_waiting(user: Any) -> Panel | None:
    """The tickets that wait for us, the oldest first."""
    rows = Ticket.objects.visible_to(user).filter(status__in=["new", "open"]).order_by("last_message_at", "pk")[:6]
    if not rows:
        return None
    return Panel(
        _("Customers waiting longest for an answer"),
        columns=[_("Ticket"), _("Status"), _("Last message")],
        rows=[
            (
                (ticket.subject, ticket.get_absolute_url()),
                badge(ticket.get_status_display(), ticket.status),
                relative_time(ticket.last_message_at),
            )
            for ticket in rows
        ],
        url=f"{reverse('tickets:list')}?status=new&status=open&sort=oldest",
    )


@dashboard.card(permission="customers.change_followup", order=45)
def my_follow_ups(user: Any) -> dashboard.Card:
    rows = FollowUp.objects.visible_to(user).due().filter(assignee=user)
    value = dashboard.capped(rows)
    address = f"{reverse('followups:list')}?assignee=me&due=due"
    return dashboard.Card(_("My follow-ups due"), value, address, tone="warn" if value != "0" else "")
