"""Pages of segments: the overview, the limits with their preview, and what lists and files show."""

from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice.models import AuditEvent
from customers import services
from customers.models import Customer, FollowUp, SegmentLimits
from customers.services import segments
from tests.customers.test_segments import customer
from tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    """Ada bought 200 days ago, Bob lately; nothing is known of Cid."""
    today = timezone.localdate()
    rows = [customer("Ada", (0, 0)), customer("Bob", (0, 0)), make_customer("Cid")]
    for row, days, amount in ((rows[0], 200, 900), (rows[1], 5, 100)):
        row.orders.update(placed_at=timezone.now() - timedelta(days=days), total=amount, payment_status="none")
    segments.segment(today)
    return rows


def names(client, query):
    return [row.object.name for row in client.get(f"/customers/?{query}").context["rows"]]


def test_the_overview_leads_to_lists_that_agree_with_it(client, agent, shop):
    page = client.get("/customers/segments/").context

    cells = [(label, [cell and cell.customers for cell in row]) for label, row in page["matrix"]]
    assert cells == [
        ("New customer", [None, 1, 1]),
        ("Active customer", [None, None, None]),
        ("Churning", [None, None, None]),
        ("Silent", [1, None, None]),
        ("Lost", [None, None, None]),
    ]
    assert page["revenue"] == 1000
    assert names(client, page["matrix"][3][1][0].url.partition("?")[2]) == ["Ada"]
    assert names(client, "orders=one&sort=name") == ["Ada", "Bob"]
    assert names(client, "risk=high") == ["Ada"]
    assert client.get("/customers/segments/limits/").status_code == 403


def test_who_is_followed_up_leaves_the_worklist(client, agent, shop):
    worklist = segments.WORKLISTS[0][1]
    assert names(client, worklist) == ["Ada"]

    client.post(f"/customers/?{worklist}", {"action": "follow_up", "selected": [shop[0].pk]})

    assert names(client, worklist) == []
    assert names(client, "follow_up=open") == ["Ada"]
    assert FollowUp.objects.get().what == "Get in touch"


def test_limits_are_tried_before_they_are_set(client, lead, shop):
    fields = SegmentLimits.current().values()
    fields |= {name: ", ".join(map(str, value)) for name, value in fields.items() if isinstance(value, list)}

    page = client.post("/customers/segments/limits/", {**fields, "silent_days": 201, "preview": "1"})
    assert page.status_code == 200
    assert (page.context["preview"]["moving"], page.context["preview"]["each"]["lifecycle"]) == (1, 1)
    assert "1 of 3 customers would move." in page.content.decode()
    assert not SegmentLimits.objects.exists()

    wrong = client.post("/customers/segments/limits/", {**fields, "silent_days": 400, "frequency_orders": "3, 2, 5, 9"})
    assert wrong.status_code == 422
    assert "each above the one before" in wrong.content.decode()

    client.post("/customers/segments/limits/", {**fields, "silent_days": 201})
    assert SegmentLimits.current().silent_days == 201
    assert AuditEvent.objects.get(verb="segmentation.limits_changed").data["silent_days"] == 201
    assert client.post("/customers/segments/work-out/")["Location"] == "/customers/segments/"
    assert ProcrastinateJob.objects.filter(task_name="customers.segment").count() == 1


def test_the_export_has_the_segments(client, lead, shop):
    columns = "&".join(f"columns={name}" for name in ("name", "lifecycle", "abc", "rfm", "risk", "planned"))
    services.follow_up_today([shop[0]], by=lead)
    lines = b"".join(client.get(f"/customers/?export=csv&sort=name&{columns}&bom=0")).decode().splitlines()

    assert lines[1:] == [
        f"Ada,silent,A,214,high,{timezone.localdate()}",
        "Bob,new,B,512,steady,",
        "Cid,new,C,,none,",
    ]


def test_the_ticket_says_what_whoever_asks_is_to_us_and_why(client, agent, shop):
    told = client.get(make_ticket(customer=shop[0]).get_absolute_url()).context["reasons"]
    page = client.get(shop[0].get_absolute_url()).context["reasons"]
    assert [reason.key for reason in told] == ["lifecycle", "abc", "rfm", "risk"]
    assert told == page


def test_who_came_after_the_run_has_no_segment_yet(client, agent, shop):
    late = make_customer("Dan")
    assert client.get(make_ticket(customer=late).get_absolute_url()).context["reasons"] == []

    assert client.get(late.get_absolute_url()).status_code == 200
    assert names(client, "sort=name&columns=name&columns=lifecycle&columns=rfm") == ["Ada", "Bob", "Cid", "Dan"]
    assert Customer.objects.filter(segment__isnull=True).get() == late
