"""Real mail servers: a conversation over SMTP and IMAP, and mailboxes that are read, moved, refused, and left half-way."""

import grp
import imaplib
import json
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from io import BytesIO, TextIOWrapper
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from customers import services
from customers.models import IncomingMail, Mailbox, Message, Ticket
from customers.services import tickets
from customers.services.mail import fetching
from tests.customers.mails import SUPPORT, write
from tests.customers.test_mail import send_all
from tests.factories import make_mailbox, make_ticket, make_user

pytestmark = pytest.mark.django_db
DOVECOT = shutil.which("dovecot") or "/usr/sbin/dovecot"
PASSWORD = "correct-horse"
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/run
instance_name = {folder}
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
default_internal_user = {internal_user}
default_internal_group = {internal_group}
default_login_user = {login_user}
mail_location = maildir:{folder}/home/mail
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 0
first_valid_gid = 0
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home
}}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def make_certificate(folder):
    """A certificate for this machine that nobody vouches for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    written = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(written)


@pytest.fixture(scope="module")
def dovecot():
    """Port and folder of an IMAP server that lives in a folder of its own, as an ordinary process."""
    if not Path(DOVECOT).is_file():
        pytest.skip("no IMAP server found: install one (Debian: apt-get install dovecot-imapd)")
    folder, port = Path(tempfile.mkdtemp(prefix="houtai-imap-")), free_port()
    folder.chmod(0o755)  # its processes are of several users where root starts it
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    inner = (user, group, user)
    (folder / "home").mkdir()
    if os.getuid() == 0:  # nobody's mail is root's
        user, group, inner = "dovecot", "dovecot", ("dovecot", "dovecot", "dovenull")
        shutil.chown(folder / "home", user, group)
    names = dict(zip(("internal_user", "internal_group", "login_user"), inner, strict=True))
    make_certificate(folder)
    config = folder / "dovecot.conf"
    config.write_text(
        CONFIG.format(
            folder=folder, port=port, tls_port=port_of(folder), user=user, group=group, password=PASSWORD, **names
        )
    )
    server = subprocess.Popen([DOVECOT, "-F", "-c", str(config)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        _wait_for(port, server, folder)
        yield port, folder
    finally:
        server.terminate()
        server.wait(timeout=10)
        server.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port, server, folder):
    for _attempt in range(100):
        if server.poll() is not None:
            log = folder / "log"
            raise RuntimeError(server.stdout.read().decode() + (log.read_text() if log.exists() else ""))
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the IMAP server does not answer")


class Box:
    """What a mail program does with the mailbox on the server."""

    def __init__(self, port, user):
        self.client = imaplib.IMAP4("127.0.0.1", port)
        self.client.login(user, PASSWORD)
        self.client.select("INBOX")

    def put(self, raw, folder="INBOX"):
        status, said = self.client.append(folder, None, None, raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        assert status == "OK", said

    def find(self, criteria, folder="INBOX"):
        self.client.select(folder)
        return self.client.uid("SEARCH", criteria)[1][0].split()


def port_of(folder):
    """The port of the mail server that speaks TLS from the start, kept in its folder."""
    kept = folder / "tls-port"
    if not kept.exists():
        kept.write_text(str(free_port()))
    return int(kept.read_text())


@pytest.fixture
def mailbox(dovecot, monkeypatch):
    port, folder = dovecot
    shutil.rmtree(folder / "home" / "mail", ignore_errors=True)
    monkeypatch.setenv("MAIL_PASSWORD_SUPPORT", PASSWORD)
    return make_mailbox(
        host="127.0.0.1", port=port, security="none", password_variable="MAIL_PASSWORD_SUPPORT", has_plus_addresses=True
    )


@pytest.fixture
def box(dovecot, mailbox):
    found = Box(dovecot[0], SUPPORT)
    yield found
    found.client.logout()


def test_unread_mail_is_taken_in_and_marked_as_read(mailbox, box):
    box.put(write("One."))
    box.put(write("Two."))

    tally = fetching.fetch(mailbox)

    assert (tally.read, tally.new) == (2, 2)
    assert box.find("UNSEEN") == []
    mailbox.refresh_from_db()
    assert (mailbox.last_error, mailbox.last_fetched_at is None, mailbox.last_uid) == ("", False, 2)
    assert fetching.fetch(mailbox).read == 0


def test_mail_that_somebody_opened_meanwhile_is_not_missed(mailbox, box):
    box.put(write("One."))
    fetching.fetch(mailbox)
    box.put(write("Two."))
    box.client.select("INBOX")
    box.client.uid("STORE", "2", "+FLAGS", "\\Seen")

    assert fetching.fetch(Mailbox.objects.get()).new == 1


def test_mail_is_moved_where_the_mailbox_says(mailbox, box):
    box.client.create("Done")
    Mailbox.objects.update(moves_to="Done")
    box.put(write())

    fetching.fetch(Mailbox.objects.get())

    assert (box.find("ALL"), len(box.find("ALL", "Done"))) == ([], 1)


def test_a_visit_that_is_ended_half_way_loses_and_doubles_nothing(mailbox, box, monkeypatch):
    for text in ("One.", "Two.", "Three."):
        box.put(write(text))
    with monkeypatch.context() as killed:
        killed.setattr("imap_tools.mailbox.BaseMailBox.flag", _interrupt)  # kept, but not marked as read
        with pytest.raises(KeyboardInterrupt):
            fetching.fetch(mailbox)
    assert IncomingMail.objects.get().verdict == "received"

    tally = fetching.fetch(Mailbox.objects.get())

    assert (tally.read, tally.new, tally.duplicate) == (3, 2, 1)
    assert sorted(Message.objects.values_list("body", flat=True)) == ["One.", "Three.", "Two."]


def _interrupt(*_args):
    raise KeyboardInterrupt


def test_of_a_mail_beyond_the_limit_the_head_is_fetched(mailbox, box, monkeypatch):
    monkeypatch.setattr(fetching, "LARGEST", 2_000)
    box.put(write("x" * 5_000))

    assert fetching.fetch(mailbox).quarantined == 1
    assert IncomingMail.objects.get().reason.startswith("It has %(size)s MB")
    assert len(box.find("ALL")) == 1


def test_what_the_server_refuses_stands_at_the_mailbox(mailbox, monkeypatch, client):
    monkeypatch.setenv("MAIL_PASSWORD_SUPPORT", "")
    with pytest.raises(fetching.CannotFetch, match="The variable MAIL_PASSWORD_SUPPORT with the password is not set"):
        fetching.fetch(mailbox)
    mailbox.refresh_from_db()
    assert "MAIL_PASSWORD_SUPPORT" in mailbox.last_error

    Mailbox.objects.update(port=free_port())
    monkeypatch.setenv("MAIL_PASSWORD_SUPPORT", PASSWORD)
    with pytest.raises(fetching.CannotFetch, match=r"The mail server said: .*refused"):
        fetching.try_connection(Mailbox.objects.get(), by=make_user("owner"))


def test_the_command_reads_every_mailbox(mailbox, box, capsys):
    box.put(write())

    call_command("fetch_mail", "--json")

    assert capsys.readouterr().out.strip() == (
        '{"read": 1, "new": 1, "appended": 0, "duplicate": 0, "bounce": 0, "auto": 0, "quarantined": 0}'
    )


# --- A conversation -----------------------------------------------------------------------------------


class Outbox:
    """Keeps what arrives by SMTP."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"


