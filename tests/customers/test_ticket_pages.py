"""Pages of tickets: the list, the conversation, the files."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from customers import services
from customers.models import Attachment, Draft, Macro, Message, MessageWords, Ticket
from customers.views.tickets import TicketList
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


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("parcels", True),
        ("MULLER", True),
        ("parcel lamp", False),
        ("jane@example.com", True),
        ("还没有收到", True),
        ("包", True),
        ("到", True),
        ("到包", False),
        ("没包", False),
        ("カード", True),
        ("the", False),
        ("'); & | !", False),
    ],
)
def test_tickets_are_found_by_words_of_their_messages(client, agent, words, is_found):
    make_ticket("Other")
    services.note(
        make_ticket("Said"), body="The parcel of Frau Müller (jane@example.com), 包裹还没有收到。 カード", by=agent
    )

    rows = client.get(LIST, {"text": words}).context["rows"]

    assert [row.object.subject for row in rows] == (["Said"] if is_found else [])


def test_who_may_not_see_people_finds_nothing_by_what_they_wrote(client, sign_in):
    make_ticket("Said", body="Call Jane about the parcel.")
    sign_in("analyst")

    assert not client.get(LIST, {"text": "Jane"}).context["rows"]
    assert [row.object.subject for row in client.get(LIST).context["rows"]] == ["Said"]


@pytest.mark.parametrize("far", [0, 7])
def test_what_is_frequent_is_paged_as_what_is_rare(client, agent, monkeypatch, far):
    """Few tickets are looked at first; `far`: how many of the newest do not say it."""
    monkeypatch.setattr(TicketList, "page_size", 2)
    monkeypatch.setattr("customers.services.saying.MOST", 3)
    monkeypatch.setattr("customers.services.saying.WIDTHS", (2, 5))
    tickets = [make_ticket(f"T{n}", body="About a parcel." if n in {0, 1, 3, 4, 6, 7} else "Hello.") for n in range(8)]
    tickets += [make_ticket("Other", body="Hello.") for _n in range(far)]

    shown, url = [], f"{LIST}?text=parcel"
    while url:
        page = client.get(url)
        shown.append([row.object.subject for row in page.context["rows"]])
        assert str(page.context["count"]) == "6"
        url, previous = page.context["next_url"], page.context["previous_url"]
    back = client.get(previous)

    assert shown == [["T7", "T6"], ["T4", "T3"], ["T1", "T0"]]
    assert [row.object.subject for row in back.context["rows"]] == ["T4", "T3"]
    assert len(tickets) == MessageWords.objects.count()


def test_a_message_of_any_length_is_taken_in_with_its_words(agent):
    long = "字好" * 100_000 + " ".join(f"w{number}" for number in range(50_000))
    ticket = make_ticket(body=f"parcel {long}")

    assert MessageWords.objects.saying("parcel 字好").get().ticket == ticket


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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("退", ["茶换退, 杯 B", "想退换茶杯 A1 ㎏"]),
        *((part, ["想退换茶杯 A1 ㎏"]) for part in ["退换", "茶杯 A", "杯 a", "㎏"]),
    ],
)
def test_parts_of_chinese_subjects_are_found_however_short(client, agent, text, found):
    for subject in ("想退换茶杯 A1 ㎏", "茶换退, 杯 B"):
        make_ticket(subject)

    assert [row.object.subject for row in client.get(LIST, {"q": text}).context["rows"]] == found


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


# --- The composer, and tickets tied together ------------------------------------------------------


def test_a_macro_fills_the_composer_and_is_carried_out_with_the_answer(client, agent):
    ticket, made = (
        make_ticket(),
        Macro.objects.create(name="Late", body="Dear {{ customer }}", status="pending", priority=4),
    )

    shown = compose(client, ticket, body="Hm.", use=made.pk)
    form = shown.context["composer"]
    fetched = client.get(url("macro_text", ticket, made.pk)).json()

    assert (shown.status_code, form["body"].value(), form["status"].value()) == (200, "Hm.\n\nDear Jane Doe", "pending")
    assert "Priority: Urgent" in shown.content.decode()
    assert fetched == {
        "body": "Dear Jane Doe",
        "mode": "reply",
        "status": "pending",
        "actions": ["Status: Waiting for the customer", "Priority: Urgent"],
    }
    assert ticket.messages.count() == 1
    compose(client, ticket, body="Dear Jane Doe", status="pending", macro=form["macro"].value())
    ticket.refresh_from_db()
    assert (ticket.status, ticket.priority, ticket.messages.last().body) == ("pending", 4, "Dear Jane Doe")


def test_a_draft_waits_in_the_composer(client, agent):
    ticket = make_ticket()
    assert client.post(url("draft", ticket), {"body": "Dear Jane", "mode": "note", "leaving": "1"}).status_code == 204
    composer = client.get(url("ticket", ticket)).context["composer"]
    assert (composer["body"].value(), composer["mode"].value()) == ("Dear Jane", "note")

    client.post(url("draft", ticket), {"leaving": "1"})
    compose(client, ticket, body="Dear Jane,", mode="reply", keep="1")
    assert Draft.objects.get().body == "Dear Jane,"
    client.post(url("draft", ticket), {"drop": "1"})
    assert client.get(url("ticket", ticket)).context["composer"]["body"].value() is None


def test_undo_brings_text_and_files_back_into_the_composer(client, agent, settings):
    settings.UNDO_SEND_SECONDS = 15
    ticket = make_ticket()
    compose(client, ticket, body="Oops.", attachments=[SimpleUploadedFile("a.png", PNG)])
    sent = ticket.messages.last()
    assert "Undo: do not send" in client.get(url("ticket", ticket)).content.decode()

    back = client.post(url("take_back", ticket, sent.pk))
    page = client.get(url("ticket", ticket))

    assert back["Location"] == f"{ticket.get_absolute_url()}#composer"
    assert page.context["composer"]["body"].value() == "Oops."
    kept = [option.data["value"] for option in page.context["composer"]["kept"]]
    compose(client, ticket, body="Better.", kept=kept)
    assert [(one.message.body, one.name) for one in Attachment.objects.all()] == [("Better.", "a.png")]
    late = client.post(url("take_back", ticket, sent.pk))
    assert late.status_code == 404


def test_who_else_is_here_and_what_is_new_is_told(client, sign_in):
    ticket = make_ticket()
    sign_in("support_agent", name="Ben")
    client.get(url("ticket", ticket))
    client.post(url("draft", ticket), {"body": "Dear", "mode": "reply"})
    sign_in("support_agent", name="Anna")
    seen = ticket.messages.get().pk

    first = client.get(url("ticket", ticket), {"editing": 1, "seen": seen}).content.decode()
    services.customer_replies(ticket, body="It came!")
    second = client.get(url("ticket", ticket), {"editing": 1, "seen": seen}).content.decode()

    assert "Ben has had this open since" in first
    assert "Ben is writing." in first
    assert "There is a new message." not in first
    assert "There is a new message." in second


def test_merge_by_page_asks_before_strangers_are_merged(client, agent):
    jane, john = make_ticket(), make_ticket("Mine", requester_email="john@example.com")
    refused = client.post(url("merge", john), {"into": f"#{jane.pk}"})
    assert (refused.status_code, "asked by different people" in refused.content.decode()) == (422, True)

    done = client.post(url("merge", john), {"into": f"#{jane.pk}", "knowing": "on"})

    assert done["Location"] == jane.get_absolute_url()
    page = client.get(url("ticket", jane)).content.decode()
    assert f'written in <a href="{john.get_absolute_url()}">{john.number}</a>' in page
    assert "where the conversation goes on" in client.get(url("ticket", john)).content.decode()
    assert client.get(url("unmerge", john)).status_code == 200
    client.post(url("unmerge", john))
    assert set(Ticket.objects.values_list("status", flat=True)) == {"new"}


def test_a_reply_is_refused_when_a_merge_brought_older_messages_along(client, agent):
    older, ticket = make_ticket("Older"), make_ticket()
    services.merge(older, into=ticket, by=agent)

    refused = compose(client, ticket, body="Sorry.", last_message_id=ticket.messages.last().pk, seen=1)

    form = refused.context["composer"]
    assert (refused.status_code, form["seen"].value(), form["body"].value()) == (409, "2", "Sorry.")
    assert "is-new" in refused.content.decode()
    assert compose(client, ticket, body="Sorry.", seen=2).status_code == 302


def test_split_by_page(client, agent):
    ticket = make_ticket()
    other = services.customer_replies(ticket, body="And my invoice?")
    assert "And my invoice?" in client.get(url("split", ticket)).content.decode()

    response = client.post(url("split", ticket), {"messages": [other.pk], "subject": "Invoice"})

    new = Ticket.objects.get(subject="Invoice")
    assert (response["Location"], new.messages.get()) == (new.get_absolute_url(), other)


def test_a_follow_up_by_staff_names_what_it_follows(client, agent):
    jane = make_customer("Jane Doe", email="jane@example.com")
    ticket = make_ticket(customer=jane)
    services.set_status(ticket, status="solved", by=agent)
    services.close(ticket, by=agent)
    page = client.get(f"/tickets/new/?follows={ticket.number}")
    fields = {
        "customer": f"#{jane.pk}",
        "kind": "note",
        "subject": "Again",
        "body": "Called.",
        "queue": make_queue().pk,
    }

    client.post(f"/tickets/new/?follows={ticket.number}", {**fields, "priority": 2})

    assert page.context["form"]["subject"].value() == ticket.subject
    assert Ticket.objects.get(subject="Again").follows == ticket


def test_many_tickets_at_once(client, lead):
    first, second, third = make_ticket(), make_ticket(), make_ticket()
    made = Macro.objects.create(name="Thanks", body="Thank you")
    chosen = {"selected": [first.pk, second.pk], "confirmed": "1"}

    client.post(LIST, {**chosen, "action": "status", "status": "on_hold"})
    client.post(LIST, {**chosen, "action": "tag", "tags": "late"})
    client.post(LIST, {**chosen, "action": "macro", "macro": f"#{made.pk}"})
    client.post(LIST, {"selected": [first.pk, second.pk, third.pk], "confirmed": "1", "action": "merge", "into": ""})

    first.refresh_from_db()
    assert (first.status, first.tags, first.messages.filter(body="Thank you").count()) == ("on_hold", ["late"], 2)
    assert list(Ticket.objects.filter(merged_into=first).order_by("pk")) == [second, third]


@pytest.mark.parametrize("number", [1, 3])
def test_queues_are_counted_in_one_statement(client, agent, django_assert_num_queries, number):
    for index in range(number):
        make_ticket(queue=f"queue-{index}", assignee=agent)
    services.set_due(make_ticket(), due_on=timezone.localdate() - timedelta(days=1), by=agent)
    client.get("/tickets/queues/")

    with django_assert_num_queries(5):
        page = client.get("/tickets/queues/")

    [counts] = [cells for queue, cells in page.context["queues"] if queue.slug == "support"]
    assert [count.number for _label, count, _url in counts] == [1, 1, 1, 0, 1]
    assert [client.get(address).context["rows"] != [] for _label, count, address in counts] == [
        True,
        True,
        True,
        False,
        True,
    ]


def test_filters_of_handling(client, agent):
    old = make_ticket("Old", tags=["late"])
    services.set_due(old, due_on=timezone.localdate() - timedelta(days=1), by=agent)
    today = make_ticket("Today")
    services.set_due(today, due_on=timezone.localdate(), by=agent)
    services.watch(today, by=agent)
    services.open_ticket(subject="Later", body="x", by=None, follows=old, queue=make_queue())
    found = {
        "tag=late": ["Old"],
        "due=overdue": ["Old"],
        "due=today": ["Today"],
        "due=week": ["Today"],
        "watcher=me": ["Today"],
        "follows=yes": ["Later"],
    }

    for query, subjects in found.items():
        assert [row.object.subject for row in client.get(f"{LIST}?{query}").context["rows"]] == subjects


def test_macros_are_written_by_leads_and_seen_with_a_ticket(client, lead, sign_in):
    ticket = make_ticket(requester_name="Jane")
    fields = {
        "name": "Hello",
        "mode": "reply",
        "body": "Dear {{ customer }}",
        "is_active": "on",
        "tags": "late, parcel",
    }
    refused = client.post("/tickets/macros/new/", {**fields, "body": "{{ who }}"})
    client.post("/tickets/macros/new/", fields)
    made = Macro.objects.get()

    assert "{{ who }} means nothing here." in refused.content.decode().replace("&#x27;", "'")
    assert made.tags == ["late", "parcel"]
    page = client.get(f"{made.get_absolute_url()}?ticket={ticket.number}").content.decode()
    assert "Dear Jane" in page
    assert "Tags: late, parcel" in page
    client.post(f"{made.get_absolute_url()}edit/", {**fields, "body": "Hi", "version": made.updated_at.isoformat()})
    made.refresh_from_db()
    assert made.body == "Hi"
    sign_in("support_agent")
    assert client.get(f"{made.get_absolute_url()}edit/").status_code == 403
    assert client.get(made.get_absolute_url()).status_code == 200
