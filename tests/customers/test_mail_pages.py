"""Pages of mail: the list, a mail, its pictures, the mailboxes, and the text of a message in its thread."""

import re
from email.message import EmailMessage

import pytest

from backoffice.models import AuditEvent
from customers import services
from customers.models import IncomingMail, Mailbox, Ticket
from tests.customers.conftest import free
from tests.customers.mails import take, write
from tests.factories import make_mailbox, make_queue, make_user

pytestmark = pytest.mark.django_db
HTML = '<p>Look: <img src="https://pictures.example.com/a.png" alt="a cup"></p>'


@pytest.mark.parametrize("number", [1, 3])
def test_list_takes_as_many_queries_for_three_as_for_one(client, agent, django_assert_num_queries, number):
    for _one in range(number):
        take(write())
    client.get("/tickets/mail/")

    with django_assert_num_queries(7):
        response = client.get("/tickets/mail/")
    assert response.content.decode().count("It answers nothing that we know: a new request.") == number


def test_a_mail_says_why_it_went_where_it_is_and_shows_its_headers(client, agent):
    came = take(write(cc="Bob <bob@example.com>"))

    page = client.get(came.get_absolute_url()).content.decode()

    assert "It answers nothing that we know: a new request." in page
    assert f"/tickets/{came.ticket.number}/" in page
    assert "Bob &lt;bob@example.com&gt;" in page


def test_the_raw_mail_is_a_download_that_no_browser_runs(client, agent):
    raw = write()
    response = client.get(f"/tickets/mail/{take(raw).pk}/raw/")

    assert b"".join(response.streaming_content) == raw
    assert response["Content-Disposition"].startswith("attachment")
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    free(response)


def test_what_is_quarantined_becomes_a_ticket_by_a_click(client, agent):
    make_mailbox()
    came = take(write(sender="support@houtai.example"))
    assert "Make a ticket of it" in client.get(came.get_absolute_url()).content.decode()

    client.post(f"/tickets/mail/{came.pk}/ticket/")

    came.refresh_from_db()
    assert (came.verdict, came.ticket, came.why) == ("new", Ticket.objects.get(), "Anna Agent made a ticket of it.")


def test_a_mail_that_was_refused_is_taken_in_again(client, agent):
    queue = make_queue("support")
    queue.is_active = False
    queue.save()
    came = take(write())
    assert (came.verdict, came.why) == ("quarantined", "It could not be taken in: No ticket queue is in use.")
    queue.is_active = True
    queue.save()

    client.post(f"/tickets/mail/{came.pk}/again/")

    assert IncomingMail.objects.get().verdict == "new"


def test_mail_of_other_queues_is_not_seen(client, sign_in):
    sign_in("support_agent", queues=("vip",))
    make_queue("vip")
    here = take(write(), make_mailbox("vip@houtai.example", queue=make_queue("vip")))
    there = take(write(), make_mailbox())

    assert client.get(here.get_absolute_url()).status_code == 200
    assert client.get(there.get_absolute_url()).status_code == 404
    assert client.get(f"/tickets/mail/{there.pk}/raw/").status_code == 404


def test_who_may_not_see_people_sees_no_mail(client, sign_in):
    sign_in("analyst")
    assert client.get(take(write()).get_absolute_url()).status_code == 403


# --- Pictures -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["mail", "ticket"])
def test_pictures_wait_for_a_click_and_then_their_server_alone_is_allowed(client, agent, where):
    came = take(write(html=HTML))
    url = came.get_absolute_url() if where == "mail" else came.ticket.get_absolute_url()

    before = client.get(url)
    assert "pictures.example.com" not in before.content.decode() + before["Content-Security-Policy"]
    assert "[a cup]" in before.content.decode()

    link = re.search(r'href="(\?pictures=[^"#]+)', before.content.decode())[1]
    after = client.get(url + link)
    assert 'src="https://pictures.example.com/a.png"' in after.content.decode()
    assert "img-src 'self' data: https://pictures.example.com;" in after["Content-Security-Policy"] + ";"


PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def related(*parts, html):
    """A mail whose HTML shows its own files: (name, content, media type, Content-ID)."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Jane <jane@example.com>", "support@houtai.example", "Pictures"
    mail.set_content("See below.")
    mail.add_alternative(html, subtype="html")
    for name, content, kind, content_id in parts:
        main, _slash, sub = kind.partition("/")
        page = mail.get_payload()[1]
        page.add_related(content, maintype=main, subtype=sub, filename=name, cid=f"<{content_id}>")
    return mail.as_bytes()


def test_pictures_that_came_with_a_mail_are_shown_from_here_once_their_content_is_known(client, agent):
    html = '<p>A <img src="cid:cup@x" alt="a cup"><img src="cid:bad@x" alt="bad"><img src="cid:none@x" alt="none"></p>'
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    came = take(related(("cup.png", PNG, "image/png", "cup@x"), ("b.png", svg, "image/png", "bad@x"), html=html))
    cup, bad = came.message.attachments.order_by("pk")

    for url in (came.get_absolute_url(), came.ticket.get_absolute_url()):
        page = client.get(url)
        shown = page.content.decode()
        assert f'<img src="/tickets/files/{cup.pk}/picture/" alt="a cup" loading="lazy">' in shown
        assert '<span class="picture">[bad]</span><span class="picture">[none]</span>' in shown
        assert "img-src 'self' data:" in page["Content-Security-Policy"]
    picture = client.get(f"/tickets/files/{cup.pk}/picture/")
    assert b"".join(picture.streaming_content) == PNG
    assert (picture["Content-Type"], picture["Content-Disposition"]) == ("image/png", "inline")
    assert picture["Content-Security-Policy"] == "sandbox; default-src 'none'"
    free(picture)
    assert client.get(f"/tickets/files/{bad.pk}/picture/").status_code == 404


def test_what_outlook_packs_its_files_into_is_explained(client, agent):
    tnef = b"\x78\x9f\x3e\x22" + bytes(40)
    came = take(write(files=[("winmail.dat", tnef, "application/ms-tnef")]))

    assert came.message.attachments.get().content_type == "application/ms-tnef"
    assert (
        "Outlook packed the files of this mail into this one"
        in client.get(came.ticket.get_absolute_url()).content.decode()
    )


def test_a_link_of_somebody_else_shows_no_pictures(client, sign_in):
    came = take(write(html=HTML))
    sign_in("support_agent")
    link = re.search(r'href="(\?pictures=[^"#]+)', client.get(came.get_absolute_url()).content.decode())[1]

    sign_in("support_lead")
    assert "pictures.example.com" not in client.get(came.get_absolute_url() + link).content.decode()


def test_a_page_of_a_mail_breaks_no_policy(client, agent):
    html = '<div style="background:url(https://x.example/a)" onclick="x()" class="y"><form action="https://x.example"><input name=a></form>Hi</div>'
    came = take(write(html=html))

    page = client.get(came.get_absolute_url()).content.decode()
    shown = page[page.index('class="mail-page"') :].partition("</section>")[0]
    assert shown == 'class="mail-page"><div>Hi</div>\n</div>'


# --- In the thread ------------------------------------------------------------------------------------


def test_quoted_text_is_folded_away_and_still_there(client, agent):
    came = take(
        write("It is red.\n\nOn Mon, 5 Jan 2026 at 15:12, Houtai <support@houtai.example> wrote:\n> Which colour?\n")
    )

    page = client.get(came.ticket.get_absolute_url()).content.decode()

    assert '<div class="body">It is red.' in page
    quoted = page[page.index('<details class="quoted">') :].partition("</details>")[0]
    assert "On Mon, 5 Jan 2026" in quoted
    assert "&gt; Which colour?" in quoted


def test_an_answer_from_another_address_is_marked(client, agent):
    first = take(write())
    services.reply(first.ticket, body="Which?", by=agent)
    ours = first.ticket.messages.last().message_id
    take(write("Red.", sender="eve@example.org", in_reply_to=ours))

    page = client.get(first.ticket.get_absolute_url()).content.decode()

    assert "Another address" in page
    assert "eve@example.org" in page


# --- Mailboxes ----------------------------------------------------------------------------------------

FIELDS = {
    "name": "Support", "address": "support@houtai.example", "language": "en", "is_active": "on", "host": "imap.example.com", "port": "993",
    "security": "tls", "username": "support", "password_variable": "MAIL_PASSWORD_SUPPORT", "folder": "INBOX", "moves_to": "",
}  # fmt: skip


@pytest.fixture
def owner(sign_in):
    return sign_in("owner")


def test_a_mailbox_is_added_and_its_history_holds_no_password(client, owner, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD_SUPPORT", "hunter2")
    response = client.post("/tickets/mailboxes/new/", {**FIELDS, "queue": make_queue("support").pk})

    mailbox = Mailbox.objects.get()
    assert response.url == f"/tickets/mailboxes/{mailbox.pk}/"
    assert "hunter2" not in client.get(response.url).content.decode()
    assert not any(
        "password" in field.name and field.name != "password_variable" for field in Mailbox._meta.get_fields()
    )


def test_no_other_secret_can_be_named(client, owner):
    response = client.post(
        "/tickets/mailboxes/new/", {**FIELDS, "queue": make_queue("support").pk, "password_variable": "SECRET_KEY"}
    )

    assert response.status_code == 422
    assert "Its name begins with MAIL_PASSWORD, in capital letters." in response.content.decode()


def test_an_address_has_one_mailbox(client, owner):
    make_mailbox()
    response = client.post(
        "/tickets/mailboxes/new/", {**FIELDS, "address": "Support@houtai.example", "queue": make_queue("support").pk}
    )

    assert response.status_code == 422
    assert "Another mailbox has this address." in response.content.decode()


def test_another_server_is_read_from_the_beginning(client, owner):
    mailbox = make_mailbox(host="old.example.com", last_uid=77, uid_validity=5)
    page = client.get(f"/tickets/mailboxes/{mailbox.pk}/edit/").content.decode()
    version = re.search(r'name="version" value="([^"]+)"', page)[1]

    client.post(f"/tickets/mailboxes/{mailbox.pk}/edit/", {**FIELDS, "queue": mailbox.queue_id, "version": version})

    mailbox.refresh_from_db()
    assert (mailbox.host, mailbox.last_uid, mailbox.uid_validity) == ("imap.example.com", 0, 0)


def test_the_admin_sets_mailboxes_up_by_the_same_service(client, owner):
    mailbox = make_mailbox(host="old.example.com", last_uid=77, uid_validity=5)
    make_mailbox("sales@houtai.example")
    url = f"/admin/customers/mailbox/{mailbox.pk}/change/"
    data = {**FIELDS, "queue": mailbox.queue_id}
    assert client.get(url).status_code == 200

    taken = client.post(url, {**data, "address": "Sales@houtai.example"})
    secret = client.post(url, {**data, "password_variable": "SECRET_KEY"})
    assert "Another mailbox has this address." in taken.content.decode()
    assert "Its name begins with MAIL_PASSWORD" in secret.content.decode()
    mailbox.refresh_from_db()
    assert (mailbox.host, mailbox.last_uid) == ("old.example.com", 77)

    assert client.post(url, data).status_code == 302
    mailbox.refresh_from_db()
    assert (mailbox.host, mailbox.last_uid, mailbox.uid_validity) == ("imap.example.com", 0, 0)
    client.post("/admin/customers/mailbox/add/", {**data, "name": "New", "address": "new@houtai.example"})
    assert list(AuditEvent.objects.filter(verb__startswith="mailbox.").values_list("verb", "actor")) == [
        ("mailbox.created", owner.pk),
        ("mailbox.changed", owner.pk),
    ]


def test_what_stands_against_fetching_is_said(client, owner, monkeypatch):
    monkeypatch.delenv("MAIL_PASSWORD_SUPPORT", raising=False)
    mailbox = make_mailbox(host="imap.example.com", password_variable="MAIL_PASSWORD_SUPPORT")

    for verb in ("fetch", "test"):
        page = client.post(f"/tickets/mailboxes/{mailbox.pk}/{verb}/", follow=True).content.decode()
        assert "The variable MAIL_PASSWORD_SUPPORT with the password is not set." in page


def test_agents_fetch_and_do_not_set_up(client, agent):
    mailbox = make_mailbox(host="imap.example.com")

    assert client.get(f"/tickets/mailboxes/{mailbox.pk}/edit/").status_code == 403
    assert "Fetch now" in client.get(mailbox.get_absolute_url()).content.decode()
    assert make_user("support_lead").has_perm("customers.change_mailbox") is False