def test_a_certificate_that_nobody_vouches_for_is_refused_and_named(dovecot, mailbox, box, monkeypatch):
    """From the start and by STARTTLS; whoever trusts the certificate reads the mailbox."""
    port, folder = dovecot
    box.put(write())
    ports = {"tls": port_of(folder), "starttls": port}
    for security, number in ports.items():
        Mailbox.objects.update(security=security, port=number)
        with pytest.raises(fetching.CannotFetch, match=r"The certificate of 127\.0\.0\.1 is not trusted: self-signed"):
            fetching.fetch(Mailbox.objects.get())
        assert "self-signed" in Mailbox.objects.get().last_error

    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "cert.pem"))
    read = []
    for security, number in ports.items():
        Mailbox.objects.update(security=security, port=number)
        read.append(fetching.fetch(Mailbox.objects.get()).read)
    assert read == [1, 0]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mail_leaves_only_to_a_server_whose_certificate_is_trusted(settings, tmp_path, monkeypatch, security):
    make_certificate(tmp_path)
    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secure.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    outbox = Outbox()
    given = {"ssl_context": secure} if security == "tls" else {"tls_context": secure, "require_starttls": True}
    controller = Controller(outbox, hostname="127.0.0.1", port=free_port(), **given)
    if security == "tls":
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))  # the controller asks itself whether it runs
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_USE_SSL, settings.EMAIL_USE_TLS = security == "tls", security == "starttls"
    message = make_ticket().messages.get()
    try:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with pytest.raises(ssl.SSLCertVerificationError):
            tickets.deliver(message.pk)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert tickets.deliver(message.pk) is True
    finally:
        controller.stop()
    assert len(outbox.mails) == 1


# --- Files and pipes ----------------------------------------------------------------------------------


