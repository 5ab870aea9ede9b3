"""Pages of tickets: the list, the conversation, the files."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from customers import services
from customers.models import Attachment, Message, Ticket
from tests.customers.conftest import free
from tests.factories import make_customer, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
LIST = "/tickets/"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
EXE = b"MZ\x90\x00" + b"\x00" * 60


def url(name, ticket, *more):
    return reverse(f"tickets:{name}", args=[ticket.number, *more])


def compose(client, ticket, **data):
    last = ticket.messages.order_by("pk").last().pk
    fields = {"mode": "reply", "body": "Hello.", "status": "", "last_message_id": last, **data}
    return client.post(url("compose", ticket), fields)


def test_list_shows_tickets_of_the_own_queues(client, sign_in):
    make_queue("vip")
    make_ticket("Here")
    make_ticket("There", queue="vip")
    sign_in("support_agent", queues=("vip",))

    page = client.get(LIST).content.decode()

    assert "There" in page
    assert "Here" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("assignee=me", ["Mine"]),
        ("assignee=nobody", ["Free", "Solved"]),
        ("stage=unsolved", ["Free", "Mine"]),
        ("stage=done", ["Solved"]),
        ("status=new&status=solved", ["Free", "Mine", "Solved"]),
        ("q=free", ["Free"]),
        ("q=jane", ["Free", "Mine", "Solved"]),
        ("priority=4", ["Mine"]),
        ("channel=staff", ["Solved"]),
        ("queue=0", None),
    ],
)
def test_filters(client, agent, query, found):
    make_ticket("Free")
    make_ticket("Mine", assignee=agent, priority=4)
    services.set_status(make_ticket("Solved", channel="staff"), status="solved", by=agent)

    response = client.get(f"{LIST}?{query}")

    if found is None:
        assert not response.context["page"].filterset_valid
    else:
        assert sorted(row.object.subject for row in response.context["rows"]) == found


@pytest.mark.parametrize("number", [1, 3])
def test_list_takes_as_many_queries_for_three_as_for_one(client, agent, django_assert_num_queries, number):
    for index in range(number):
        make_ticket(f"Ticket {index}", customer=make_customer(), assignee=make_user("support_agent"))
    client.get(LIST)

    with django_assert_num_queries(8):
        client.get(LIST)


@pytest.mark.parametrize("number", [1, 3])
def test_conversation_takes_as_many_queries_for_three_as_for_one(client, agent, django_assert_num_queries, number):
    jane = make_customer("Jane Doe", email="jane@example.com")
    ticket = make_ticket(customer=jane, assignee=agent)
    for index in range(number):
        make_ticket(f"Other {index}", customer=jane)
        services.note(ticket, body="Note", by=make_user("support_agent"))
        services.customer_replies(ticket, body="More", attachments=[SimpleUploadedFile("a.png", PNG)])
    client.get(url("ticket", ticket))

    with django_assert_num_queries(10):
        client.get(url("ticket", ticket))


def test_what_customers_write_is_never_markup(client, agent):
    evil = "<script>alert('x')</script>"
    ticket = make_ticket(
        evil, body=f"{evil} TK-1", requester_name=evil, attachments=[SimpleUploadedFile(f"{evil}.txt", b"x")]
    )

    for page in (client.get(url("ticket", ticket)), client.get(LIST), client.get(f"/support/t/{ticket.token}/")):
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
        assert "&lt;script&gt;alert" in page.content.decode()


def test_public_and_internal_differ_in_words(client, agent):
    ticket = make_ticket()
    services.note(ticket, body="Beware", by=agent)
    services.reply(ticket, body="Soon", by=agent)

    page = client.get(url("ticket", ticket)).content.decode()

    assert "Internal note, not seen by the customer" in page
    assert "to the customer" in page


def test_reply_sends_and_sets_the_status(client, agent):
    ticket = make_ticket()

    response = compose(
        client, ticket, body="On its way.", status="pending", attachments=[SimpleUploadedFile("a.png", PNG)]
    )

    ticket.refresh_from_db()
    message = ticket.messages.last()
    assert response.status_code == 302
    assert (ticket.status, message.kind, message.body, message.author) == ("pending", "reply", "On its way.", agent)
    assert message.attachments.get().name == "a.png"


def test_note_stays_inside(client, agent):
    ticket = make_ticket()
    compose(client, ticket, mode="note", body="Careful.")

    assert ticket.messages.last().kind == Message.Kind.NOTE
    assert "Careful" not in client.get(f"/support/t/{ticket.token}/").content.decode()


def test_a_reply_to_a_thread_that_went_on_keeps_the_text_and_shows_what_is_new(client, agent):
    ticket = make_ticket()
    seen = ticket.messages.get().pk
    services.customer_replies(ticket, body="It came after all!")

    refused = compose(client, ticket, body="So sorry.", last_message_id=seen)
    page = refused.content.decode()

    assert refused.status_code == 409
    assert "The conversation went on while you wrote" in page
    assert "It came after all!" in page
    assert "So sorry." in page
    assert ticket.messages.count() == 2

    form = refused.context["composer"]
    again = compose(client, ticket, body="So sorry.", last_message_id=form["last_message_id"].value())
    assert again.status_code == 302


def test_an_empty_answer_is_refused_at_its_field(client, agent):
    refused = compose(client, make_ticket(), body="  ")

    assert refused.status_code == 422
    assert "Text: This field is required." in refused.content.decode()


def test_who_may_not_reply_only_notes(client, sign_in):
    user = sign_in("support_agent")
    user.groups.clear()
    user.user_permissions.set(_permissions("view_ticket", "view_message", "change_ticket"))
    ticket = make_ticket()

    assert compose(client, ticket).status_code == 422
    assert compose(client, ticket, mode="note").status_code == 302


def _permissions(*names):
    from django.contrib.auth.models import Permission  # noqa: PLC0415

    return Permission.objects.filter(codename__in=names, content_type__app_label="customers")


def test_take(client, agent):
    ticket = make_ticket()
    client.post(url("take", ticket))

    ticket.refresh_from_db()
    assert ticket.assignee == agent


def test_an_agent_cannot_take_a_ticket_away_or_give_it_to_others(client, agent):
    colleague = make_user("support_agent")
    queue = make_queue()
    theirs, free = make_ticket(assignee=colleague), make_ticket()
    handling = {"queue": queue.pk, "priority": 2, "tags": ""}

    client.post(url("handle", theirs), {**handling, "assignee": agent.pk})
    client.post(url("handle", free), {**handling, "assignee": colleague.pk})

    theirs.refresh_from_db()
    free.refresh_from_db()
    assert (theirs.assignee, free.assignee) == (colleague, None)


def test_a_lead_sets_everything_at_once(client, lead):
    colleague, vip = make_user("support_agent"), make_queue("vip")
    ticket = make_ticket()

    client.post(
        url("handle", ticket), {"queue": vip.pk, "priority": 4, "tags": "late, parcel", "assignee": colleague.pk}
    )

    ticket.refresh_from_db()
    assert (ticket.queue, ticket.priority, ticket.tags, ticket.assignee) == (vip, 4, ["late", "parcel"], colleague)


def test_moving_a_ticket_out_of_sight_leads_back_to_the_list(client, sign_in):
    sign_in("support_agent", queues=("support",))
    ticket, vip = make_ticket(), make_queue("vip")

    response = client.post(url("handle", ticket), {"queue": vip.pk, "priority": 2, "tags": ""})

    assert response["Location"] == LIST
    assert client.get(url("ticket", ticket)).status_code == 404


def test_status_by_click_and_with_reason(client, agent):
    ticket = make_ticket()
    client.post(url("status", ticket, "solved"))
    assert client.get(url("status", ticket, "closed")).status_code == 200
    client.post(url("status", ticket, "closed"), {"reason": "All done"})

    ticket.refresh_from_db()
    assert ticket.status == "closed"
    assert ticket.events.last().reason == "All done"
    assert client.post(url("status", ticket, "nonsense")).status_code == 404


def test_bulk_assign_and_close(client, lead):
    colleague = make_user("support_agent")
    first, second = make_ticket(), make_ticket()
    services.set_status(second, status="solved", by=lead)
    chosen = {"selected": [first.pk, second.pk], "confirmed": "1"}

    client.post(LIST, {**chosen, "action": "assign", "to": colleague.pk})
    result = client.post(LIST, {**chosen, "action": "close"})

    assert set(Ticket.objects.filter(assignee=colleague)) == {first, second}
    assert Ticket.objects.get(status="closed") == second
    assert "cannot become Closed" in result.content.decode()


def test_new_ticket_for_a_customer(client, agent):
    jane = make_customer("Jane Doe", email="jane@example.com")
    assert client.get(f"/tickets/new/?customer=%23{jane.pk}").status_code == 200

    response = client.post(
        "/tickets/new/",
        {
            "customer": f"#{jane.pk}",
            "kind": "reply",
            "subject": "Your order",
            "body": "It is late.",
            "queue": make_queue().pk,
            "priority": 2,
        },
    )

    ticket = Ticket.objects.get()
    assert response["Location"] == ticket.get_absolute_url()
    assert (ticket.customer, ticket.requester_email, ticket.status) == (jane, "jane@example.com", "pending")
    assert ticket.messages.get().author == agent


def test_new_ticket_needs_somebody(client, agent):
    response = client.post(
        "/tickets/new/", {"kind": "reply", "subject": "A", "body": "B", "queue": make_queue().pk, "priority": 2}
    )

    assert response.status_code == 422
    assert "Choose the customer, or give a name." in response.content.decode()


def test_next_ticket_of_the_list(client, agent):
    older, newer = make_ticket("Older"), make_ticket("Newer")

    page = client.get(f"{url('ticket', newer)}?from=stage%3Dunsolved").content.decode()
    assert f"{older.get_absolute_url()}?from=" in page

    last = newer.messages.get().pk
    response = client.post(
        f"{url('compose', newer)}?from=stage%3Dunsolved",
        {"mode": "reply", "body": "x", "status": "solved", "last_message_id": last, "on": "1"},
    )
    assert response["Location"].startswith(f"{older.get_absolute_url()}?from=")


# --- Files --------------------------------------------------------------------------------------


def upload(name, content):
    make_ticket(attachments=[SimpleUploadedFile(name, content)])
    return Attachment.objects.get()


def test_a_file_is_a_download_that_no_browser_runs(client, agent):
    kept = upload("photo.png", PNG)
    response = client.get(f"/tickets/files/{kept.pk}/")

    assert response["Content-Disposition"] == 'attachment; filename="photo.png"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert b"".join(response.streaming_content) == PNG
    free(response)


def test_quarantine_is_shown_to_agents_and_opened_by_leads_only(client, agent, sign_in):
    kept = upload("photo.png", EXE)
    page = client.get(kept.message.ticket.get_absolute_url()).content.decode()

    assert "In quarantine:" in page
    assert f"/tickets/files/{kept.pk}/" not in page
    assert client.get(f"/tickets/files/{kept.pk}/").status_code == 403

    sign_in("support_lead")
    response = client.get(f"/tickets/files/{kept.pk}/")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="photo.png.quarantined"'
    free(response)


def test_files_of_other_queues_do_not_exist(client, sign_in):
    kept = upload("photo.png", PNG)
    make_queue("vip")
    sign_in("support_agent", queues=("vip",))

    assert client.get(f"/tickets/files/{kept.pk}/").status_code == 404


def test_strangers_see_nothing(client):
    ticket = make_ticket()

    for address in (LIST, url("ticket", ticket), "/tickets/new/", "/customers/", "/articles/"):
        assert client.get(address)["Location"].startswith("/accounts/login/")
