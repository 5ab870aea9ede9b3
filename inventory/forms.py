"""Shape of what people type about stock; the rules are in the services."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.forms import formset_factory
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from catalog.models import Variant
from inventory.models import Location, Supplier, Transfer

REASONS = (_("Damaged"), _("Lost"), _("Found"), _("Counted again"), _("Wrong delivery"), _("Own use"))


def _pieces(**kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num"}), **kwargs)


class ArticleField(generic.LookupField):
    """A variant by SKU or by the barcode that a scanner types."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(model=Variant, **{"label": _("SKU or barcode"), **kwargs})

    def by_text(self, text: str) -> Any:
        scanned = list(self.rows().filter(barcode=text)[:2])
        return scanned[0] if len(scanned) == 1 else super().by_text(text)


class WarehouseField(forms.ModelChoiceField):
    """An open warehouse that the user may act at; `of(user)` is called by the form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=Location.objects.none(), **{"label": _("Location"), "empty_label": _("Choose…"), **kwargs}
        )

    def of(self, user: Any) -> None:
        self.queryset = Location.objects.visible_to(user).stock()  # type: ignore[attr-defined]
        if len(self.queryset) == 1:
            self.initial = self.queryset[0].pk


class UserForm(forms.Form):
    """A form whose warehouses depend on who fills it in."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        for field in self.fields.values():
            if isinstance(field, WarehouseField):
                field.of(user)


# --- Receiving ----------------------------------------------------------------------------------


class ReceiveForm(UserForm):
    location = WarehouseField(label=_("Received at"))
    supplier = generic.LookupField(model=Supplier, label=_("Supplier"), required=False)
    reference = forms.CharField(label=_("Delivery note"), max_length=100, required=False)
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}), required=False)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid4().hex


class QuantityForm(forms.Form):
    """A row of a delivery or transfer: what, and how many. Blank rows count for nothing."""

    variant = ArticleField(required=False)
    quantity = _pieces(label=_("Quantity"), min_value=1, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("variant") and data.get("quantity") is None and "quantity" not in self.errors:
            self.add_error("quantity", ValidationError(_("How many?")))
        if data.get("quantity") and not data.get("variant") and "variant" not in self.errors:
            self.add_error("variant", ValidationError(_("Which SKU?")))
        return data


class ReceiptRow(QuantityForm):
    unit_cost = forms.DecimalField(
        label=_("Unit cost"),
        required=False,
        min_value=0,
        max_digits=20,
        decimal_places=6,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "num"}),
    )


ReceiptRows = formset_factory(ReceiptRow, extra=3, max_num=500)
PlainReceiptRows = formset_factory(QuantityForm, extra=3, max_num=500)
TransferRows = formset_factory(QuantityForm, extra=3, max_num=500)


def rows_of(formset: Any) -> list[dict[str, Any]]:
    """Rows that say something."""
    return [form.cleaned_data for form in formset if form.cleaned_data.get("variant")]


# --- Correcting and holding ---------------------------------------------------------------------


class CorrectForm(UserForm):
    COUNTED, CHANGE = "counted", "change"

    variant = ArticleField()
    location = WarehouseField()
    mode = forms.ChoiceField(
        label=_("What do you know?"),
        choices=[(COUNTED, _("The number that I counted")), (CHANGE, _("How many more or fewer there are"))],
        widget=forms.RadioSelect,
        initial=COUNTED,
    )
    quantity = _pieces(label=_("Pieces"), help_text=_("Fewer pieces with a minus: -2."))
    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("It stands in the ledger for good."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.attrs["list"] = "reasons"

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("mode") == self.COUNTED and (data.get("quantity") or 0) < 0:
            self.add_error("quantity", ValidationError(_("A count cannot be below zero.")))
        return data

    def amount(self) -> dict[str, int]:
        """The argument of the service."""
        name = "counted" if self.cleaned_data["mode"] == self.COUNTED else "delta"
        return {name: self.cleaned_data["quantity"]}


def _tomorrow() -> Any:
    return timezone.localtime() + timedelta(days=1)


class HoldForm(UserForm):
    variant = ArticleField()
    location = WarehouseField()
    quantity = _pieces(label=_("Pieces"), min_value=1)
    reason = forms.CharField(label=_("Reason"), max_length=300)
    expires_at = forms.DateTimeField(
        label=_("Until"),
        initial=_tomorrow,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


# --- Transfers ----------------------------------------------------------------------------------


class TransferForm(UserForm):
    source = WarehouseField(label=_("From"))
    destination = forms.ModelChoiceField(label=_("To"), queryset=Location.objects.none(), empty_label=_("Choose…"))
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["destination"].queryset = Location.objects.stock()  # type: ignore[attr-defined]


class ReceiveTransferForm(forms.Form):
    """A count for every line; what was sent stands there already."""

    def __init__(self, *args: Any, transfer: Transfer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for line in transfer.lines.select_related("variant"):
            label = f"{line.variant.sku} · {line.variant.title}"
            self.fields[f"line_{line.pk}"] = _pieces(
                label=label,
                min_value=0,
                max_value=line.quantity,
                initial=line.quantity,
                help_text=_("%d sent") % line.quantity,
            )
        self.fields["reason"] = forms.CharField(
            label=_("What happened to missing pieces?"), max_length=300, required=False
        )
        self.fields["broken"] = forms.BooleanField(label=_("They are broken: book them as scrap"), required=False)

    def received(self) -> Mapping[int, int]:
        return {
            int(name.removeprefix("line_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("line_")
        }


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


# --- Set-up -------------------------------------------------------------------------------------


class LocationForm(forms.ModelForm):
    class Meta:
        model = Location
        fields = ["code", "name", "name_zh", "address", "priority"]
        widgets = {"address": forms.Textarea(attrs={"rows": 3})}


class SupplierForm(forms.ModelForm):
    class Meta:
        model = Supplier
        fields = ["code", "name", "email", "phone", "address", "lead_time_days", "is_active"]
        widgets = {"address": forms.Textarea(attrs={"rows": 3}), "phone": forms.TextInput(attrs={"type": "tel"})}