def test_files_folders_and_mailbox_files_are_taken_in_by_the_command(tmp_path, capsys):
    make_mailbox()
    head = b"From jane@example.com Mon Jan  5 10:00:00 2026\n"
    many = b"".join(head + write(f"Number {n}.\n\nFrom here on it is late.\n") + b"\n" for n in range(3))
    (tmp_path / "old.mbox").write_bytes(many)
    (tmp_path / "export.txt").write_bytes(
        many.replace(b"Number", b"Letter").replace(b"Message-ID: <", b"Message-ID: <b")
    )
    (tmp_path / "one.eml").write_bytes(head + write("Alone.\n\nFrom here on it is late.\n"))
    (tmp_path / ".hidden").write_bytes(b"x")

    call_command("fetch_mail", "--json", "--files", str(tmp_path))

    assert json.loads(capsys.readouterr().out) == {
        "read": 7, "new": 7, "appended": 0, "duplicate": 0, "bounce": 0, "auto": 0, "quarantined": 0,
    }  # fmt: skip
    texts = [body.partition("\n")[0] for body in Message.objects.order_by("body").values_list("body", flat=True)]
    assert texts == ["Alone.", "Letter 0.", "Letter 1.", "Letter 2.", "Number 0.", "Number 1.", "Number 2."]


def test_a_mail_server_pipes_one_mail_into_the_command(monkeypatch, capsys):
    make_mailbox()
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(write("By pipe."))))

    call_command("fetch_mail", "-")

    assert capsys.readouterr().out.startswith("1 mails: 1 new tickets")
    assert Message.objects.get().body == "By pipe."


@pytest.fixture
def smtp(settings):
    outbox = Outbox()
    controller = Controller(outbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    yield outbox
    controller.stop()


def quoted_by_gmail(mail):
    lines = "\n".join(f"> {line}" for line in mail.get_content().splitlines())
    return f"On Mon, 5 Jan 2026 at 15:12, Houtai <{SUPPORT}> wrote:\n\n{lines}\n"


def quoted_by_qq(mail):
    head = f'发件人: "Houtai" <{SUPPORT}>;\n发送时间: 2026年1月5日(星期一) 下午3:12\n收件人: "王芳" <jane@example.com>;\n主题: {mail["Subject"]}'
    return f"------------------ 原始邮件 ------------------\n{head}\n\n{mail.get_content()}"


def test_five_turns_with_two_mail_programs_are_one_ticket(mailbox, box, smtp):
    by = make_user("support_agent", name="Anna Agent")
    box.put(write("Turn 1."))
    fetching.fetch(mailbox)
    ticket = Ticket.objects.get()
    send_all()
    for turn, quote in enumerate((quoted_by_gmail, quoted_by_qq, quoted_by_gmail, quoted_by_qq), start=2):
        ours = services.reply(ticket, body=f"Answer {turn}.", by=by)
        send_all()
        last = smtp.mails[-1]
        by_reference = {"in_reply_to": str(last["Message-ID"])} if turn < 5 else {}
        box.put(
            write(f"Turn {turn}.\n\n{quote(last)}", to=str(last["Reply-To"]), subject=f"Re: {turn}", **by_reference)
        )
        fetching.fetch(Mailbox.objects.get())
        assert str(last["Message-ID"]) == ours.message_id

    assert Ticket.objects.get() == ticket
    texts = [body.partition("\n")[0] for body in ticket.messages.order_by("pk").values_list("body", flat=True)]
    assert texts == [
        "Turn 1.",
        "Answer 2.",
        "Turn 2.",
        "Answer 3.",
        "Turn 3.",
        "Answer 4.",
        "Turn 4.",
        "Answer 5.",
        "Turn 5.",
    ]
    assert len(smtp.mails) == 5
    assert [mail["Auto-Submitted"] for mail in smtp.mails] == ["auto-replied", None, None, None, None]
    assert smtp.mails[-1]["References"].split()[-1] == str(smtp.mails[-1]["In-Reply-To"])


def test_what_goes_out_carries_signature_copies_and_files(mailbox, smtp):
    mailbox.queue.signature_zh = "客服团队"
    mailbox.queue.save()
    assert fetching.take_pipe(BytesIO(write("订单还没有到。", cc="Bob <bob@example.com>")), mailbox).new == 1
    ticket = Ticket.objects.get()
    services.reply(
        ticket, body="明天到。", by=make_user("support_agent"), attachments=[SimpleUploadedFile("label.txt", b"DE-1")]
    )
    send_all()

    receipt, reply = smtp.mails
    assert ticket.language == "zh-hans"
    assert (receipt["Cc"], reply["Cc"]) == (None, "Bob <bob@example.com>")
    assert "客服团队" in reply.get_body().get_content()
    assert [(one.get_filename(), one.get_content().strip()) for one in reply.iter_attachments()] == [
        ("label.txt", "DE-1")
    ]
