"""Segments of the demonstration shop, a month ago and now, whom its people are to follow up, and what they want to know of customers."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from backoffice import demo
from backoffice.models import User
from customers import services
from customers.models import Customer
from customers.services import custom, lists, segments

PLANNED = (("Call about the last parcel", -2), ("Ask how the tea was", 0), ("Offer the new catalogue", 14))
MOST = 30
FIELDS: tuple[dict[str, Any], ...] = (
    {"code": "level", "name": "Loyalty level", "name_zh": "会员等级", "kind": "choice", "choices": [
        {"code": "gold", "label": "Gold", "label_zh": "金卡"}, {"code": "silver", "label": "Silver", "label_zh": "银卡"}]},
    {"code": "birthday", "name": "Birthday", "name_zh": "生日", "kind": "date", "is_personal": True},
    {"code": "visits", "name": "Visits to the shop", "name_zh": "到店次数", "kind": "number", "help": "Since they have been a customer."},
    {"code": "catalogue", "name": "Wants the catalogue", "name_zh": "需要目录", "kind": "boolean"},
    {"code": "found_by", "name": "How they found us", "name_zh": "了解渠道", "kind": "text"},
)  # fmt: skip
LISTS = (
    ("Trade fair in spring", "Met at our stand; send them the new catalogue.", True),
    ("To call this week", "", False),
)


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
    know_more(rows)
    put_on_lists(rows, agent)


def know_more(rows: list[Customer]) -> None:
    """Custom fields, and what some customers have of them."""
    for field in FIELDS:
        custom.save_field(by=None, **field)
    for number, customer in enumerate(rows):
        values: dict[str, Any] = {"level": ("gold", "silver")[number % 2], "visits": number % 7 + 1}
        if number % 3 == 0:
            born = date(1960 + number % 40, number % 12 + 1, number % 28 + 1)
            values |= {
                "birthday": born,
                "catalogue": number % 2 == 0,
                "found_by": ("Trade fair", "A friend")[number % 2],
            }
        services.update_customer(customer, by=None, custom=values)


def put_on_lists(rows: list[Customer], agent: User) -> None:
    """A list that all see, and one of the agent's own."""
    for number, (name, purpose, is_shared) in enumerate(LISTS):
        made = lists.save_list(by=agent, name=name, purpose=purpose, is_shared=is_shared)
        lists.add_to_list(rows[number :: len(LISTS)], by=agent, static_list=made)
