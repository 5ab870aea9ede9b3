"""Segments of the demonstration shop, a month ago and now, and whom its people are to follow up."""

from datetime import timedelta

from django.utils import timezone

from backoffice import demo
from backoffice.models import User
from customers import services
from customers.models import Customer
from customers.services import segments

PLANNED = (("Call about the last parcel", -2), ("Ask how the tea was", 0), ("Offer the new catalogue", 14))
MOST = 30


def load() -> None:
    """Work the segments out and plan follow-ups for those who are about to leave, else for anybody."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    for day in (today - timedelta(days=30), today):
        segments.segment(day)
    agent = User.objects.get(email=demo.address("support_agent"))
    leaving = Customer.objects.filter(segment__lifecycle__in=["silent", "churning"]).order_by("pk")[:MOST]
    rows = list(leaving) or list(Customer.objects.order_by("pk")[:MOST])
    for number, (what, days) in enumerate(PLANNED):
        chosen = rows[number :: len(PLANNED)]
        services.plan_follow_ups(chosen, what=what, due_on=today + timedelta(days=days), assignee=agent, by=agent)
