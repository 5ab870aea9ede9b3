"""What people type about who owns a customer, and which of two values survives a merge."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.models import User
from customers.forms.custom import kind_of, plainly
from customers.forms.fields import NOT_ASSIGNED, FilesField, UserField
from customers.models import Customer, OwnershipDispute, OwnershipSettings
from customers.services.merging import Preview, Survivorship

CHOSEN = ("kind", "language")  # of the fields that may differ between two customers


def _text(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=4000, help_text=help_text, widget=forms.Textarea(attrs={"rows": 5}))


class GiveForm(forms.Form):
    owner = UserField(label=gettext_lazy("Owner"), empty_label=NOT_ASSIGNED, required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.active()  # type: ignore[attr-defined]


class ClaimForm(forms.Form):
    claim = _text(
        gettext_lazy("Why the customer is yours"),
        gettext_lazy("Say since when you have been in contact, and what about. The owner reads it."),
    )
    files = FilesField(label=gettext_lazy("Evidence"))


class AnswerForm(forms.Form):
    answer = _text(gettext_lazy("Your answer"))
    files = FilesField(label=gettext_lazy("Evidence"))


class DecisionForm(forms.Form):
    winner = forms.ChoiceField(
        label=gettext_lazy("The customer goes to"), choices=OwnershipDispute.Winner.choices, widget=forms.RadioSelect
    )
    decision = _text(gettext_lazy("Why"))


class AppealForm(forms.Form):
    appeal = _text(gettext_lazy("What the decision overlooks"))


class OtherCustomerForm(forms.Form):
    """Chooses the customer that becomes part of another one; `keep` is that one."""

    other = generic.LookupField(model=Customer, label=gettext_lazy("Customer who is the same"))
    keep: Any = None

    def clean_other(self) -> Customer:
        other: Customer = self.cleaned_data["other"]
        if self.keep is not None and other.pk == self.keep.pk:
            raise ValidationError(_("A customer cannot be merged into itself."))
        return other


def in_words(line: Survivorship, value: Any) -> str:
    """A value of a line of the preview as pages show it, – for none."""
    if value in (None, "", []):
        return "–"
    if line.custom is not None:
        return str(generic.display(plainly(line.custom, value), kind_of(line.custom)))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    choices = dict(getattr(Customer, line.name).field.flatchoices) if line.name in CHOSEN else {}
    return str(choices.get(value, value))


class MergeCustomersForm(forms.Form):
    """For each field that differs: whose value survives."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, preview: Preview, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = [line.name for line in preview.lines if line.differs]
        for line in preview.lines:
            if line.differs:
                choices = [("keep", in_words(line, line.keep)), ("lose", in_words(line, line.lose))]
                self.fields[line.name] = forms.ChoiceField(
                    label=line.label, choices=choices, initial=line.chosen, widget=forms.RadioSelect
                )

    @property
    def choices(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.names}

    def rows(self) -> list[tuple[Any, list[Any]]]:
        """Each field with its two radio buttons."""
        return [(self[name], list(self[name])) for name in self.names]


class RulesForm(forms.ModelForm):
    class Meta:
        model = OwnershipSettings
        fields = [
            "most_held", "most_claims", "idle_days", "reminder_days", "protection_days", "pause_days", "answer_days", "appeal_days",
        ]  # fmt: skip
        labels = {
            "most_held": gettext_lazy("Most customers a person holds"),
            "most_claims": gettext_lazy("Most claims a day"),
            "pause_days": gettext_lazy("Days before claiming again"),
        }
        help_texts = {
            "most_held": gettext_lazy("Whoever holds this many cannot claim more. Leads may still give them more."),
            "idle_days": gettext_lazy(
                "After so many days without an order, a contact or a note, the customer goes back to the pool."
            ),
            "reminder_days": gettext_lazy("The owner is reminded this many days before."),
            "protection_days": gettext_lazy(
                "For this long after a claim or a decision, nobody can dispute the customer, and it is not taken away."
            ),
            "pause_days": gettext_lazy("Whoever lost a customer to the pool can claim it again after this many days."),
        }
