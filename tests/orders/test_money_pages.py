"""Pages about money and holds: authorizations, refunds by two people, orders that wait."""

from decimal import Decimal

import pytest
from django.urls import reverse

from backoffice.models import Approval, ApprovalThreshold
from orders import services
from orders.models import Authorization, Order, OrderHold, Payment, Refund, RefundGrant
from tests.orders.builders import buyer, make_order, parcel_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    user = staff()
    client.force_login(user)
    return user


def url(name, *args):
    return reverse(f"orders:{name}", args=args)


def paid_order(amount=20):
    order = make_order([("TEA", 2)], placed=True, customer=buyer())
    services.record_payment(order, amount=Decimal(amount), method="card", by=None, reference="P-1")
    return order


def shown(client, order):
    return client.get(order.get_absolute_url()).content.decode()


def offers(client, order):
    page = client.get(order.get_absolute_url())
    primary = page.context["primary"]
    return primary and primary.url.split("/")[-2], {action.url.split("/")[-2] for action in page.context["actions"]}


def test_an_authorization_by_clicks(client, clerk):
    order = make_order([("TEA", 2)], placed=True, customer=buyer())
    form = client.get(url("authorize", order.number)).context["form"]
    assert form["amount"].value() == 20
    data = {"amount": "20", "method": "card", "reference": "A-7", "key": form["key"].value()}
    for _twice in range(2):
        client.post(url("authorize", order.number), data)
    row = Authorization.objects.get()
    assert "€20.00 can be captured" in shown(client, order)
    assert "A-7" in shown(client, order)

    form = client.get(url("capture", order.number)).context["form"]
    data = {"authorization": row.pk, "amount": "21", "key": form["key"].value()}
    refused = client.post(url("capture", order.number), data)
    assert (refused.status_code, Payment.objects.count()) == (422, 0)
    assert "€20.00 can be captured" in refused.content.decode()
    assert 'value="21"' in refused.content.decode()
    for _twice in range(2):
        client.post(url("capture", order.number), data | {"amount": "15"})
    order.refresh_from_db()
    assert (order.paid, order.authorized, order.payment_status) == (15, 5, "partially_paid")

    key = client.get(url("void", order.number)).context["form"]["key"].value()
    client.post(url("void", order.number), {"authorization": row.pk, "key": key, "reason": "One was broken"})
    order.refresh_from_db()
    assert (order.authorized, order.voided) == (0, 5)
    assert "One was broken" in shown(client, order)
    assert "capture" not in offers(client, order)[1]


def test_captures_are_offered_when_nothing_is_left_to_ship(client, clerk):
    order = make_order([("TEA", 2)], placed=True, customer=buyer())
    services.authorize(order, amount=Decimal(20), method="card", by=clerk)
    assert offers(client, order)[0] == "fulfil"
    parcel_of(order, shipped=True)
    assert offers(client, order)[0] == "capture"
    canceled = make_order([("CUP", 1)], placed=True)
    services.authorize(canceled, amount=Decimal(10), method="card", by=clerk)
    services.cancel(canceled, by=clerk, reason="x")
    assert offers(client, canceled)[0] == "void"


def test_a_refund_that_is_sent_later_waits_in_the_queue(client, clerk):
    order = paid_order()
    form = client.get(url("refund", order.number)).context["form"]
    data = {"amount": "5", "method": "card", "reason": "Chipped", "later": "on", "key": form["key"].value()}
    said = client.post(url("refund", order.number), data, follow=True).content.decode()
    grant = RefundGrant.objects.get()
    assert f"{grant} is granted and waits to be sent." in said
    assert "Refund granted, not sent yet" in said
    queue = client.get(f"{url('refunds')}?status=granted")
    assert [row.object for row in queue.context["rows"]] == [grant]
    assert "Refunds to send" in client.get("/").content.decode()

    client.post(url("refund-execute", grant.number), {"reference": "T-9"})
    assert Refund.objects.get().reference == "T-9"
    order.refresh_from_db()
    assert order.payment_status == "partially_refunded"
    assert "T-9" in shown(client, order)
    again = client.post(url("refund-execute", grant.number), {"reference": "T-9"})
    assert (again.status_code, Refund.objects.count()) == (422, 1)


def test_a_refund_that_fails_says_why(client, clerk):
    order = paid_order()
    grant = services.grant_refund(order, amount=Decimal(5), method="card", reason="x", by=clerk)
    client.post(url("refund-fail", grant.number), {"reason": "The card is closed"})
    assert "The card is closed" in shown(client, order)
    assert "The card is closed" in client.get(grant.get_absolute_url()).content.decode()


