"""Pages of orders: what they show, what they refuse, and what they cost."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backoffice import panels
from orders import services
from orders.models import Fulfilment, Order, Return
from tests.orders.builders import article, buyer, line_of, make_order, parcel_of, staff, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    user = staff("owner")
    client.force_login(user)
    return user


def url(name, *args):
    return reverse(f"orders:{name}", args=args)


def rich_order(by, *, more=0, **fields):
    """An order with everything: paid, shipped in part, returned, refunded, invoiced; and `more` lines."""
    others = [(f"MORE{n}", 1) for n in range(more)]
    order = make_order([("TEA", 3), ("CUP", 2), *others], customer=buyer(), placed=True, by=by, **fields)
    services.record_payment(order, amount=Decimal(50), method="card", by=by)
    parcel_of(order, TEA=3, shipped=True)
    parcel_of(order)
    row = services.request_return(order, quantities={line_of(order, "TEA").pk: 2}, reason="Too dark", by=by)
    services.approve_return(row, by=by)
    services.receive_return(row, location=warehouse(), arrived={row.lines.get().pk: services.Arrived(1, 1)}, by=by)
    services.refund(order, amount=Decimal(5), method="card", reason="Goodwill", by=by, order_return=row)
    invoice = services.issue_invoice(order, by=by)
    services.credit(invoice, amount=Decimal(5), reason="Goodwill", by=by)
    services.add_note(order, text="See SO-1001", by=by)
    order.refresh_from_db()
    return order


def test_every_page_opens(client, clerk):
    order = rich_order(clerk)
    draft = make_order([("TEA", 1)], customer=buyer())
    parcel, row = order.fulfilments.last(), order.returns.get()
    addresses = [
        url("list"), url("fulfilments"), url("returns"), url("invoices"), url("new"),
        *(url(name, order.number) for name in ("order", "details", "cancel-lines", "pay", "refund", "fulfil", "announce", "close", "cancel")),
        *(url(name, draft.number) for name in ("order", "edit", "place")),
        *(url(name, parcel.number) for name in ("fulfilment", "fulfilment-ship", "fulfilment-cancel", "fulfilment-tracking")),
        url("return", row.number), f"{url('refund', order.number)}?return={row.number}",
        *(invoice.get_absolute_url() for invoice in order.invoices.all()),
        url("credit", order.invoices.first().number),
        f"{url('packing-slips')}?ids={parcel.pk}&orders={order.pk}",
        f"{url('list')}?q=so-&status=placed&payment_status=none&variant=tea&total_min=1&placed_at_after=2026-01-01&tag=x&source=staff",
        f"{url('fulfilments')}?q={order.number}", f"{url('returns')}?q={row.number}", f"{url('invoices')}?q=ada",
        f"/search/?q={order.number}", "/search/?q=lovelace", "/", f"/go/{order.number}/",
    ]  # fmt: skip
    for address in addresses:
        response = client.get(address, follow=True)
        assert response.status_code == 200, address


def test_the_whole_way_of_an_order_by_clicks(client, clerk):
    tea, customer = article("TEA", on_hand=5), buyer()
    rows = {
        "lines-0-variant": "TEA",
        "lines-0-quantity": "2",
        "lines-1-title": "Gift wrap",
        "lines-1-unit_price": "3.50",
    }
    data = {
        "customer": f"#{customer.pk}",
        "currency": "EUR",
        "shipping": "4.90",
        "prices_include_tax": "on",
        "lines-TOTAL_FORMS": "3",
        "lines-INITIAL_FORMS": "0",
    }

    client.post(url("new"), data | rows | {"place": "1"})
    order = Order.objects.get()
    assert (order.status, order.total, order.email) == ("placed", Decimal("28.40"), customer.contacts.get().raw)

    pay = client.get(url("pay", order.number)).context["form"]
    client.post(
        url("pay", order.number), {"amount": pay["amount"].value(), "method": "card", "key": pay["key"].value()}
    )
    client.post(url("fulfil", order.number), {f"line_{line_of(order, 'TEA').pk}": "2"})
    parcel = Fulfilment.objects.get()
    client.post(url("fulfilment-pack", parcel.number))
    client.post(url("fulfilment-ship", parcel.number), {"carrier": "DHL", "tracking_number": "JD1"})
    client.post(url("announce", order.number), {f"line_{line_of(order, 'TEA').pk}": "1", "reason": "Too dark"})
    row = Return.objects.get()
    client.post(url("return-approve", row.number))
    line = row.lines.get()
    client.post(
        url("return-receive", row.number),
        {
            "location": warehouse().pk,
            f"resellable_{line.pk}": "1",
            f"damaged_{line.pk}": "0",
            f"restock_{line.pk}": "on",
        },
    )
    refund = client.get(f"{url('refund', order.number)}?return={row.number}").context["form"]
    assert refund["amount"].value() == 10
    client.post(
        f"{url('refund', order.number)}?return={row.number}",
        {"amount": "10", "method": "card", "reason": "Too dark", "key": refund["key"].value()},
    )
    client.post(url("invoice-order", order.number))

    order.refresh_from_db()
    line.refresh_from_db()
    assert (order.payment_status, order.return_status, order.refunded) == ("partially_refunded", "partial", 10)
    assert (line.restocked, tea.levels.get().on_hand, order.invoices.count()) == (1, 4, 1)


def test_a_refused_draft_keeps_what_was_typed(client, clerk):
    article("TEA", on_hand=1)
    rows = {"lines-0-variant": "TEA", "lines-0-quantity": "2", "lines-1-title": "Gift wrap"}
    data = {"currency": "EUR", "lines-TOTAL_FORMS": "3", "lines-INITIAL_FORMS": "0", "place": "1"}

    missing = client.post(url("new"), data | rows)
    short = client.post(url("new"), data | rows | {"lines-1-unit_price": "1"})

    assert missing.status_code == short.status_code == 422
    assert "A line without a SKU needs a price." in missing.content.decode()
    assert "TEA: 1 available, 2 asked." in short.content.decode()
    assert "Gift wrap" in short.content.decode()
    assert not Order.objects.exists()


def test_more_lines_without_scripts(client, clerk):
    response = client.post(
        url("new"),
        {"currency": "EUR", "lines-TOTAL_FORMS": "3", "lines-INITIAL_FORMS": "0", "lines-0-title": "Wrap", "more": "1"},
    )
    assert len(response.context["formset"].forms) == 8
    assert 'value="Wrap"' in response.content.decode()


def test_edit_removes_and_adds_lines(client, clerk):
    order = make_order([("TEA", 1), ("CUP", 1)])
    page = client.get(url("edit", order.number))
    first, second = order.lines.all()
    data = {
        "currency": "EUR", "prices_include_tax": "on", "version": page.context["version"], "lines-TOTAL_FORMS": "5", "lines-INITIAL_FORMS": "2",
        "lines-0-line": first.pk, "lines-0-variant": f"#{first.variant_id}", "lines-0-quantity": "4", "lines-0-unit_price": "10",
        "lines-1-line": second.pk, "lines-1-variant": f"#{second.variant_id}", "lines-1-quantity": "1", "lines-1-DELETE": "on",
    }  # fmt: skip
    assert client.post(url("edit", order.number), data).status_code == 302
    order.refresh_from_db()
    assert ([line.sku for line in order.lines.all()], order.total) == (["TEA"], 40)
    assert client.post(url("edit", order.number), data).status_code == 409


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_for_any_number_of_rows(client, clerk, django_assert_num_queries, number):
    for _ in range(number):
        make_order([("TEA", 1), ("CUP", 1)], placed=True)
    client.get(url("list"))
    with django_assert_num_queries(6):
        client.get(url("list"))


@pytest.mark.parametrize("number", [1, 3])
def test_an_order_costs_the_same_for_any_number_of_lines(client, clerk, django_assert_num_queries, number):
    order = make_order([(f"SKU{n}", 1) for n in range(number)], placed=True)
    client.get(order.get_absolute_url())
    with django_assert_num_queries(9):
        client.get(order.get_absolute_url())


def test_rights_decide_what_is_offered_and_done(client):
    order = make_order([("TEA", 1)], customer=buyer(), placed=True)
    client.force_login(staff("support_agent"))
    page = client.get(order.get_absolute_url())
    assert page.context["primary"] is None
    for name in ("pay", "refund", "fulfil", "cancel", "cancel-lines", "details", "note"):
        assert client.get(url(name, order.number)).status_code == 403, name
    assert (
        client.get(url("announce", order.number)).status_code == 200
    )  # customers announce what they send back to agents
    for name in ("place", "close", "invoice-order"):
        assert client.post(url(name, order.number)).status_code == 403, name
    client.force_login(staff("catalog_editor"))
    assert client.get(order.get_absolute_url()).status_code == 403


def test_analysts_see_no_personal_data(client):
    order = make_order([("TEA", 1)], customer=buyer("Ada Lovelace"), placed=True)
    client.force_login(staff("analyst"))
    for address in (url("list"), order.get_absolute_url(), "/search/?q=lovelace"):
        assert "Ada Lovelace" not in client.get(address).content.decode(), address
    invoice = services.issue_invoice(order, by=None)
    assert client.get(invoice.get_absolute_url()).status_code == 403


def test_people_of_one_warehouse_see_its_parcels(client):
    far = warehouse("far", priority=20)
    article("TEA", on_hand=1)
    article("CUP", on_hand=1, at=far)
    order = make_order([("TEA", 1), ("CUP", 1)], placed=True)
    near_parcel, far_parcel = parcel_of(order, TEA=1), parcel_of(order, at=far, CUP=1)
    client.force_login(staff("warehouse_operator", warehouses=["far"]))

    shown = client.get(url("fulfilments")).content.decode()

    assert far_parcel.number in shown
    assert near_parcel.number not in shown
    assert client.get(near_parcel.get_absolute_url()).status_code == 404
    assert client.post(url("fulfilment-pack", near_parcel.number)).status_code == 404
    assert client.post(url("fulfilment-pack", far_parcel.number)).status_code == 302


def test_bulk_placing_says_what_was_refused(client, clerk):
    good, short = make_order([("TEA", 1)]), make_order([("CUP", 9)], on_hand=1)
    data = {"action": "place", "selected": [good.pk, short.pk], "confirmed": "1"}
    page = client.post(url("list"), data).content.decode()
    assert "CUP: 1 available, 9 asked." in page
    assert {order.number: order.status for order in Order.objects.all()} == {
        good.number: "placed",
        short.number: "draft",
    }


def test_bulk_slips_lead_to_paper(client, clerk):
    orders = [make_order([("TEA", 1)], placed=True, language=language) for language in ("en", "zh-hans")]
    response = client.post(url("list"), {"action": "slips", "selected": [order.pk for order in orders]}, follow=True)
    assert response.redirect_chain[0][0].startswith(url("packing-slips"))
    page = response.content.decode()
    assert page.count('<article class="sheet"') == 2
    assert 'lang="zh-hans"' in page
    assert client.get(url("packing-slips")).status_code == 404


def test_panels_show_orders_below(client, clerk):
    customer = buyer()
    order = make_order([("TEA", 2)], customer=customer, placed=True)
    from_customer = [panel for panel in panels.panels_for(clerk, customer) if panel.rows]
    from_variant = [panel for panel in panels.panels_for(clerk, article("TEA")) if panel.rows]
    assert from_customer[0].rows[0][0] == (order.number, order.get_absolute_url())
    assert any((order.number, order.get_absolute_url()) == row[0] for panel in from_variant for row in panel.rows)


def test_another_customer_brings_another_address(client, clerk):
    order = make_order([("TEA", 1)], customer=buyer("Ada Lovelace"))
    grace = buyer("Grace Hopper", email="grace@example.com")
    page = client.get(url("edit", order.number))
    data = {bound.html_name: bound.value() or "" for bound in page.context["form"]} | {
        "customer": f"#{grace.pk}",
        "email": "office@example.com",
    }
    data |= {
        "version": page.context["version"],
        "lines-TOTAL_FORMS": "1",
        "lines-INITIAL_FORMS": "1",
        "lines-0-variant": "TEA",
        "lines-0-quantity": "1",
    }
    data.pop("tags")

    client.post(url("edit", order.number), data)

    order.refresh_from_db()
    assert (order.customer, order.customer_name, order.email) == (grace, "Grace Hopper", "office@example.com")
    assert order.shipping_address["name"] == "Grace Hopper"


@pytest.mark.parametrize(
    "query",
    [
        "status=placed&payment_status=none&payment_status=partially_paid",
        "status=placed&fulfilment_status=unfulfilled&sort=oldest",
    ],
)
def test_filters_ask_for_no_more_than_the_page(client, clerk, query):
    order = make_order([("TEA", 1)], placed=True)
    make_order([("TEA", 1)])
    with CaptureQueriesContext(connection) as asked:
        page = client.get(f"{url('list')}?{query}")
    assert [row.object for row in page.context["rows"]] == [order]
    assert not any("DISTINCT" in entry["sql"] for entry in asked.captured_queries if "orders_order" in entry["sql"])
