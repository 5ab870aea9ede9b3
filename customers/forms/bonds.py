"""What agents choose to merge and split tickets, and to work on many at once."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.models import User
from customers.forms.fields import ReasonForm
from customers.models import Macro, Message, Ticket, TicketStatus

KNOWING = gettext_lazy("Merge although different people asked")


class MergeForm(ReasonForm):
    """Into which ticket; `others` are those of the same customer, which are likely meant."""

    into = generic.LookupField(model=Ticket, label=gettext_lazy("Into the ticket"))
    knowing = forms.BooleanField(label=KNOWING, required=False)
    field_order = ["into", "knowing", "reason"]

    def __init__(self, *args: Any, ticket: Ticket, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        same = Ticket.objects.visible_to(user).unsolved().filter(customer=ticket.customer_id).exclude(pk=ticket.pk)
        self.others = list(same[:10]) if ticket.customer_id else []


class MergeManyForm(forms.Form):
    into = generic.LookupField(
        model=Ticket,
        label=gettext_lazy("Into the ticket"),
        required=False,
        help_text=gettext_lazy("Blank: into the oldest of those chosen."),
    )
    knowing = forms.BooleanField(label=KNOWING, required=False)


class SplitForm(ReasonForm):
    messages = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Messages"), coerce=int, widget=forms.CheckboxSelectMultiple
    )
    subject = forms.CharField(label=gettext_lazy("Subject of the new ticket"), max_length=300)
    field_order = ["messages", "subject", "reason"]

    def __init__(self, *args: Any, thread: Sequence[Message], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["messages"].choices = [(message.pk, _shown(message)) for message in thread]  # type: ignore[attr-defined]


def _shown(message: Message) -> str:
    who = message.author or message.author_name or message.author_email or _("Customer")
    at = date_format(localtime(message.created_at), "SHORT_DATETIME_FORMAT")
    return f"{who}, {at}: {Truncator(message.body).chars(100)}"


class SubjectForm(forms.Form):
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=300)


class StatusForm(ReasonForm):
    """For the bulk action: what a person may make of tickets."""

    CHOICES = [(s.value, s.label) for s in TicketStatus if s not in (TicketStatus.NEW, TicketStatus.MERGED)]

    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=CHOICES)
    field_order = ["status", "reason"]


class ChooseMacroForm(forms.Form):
    macro = generic.LookupField(model=Macro, label=gettext_lazy("Macro"))

    def clean_macro(self) -> Macro:
        macro: Macro = self.cleaned_data["macro"]
        if not macro.is_active:
            raise forms.ValidationError(_("%(macro)s is not in use.") % {"macro": macro})
        return macro
