"""The public form and the public conversation: what goes in, what never comes out."""

import contextlib
import re
import time
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from backoffice.models import Job
from customers import services
from customers.models import Attachment, Customer, Message, Ticket
from tests.customers.conftest import free
from tests.factories import make_article, make_customer, make_ticket, make_user

pytestmark = pytest.mark.django_db
FORM = "/support/"
GOOD = {"name": "Jane Doe", "email": "Jane@Example.com", "subject": "Late", "body": "Where is it?", "about": "so-1042"}
EXE = b"MZ\x90\x00" + b"\x00" * 60


def stamp(client, address=FORM):
    return re.search(r'name="opened" value="([^"]+)"', client.get(address).content.decode())[1]


@pytest.fixture
def filled(client, monkeypatch):
    """Post a form as somebody who took a minute to fill it in."""

    def send(address=FORM, seconds=60, **data):
        opened = stamp(client, address)
        now = time.time()
        monkeypatch.setattr("time.time", lambda: now + seconds)
        try:
            return client.post(address, {"opened": opened, **data})
        finally:
            monkeypatch.undo()

    return send


def test_a_question_becomes_a_ticket_of_its_customer(client, filled):
    response = filled(**GOOD, attachments=[SimpleUploadedFile("notes.txt", b"hello")])

    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.about, ticket.customer.name) == ("form", "SO-1042", "Jane Doe")
    assert ticket.requester_email == "jane@example.com"
    assert ticket.messages.get().attachments.get().name == "notes.txt"
    page = client.get(response["Location"]).content.decode()
    assert ticket.number in page
    assert ticket.token not in page


def test_the_ticket_speaks_the_language_of_the_page(client, monkeypatch):
    client.cookies["django_language"] = "zh-hans"
    opened = stamp(client)
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 60)
    client.post(FORM, {"opened": opened, **GOOD})

    assert Ticket.objects.get().language == "zh-hans"


def test_the_same_address_is_the_same_customer(filled):
    filled(**GOOD)
    filled(**{**GOOD, "email": "JANE@example.com", "name": "J. D."})

    assert Customer.objects.get().tickets.count() == 2


@pytest.mark.parametrize(
    ("data", "seconds", "sentence"),
    [
        ({"website": "http://spam.example"}, 60, "This could not be sent"),
        ({}, 0, "This could not be sent"),
        ({}, 25 * 3600, "This page was open for long"),
        ({"opened": "forged"}, 60, "This page was open for long"),
        ({"email": "nobody"}, 60, "Enter a valid email address"),
        ({"body": "  "}, 60, "This field is required"),
    ],
)
def test_refused(filled, data, seconds, sentence):
    response = filled(**{**GOOD, **data}, seconds=seconds)

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert "Where is it?" in response.content.decode() or data.get("body")
    assert not Ticket.objects.exists()


def test_quoted_text_is_folded_away_and_search_engines_see_what_is_public(client):
    ticket = make_ticket(body="It is red.\n\nOn Mon, 5 Jan 2026 at 15:12, Houtai <a@houtai.example> wrote:\n> Which?\n")
    page = client.get(f"/support/t/{ticket.token}/").content.decode()
    robots = client.get("/robots.txt").content.decode()

    assert '<div class="body">It is red.' in page
    assert "On Mon, 5 Jan" in page[page.index('<details class="quoted">') :].partition("</details>")[0]
    assert robots == (
        "User-agent: *\nAllow: /static/\nAllow: /p/\nAllow: /help/\nAllow: /support/$\nDisallow: /\n\n"
        "Sitemap: http://localhost:8000/sitemap.xml\nSitemap: http://localhost:8000/help/sitemap.xml\n"
    )


def test_a_form_sends_once(client, monkeypatch):
    """A click too many, or a machine that sends what it has seen again; whoever means it may."""
    opened, ticket = stamp(client), make_ticket()
    page = f"/support/t/{ticket.token}/"
    reply = stamp(client, page)
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 60)
    first = client.post(FORM, {"opened": opened, **GOOD})
    again = client.post(FORM, {"opened": opened, **GOOD, "email": "other@example.com"})
    answers = [client.post(page, {"opened": reply, "body": "Hello?"}).status_code for _ in range(2)]
    elsewhere = client.post(FORM, {"opened": reply, **GOOD})

    assert (first.status_code, again.status_code, answers, elsewhere.status_code) == (302, 422, [302, 422], 422)
    assert "This was sent already" in again.content.decode()
    assert Ticket.objects.exclude(pk=ticket.pk).count() == 1
    assert ticket.messages.filter(body="Hello?").count() == 1


