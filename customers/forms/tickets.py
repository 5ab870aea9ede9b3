"""What agents type about tickets."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q, QuerySet, Value
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.models import User
from customers import services
from customers.forms.fields import NOT_ASSIGNED, FilesField, TagsField, UserField
from customers.models import Customer, Macro, Message, Queue, Ticket, TicketStatus

LONGEST = 50_000  # characters of a message
COMPOSER = {
    "rows": 5,
    "data-mentions": reverse_lazy("shell:mentions"),
    "data-offers": gettext_lazy("People to name"),
    "aria-describedby": "compose-help",
}


class AssignForm(forms.Form):
    """For the bulk action: anybody who answers tickets."""

    to = UserField(empty_label=None)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = services.assignable()  # type: ignore[attr-defined]


class ComposeForm(forms.Form):
    """An answer to the customer, or a note for colleagues, and what the ticket becomes by it.

    `kept` are the files of an answer that was taken back; those left ticked go along.
    """

    MODES = [
        (Message.Kind.REPLY, gettext_lazy("Answer the customer")),
        (Message.Kind.NOTE, gettext_lazy("Internal note")),
    ]

    mode = forms.ChoiceField(label=gettext_lazy("Kind of message"), choices=MODES, widget=forms.RadioSelect)
    body = forms.CharField(label=gettext_lazy("Text"), max_length=LONGEST, widget=forms.Textarea(attrs=COMPOSER))
    attachments = FilesField()
    kept = forms.MultipleChoiceField(
        label=gettext_lazy("Files of the draft"), required=False, widget=forms.CheckboxSelectMultiple
    )
    status = forms.ChoiceField(label=gettext_lazy("Then the ticket is"), required=False)
    last_message_id = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    macro = forms.ModelChoiceField(Macro.objects.none(), required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, ticket: Ticket, user: User, kept: Sequence[dict[str, Any]] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ticket = ticket
        mode, status = self.fields["mode"], self.fields["status"]
        can_answer = user.has_perm("customers.reply_ticket") and ticket.status not in services.FINAL
        mode.choices = [choice for choice in self.MODES if can_answer or choice[0] == Message.Kind.NOTE]  # type: ignore[attr-defined]
        if self.initial.get("mode") not in dict(mode.choices):  # type: ignore[attr-defined]
            self.initial["mode"] = mode.choices[0][0]  # type: ignore[attr-defined]
        status.choices = [("", self.unchanged), *next_statuses(ticket)]  # type: ignore[attr-defined]
        self.fields["macro"].queryset = Macro.objects.visible_to(user).filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["kept"].choices = [(file["file"], file["name"]) for file in kept]  # type: ignore[attr-defined]
        self.initial["kept"] = [file["file"] for file in kept]

    @property
    def unchanged(self) -> str:
        return _("unchanged (%(status)s)") % {"status": self.ticket.get_status_display()}


def next_statuses(ticket: Ticket) -> list[tuple[str, str]]:
    """What a person may make of the ticket, in the order of work."""
    legal = Ticket.TRANSITIONS.get(ticket.status, ())
    return [(s.value, str(s.label)) for s in TicketStatus if s in legal and s != TicketStatus.MERGED]


class HandleForm(forms.Form):
    """Who works on the ticket, where, and how soon."""

    assignee = UserField(required=False)
    queue = forms.ModelChoiceField(Queue.objects.none(), label=gettext_lazy("Queue"), empty_label=None)
    priority = forms.TypedChoiceField(label=gettext_lazy("Priority"), choices=Ticket.Priority.choices, coerce=int)
    due_on = forms.DateField(
        label=gettext_lazy("Due"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    tags = TagsField(label=gettext_lazy("Tags"), required=False, help_text="")

    def __init__(self, *args: Any, ticket: Ticket, user: User, **kwargs: Any) -> None:
        now = {name: getattr(ticket, name) for name in ("assignee", "queue", "priority", "due_on", "tags")}
        super().__init__(*args, initial=now, **kwargs)
        self.fields["assignee"].queryset = candidates(ticket, user)  # type: ignore[attr-defined]
        self.fields["queue"].queryset = Queue.objects.filter(Q(is_active=True) | Q(pk=ticket.queue_id))  # type: ignore[attr-defined]
        if not may_take_away(ticket, user):
            self.fields["assignee"].disabled = True
        self.offer()

    def offer(self) -> None:
        """Fetch both lists of choices in one statement."""
        people, queues = self.fields["assignee"], self.fields["queue"]
        rows = (
            people.queryset.values_list(Value("assignee"), "pk", "name", "email")  # type: ignore[attr-defined]
            .union(queues.queryset.values_list(Value("queue"), "pk", "name", "name_zh"))  # type: ignore[attr-defined]
            .order_by("name", "pk")
        )
        offered: dict[str, list[tuple[int, str]]] = {"assignee": [], "queue": []}
        for field, pk, name, other in rows:
            one = User(name=name, email=other) if field == "assignee" else Queue(name=name, name_zh=other)
            offered[field].append((pk, str(one)))
        people.widget.choices = [("", NOT_ASSIGNED), *offered["assignee"]]  # type: ignore[attr-defined]
        queues.widget.choices = offered["queue"]  # type: ignore[attr-defined]


def candidates(ticket: Ticket, user: User) -> QuerySet[User]:
    """Whom `user` may give the ticket to: everybody of the queue, or only themselves without the permission."""
    able = services.assignable(ticket.queue)
    if user.has_perm("customers.assign_ticket"):
        return able
    return able.filter(pk__in=[pk for pk in (user.pk, ticket.assignee_id) if pk])


def may_take_away(ticket: Ticket, user: User) -> bool:
    """Whether `user` may change the assignee: a colleague's ticket stays with the colleague without the permission."""
    return user.has_perm("customers.assign_ticket") or ticket.assignee_id in (None, user.pk)


