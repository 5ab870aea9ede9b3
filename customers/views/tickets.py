"""Pages of tickets: the list, the conversation, a new ticket, the files."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, JSONObject, NullIf
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from backoffice import generic
from backoffice.generic.actions import add_error
from backoffice.models import User
from customers import forms, services
from customers.filters import TicketFilter
from customers.models import Attachment, Collaborator, ContactPoint, Message, Queue, Ticket, TicketEvent
from customers.services.attachments import safe_name
from customers.views.bodies import WithPictures

PRIORITY_WORDS = {1: "low", 2: "normal", 3: "high", 4: "urgent"}


def priority_word(ticket: Ticket) -> str:
    return PRIORITY_WORDS[ticket.priority]


def priority_label(ticket: Ticket) -> str:
    return str(ticket.get_priority_display())


def tags_of(ticket: Ticket) -> str:
    return ", ".join(ticket.tags)


class TicketList(generic.ListPage):
    model = Ticket
    key = "tickets"
    permission = "customers.view_ticket"
    filterset_class = TicketFilter
    columns = [
        generic.Column("subject", link=True, secondary=generic.Column("requester_name")),
        generic.Column("number"),
        generic.Column("status", kind="badge"),
        generic.Column("priority", get=priority_label, reads=("priority",), template="tickets/_priority.html"),
        generic.Column("assignee", gettext_lazy("Assignee"), sql=generic.named("assignee")),
        generic.Column("queue", gettext_lazy("Queue"), sql=generic.in_reader_language("queue__name")),
        generic.Column("last_message_at", kind="relative"),
        generic.Column("created_at", kind="datetime"),
        generic.Column("channel"),
        generic.Column("customer.name", gettext_lazy("Customer"), link="customer"),
        generic.Column("requester_email"),
        generic.Column("about", kind="references"),
        generic.Column("tags", get=tags_of, sql=generic.joined("tags")),
    ]
    default_columns = ["subject", "number", "status", "priority", "assignee", "queue", "last_message_at"]
    ordering = {
        "newest": ("-last_message_at", "-id"),
        "oldest": ("last_message_at", "id"),
        "urgent": ("-priority", "-last_message_at", "-id"),
        "created": ("-created_at", "-id"),
    }
    ordering_labels = {
        "newest": gettext_lazy("Last message, newest first"),
        "oldest": gettext_lazy("Last message, oldest first"),
        "urgent": gettext_lazy("Most urgent first"),
        "created": gettext_lazy("Opened last"),
    }
    tabs = [
        generic.Tab(gettext_lazy("Unassigned"), "stage=unsolved&assignee=nobody"),
        generic.Tab(gettext_lazy("Mine"), "stage=unsolved&assignee=me"),
        generic.Tab(gettext_lazy("Unsolved"), "stage=unsolved"),
        generic.Tab(gettext_lazy("Solved or ended"), "stage=done"),
    ]
    bulk_actions = [
        generic.BulkAction(
            "assign",
            gettext_lazy("Assign"),
            services.assign,
            permission="customers.assign_ticket",
            form_class=forms.AssignForm,
        ),
        generic.BulkAction(
            "close",
            gettext_lazy("Close"),
            services.close,
            permission="customers.change_ticket",
            confirm=gettext_lazy("Closed tickets take no more messages. Only solved tickets can be closed."),
        ),
    ]
    create_url = "tickets:new"
    create_permission = "customers.add_ticket"
    empty_title = gettext_lazy("No tickets yet")
    empty_text = gettext_lazy("What customers ask by the public form arrives here.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("assignee", "queue", "customer")


class TicketRecord(WithPictures, generic.RecordPage):
    """The conversation: the thread with its composer, and beside it who handles it and who asks."""

    model = Ticket
    permission = "customers.view_ticket"
    slug_field = "number"
    list_url = "tickets:list"
    list_page = TicketList
    template_name = "tickets/ticket_record.html"

    def get_queryset(self) -> QuerySet:
        """The ticket with its handling record, oldest first."""
        happened = TicketEvent.objects.visible_to(self.request.user).filter(ticket=OuterRef("pk")).order_by("pk")
        by = Coalesce(NullIf("actor__name", Value("")), "actor__email")
        fields = JSONObject(
            **{name: name for name in ("field", "old", "new", "reason", "at")},
            actor=by,
            actor_id=Cast("actor_id", TextField()),
        )
        copied_in = Collaborator.objects.visible_to(self.request.user).filter(ticket=OuterRef("pk")).order_by("pk")
        rows = super().get_queryset().select_related("assignee", "queue", "customer", "follows")
        return rows.annotate(
            happened=ArraySubquery(happened.values(json=fields)), copied_in=ArraySubquery(copied_in.values("email"))
        )

    def get_title(self) -> str:
        return str(self.object.subject)

    def get_subtitle(self) -> str:
        return ""

    def get_badges(self) -> list[generic.Badge]:
        word = priority_word(self.object)
        badges = super().get_badges()
        return [*badges, generic.Badge(self.object.get_priority_display(), _tone(word))] if word != "normal" else badges

    def get_actions(self) -> list[generic.Action]:
        user, ticket = self.request.user, self.object
        if not user.has_perm("customers.change_ticket"):
            return []
        actions = []
        if (
            ticket.assignee_id is None
            and ticket.status not in services.FINAL
            and user.has_perm("customers.reply_ticket")
        ):
            link = reverse("tickets:take", args=[ticket.number])
            actions.append(generic.Action(_("Take"), link, primary=True, icon="user"))
        for status, label in forms.next_statuses(ticket):
            link = reverse("tickets:status", args=[ticket.number, status])
            is_end = status in services.FINAL
            text = _("Status: %(status)s") % {"status": label}
            actions.append(generic.Action(text, link, method="get" if is_end else "post", danger=is_end))
        return actions

    @cached_property
    def thread(self) -> list[Message]:
        """The messages, oldest first, each with its `files`."""
        files = Attachment.objects.visible_to(self.request.user).filter(message=OuterRef("pk")).order_by("pk")
        fields = JSONObject(**{name: name for name in ("pk", "name", "size", "verdict", "verdict_reason")})
        rows = Message.objects.visible_to(self.request.user).filter(ticket=self.object).select_related("author", "mail")
        return self.prepared(rows.annotate(files=ArraySubquery(files.values(json=fields))))

    @cached_property
    def composer(self) -> forms.ComposeForm | None:
        return self.get_composer() if self.request.user.has_perm("customers.change_ticket") else None

    def get_composer(self, data: Any = None, files: Any = None) -> forms.ComposeForm:
        last = self.thread[-1].pk if self.thread else 0
        may_reply = self.request.user.has_perm("customers.reply_ticket")
        return forms.ComposeForm(
            data,
            files,
            ticket=self.object,
            may_reply=may_reply,
            initial={"last_message_id": last},
            auto_id="compose_%s",
        )

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        user, ticket = self.request.user, self.object
        handling = None
        if user.has_perm("customers.change_ticket") and ticket.status not in services.FINAL:
            handling = forms.HandleForm(ticket=ticket, user=user, auto_id="handle_%s")
        return super().get_context_data(
            **{
                "thread": self.thread,
                "composer": self.composer,
                "handling": handling,
                "events": in_words(ticket, handling),
                "contacts": contacts_of(ticket, user),
                "others": others_of(ticket, user),
                "newer": set(),
                "may_open_quarantine": user.has_perm("customers.change_attachment"),
                **extra,
            }
        )

    @property
    def timeline(self) -> list[generic.Moment]:  # type: ignore[override]
        """The thread and the handling record say it all."""
        return []


def _tone(word: str) -> str:
    return {"urgent": "bad", "high": "warn"}.get(word, "neutral")


def contacts_of(ticket: Ticket, user: Any) -> list[ContactPoint]:
    if ticket.customer_id is None:
        return []
    return list(ContactPoint.objects.visible_to(user).filter(customer=ticket.customer_id, ended_at=None))


def others_of(ticket: Ticket, user: Any) -> list[Ticket]:
    """What else this customer asked, newest first."""
    if ticket.customer_id is None:
        return []
    rows = Ticket.objects.visible_to(user).filter(customer=ticket.customer_id).exclude(pk=ticket.pk)
    return list(rows[:5])


def in_words(ticket: Ticket, handling: forms.HandleForm | None) -> list[dict[str, Any]]:
    """The handling record for people: newest first, users and queues by name."""
    events: list[dict[str, Any]] = ticket.happened or []  # type: ignore[attr-defined]  # None: not to be seen
    users = {str(pk): name for pk, name in handling.fields["assignee"].widget.choices} if handling else {}  # type: ignore[attr-defined]
    users |= {event["actor_id"]: event["actor"] for event in events if event["actor_id"]}
    if ticket.assignee:
        users[str(ticket.assignee_id)] = str(ticket.assignee)
    named = {value for e in events if e["field"] == "assignee" for value in (e["old"], e["new"]) if value} - set(users)
    if named:
        users |= {str(user.pk): str(user) for user in User.objects.filter(pk__in=named)}
    queues = {ticket.queue.slug: str(ticket.queue)}
    if any(e["field"] == "queue" and e["old"] for e in events):
        queues = {queue.slug: str(queue) for queue in Queue.objects.all()}
    words: dict[str, dict[str, Any]] = {
        "status": dict(Ticket.Status.choices),
        "priority": {str(value): label for value, label in Ticket.Priority.choices},
        "assignee": users,
        "queue": queues,
    }
    return [
        {
            **event,
            "at": parse_datetime(event["at"]),
            "what": Ticket._meta.get_field(event["field"]).verbose_name,
            "old": words[event["field"]].get(event["old"], event["old"]),
            "new": words[event["field"]].get(event["new"], event["new"]),
        }
        for event in reversed(events)
    ]


class Compose(TicketRecord):
    """Receives what the composer sends; a refusal shows the conversation again with the text kept."""

    permission = ("customers.view_ticket", "customers.change_ticket")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return HttpResponseRedirect(self.object.get_absolute_url())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_composer(request.POST, request.FILES)
        if not form.is_valid():
            return self.show_again(form, status=422)
        fields = dict(form.cleaned_data)
        write = services.reply if fields.pop("mode") == Message.Kind.REPLY else services.note
        if write is services.reply and not request.user.has_perm("customers.reply_ticket"):
            raise PermissionDenied
        onward = self.next_url()
        try:
            write(self.object, by=request.user, **fields)
        except services.ThreadMoved as moved:
            return self.show_moved(form, moved)
        except ValidationError as error:
            add_error(form, error)
            return self.show_again(form, status=422)
        messages.success(request, _("Sent.") if write is services.reply else _("Note kept."))
        return HttpResponseRedirect(onward)

    def show_moved(self, form: forms.ComposeForm, moved: services.ThreadMoved) -> HttpResponseBase:
        """The thread with what is new marked, and the text ready to be sent again."""
        form.add_error(None, moved)
        form.data = form.data.copy()
        form.data["last_message_id"] = moved.newer[-1].pk
        return self.show_again(form, status=409, newer={message.pk for message in moved.newer})

    def show_again(self, form: forms.ComposeForm, *, status: int, **extra: Any) -> HttpResponseBase:
        context = self.get_context_data(composer=form, **extra)
        return TemplateResponse(self.request, self.template_name, context, status=status)

    def next_url(self) -> str:
        """Back to the ticket, or on to what comes next in the list now: writing moves the ticket in it, or out of it."""
        if "on" in self.request.POST and self.around is not None and self.around.next:
            return self.around.next
        return generic.safe_next(self.request, self.object.get_absolute_url())


class NewTicket(generic.FormPage):
    model = Ticket
    form_class = forms.NewTicketForm
    permission = "customers.add_ticket"
    service = services.open_ticket
    title = gettext_lazy("New ticket")
    submit_label = gettext_lazy("Open ticket")
    done = gettext_lazy("%s opened.")
    version_field = ""
    fieldsets = [
        (gettext_lazy("Who asks"), ["customer", "requester_name", "requester_email"]),
        (gettext_lazy("What it is about"), ["subject", "about", "body", "kind", "attachments"]),
        (gettext_lazy("Who answers"), ["queue", "priority"]),
    ]

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}


class SetStatus(generic.ActionView):
    """POST moves the ticket along its transitions; GET asks first, with a reason."""

    model = Ticket
    slug_field = "number"
    permission = "customers.change_ticket"
    form_class = forms.ReasonForm
    title = gettext_lazy("Change status")
    done = gettext_lazy("%s changed.")

    def perform(self, obj: Ticket, fields: dict[str, Any]) -> Ticket:
        return services.set_status(obj, status=self.kwargs["status"], by=self.request.user, **fields)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if kwargs["status"] not in Ticket.Status.values:
            raise Http404
        label = Ticket.Status(kwargs["status"]).label
        self.title = _("Status: %(status)s") % {"status": label}  # type: ignore[misc]
        if kwargs["status"] == Ticket.Status.CLOSED:
            self.confirm = _("A closed ticket takes no more messages.")  # type: ignore[misc]
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if kwargs["status"] not in Ticket.Status.values:
            raise Http404
        return super().post(request, *args, **kwargs)


def _ticket(request: HttpRequest, number: str) -> Ticket:
    return get_object_or_404(Ticket.objects.visible_to(request.user), number=number)


@require_POST
@permission_required("customers.reply_ticket", raise_exception=True)
def take(request: HttpRequest, number: str) -> HttpResponse:
    return generic.act(request, services.take, _ticket(request, number), done=_("%s is yours."))


@require_POST
@permission_required("customers.change_ticket", raise_exception=True)
def handle(request: HttpRequest, number: str) -> HttpResponse:
    """Set assignee, queue, priority and tags; a ticket that leaves one's queues leaves one's sight."""
    ticket = _ticket(request, number)
    form = forms.HandleForm(request.POST, ticket=ticket, user=request.user)  # type: ignore[arg-type]
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(errors))
        return HttpResponseRedirect(ticket.get_absolute_url())
    stays = Queue.objects.in_scope(request.user).filter(pk=form.cleaned_data["queue"].pk).exists()
    back = ticket.get_absolute_url() if stays else reverse("tickets:list")
    return generic.act(request, services.handle, ticket, done=_("%s changed."), back=back, **form.cleaned_data)


@require_GET
@permission_required("customers.view_attachment", raise_exception=True)
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A file of a ticket that the user may see; one in quarantine for those who may judge it."""
    found = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    is_quarantined = found.verdict == Attachment.Verdict.QUARANTINED
    if is_quarantined and not request.user.has_perm("customers.change_attachment"):
        raise PermissionDenied
    return download(found, by=request.user)  # type: ignore[arg-type]


def download(found: Attachment, *, by: User | None) -> HttpResponseBase:
    """The file as a download that no browser runs."""
    is_safe = found.verdict == Attachment.Verdict.SAFE
    response = FileResponse(
        services.open_file(found, by=by),
        as_attachment=True,
        filename=safe_name(found),
        content_type=found.content_type if is_safe else "application/octet-stream",
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
