"""The API: who asks, what a route demands, pages, errors, and what must not show."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from backoffice import api, tokens
from backoffice.models import ApiToken
from backoffice.urls import api_v1
from catalog.models import Product, Variant
from orders.models import Order
from tests.factories import make_customer, make_location, make_ticket, make_user, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_rates():
    caches["local"].clear()


def bearer(user, **fields):
    """A client that speaks with a token of `user`."""
    _token, secret = tokens.create(by=user, name="test", **fields)
    return Client(headers={"Authorization": f"Bearer {secret}"})


# --- Who asks ---------------------------------------------------------------------------------------


def test_a_token_opens_the_api_and_is_kept_as_a_digest():
    user = make_user("catalog_editor")
    make_variant("TEA")
    client = bearer(user)

    assert client.get("/api/v1/catalog/products").status_code == 200

    token = ApiToken.objects.get()
    assert len(token.digest) == 64
    assert "houtai_" not in token.digest
    assert token.last_used_at is not None


def test_the_use_of_a_token_is_noted_once_a_minute(django_assert_num_queries):
    user = make_user("catalog_editor")
    _token, secret = tokens.create(by=user, name="test")
    tokens.authenticate(secret)
    with django_assert_num_queries(1):
        tokens.authenticate(secret)
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    with django_assert_num_queries(2):
        tokens.authenticate(secret)


def test_strangers_expired_tokens_and_former_staff_get_401():
    user = make_user("catalog_editor")
    expired = bearer(user, expires_at=timezone.now() - timedelta(seconds=1))
    client = bearer(user)
    user.is_active = False
    user.save()

    for asked in (Client(), expired, client, Client(headers={"Authorization": "Bearer houtai_wrong"})):
        response = asked.get("/api/v1/catalog/products")
        assert response.status_code == 401
        assert response["Content-Type"] == "application/problem+json"
        assert response["WWW-Authenticate"] == "Bearer"


def test_the_session_of_the_browser_opens_it_too_and_a_wrong_token_is_not_excused_by_it():
    client = Client()
    client.force_login(make_user("catalog_editor"))
    assert client.get("/api/v1/catalog/products").status_code == 200
    assert client.get("/api/v1/catalog/products", headers={"Authorization": "Bearer houtai_wrong"}).status_code == 401


# --- What a route demands ---------------------------------------------------------------------------


def test_every_route_declares_its_permissions():
    routes = [
        operation
        for router in api_v1._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
    ]
    assert len(routes) > 4
    views = [operation.view_func for operation in routes]
    public = {view.__name__ for view in views if getattr(view, "is_public", False)}
    assert public == {"products", "product", "categories", "articles", "article"}
    assert all(view.permissions for view in views if view.__name__ not in public)


def test_a_route_without_a_declaration_stops_the_start():
    with pytest.raises(api.ImproperlyConfigured, match="declares no permission"):
        api._guarded(lambda request: None)


def test_a_missing_permission_is_403():
    response = bearer(make_user("")).get("/api/v1/catalog/products")
    assert (response.status_code, response["Content-Type"]) == (403, "application/problem+json")
    assert "catalog.view_product" in response.json()["title"]


def test_costs_are_for_those_who_may_see_them():
    make_variant("TEA", cost=Decimal("4.20"))
    asked = {
        role: bearer(make_user(role)).get("/api/v1/variants/tea").json()["cost"]
        for role in ("warehouse_manager", "order_clerk")
    }
    assert asked == {"warehouse_manager": "4.200", "order_clerk": None}


# --- Pages and filters ------------------------------------------------------------------------------


def test_pages_follow_the_cursor_to_the_end():
    for number in range(5):
        Product.objects.create(handle=f"p{number}", title=f"P{number}")
    client = bearer(make_user("catalog_editor"))

    handles, after = [], ""
    for _page in range(3):
        answer = client.get("/api/v1/catalog/products", {"limit": 2, "after": after}).json()
        handles.append([row["handle"] for row in answer["items"]])
        after = answer["next"]

    assert handles == [["p4", "p3"], ["p2", "p1"], ["p0"]]
    assert after == ""


@pytest.mark.parametrize("number", [1, 3])
def test_a_page_costs_the_same_however_many_rows(number, django_assert_num_queries):
    for index in range(number):
        make_variant(f"TEA-{index}")
    client = bearer(make_user("catalog_editor"))
    client.get("/api/v1/variants")
    with django_assert_num_queries(3):
        client.get("/api/v1/variants")


def test_filters_are_those_of_the_list_and_typing_errors_are_refused():
    Product.objects.create(handle="tea", title="Tea")
    Product.objects.create(handle="cup", title="Cup")
    client = bearer(make_user("catalog_editor"))

    assert [row["handle"] for row in client.get("/api/v1/catalog/products", {"q": "tea"}).json()["items"]] == ["tea"]
    response = client.get("/api/v1/catalog/products", {"statsu": "draft"})
    assert (response.status_code, response.json()["errors"]) == (422, {"statsu": ["There is no such filter."]})
    assert client.get("/api/v1/catalog/products", {"status": "nonsense"}).status_code == 422
    assert client.get("/api/v1/catalog/products", {"after": "nonsense"}).status_code == 422
    assert client.get("/api/v1/catalog/products", {"limit": 100000}).json()["code"] == "malformed"


def test_what_is_not_there_is_404_in_words():
    response = bearer(make_user("catalog_editor")).get("/api/v1/catalog/products/nothing")
    assert (response.status_code, response.json()["title"]) == (404, "There is nothing here that you may see.")


# --- The whole --------------------------------------------------------------------------------------


def test_openapi_names_routes_filters_and_both_ways_in():
    schema = Client().get("/api/v1/openapi.json").json()
    assert "/api/v1/catalog/products/{handle}" in schema["paths"]
    names = {one["name"] for one in schema["paths"]["/api/v1/catalog/products"]["get"]["parameters"]}
    assert {"q", "status", "after", "limit"} <= names
    assert set(schema["components"]["securitySchemes"]) == {"TokenAuth", "SessionAuth"}
    assert Client().get("/api/v1/docs").status_code == 404


def test_too_many_requests_are_429(monkeypatch):
    client = bearer(make_user("catalog_editor"))
    throttle = api_v1.throttle[0]
    monkeypatch.setattr(throttle, "num_requests", 2)
    statuses = [client.get("/api/v1/catalog/products").status_code for _number in range(3)]
    assert statuses == [200, 200, 429]
    assert int(client.get("/api/v1/catalog/products")["Retry-After"]) > 0


def test_a_change_through_a_token_names_its_user_in_the_history(rf):
    user = make_user("catalog_editor")
    _token, secret = tokens.create(by=user, name="test")
    request = rf.get("/")
    variant = make_variant("TEA")
    with api.context.acting(source="api"):
        api.TokenAuth()(_with_header(request, secret))
        Variant.objects.filter(pk=variant.pk).update(barcode="x")
    facts = variant.history.order_by("-pgh_id").first().pgh_context.metadata
    assert (facts["source"], facts["user"]) == ("api", user.pk)


def _with_header(request, secret):
    request.META["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return request


# --- Modules ----------------------------------------------------------------------------------------


def test_stock_is_confined_to_the_warehouses_of_the_reader():
    make_variant("TEA", on_hand=5)
    make_variant("CUP", on_hand=3, location=make_location("SHOP"))
    client = bearer(make_user("warehouse_manager", warehouses=("SHOP",)))

    rows = client.get("/api/v1/stock").json()["items"]

    assert [(row["sku"], row["location"], row["on_hand"], row["available"]) for row in rows] == [("CUP", "SHOP", 3, 3)]
    assert [row["code"] for row in client.get("/api/v1/locations").json()["items"]] == ["SHOP"]


def test_customers_and_orders_are_masked_for_those_who_may_not_see_them():
    customer = make_customer("Jane Doe", email="jane@example.com")
    order = Order.objects.create(
        number="SO-9001", customer=customer, customer_name="Jane Doe", email="jane@example.com"
    )
    clerk, analyst = bearer(make_user("order_clerk")), bearer(make_user("analyst"))

    seen = clerk.get(f"/api/v1/orders/{order.number}").json()
    assert (seen["customer"], seen["customer_name"], seen["email"]) == (customer.number, "Jane Doe", "jane@example.com")
    assert clerk.get(f"/api/v1/customers/{customer.number}").json()["contacts"][0]["value"] == "jane@example.com"
    for path in ("orders", f"orders/{order.number}", "customers", f"customers/{customer.number}"):
        shown = analyst.get(f"/api/v1/{path}")
        assert shown.status_code == 200
        assert b"Jane" not in shown.content
        assert b"jane" not in shown.content


def test_tickets_show_messages_to_those_who_may_read_them():
    ticket = make_ticket("Where is my parcel?", body="It has not come.")
    agent, analyst = bearer(make_user("support_agent")), bearer(make_user("analyst"))

    assert [one["body"] for one in agent.get(f"/api/v1/tickets/{ticket.number}").json()["messages"]] == [
        "It has not come."
    ]
    assert analyst.get(f"/api/v1/tickets/{ticket.number}").json()["messages"] == []
    assert [one["number"] for one in agent.get("/api/v1/tickets").json()["items"]] == [ticket.number]
