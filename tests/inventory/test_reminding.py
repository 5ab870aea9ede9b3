"""The line that buyers find in their bell every morning."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.models import Notification
from inventory import services, tasks
from tests.factories import make_location, make_user, make_variant
from tests.inventory.test_reordering import make_rule

pytestmark = pytest.mark.django_db


def bells():
    return list(Notification.objects.order_by("user").values_list("user__email", "text", "url"))


def a_day_passes():
    Notification.objects.update(created_at=timezone.now() - timedelta(days=1))


def test_buyers_are_told_once_a_day_what_the_rules_of_their_warehouses_ask_for():
    make_rule(make_variant("TEA"))
    make_rule(make_variant("CUP"), location=make_location("SHOP"))
    make_rule(make_variant("POT", on_hand=9))
    make_user("owner", email="owner@example.com")
    make_user("warehouse_manager", email="shop@example.com", warehouses=("SHOP",), language="zh-hans")
    make_user("support_agent", email="support@example.com")
    make_user("warehouse_manager", email="gone@example.com", is_active=False)

    tasks.remind_buyers(0)

    address = reverse("inventory:to_reorder")
    told = [("owner@example.com", "2 products are to be reordered.", address)]
    assert [bell for bell in bells() if bell[0] != "shop@example.com"] == told
    assert Notification.objects.filter(user__email="shop@example.com").count() == 1
    assert services.remind_buyers() == 0
    assert Notification.objects.count() == 2


def test_the_line_of_yesterday_makes_room_unless_it_was_read():
    make_rule(make_variant("TEA"))
    make_user("owner", email="owner@example.com")
    assert services.remind_buyers() == 1
    a_day_passes()
    assert services.remind_buyers() == 1
    assert [text for _person, text, _url in bells()] == ["1 product is to be reordered."]
    a_day_passes()
    Notification.objects.update(read_at=timezone.now())
    assert services.remind_buyers() == 1
    assert Notification.objects.count() == 2


def test_nobody_is_told_of_nothing():
    make_rule(make_variant("TEA", on_hand=9))
    make_user("owner")
    assert services.remind_buyers() == 0
    assert bells() == []