class NewTicketForm(forms.Form):
    """A ticket that staff opens: for a customer we know, or for somebody by name and address."""

    KINDS = [
        (Message.Kind.CUSTOMER, gettext_lazy("The customer asked this, by phone say")),
        (Message.Kind.REPLY, gettext_lazy("I write this to the customer")),
        (Message.Kind.NOTE, gettext_lazy("An internal matter")),
    ]

    customer = generic.LookupField(model=Customer, label=gettext_lazy("Customer"), required=False)
    requester_name = forms.CharField(label=gettext_lazy("Or a name"), max_length=200, required=False)
    requester_email = forms.EmailField(label=gettext_lazy("and an e-mail address"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("What the text is"), choices=KINDS, widget=forms.RadioSelect)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=300)
    body = forms.CharField(label=gettext_lazy("Text"), max_length=50_000, widget=forms.Textarea(attrs={"rows": 6}))
    about = forms.CharField(
        label=gettext_lazy("About"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Number of an order or another document."),
    )
    queue = forms.ModelChoiceField(Queue.objects.none(), label=gettext_lazy("Queue"), empty_label=None)
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"), choices=Ticket.Priority.choices, coerce=int, initial=Ticket.Priority.NORMAL
    )
    attachments = FilesField()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queues = Queue.objects.filter(is_active=True).in_scope(user)
        self.fields["queue"].queryset = queues  # type: ignore[attr-defined]
        self.initial.setdefault("queue", queues.order_by("-is_default", "name").first())
        self.initial.setdefault("kind", Message.Kind.CUSTOMER)

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or {}
        if fields.get("kind") != Message.Kind.NOTE and not fields.get("customer") and not fields.get("requester_name"):
            self.add_error("customer", _("Choose the customer, or give a name."))
        if (
            fields.get("kind") == Message.Kind.REPLY
            and not fields.get("customer")
            and not fields.get("requester_email")
        ):
            self.add_error("requester_email", _("Where shall the text be sent?"))
        return fields
