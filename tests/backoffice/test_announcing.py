"""What goes live and what is taken down is told to webhooks: each change, once, by whichever road."""

from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import publishing, webhooks
from backoffice.models import WebhookDelivery
from tests.factories import make_article, make_product, make_user

TOPICS = ["product.published", "product.unpublished", "article.published", "article.unpublished"]


@pytest.fixture
def hook(db, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    return webhooks.save_webhook(by=make_user(), name="Front", url="http://127.0.0.1:9/", topics=TOPICS)


def told():
    """Topic and subject of what waits, in order."""
    return list(WebhookDelivery.objects.order_by("pk").values_list("topic", "subject"))


def test_each_change_is_told_once_in_its_order(hook):
    mug, pot = make_product("Mug", published=True), make_product("Pot", published=True)
    article = make_article("returns")
    assert publishing.announce() == 3
    publishing.unpublish([mug], by=make_user())
    publishing.unpublish([article], by=make_user())

    assert publishing.announce() == 2
    assert publishing.announce() == 0

    assert told() == [
        ("product.published", "mug"),
        ("product.published", "pot"),
        ("article.published", "returns"),
        ("product.unpublished", "mug"),
        ("article.unpublished", "returns"),
    ]
    assert WebhookDelivery.objects.earliest("pk").payload["data"]["id"] == mug.pk
    assert pot.status == "published"


def test_what_goes_live_and_expires_by_the_clock_is_told_too(hook):
    soon = timezone.now() + timedelta(hours=1)
    product = make_product("Mug")
    reviews = publishing.submit([product], by=make_user(), publish_at=soon, expires_at=soon + timedelta(hours=1))
    publishing.approve(reviews, by=make_user())
    publishing.announce()
    assert told() == []

    publishing.publish_due(soon)
    publishing.announce()
    publishing.publish_due(soon + timedelta(hours=2))
    publishing.announce()

    assert told() == [("product.published", "mug"), ("product.unpublished", "mug")]


def test_without_anybody_who_listens_nothing_is_kept_and_who_comes_later_hears_of_what_comes_then(db, settings):
    make_product("Mug", published=True)
    assert publishing.announce() == 1
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    webhooks.save_webhook(by=make_user(), name="Front", url="http://127.0.0.1:9/", topics=TOPICS)

    make_product("Pot", published=True)
    publishing.announce()

    assert told() == [("product.published", "pot")]


@pytest.mark.django_db(transaction=True)
def test_the_worker_is_woken_when_something_goes_live():
    make_product("Mug", published=True)
    make_product("Pot", published=True)

    assert ProcrastinateJob.objects.filter(task_name="backoffice.announce_live_versions").count() == 1


def test_what_reviewers_do_on_the_pages_is_told_and_can_be_told_again_in_bulk(hook, client):
    """The whole way: approve and unpublish by click, deliveries, and sending the ticked ones again."""
    product = make_product("Mug")
    [review] = publishing.submit([product], by=make_user("catalog_editor"))
    client.force_login(make_user("catalog_reviewer"))
    client.post(f"/catalog/products/-/{product.pk}/approve/", {"reason": "Fine"})
    publishing.announce()
    client.post(f"/catalog/products/-/{product.pk}/unpublish/", {"reason": "Sold out"})
    review.refresh_from_db()
    assert review.state == "published"
    publishing.announce()
    assert told() == [("product.published", "mug"), ("product.unpublished", "mug")]

    WebhookDelivery.objects.update(status=WebhookDelivery.Status.FAILED, next_at=None)
    keys = list(WebhookDelivery.objects.values_list("pk", flat=True))
    client.force_login(make_user("owner"))
    page = client.get("/webhooks/deliveries/?status=failed").content.decode()
    assert page.count("/webhooks/deliveries/") >= 2
    client.post("/webhooks/deliveries/", {"action": "resend", "selected": keys, "confirmed": "yes"})

    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"waiting"}
