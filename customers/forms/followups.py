"""What people type about follow-ups and notes."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.models import User
from customers.models import Customer, FollowUp, Ticket

OWNER = gettext_lazy("The customer's owner, else me")


class PlanForm(forms.Form):
    """The same for any number of customers."""

    what = forms.CharField(label=gettext_lazy("What to do"), max_length=300, initial=gettext_lazy("Get in touch"))
    due_on = forms.DateField(label=gettext_lazy("Due"), initial=timezone.localdate)
    assignee = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Assignee"), empty_label=OWNER, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["assignee"]
        people.queryset = User.objects.active().order_by("name", "pk")


class NewFollowUpForm(PlanForm):
    customer = generic.LookupField(model=Customer, label=gettext_lazy("Customer"))
    ticket = generic.LookupField(model=Ticket, label=gettext_lazy("Ticket"), required=False)
    field_order = ("customer", "what", "due_on", "assignee", "ticket")


class FollowUpForm(forms.ModelForm):
    class Meta:
        model = FollowUp
        fields = ["what", "due_on", "assignee"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["assignee"]
        people.queryset = User.objects.filter(Q(is_active=True) | Q(pk=self.instance.assignee_id)).order_by(
            "name", "pk"
        )
        people.empty_label = gettext_lazy("Nobody")


class OutcomeForm(forms.Form):
    outcome = forms.CharField(
        label=gettext_lazy("What came of it"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    again_in = forms.IntegerField(
        label=gettext_lazy("Try again in days"),
        min_value=1,
        max_value=3650,
        required=False,
        help_text=gettext_lazy("Plans the same once more; leave it blank when it is settled."),
    )


class EditNoteForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
