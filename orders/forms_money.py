"""Shape of what people type about authorizations, refunds and holds."""

from typing import Any

from django import forms
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from backoffice.money import format_money
from orders.forms import _amount, method_name
from orders.models import Authorization, Order, OrderHold


class _OfAuthorization(forms.Form):
    """About one of the open authorizations of an order; where there is one only, it is chosen."""

    authorization = forms.ModelChoiceField(Authorization.objects.none(), label=_("Authorization"), empty_label=None)

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["authorization"]
        field.queryset = open_authorizations(order)
        field.label_from_instance = lambda row: " · ".join(
            part
            for part in (
                method_name(row.method),
                row.reference,
                _("%(amount)s left") % {"amount": format_money(row.left, order.currency)},
            )
            if part
        )


class CaptureForm(_OfAuthorization):
    amount = _amount(label=_("Amount"), required=False, help_text=_("Left empty: all that is left."))
    reference = forms.CharField(label=_("Reference"), max_length=100, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)


class VoidForm(_OfAuthorization):
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)


class HoldForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=OrderHold.Kind.choices)
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("What has to be clarified, so that colleagues can do it.")
    )


class ReleaseForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class ExecuteForm(forms.Form):
    reference = forms.CharField(
        label=_("Reference"),
        max_length=100,
        required=False,
        help_text=_("Number of the transfer or of the card payment."),
    )


def open_authorizations(order: Order) -> Any:
    return order.authorizations.filter(amount__gt=F("captured") + F("voided")).order_by("pk")
