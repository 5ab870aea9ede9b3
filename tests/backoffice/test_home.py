"""The home page: figures, what waits, a chart from the summary, and only what the role may see."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from backoffice.models import Heartbeat, Scope, User
from customers.models import Ticket
from orders import services
from orders.models import DailySales
from tests.factories import make_ticket, make_user
from tests.orders.builders import make_order

pytestmark = pytest.mark.django_db


def test_home_draws_the_sales_of_the_last_days_from_the_summary(client):
    DailySales.objects.create(day=timezone.localdate(), currency="EUR", orders=2, total=Decimal("30.50"))
    DailySales.objects.create(
        day=timezone.localdate() - timedelta(days=40), currency="EUR", orders=2, total=Decimal(999)
    )
    client.force_login(make_user("owner"))

    html = client.get("/").content.decode()

    assert "Sales of the last 30 days: €30.50." in html
    assert "999" not in html


def test_home_names_the_tickets_that_wait_longest_and_what_runs_in_the_background(client):
    old, new = make_ticket("Broken cup"), make_ticket("Late parcel")
    Ticket.objects.filter(pk=old.pk).update(last_message_at=timezone.now() - timedelta(days=2))
    Heartbeat.objects.create(name="worker", at=timezone.now())
    client.force_login(make_user("owner"))

    html = client.get("/").content.decode()

    assert html.index(old.get_absolute_url()) < html.index(new.get_absolute_url())
    assert [text in html for text in ("Running", "Gives no sign of life")] == [True, False]


def test_home_says_when_no_worker_lives(client):
    client.force_login(make_user("owner"))

    assert "Gives no sign of life" in client.get("/").content.decode()


def test_home_of_a_role_without_figures_says_so(client):
    client.force_login(make_user(""))

    assert "Nothing to see here yet" in client.get("/").content.decode()


def test_refresh_writes_each_day_once_and_forgets_what_is_gone():
    order = make_order([("TEA", 2)], placed=True)
    DailySales.objects.create(day=timezone.localdate() - timedelta(days=1), currency="EUR", orders=9, total=9)

    services.refresh_sales(since=services.BEGINNING)
    services.refresh_sales(since=services.BEGINNING)

    assert list(DailySales.objects.values_list("day", "orders", "total")) == [(timezone.localdate(), 1, order.total)]


def test_figures_are_drawn_anew_for_a_narrower_scope_or_another_time_zone(client):
    user = make_user("owner")
    client.force_login(user)
    first = client.get("/").context["as_of"]
    assert client.get("/").context["as_of"] == first

    Scope.objects.create(user=user, kind=Scope.Kind.WAREHOUSE, value="MAIN")
    narrowed = client.get("/").context["as_of"]
    assert narrowed > first

    User.objects.filter(pk=user.pk).update(timezone="Asia/Shanghai")
    assert client.get("/").context["as_of"] > narrowed
