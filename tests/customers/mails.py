"""Mails for tests: written as a mail program would, and taken in as files are."""

from email.message import EmailMessage
from io import BytesIO

from customers.models import IncomingMail
from customers.services.mail import fetching

SUPPORT = "support@houtai.example"
_numbers = iter(range(1, 10**9))


def write(
    body="It has not come.",
    *,
    sender="Jane Doe <jane@example.com>",
    to=SUPPORT,
    subject="Where is my parcel?",
    html="",
    files=(),
    **headers,
):
    """The bytes of a mail; `headers` by name with "_" for "-"."""
    mail = EmailMessage()
    given = {"From": sender, "To": to, "Subject": subject, "Message-ID": f"<{next(_numbers)}@mail.example.com>"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in given.items():
        if value is not None:
            mail[name] = value
    mail.set_content(body)
    if html:
        mail.add_alternative(html, subtype="html")
    for name, content, kind in files:
        main, _slash, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def take(raw, mailbox=None):
    """Take a mail in; returns what became of it, None for one that was here already."""
    tally = fetching.Tally()
    before = set(IncomingMail.objects.values_list("pk", flat=True))
    fetching.take_file(BytesIO(raw), mailbox, tally)
    assert tally.read == 1
    return IncomingMail.objects.select_related("ticket", "message").exclude(pk__in=before).first()
