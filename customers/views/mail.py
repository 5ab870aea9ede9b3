"""Pages of mail: what came in and what became of it, and the mailboxes."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from backoffice import generic
from customers.filters_mail import IncomingMailFilter
from customers.forms.mailboxes import MailboxForm
from customers.masking import PERMISSION as PERSONAL
from customers.models import Attachment, IncomingMail, Mailbox
from customers.services.mail import fetching, headers, incoming, parsing
from customers.services.mail.mailboxes import save_mailbox
from customers.views.bodies import WithPictures

READ = ("customers.view_incomingmail", PERSONAL)
DECIDE = ("customers.change_incomingmail", PERSONAL)
HEADERS = (
    "From", "Sender", "Reply-To", "To", "Cc", "Date", "Subject", "Message-ID", "In-Reply-To", "References", "Return-Path", "Auto-Submitted",
    "Precedence", "List-Id", "Authentication-Results", "Content-Type",
)  # fmt: skip
LONGEST_SHOWN = 2_000
HEAD = 2**18


class IncomingMailList(generic.ListPage):
    model = IncomingMail
    key = "incoming_mail"
    title = gettext_lazy("Incoming mail")
    permission = READ
    filterset_class = IncomingMailFilter
    unread = ("html",)
    columns = [
        generic.Column(
            "subject",
            get=lambda mail: mail.subject or _("(no subject)"),
            reads=("subject",),
            link=True,
            secondary=generic.Column("sender"),
        ),
        generic.Column("verdict", kind="badge"),
        generic.Column("ticket.number", gettext_lazy("Ticket"), link="ticket"),
        generic.Column("why", gettext_lazy("Why"), reads=("reason", "facts")),
        generic.Column("mailbox.name", gettext_lazy("Mailbox")),
        generic.Column("received_at", kind="relative"),
        generic.Column("sender_name"),
        generic.Column("recipients"),
        generic.Column("size", kind="number"),
        generic.Column("copies", kind="number"),
    ]
    default_columns = ["subject", "verdict", "ticket.number", "why", "received_at"]
    ordering = {"newest": ("-received_at", "-id"), "oldest": ("received_at", "id")}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    tabs = [
        generic.Tab(gettext_lazy("Quarantine"), "verdict=quarantined"),
        generic.Tab(gettext_lazy("Delivery reports"), "verdict=bounce"),
        generic.Tab(gettext_lazy("Automatic replies"), "verdict=auto"),
    ]
    empty_title = gettext_lazy("No mail yet")
    empty_text = gettext_lazy("Mail of the mailboxes arrives here, and each one says what became of it.")
    template_name = "tickets/mails.html"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("mailbox", "ticket")


class IncomingMailRecord(WithPictures, generic.RecordPage):
    """A mail as it came, why it went where it is, and what can still be made of it."""

    model = IncomingMail
    permission = READ
    list_url = "tickets:mails"
    list_page = IncomingMailList
    template_name = "tickets/mail_record.html"
    status_fields = ("verdict",)
    facts = [
        generic.Column("why", gettext_lazy("Why")),
        generic.Column("ticket", gettext_lazy("Ticket"), link="ticket"),
        generic.Column("sender"),
        generic.Column("recipients"),
        generic.Column("mailbox", gettext_lazy("Mailbox"), link="mailbox"),
        generic.Column("received_at", kind="datetime"),
        generic.Column("dated_at", kind="datetime"),
        generic.Column("copies"),
        generic.Column("sha256"),
    ]

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("mailbox", "ticket")

    def get_badges(self) -> list[generic.Badge]:
        doubts = [generic.Badge(_("Sender not proven"), "bad")] if self.object.is_doubtful else []
        return [*super().get_badges(), *doubts]

    def get_actions(self) -> list[generic.Action]:
        pk = self.object.pk
        actions = [
            generic.Action(
                _("Download raw mail"), reverse("tickets:mail-raw", args=[pk]), method="get", icon="download"
            )
        ]
        if self.object.may_become_ticket and generic.may(self.user, DECIDE):
            actions += [
                generic.Action(
                    _("Make a ticket of it"), reverse("tickets:mail-release", args=[pk]), primary=True, icon="ticket"
                ),
                generic.Action(_("Take in again"), reverse("tickets:mail-again", args=[pk]), icon="refresh"),
            ]
        return actions

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        files = Attachment.objects.visible_to(self.request.user).filter(message=self.object.message_id)
        page, pictures_url = self.page_of(self.object, files.values("pk", "sha256", "verdict", "content_type"))
        return super().get_context_data(lines=self.lines(), page_html=page, pictures_url=pictures_url, **extra)

    def lines(self) -> list[tuple[str, str]]:
        """The headers that decide where a mail goes, as they are read."""
        with self.object.raw.open("rb") as file:
            try:
                source = parsing.take_apart(file.read(HEAD))
                return [
                    (name, headers.text(source, name)[:LONGEST_SHOWN])
                    for name in HEADERS
                    if headers.values(source, name)
                ]
            except (parsing.Unreadable, *parsing.UNREADABLE):
                return []


@require_GET
@permission_required(READ, raise_exception=True)
def raw(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The mail as it came, as a download that no browser runs."""
    mail = get_object_or_404(IncomingMail.objects.visible_to(request.user), pk=pk)
    response = FileResponse(
        mail.raw.open("rb"), as_attachment=True, filename=f"mail-{mail.pk}.eml", content_type="application/octet-stream"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


class MakeTicket(generic.ActionView):
    model = IncomingMail
    permission = DECIDE
    service = incoming.make_ticket
    title = gettext_lazy("Make a ticket of it")
    confirm = gettext_lazy("Its sender gets no receipt. An answer goes out by mail as ever.")
    done = gettext_lazy("The mail is a ticket now.")


class TakeInAgain(generic.ActionView):
    model = IncomingMail
    permission = DECIDE
    service = incoming.take_in_again
    title = gettext_lazy("Take in again")
    confirm = gettext_lazy("The mail is read once more, as if it came now.")
    done = gettext_lazy("The mail was read once more.")


class MailboxList(generic.ListPage):
    model = Mailbox
    key = "mailboxes"
    permission = "customers.view_mailbox"
    columns = [
        generic.Column("name", link=True, secondary=generic.Column("address")),
        generic.Column("queue", gettext_lazy("Queue"), sql=generic.in_reader_language("queue__name")),
        generic.Column("host"),
        generic.Column("is_active"),
        generic.Column("last_fetched_at", kind="relative"),
        generic.Column("last_error"),
    ]
    ordering = {"name": ("name", "pk")}
    ordering_labels = {"name": gettext_lazy("Name")}
    create_url = "tickets:mailbox-new"
    create_permission = "customers.add_mailbox"
    empty_title = gettext_lazy("No mailboxes yet")
    empty_text = gettext_lazy("Add the address at which customers write. Its mail becomes tickets.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("queue")


class MailboxRecord(generic.RecordPage):
    model = Mailbox
    permission = "customers.view_mailbox"
    list_url = "tickets:mailboxes"
    list_page = MailboxList
    facts = [
        generic.Column("address"),
        generic.Column("queue", gettext_lazy("Queue")),
        generic.Column("language"),
        generic.Column("host"),
        generic.Column("port"),
        generic.Column("security"),
        generic.Column("username"),
        generic.Column("password_variable"),
        generic.Column("folder"),
        generic.Column("moves_to"),
        generic.Column("has_plus_addresses"),
        generic.Column("last_fetched_at", kind="datetime"),
        generic.Column("last_error"),
    ]

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("queue")

    def get_badges(self) -> list[generic.Badge]:
        if not self.object.is_active:
            return [generic.Badge(_("Not in use"), "neutral")]
        return (
            [generic.Badge(_("Cannot be fetched"), "bad")]
            if self.object.last_error
            else [generic.Badge(_("In use"), "good")]
        )

    def get_actions(self) -> list[generic.Action]:
        def to(name: str) -> str:
            return reverse(f"tickets:{name}", args=[self.object.pk])

        actions = []
        if self.object.host and self.user.has_perm("customers.fetch_mailbox"):
            actions.append(generic.Action(_("Fetch now"), to("mailbox-fetch"), primary=True, icon="inbox"))
        if self.object.host and self.user.has_perm("customers.change_mailbox"):
            actions.append(generic.Action(_("Test the connection"), to("mailbox-test"), icon="zap"))
        if self.user.has_perm("customers.change_mailbox"):
            actions.append(generic.Action(_("Edit"), to("mailbox-edit"), method="get", icon="edit"))
        return actions


class NewMailbox(generic.FormPage):
    model = Mailbox
    form_class = MailboxForm
    permission = "customers.add_mailbox"
    service = save_mailbox
    fieldsets = [
        (
            gettext_lazy("Where it is read"),
            ["host", "port", "security", "username", "password_variable", "folder", "moves_to"],
        )
    ]


class EditMailbox(NewMailbox):
    permission = "customers.change_mailbox"
    reason = True


class FetchNow(generic.ActionView):
    model = Mailbox
    permission = "customers.fetch_mailbox"
    service = fetching.fetch_now
    title = gettext_lazy("Fetch mail of %s")
    done = gettext_lazy("The mail of %s is here.")


class TestConnection(generic.ActionView):
    model = Mailbox
    permission = "customers.change_mailbox"
    service = fetching.try_connection
    title = gettext_lazy("Test the connection of %s")
    done = gettext_lazy("%s can be read.")
