"""Webhooks: what happens is told to those who listen, signed, again until they answer, and never to our own network."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import webhooks
from backoffice.models import AuditEvent, Webhook, WebhookDelivery
from backoffice.webhooks import sending
from backoffice.webhooks.http import Refused, post
from tests.factories import make_user

Status = WebhookDelivery.Status


class Listener:
    """The other side: keeps what it was sent and answers with `answers`, the last one for good."""

    def __init__(self) -> None:
        self.answers = [200]
        self.got: list[tuple[dict[str, str], bytes]] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.got.append((dict(self.headers), body))
                answer = listener.answers.pop(0) if len(listener.answers) > 1 else listener.answers[0]
                self.send_response(answer)
                if answer in (301, 302):
                    self.send_header("Location", listener.url)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?from=houtai"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def listener(settings) -> Iterator[Listener]:
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    other = Listener()
    yield other
    other.close()


@pytest.fixture
def owner(db):
    return make_user()


def make_webhook(owner, url, *, topics=("test",)) -> Webhook:
    return webhooks.save_webhook(by=owner, name="Shop front", url=url, topics=list(topics))


def emit(*subjects: str) -> int:
    return webhooks.emit("test", [webhooks.Event(subject, {"handle": subject}) for subject in subjects])


def test_an_event_is_told_signed_and_in_order(owner, listener):
    hook = make_webhook(owner, listener.url)

    assert emit("mug", "茶壶") == 2
    assert webhooks.deliver_due(hook.pk) == 2

    headers, body = listener.got[0]
    assert [json.loads(body)["data"] for _headers, body in listener.got] == [{"handle": "mug"}, {"handle": "茶壶"}]
    assert json.loads(body)["type"] == "test"
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(hook.secret.encode(), signed, hashlib.sha256).digest()).decode()
    assert headers["Webhook-Signature"] == f"v1,{expected}"
    assert list(hook.deliveries.values_list("status", "answer", "attempts")) == [(Status.DELIVERED, 200, 1)] * 2


def test_only_those_who_listen_are_told(owner, listener):
    webhooks.topic("test.other", "Other")
    other = make_webhook(owner, listener.url, topics=["test.other"])
    paused = webhooks.set_active(make_webhook(owner, listener.url), False, by=owner)

    assert emit("mug") == 0
    assert not other.deliveries.exists()
    assert not paused.deliveries.exists()
    del webhooks.TOPICS["test.other"]


def test_an_event_nobody_registered_is_a_mistake_of_ours(db):
    with pytest.raises(ValueError, match=r"no topic 'x'"):
        webhooks.emit("x", [])


def test_a_failure_is_tried_again_later_with_the_same_identifier(owner, listener):
    hook = make_webhook(owner, listener.url)
    listener.answers = [503, 200]
    emit("mug")

    assert webhooks.deliver_due(hook.pk) == 0
    delivery = hook.deliveries.get()
    assert (delivery.status, delivery.answer, delivery.said) == (Status.WAITING, 503, "The other side answered 503.")
    assert delivery.next_at == delivery.tried_at + sending.PAUSES[0] or delivery.next_at > timezone.now()

    assert webhooks.deliver_due(hook.pk) == 0
    hook.deliveries.update(next_at=timezone.now())
    assert webhooks.deliver_due(hook.pk) == 1
    assert len({headers["Webhook-Id"] for headers, _body in listener.got}) == 1
    assert (hook.deliveries.get().status, hook.deliveries.get().attempts) == (Status.DELIVERED, 2)


def test_after_the_last_attempt_it_is_given_up_and_can_be_sent_by_hand(owner, listener):
    hook = make_webhook(owner, listener.url)
    listener.answers = [500]
    emit("mug")
    for _attempt in range(len(sending.PAUSES) + 1):
        webhooks.deliver_due(hook.pk)
        hook.deliveries.filter(status=Status.WAITING).update(next_at=timezone.now())
    assert (hook.deliveries.get().status, hook.deliveries.get().next_at) == (Status.FAILED, None)
    assert len(listener.got) == 8

    listener.answers = [204]
    webhooks.resend(hook.deliveries.get(), by=owner)
    assert webhooks.deliver_due(hook.pk) == 1
    assert hook.deliveries.get().status == Status.DELIVERED
    assert AuditEvent.objects.filter(verb="webhook.sent_again").count() == 1


def test_three_failures_in_a_row_leave_the_rest_for_later(owner, listener):
    hook = make_webhook(owner, listener.url)
    listener.answers = [500]
    emit(*"abcdef")

    webhooks.deliver_due(hook.pk)

    assert len(listener.got) == 3


def test_a_redirect_is_not_followed(owner, listener):
    hook = make_webhook(owner, listener.url)
    listener.answers = [302]
    emit("mug")

    assert webhooks.deliver_due(hook.pk) == 0
    assert len(listener.got) == 1
    assert hook.deliveries.get().answer == 302


def test_a_host_that_does_not_answer_is_told_as_such(owner, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    hook = make_webhook(owner, "http://127.0.0.1:9/hook")
    emit("mug")

    assert webhooks.deliver_due(hook.pk) == 0
    assert hook.deliveries.get().said.startswith("It could not be reached: ")


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/",
        "https://user:word@shop.example.com/",
        "ftp://shop.example.com/",
    ],
)
def test_addresses_inside_or_unencrypted_are_refused(owner, settings, url):
    settings.WEBHOOK_PRIVATE_ADDRESSES = False

    with pytest.raises(ValidationError) as refusal:
        make_webhook(owner, url)

    assert list(refusal.value.message_dict) == ["url"]
    assert not Webhook.objects.exists()
    with pytest.raises(Refused):
        post(url, b"{}", {})


def test_a_name_that_leads_inside_is_refused_when_sending(settings, monkeypatch):
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_kwargs: [(0, 0, 0, "", ("10.0.0.7", 443))])

    with pytest.raises(Refused, match=r"inside the own network"):
        post("https://shop.example.com/", b"{}", {})


def test_events_of_a_transaction_that_fails_are_never_told(owner, listener):
    hook = make_webhook(owner, listener.url)
    with transaction.atomic():
        emit("mug")
        transaction.set_rollback(True)

    assert webhooks.deliver_due(hook.pk) == 0
    assert listener.got == []


@pytest.mark.django_db(transaction=True)
def test_the_worker_is_woken_once_however_many_events(listener):
    hook = make_webhook(make_user(), listener.url)
    with transaction.atomic():
        emit("mug")
        emit("pot")
    emit("cup")

    jobs = ProcrastinateJob.objects.filter(task_name="backoffice.deliver_webhook")
    assert [job.args for job in jobs] == [{"webhook": hook.pk}]


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_event_once(listener):
    hook = make_webhook(make_user(), listener.url)
    emit(*[str(number) for number in range(40)])

    def work(_number: int) -> int:
        try:
            return webhooks.deliver_due(hook.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(work, range(4)))

    assert sum(sent) == 40
    assert sorted(int(json.loads(body)["data"]["handle"]) for _headers, body in listener.got) == list(range(40))


def test_what_a_dead_sender_took_comes_again(owner, listener):
    hook = make_webhook(owner, listener.url)
    emit("mug")
    assert sending._claim(hook.pk) is not None
    assert webhooks.deliver_due(hook.pk) == 0

    hook.deliveries.update(next_at=timezone.now() - timedelta(seconds=1))

    assert webhooks.sweep() == 1
    assert webhooks.deliver_due(hook.pk) == 1


def test_old_deliveries_are_forgotten_and_waiting_ones_kept(owner, listener):
    hook = make_webhook(owner, listener.url)
    emit("old", "waiting")
    old, _waiting = hook.deliveries.order_by("pk")
    old.status, old.next_at = Status.DELIVERED, None
    old.save()
    hook.deliveries.update(created_at=timezone.now() - timedelta(days=31))

    webhooks.sweep()

    assert [delivery.subject for delivery in hook.deliveries.all()] == ["waiting"]


# --- Pages --------------------------------------------------------------------------------------------


@pytest.fixture
def browser(owner) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def test_a_webhook_is_set_up_tested_paused_and_gets_a_new_key(browser, listener):
    webhooks.topic("test.shown", "Shown")
    answer = browser.post("/webhooks/new/", {"name": "Front", "url": listener.url, "topics": ["test.shown"]})
    del webhooks.TOPICS["test.shown"]
    hook = Webhook.objects.get()
    assert answer["Location"] == hook.get_absolute_url()

    browser.post(f"/webhooks/{hook.pk}/test/")
    webhooks.deliver_due(hook.pk)
    assert "Delivered" in browser.get(hook.get_absolute_url()).content.decode()
    assert hook.secret in browser.get(hook.get_absolute_url()).content.decode()

    browser.post(f"/webhooks/{hook.pk}/key/")
    assert Webhook.objects.get().secret != hook.secret
    browser.post(f"/webhooks/{hook.pk}/pause/")
    assert not Webhook.objects.get().is_active
    browser.post(f"/webhooks/{hook.pk}/resume/")
    assert Webhook.objects.get().is_active


def test_what_was_typed_stays_where_the_address_is_refused(browser, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    webhooks.topic("test.shown", "Shown")
    answer = browser.post("/webhooks/new/", {"name": "Front", "url": "https://10.0.0.1/x", "topics": ["test.shown"]})
    del webhooks.TOPICS["test.shown"]

    assert answer.status_code == 422
    assert "This address is inside the own network." in answer.content.decode()
    assert "https://10.0.0.1/x" in answer.content.decode()


def test_deliveries_are_listed_by_state_and_sent_again(browser, owner, listener):
    hook = make_webhook(owner, listener.url)
    emit("mug")
    hook.deliveries.update(status=Status.FAILED, next_at=None, said="Nobody there")

    page = browser.get(f"/webhooks/deliveries/?webhook={hook.pk}&status=failed").content.decode()
    assert "Nobody there" in page
    delivery = hook.deliveries.get()
    assert "&quot;handle&quot;: &quot;mug&quot;" in browser.get(delivery.get_absolute_url()).content.decode()
    browser.post(f"/webhooks/deliveries/{delivery.pk}/again/")
    assert hook.deliveries.get().status == Status.WAITING


def test_an_auditor_sees_webhooks_without_their_key(listener, owner):
    hook = make_webhook(owner, listener.url)
    client = Client()
    client.force_login(make_user("auditor"))

    page = client.get(hook.get_absolute_url())

    assert page.status_code == 200
    assert hook.secret not in page.content.decode()
