"""The editor of mails: preview with a real order, refusal at the field, back to the default; and the mails that were sent."""

import re

import pytest
from django.urls import reverse

from backoffice.models import AuditEvent
from orders import mails, services
from orders.models import MailText, SentMail
from tests.orders.builders import buyer, make_order, staff

pytestmark = pytest.mark.django_db
EDITOR = reverse("orders:mail-text", args=["shipped"])


@pytest.fixture
def clerk(client):
    user = staff()
    client.force_login(user)
    return user


def typed(**fields):
    return {"is_on": "on", "subject": "S", "body": "B", "subject_zh": "题", "body_zh": "文", "about": "", **fields}


def previews(response) -> list[str]:
    return re.findall(r'<article class="mail-preview".*?</article>', response.content.decode(), re.DOTALL)


def test_a_preview_shows_what_was_typed_with_a_real_order_and_stores_nothing(client, clerk):
    chosen = make_order(placed=True, customer=buyer("Ada <b>"))
    make_order(placed=True, customer=buyer("Grace"))
    fields = typed(body="Dear {name}: {order}", body_zh="{name}：{order}", about=chosen.number.lower(), preview="1")

    english, chinese = previews(client.post(EDITOR, fields))

    assert f"Dear Ada &lt;b&gt;: {chosen.number}" in english
    assert f"Ada &lt;b&gt;：{chosen.number}" in chinese
    assert not MailText.objects.exists()


def test_the_editor_opens_with_the_default_texts_the_newest_order_and_all_placeholders(client, clerk):
    make_order(placed=True, customer=buyer("Ada"))
    newest = make_order(placed=True, customer=buyer("Grace"))
    response = client.get(EDITOR)
    page = response.content.decode()
    assert f"Preview with {newest.number}" in page
    assert "a parcel of your order {order} is on its way" in page
    assert "<code>&#123;tracking&#125;</code>" in page
    assert len(previews(response)) == 2


def test_what_is_saved_is_sent_and_the_default_comes_back(client, clerk, mailoutbox):
    order = make_order(placed=True, customer=buyer("Ada"))
    assert client.post(EDITOR, typed(body="Off it goes, {name}", attaches="on")).status_code == 302
    mails.send("shipped", order, {}, "1")
    assert mailoutbox[0].body == "Off it goes, Ada\n"
    assert AuditEvent.objects.filter(verb="mailtext.changed", actor=clerk).count() == 1

    assert client.post(EDITOR, typed(reset="1")).status_code == 302
    row = MailText.objects.get()
    assert (row.subject, row.body, row.subject_zh, row.body_zh) == ("", "", "", "")
    assert (row.is_on, row.attaches) == (True, True)


def test_an_unknown_placeholder_is_refused_at_its_field(client, clerk):
    response = client.post(EDITOR, typed(body_zh="{nmae}"))
    assert response.status_code == 422
    assert "There is no {nmae} in this mail. There are: {name}, {order}" in response.content.decode()
    assert not MailText.objects.exists()


def test_without_an_order_and_with_an_unknown_one_the_page_says_so(client, clerk):
    assert "There is no order yet to show it with." in client.get(EDITOR).content.decode()
    response = client.post(EDITOR, typed(about="SO-0", preview="1"))
    assert "There is no order SO-0." in response.content.decode()
    assert client.get(reverse("orders:mail-text", args=["nothing"])).status_code == 404


def test_sent_mails_are_listed_shown_and_named_in_the_timeline(client, clerk):
    order = make_order(placed=True, customer=buyer("Ada", email="ada@example.com"))
    sent = mails.send("placed", order, {}, "1")
    page = client.get(reverse("orders:mails"), {"q": order.number}).content.decode()
    assert (sent.number in page, "ada@example.com" in page) == (True, True)
    assert "Hello Ada," in client.get(sent.get_absolute_url()).content.decode()
    timeline = client.get(order.get_absolute_url()).content.decode()
    assert f'Order placed · <a href="/go/{sent.number}/">{sent.number}</a>' in timeline
    assert client.get(f"/go/{sent.number}/")["Location"] == sent.get_absolute_url()


def test_who_may_not_see_buyers_sees_no_mails(client):
    mails.send("placed", make_order(placed=True, customer=buyer()), {}, "1")
    client.force_login(staff("analyst"))
    assert client.get(reverse("orders:mails")).status_code == 403
    assert client.get(SentMail.objects.get().get_absolute_url()).status_code == 403
    client.force_login(staff("support_agent"))
    assert client.get(reverse("orders:mails")).status_code == 200
    assert client.get(EDITOR).status_code == 403


def test_a_document_is_mailed_from_its_page(client, clerk, django_capture_on_commit_callbacks):
    invoice = services.issue_invoice(make_order(placed=True, customer=buyer()), by=clerk)
    assert "Send by mail" in client.get(invoice.get_absolute_url()).content.decode()
    with django_capture_on_commit_callbacks() as queued:
        client.post(reverse("orders:mail-document", args=[invoice.number]))
    assert len(queued) == 1