def test_a_network_may_do_a_few_times_what_one_of_its_addresses_may():
    def allowed(*addresses):
        count = 0
        for address in addresses:
            with contextlib.suppress(services.TooMany):
                services.count_visitor("test", address, 2)
                count += 1
        return count

    assert allowed(*["192.0.2.1"] * 3) == 2
    assert allowed(*[f"192.0.2.{n}" for n in range(2, 12)]) == 4
    assert allowed(*[f"2001:db8:0:1::{n}" for n in range(5)]) == 2
    assert allowed(*[f"2001:db8:0:{n}::1" for n in range(2, 12)]) == 4
    assert allowed("::ffff:192.0.2.99", "198.51.100.1", "") == 2


def test_an_old_page_can_be_sent_once_more(client, filled, monkeypatch):
    refused = filled(**GOOD, seconds=25 * 3600)
    fresh = re.search(r'name="opened" value="([^"]+)"', refused.content.decode())[1]
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 25 * 3600 + 60)

    assert client.post(FORM, {"opened": fresh, **GOOD}).status_code == 302


def test_one_address_asks_five_times_an_hour(filled):
    for _turn in range(5):
        assert filled(**GOOD).status_code == 302

    refused = filled(**GOOD)
    assert "many messages within an hour" in refused.content.decode()
    assert Ticket.objects.count() == 5


def test_one_computer_asks_twenty_times_an_hour(filled):
    for index in range(20):
        assert filled(**{**GOOD, "email": f"j{index}@example.com"}).status_code == 302

    assert filled(**{**GOOD, "email": "j21@example.com"}).status_code == 422


def test_a_file_too_large_is_refused_in_words(filled):
    response = filled(**GOOD, attachments=[SimpleUploadedFile("film.bin", b"\x00" * (21 * 2**20))])

    assert "film.bin has 21 MB. A file may have at most 20 MB." in response.content.decode()
    assert not Ticket.objects.exists()


def test_the_conversation_shows_nothing_of_the_staff(client):
    ticket, agent = make_ticket(), make_user("support_agent", name="Anna Agent", email="anna@houtai.example")
    services.reply(ticket, body="It is on its way.", by=agent)
    services.note(ticket, body="Smells like fraud.", by=agent, attachments=[SimpleUploadedFile("secret.txt", b"x")])

    page = client.get(f"/support/t/{ticket.token}/").content.decode()

    assert "It is on its way." in page
    for secret in ("Anna", "anna@", "fraud", "secret.txt", "Support</"):
        assert secret not in page


def test_an_answer_opens_the_ticket_again(client, filled):
    ticket, agent = make_ticket(), make_user("support_agent")
    services.reply(ticket, body="Did it come?", by=agent, status="solved")

    response = filled(f"/support/t/{ticket.token}/", body="No!")

    ticket.refresh_from_db()
    assert (response.status_code, ticket.status) == (302, "open")
    assert ticket.messages.last().kind == Message.Kind.CUSTOMER


def test_a_closed_request_takes_no_answer(client):
    ticket, lead = make_ticket(), make_user("support_lead")
    services.set_status(ticket, status="solved", by=lead)
    services.set_status(ticket, status="closed", by=lead)

    page = client.get(f"/support/t/{ticket.token}/").content.decode()

    assert "This request is closed." in page
    assert "<textarea" not in page


def test_files_of_notes_and_quarantine_are_not_public(client):
    ticket, agent = make_ticket(attachments=[SimpleUploadedFile("a.txt", b"mine")]), make_user("support_agent")
    services.note(ticket, body="x", by=agent, attachments=[SimpleUploadedFile("note.txt", b"secret")])
    services.reply(ticket, body="x", by=agent, attachments=[SimpleUploadedFile("run.png", EXE)])
    other = make_ticket()
    files = {kept.name: kept.pk for kept in Attachment.objects.all()}

    def fetch(name, token=ticket.token):
        response = client.get(f"/support/t/{token}/files/{files[name]}/")
        free(response)
        return response.status_code

    assert [fetch(name) for name in ("a.txt", "note.txt", "run.png")] == [200, 404, 404]
    assert fetch("a.txt", other.token) == 404


def test_pages_of_requests_are_kept_by_nobody(client):
    response = client.get(f"/support/t/{make_ticket().token}/")

    assert "no-store" in response["Cache-Control"]
    assert client.get("/support/t/wrong/").status_code == 404


# --- Help centre --------------------------------------------------------------------------------


def test_only_published_articles_are_public(client):
    make_article("returns")
    make_article("secret-plan", published=False)

    page = client.get("/help/").content.decode()

    assert "Returns" in page
    assert "Secret" not in page
    assert client.get("/help/returns/").status_code == 200
    assert client.get("/help/secret-plan/").status_code == 404


def test_an_article_speaks_the_readers_language_where_it_can(client):
    make_article("returns", title_zh="退货", body_zh="三十天内。")
    make_article("shipping")
    client.cookies["django_language"] = "zh-hans"

    assert "三十天内。" in client.get("/help/returns/").content.decode()
    assert "Text." in client.get("/help/shipping/").content.decode()
    assert "退货" in client.get("/help/?q=退货").content.decode()