def test_several_refunds_are_sent_at_once(client, clerk):
    grants = [
        services.grant_refund(paid_order(), amount=Decimal(5), method="card", reason="x", by=clerk) for _ in range(2)
    ]
    services.fail_refund(grants[1], by=clerk, reason="x")
    data = {"action": "execute", "selected": [grant.pk for grant in grants], "confirmed": "1"}
    page = client.post(url("refunds"), data, follow=True).content.decode()
    assert Refund.objects.get().grant == grants[0]
    assert f"{grants[1]} is Failed and cannot become Executed." in page


def test_a_refund_above_the_limit_is_approved_by_another(client, clerk):
    ApprovalThreshold.objects.create(kind="orders.refund", limit=8)
    order, lead = paid_order(), staff("order_lead")
    data = {"amount": "9", "method": "card", "reason": "Chipped", "key": "k1"}
    said = client.post(url("refund", order.number), data, follow=True).content.decode()
    grant, approval = RefundGrant.objects.get(), Approval.objects.get()
    assert f"another person has to approve refunds: {grant} waits for that." in said
    assert (grant.status, Refund.objects.count()) == ("asked", 0)
    client.post(url("refund", order.number), data)
    assert RefundGrant.objects.count() == 1
    actions = client.get(approval.get_absolute_url()).context["actions"]
    assert [action.url.split("/")[-2] for action in actions] == ["withdraw"]
    refused = client.post(reverse("approvals:approve", args=[approval.number]), {})
    grant.refresh_from_db()
    assert (refused.status_code, grant.status) == (422, "asked")

    client.force_login(lead)
    page = client.get(approval.get_absolute_url()).content.decode()
    assert "€9.00" in page
    assert order.number in page
    assert client.get(grant.get_absolute_url()).context["primary"].url == approval.get_absolute_url()
    client.post(reverse("approvals:approve", args=[approval.number]), {"reason": "Fine"})
    grant.refresh_from_db()
    assert (grant.status, grant.granted_by) == ("granted", lead)


def test_an_order_on_hold_says_why_and_goes_on_when_it_is_released(client, clerk):
    order = make_order([("TEA", 2)], placed=True, customer=buyer())
    refused = client.post(url("hold", order.number), {"kind": "fraud", "reason": ""})
    assert (refused.status_code, OrderHold.objects.count()) == (422, 0)
    client.post(url("hold", order.number), {"kind": "fraud", "reason": "Two cards"})
    page = client.get(order.get_absolute_url())
    assert page.context["badges"][0].text == "On hold"
    assert "Two cards" in page.content.decode()
    assert "fulfil" not in {action.url.split("/")[-2] for action in page.context["actions"]}
    refused = client.post(url("fulfil", order.number), {f"line_{order.lines.get().pk}": "2"})
    assert "is on hold. Suspicion of fraud: Two cards" in refused.content.decode()

    row = OrderHold.objects.get()
    assert client.get(url("release", order.number, row.pk)).status_code == 200
    assert client.get(url("release", make_order().number, row.pk)).status_code == 404
    client.post(url("release", order.number, row.pk), {"reason": "Called"})
    assert Order.objects.get(pk=order.pk).on_hold is False
    assert offers(client, order)[0] == "pay"


def test_who_only_reads_is_offered_nothing(client):
    order, agent = paid_order(), staff("support_agent")
    grant = services.grant_refund(order, amount=Decimal(5), method="card", reason="x", by=None)
    row = services.hold(order, kind="fraud", reason="x", by=None)
    client.force_login(agent)
    page = client.get(order.get_absolute_url())
    assert page.status_code == 200
    assert url("release", order.number, row.pk) not in page.content.decode()
    assert client.get(grant.get_absolute_url()).context["primary"] is None
    for name in ("authorize", "capture", "void", "hold"):
        assert client.post(url(name, order.number)).status_code == 403, name
    for address in (url("refund-execute", grant.number), url("refund-fail", grant.number)):
        assert client.post(address).status_code == 403
    assert client.post(url("release", order.number, row.pk)).status_code == 403


@pytest.mark.parametrize("number", [1, 3])
def test_the_queue_costs_the_same_for_any_number_of_rows(client, clerk, django_assert_num_queries, number):
    for _ in range(number):
        services.grant_refund(paid_order(), amount=Decimal(5), method="card", reason="x", by=clerk)
    client.get(url("refunds"))
    with django_assert_num_queries(6):
        client.get(url("refunds"))
