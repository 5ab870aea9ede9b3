"""A ticket about an order: what stands beside the thread, and what is begun from there."""

from decimal import Decimal

import pytest

from backoffice import panels
from customers.models import Ticket
from customers.services import open_ticket
from orders import services
from orders.models import RefundGrant, Return
from tests.factories import make_queue
from tests.orders.builders import article, buyer, make_order, parcel_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    article("TEA", on_hand=5)
    return make_order([("TEA", 2)], customer=buyer(), placed=True)


def ticket_about(order):
    return open_ticket(
        subject="Broken", body="It is broken.", by=None, customer=order.customer, about=order.number, queue=make_queue()
    )


def panel_of(user, ticket):
    return next(panel for panel in panels.panels_for(user, ticket) if panel.template)


def test_lines_stand_with_what_is_available_and_verbs_by_permission(order):
    ticket = ticket_about(order)
    shown = {role: panel_of(staff(role), ticket).context for role in ("support_agent", "support_lead")}

    [line] = shown["support_agent"]["lines"]
    assert (line["sku"], line["quantity"], line["available"]) == ("TEA", 2, 3)
    assert {role: [str(label) for label, _url in one["verbs"]] for role, one in shown.items()} == {
        "support_agent": ["Start a return"],
        "support_lead": ["Start a return", "Refund"],
    }


@pytest.mark.parametrize("about", ["", "SO-0"])
def test_without_an_order_there_is_no_panel(order, about):
    ticket = ticket_about(order)
    Ticket.objects.filter(pk=ticket.pk).update(about=about)
    ticket.refresh_from_db()

    shown = [panel.template for panel in panels.panels_for(staff("support_lead"), ticket)]
    assert "orders/_ticket_order.html" not in shown


def test_the_page_takes_one_statement_for_the_order(client, order, django_assert_num_queries):
    ticket = ticket_about(order)
    client.force_login(staff("support_agent"))
    client.get(ticket.get_absolute_url())

    with django_assert_num_queries(11):
        client.get(ticket.get_absolute_url())


def test_a_return_begun_from_a_ticket_stands_in_its_record(client, order):
    lead, ticket = staff("support_lead"), ticket_about(order)
    parcel_of(order, shipped=True, TEA=2)
    client.force_login(lead)
    [address] = [url for label, url in panel_of(lead, ticket).context["verbs"] if label == "Start a return"]
    [line] = order.lines.all()

    response = client.post(address, {f"line_{line.pk}": 1, "reason": "Broken"})

    [made] = Return.objects.all()
    assert response["Location"] == ticket.get_absolute_url()
    assert list(ticket.events.filter(field="return").values_list("new", "actor")) == [(made.number, lead.pk)]
    assert made.number in client.get(ticket.get_absolute_url()).content.decode()


def test_a_refund_begun_from_a_ticket_stands_in_its_record(client, order):
    lead, ticket = staff("support_lead"), ticket_about(order)
    services.record_payment(order, amount=order.total, method="card", by=staff())
    client.force_login(lead)
    [address] = [url for label, url in panel_of(lead, ticket).context["verbs"] if label == "Refund"]
    form = client.get(address).context["form"]
    data = {"amount": "5", "method": "card", "reason": "Broken", "key": form["key"].value()}

    response = client.post(address, data)

    assert (response["Location"], order.refunds.get().amount) == (ticket.get_absolute_url(), Decimal(5))
    assert ticket.events.get(field="refund").new == RefundGrant.objects.get().number