def test_help_search_and_topics(client):
    make_article("returns", topic="Orders")
    make_article("invoices", topic="Money")

    assert [a.slug for a in client.get("/help/?q=invo").context["hits"]] == ["invoices"]
    assert [a.slug for a in client.get("/help/?topic=Orders").context["hits"]] == ["returns"]
    assert "Nothing about" in client.get("/help/?q=nothing-like-it").content.decode()


def test_an_article_is_not_sent_twice(client):
    make_article("returns")
    first = client.get("/help/returns/")

    assert "max-age=60" in first["Cache-Control"]
    assert client.get("/help/returns/", headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_article_text_is_never_markup(client):
    make_article("returns", body="<script>alert(1)</script>\n\nhttps://example.com")

    page = client.get("/help/returns/").content.decode()
    assert "<script>alert" not in page
    assert '<a href="https://example.com"' in page


# --- Links and suggestions ----------------------------------------------------------------------


def test_an_old_link_is_renewed_by_mail_alone(client):
    ticket = make_ticket()
    Ticket.objects.update(last_message_at=timezone.now() - timedelta(days=91))

    page = client.get(f"/support/t/{ticket.token}/")
    assert page.status_code == 410
    assert "Where is my parcel?" not in page.content.decode()
    assert client.get(f"/support/t/{ticket.token}/renew/").status_code == 405

    client.post(f"/support/t/{ticket.token}/renew/")
    job = Job.objects.filter(task_name="backoffice.send_mail").get()
    assert job.args["to"] == "jane@example.com"
    link = re.search(r"http://localhost:8000(/support/t/\S+)", job.args["body"])[1]
    assert "It has not come." in client.get(link).content.decode()
    assert client.get(link.replace(ticket.token, "x" * 32)).status_code == 404
    forged = f"/support/t/{ticket.token}:{'a' * 6}:{'b' * 43}/"
    assert client.get(forged).status_code == 410


def test_a_renewed_link_expires_too(client, monkeypatch):
    ticket = make_ticket()
    Ticket.objects.update(last_message_at=timezone.now() - timedelta(days=91))
    address = services.fresh_url(ticket).removeprefix("http://localhost:8000")
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 8 * 86400)

    assert client.get(address).status_code == 410


def test_links_are_not_mailed_again_and_again(client):
    ticket = make_ticket()
    for _turn in range(5):
        client.post(f"/support/t/{ticket.token}/renew/")

    assert Job.objects.filter(task_name="backoffice.send_mail").count() == 3


def test_articles_are_suggested_without_a_script(client, filled):
    make_article("returns", title="Returns")

    page = client.get("/support/", {"q": "a return"}).content.decode()
    assert "/help/returns/" in page
    assert 'value="a return"' in page
    assert "/help/returns/" in filled(**{**GOOD, "subject": "Returns", "email": "nobody"}).content.decode()


def test_articles_stand_beside_the_ticket_with_a_link_to_insert(client, agent):
    make_article("parcels", title="Parcels", title_zh="包裹")
    ticket = make_ticket("Where is my parcel?", language="zh-hans")

    page = client.get(ticket.get_absolute_url()).content.decode()
    assert 'data-insert="包裹: http://localhost:8000/help/parcels/"' in page


def test_the_page_of_a_ticket_says_that_its_person_was_erased(client, agent):
    customer = make_customer("Jane Doe", email="jane@example.com")
    erasure = services.erase(customer, by=None)
    ticket = services.receive(name="Jane", email="jane@example.com", subject="Hello", body="Again")

    page = client.get(ticket.get_absolute_url()).content.decode()
    assert f"({erasure.number})" in page
    assert ticket.customer is None


def test_a_merged_ticket_leads_its_own_customer_to_the_other_and_no_stranger(client):
    by = make_user("support_lead")
    target, own = make_ticket(), make_ticket()
    strange = make_ticket(requester_email="john@example.com", body="Mine.")
    services.merge(own, into=target, by=by)
    services.merge(strange, into=target, by=by, knowing=True)

    assert client.get(f"/support/t/{own.token}/")["Location"] == f"/support/t/{target.token}/"
    page = client.get(f"/support/t/{strange.token}/")
    assert (page.status_code, "It has not come." in page.content.decode()) == (200, False)


def test_what_comes_late_opens_a_ticket_that_follows(filled):
    ticket = make_ticket()
    services.set_status(ticket, status="solved", by=make_user("support_lead"))
    Ticket.objects.filter(pk=ticket.pk).update(solved_at=timezone.now() - timedelta(days=15))

    response = filled(f"/support/t/{ticket.token}/", body="Broken again.")

    new = ticket.followed_by.get()
    assert response["Location"] == f"/support/t/{new.token}/#last"
    assert new.messages.get().body == "Broken again."


@pytest.mark.parametrize(
    "address", ["/support/t/%00/", "/support/t/%00/files/1/", "/tickets/%00/", "/customers/CU%00/edit/"]
)
def test_an_address_with_a_nul_is_that_of_nothing(client, lead, address):
    assert client.get(address).status_code == 404
