"""Shapes of what people type about customers, tickets and articles."""

import re
import time
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet, Value
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from backoffice import generic
from backoffice.models import User
from customers import services
from customers.models import Address, Article, Consent, ContactPoint, Customer, Message, Queue, Ticket, TicketStatus
from customers.services import attachments

NOT_ASSIGNED = gettext_lazy("Nobody")


class TagsField(forms.CharField):
    """Tags between commas, of either script."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"help_text": gettext_lazy("Separate several by commas."), **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [tag.strip() for tag in re.split(r"[,，、]", super().clean(value)) if tag.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files up to the limit; each is checked for its size here and for its content by the service."""

    widget = FilesInput

    def __init__(self, **kwargs: Any) -> None:
        limits = {"count": attachments.MAX_FILES, "size": attachments.MAX_SIZE // 2**20}
        help_text = format_lazy(gettext_lazy("At most {count} files of {size} MB each."), **limits)
        super().__init__(**{"label": gettext_lazy("Files"), "required": False, "help_text": help_text, **kwargs})

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if len(files) > attachments.MAX_FILES:
            raise ValidationError(_("At most %(count)s files at once.") % {"count": attachments.MAX_FILES})
        for file in files:
            attachments.check_size(file)
        return list(files)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)


class TagsForm(forms.Form):
    tags = TagsField(label=gettext_lazy("Tags"))


# --- Customers ----------------------------------------------------------------------------------


class CustomerForm(forms.ModelForm):
    tags = TagsField(label=gettext_lazy("Tags"), required=False)

    class Meta:
        model = Customer
        fields = [
            "kind",
            "name",
            "company",
            "language",
            "owner",
            "external_id",
            "tags",
            "price_group",
            "tax_exempt",
            "note",
        ]
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep = Q(pk=self.instance.owner_id) if self.instance.owner_id else Q()
        owners: Any = self.fields["owner"]
        owners.queryset = User.objects.filter(Q(is_active=True) | keep) if keep else User.objects.active()
        owners.empty_label = NOT_ASSIGNED


def typed(form: forms.BaseForm) -> bool:
    """Whether a row holds more than the kind, which is chosen from the start."""
    return any(name != "kind" for name in form.changed_data)


class ContactForm(forms.Form):
    key = forms.IntegerField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ContactPoint.Kind.choices)
    value = forms.CharField(label=gettext_lazy("Address or number"), max_length=254)
    label = forms.CharField(label=gettext_lazy("Label"), max_length=60, required=False)
    is_primary = forms.BooleanField(label=gettext_lazy("Primary"), required=False)

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or {}
        if fields.get("value") and fields.get("kind"):
            data = self.data_of(fields)
            try:
                data.normalized  # noqa: B018 - refuses what is no address or number
            except ValidationError as error:
                self.add_error("value", error)
        return fields

    def has_changed(self) -> bool:
        return typed(self)

    @staticmethod
    def data_of(fields: dict[str, Any]) -> services.ContactData:
        return services.ContactData(
            kind=fields["kind"],
            value=fields["value"],
            label=fields.get("label", ""),
            is_primary=bool(fields.get("is_primary")),
            pk=fields.get("key"),
        )


class AddressForm(forms.ModelForm):
    key = forms.IntegerField(widget=forms.HiddenInput, required=False)
    country = forms.CharField(
        label=gettext_lazy("Country"), max_length=2, help_text=gettext_lazy("Two letters, such as DE or CN.")
    )

    class Meta:
        model = Address
        fields = [
            "kind",
            "name",
            "company",
            "line1",
            "line2",
            "postal_code",
            "city",
            "region",
            "country",
            "is_default",
        ]

    def clean_country(self) -> str:
        code = self.cleaned_data["country"].strip().upper()
        if not re.fullmatch("[A-Z]{2}", code):
            raise ValidationError(_("Give the country by its two letters, such as DE or CN."))
        return code

    def has_changed(self) -> bool:
        return typed(self)


class BaseRows(forms.BaseFormSet):
    def filled(self) -> list[dict[str, Any]]:
        """Rows that are stored or typed, and not to be taken away."""
        rows = (form for form in self.forms if form.initial.get("key") or form.has_changed())
        return [form.cleaned_data for form in rows if not form.cleaned_data.get("DELETE")]


ContactFormSet = forms.formset_factory(ContactForm, formset=BaseRows, extra=1, can_delete=True, max_num=50)
AddressFormSet = forms.formset_factory(AddressForm, formset=BaseRows, extra=1, can_delete=True, max_num=50)


class ConsentForm(forms.Form):
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=list(Consent.CHANNELS.items()))
    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=40, initial=gettext_lazy("News"))
    granted = forms.TypedChoiceField(
        label=gettext_lazy("The customer"),
        choices=[("1", gettext_lazy("agrees")), ("", gettext_lazy("no longer agrees"))],
        coerce=bool,
        empty_value=False,
        required=False,
        initial="1",
    )
    source = forms.CharField(
        label=gettext_lazy("How we know"), max_length=100, help_text=gettext_lazy("Such as: phone call, signed form.")
    )


class NoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), required=False
    )


# --- Tickets ------------------------------------------------------------------------------------


class UserField(forms.ModelChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            User.objects.none(), **{"label": gettext_lazy("Assignee"), "empty_label": NOT_ASSIGNED, **kwargs}
        )


class AssignForm(forms.Form):
    """For the bulk action: anybody who answers tickets."""

    to = UserField(empty_label=None)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = services.assignable()  # type: ignore[attr-defined]


class ComposeForm(forms.Form):
    """An answer to the customer, or a note for colleagues, and what the ticket becomes by it."""

    MODES = [
        (Message.Kind.REPLY, gettext_lazy("Answer the customer")),
        (Message.Kind.NOTE, gettext_lazy("Internal note")),
    ]

    mode = forms.ChoiceField(label=gettext_lazy("Kind of message"), choices=MODES, widget=forms.RadioSelect)
    body = forms.CharField(label=gettext_lazy("Text"), max_length=50_000, widget=forms.Textarea(attrs={"rows": 5}))
    attachments = FilesField()
    status = forms.ChoiceField(label=gettext_lazy("Then the ticket is"), required=False)
    last_message_id = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, ticket: Ticket, may_reply: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ticket = ticket
        mode, status = self.fields["mode"], self.fields["status"]
        can_answer = may_reply and ticket.status not in services.FINAL
        mode.choices = [choice for choice in self.MODES if can_answer or choice[0] == Message.Kind.NOTE]  # type: ignore[attr-defined]
        self.initial.setdefault("mode", mode.choices[0][0])  # type: ignore[attr-defined]
        status.choices = [("", self.unchanged), *next_statuses(ticket)]  # type: ignore[attr-defined]

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
    tags = TagsField(label=gettext_lazy("Tags"), required=False, help_text="")

    def __init__(self, *args: Any, ticket: Ticket, user: User, **kwargs: Any) -> None:
        now = {name: getattr(ticket, name) for name in ("assignee", "queue", "priority", "tags")}
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


# --- The public form ----------------------------------------------------------------------------

SHORTEST, LONGEST = 2, 24 * 3600
_stamp = signing.TimestampSigner(salt="customers.support")


class Suspicious(ValidationError):
    """The form was filled in the way of a machine."""

    def __init__(self) -> None:
        super().__init__(_("This could not be sent. Please wait a moment and send it again."), code="suspicious")


class PublicForm(forms.Form):
    """What keeps machines away from a public form: a field no person sees, and how long filling it in took."""

    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}))
    opened = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["opened"] = _stamp.sign("support")

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or {}
        if fields.pop("website", ""):
            raise Suspicious
        opened = fields.pop("opened", "")
        try:
            _stamp.unsign(opened, max_age=LONGEST)
        except signing.BadSignature:
            self.renew()
            raise ValidationError(_("This page was open for long. Please send it again."), code="expired") from None
        if time.time() - _signed_at(opened) < SHORTEST:
            raise Suspicious
        return fields

    def renew(self) -> None:
        """Give the form a fresh stamp, so that sending once more succeeds."""
        self.data = self.data.copy()
        self.data[self.add_prefix("opened")] = _stamp.sign("support")


def _signed_at(stamp: str) -> int:
    return signing.b62_decode(stamp.rsplit(":", 2)[1])


class SupportForm(PublicForm):
    name = forms.CharField(
        label=pgettext_lazy("person", "Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        help_text=gettext_lazy("We answer to this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    about = forms.CharField(
        label=gettext_lazy("Order number"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("If it is about an order, such as SO-1042."),
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200)
    body = forms.CharField(
        label=gettext_lazy("Your question"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 8})
    )
    attachments = FilesField()

    def clean_email(self) -> str:
        return services.normalize_email(self.cleaned_data["email"])


class PublicReplyForm(PublicForm):
    body = forms.CharField(
        label=gettext_lazy("Your answer"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    attachments = FilesField()


# --- Articles -----------------------------------------------------------------------------------


class ArticleForm(forms.ModelForm):
    slug = forms.SlugField(
        label=gettext_lazy("Address"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("The end of the link, /help/<b>address</b>/. Left blank, it is made from the title."),
    )

    class Meta:
        model = Article
        fields = ["title", "title_zh", "topic", "slug", "body", "body_zh"]
        widgets = {"body": forms.Textarea(attrs={"rows": 12}), "body_zh": forms.Textarea(attrs={"rows": 12})}
        help_texts = {"body": gettext_lazy("A blank line begins a paragraph.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.published_at:
            self.fields["slug"].disabled = True
            self.fields["slug"].help_text = _("The address was public already, and links lead to it. It stays.")
