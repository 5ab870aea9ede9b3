"""Shape of what people type about buying; the rules are in the services."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms import formset_factory
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from catalog.models import Variant
from inventory import forms_bins
from inventory.forms import ArticleField, QuantityForm, UserForm, WarehouseField
from inventory.models import (
    LandedCost,
    PurchaseOrder,
    PurchaseOrderLine,
    RejectReason,
    ReorderRule,
    Supplier,
    SupplierItem,
)
from inventory.services import Delivered, PurchaseLine, Terms

NUMBER = {"inputmode": "numeric", "class": "num"}
AMOUNT = {"inputmode": "decimal", "class": "num"}


def _pieces(**kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(widget=forms.TextInput(attrs=NUMBER), min_value=0, required=False, **kwargs)


def _amount(**kwargs: Any) -> forms.DecimalField:
    options = {"min_value": 0, "max_digits": 20, "decimal_places": 6, "required": False, **kwargs}
    return forms.DecimalField(widget=forms.TextInput(attrs=AMOUNT), **options)


class BoughtField(ArticleField):
    """A variant by SKU, barcode, or what a supplier calls it."""

    def by_text(self, text: str) -> Any:
        called = SupplierItem.objects.filter(supplier_sku__iexact=text).values("variant")
        found = list(self.rows().filter(pk__in=called)[:2])
        return found[0] if len(found) == 1 else super().by_text(text)


class PurchaseForm(UserForm):
    supplier = generic.LookupField(model=Supplier, label=_("Supplier"))
    location = WarehouseField(label=_("Delivered to"))
    expected_on = forms.DateField(
        label=_("Expected"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Blank: after the lead time, once it is ordered."),
    )
    currency = forms.RegexField(
        r"^[A-Za-z]{3}$", label=_("Currency"), widget=forms.TextInput(attrs={"maxlength": 3, "autocomplete": "off"})
    )
    exchange_rate = _amount(
        label=_("Exchange rate"), decimal_places=8, help_text=_("What one unit of it is worth in the shop's currency.")
    )
    freight = _amount(label=_("Freight"))
    tax = _amount(label=_("Tax"))
    note = forms.CharField(
        label=_("Note"),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        help_text=_("It is printed for the supplier."),
    )
    key = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid4().hex
        self.fields["currency"].initial = settings.DEFAULT_CURRENCY

    def terms(self) -> Terms:
        data = self.cleaned_data
        return Terms(
            currency=data["currency"].upper(),
            exchange_rate=data["exchange_rate"] or Decimal(1),
            expected_on=data["expected_on"],
            tax=data["tax"] or Decimal(0),
            freight=data["freight"] or Decimal(0),
            note=data["note"],
        )


class PurchaseRow(QuantityForm):
    variant = BoughtField(required=False, label=_("SKU, barcode or supplier's SKU"))
    unit_cost = _amount(label=_("Unit cost"), help_text=_("Blank: the supplier's."))


PurchaseRows = formset_factory(PurchaseRow, extra=3, max_num=1000)


def purchase_lines(formset: Any) -> list[PurchaseLine]:
    """Rows that say something."""
    rows = [form.cleaned_data for form in formset if form.cleaned_data.get("variant")]
    return [PurchaseLine(row["variant"].pk, row["quantity"], row["unit_cost"]) for row in rows]


class DeliveryForm(forms.Form):
    """For each line what was accepted and rejected; what is outstanding stands there already."""

    reference = forms.CharField(label=_("Delivery note"), max_length=100, required=False)
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}), required=False)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, order: PurchaseOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid4().hex
        self.order = order
        self.lines = list(order.lines.select_related("variant"))
        self.has_bins = order.location.bins.exists()
        self.has_lots = any(line.variant.tracking != Variant.Tracking.NONE for line in self.lines)
        for line in self.lines:
            sku = line.variant.sku
            self._ask_for_parts(line)
            self.fields[f"accepted_{line.pk}"] = _pieces(
                label=_("%(sku)s: accepted") % {"sku": sku}, initial=line.outstanding
            )
            self.fields[f"rejected_{line.pk}"] = _pieces(label=_("%(sku)s: rejected") % {"sku": sku})
            self.fields[f"reason_{line.pk}"] = forms.ChoiceField(
                label=_("%(sku)s: reason") % {"sku": sku}, choices=[("", "–"), *RejectReason.choices], required=False
            )

    def _ask_for_parts(self, line: PurchaseOrderLine) -> None:
        facts = {"sku": line.variant.sku}
        if line.variant.tracking != Variant.Tracking.NONE:
            self.fields[f"lots_{line.pk}"] = forms_bins.lots_field(
                label=_("%(sku)s: lot or serial numbers") % facts, help_text=forms_bins.LOTS
            )
            self.fields[f"expires_{line.pk}"] = forms_bins.expiry_field()
            self.fields[f"expires_{line.pk}"].label = _("%(sku)s: expires") % facts
        if self.has_bins:
            self.fields[f"bin_{line.pk}"] = forms_bins.bin_field(label=_("%(sku)s: bin") % facts)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for line in self.lines:
            if data.get(f"rejected_{line.pk}") and not data.get(f"reason_{line.pk}"):
                self.add_error(f"reason_{line.pk}", ValidationError(_("Why are pieces rejected?")))
        return data

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """Each line with its controls: accepted, rejected, reason, then lots, expiry and bin where it has them."""
        names = ("accepted", "rejected", "reason", "lots", "expires", "bin")
        return [
            (line, *(self[name] if (name := f"{part}_{line.pk}") in self.fields else None for part in names))
            for line in self.lines
        ]

    @property
    def other_fields(self) -> list[Any]:
        return [self["reference"], self["note"]]

    def delivered(self) -> list[Delivered]:
        data = self.cleaned_data
        rows: list[dict[str, Any]] = [
            {
                "quantity": data[f"accepted_{line.pk}"] or 0,
                "lots": data.get(f"lots_{line.pk}"),
                "expires_on": data.get(f"expires_{line.pk}"),
                "bin": data.get(f"bin_{line.pk}"),
            }
            for line in self.lines
        ]
        parts = forms_bins.arriving(rows, self.order.location)
        return [
            Delivered(
                line.pk,
                row["quantity"],
                data[f"rejected_{line.pk}"] or 0,
                data[f"reason_{line.pk}"],
                tuple(parts.get(place, ())) if row["quantity"] else (),
            )
            for place, (line, row) in enumerate(zip(self.lines, rows, strict=True))
        ]


class LandedCostForm(forms.Form):
    amount = forms.DecimalField(
        label=_("Amount"),
        max_digits=14,
        decimal_places=2,
        widget=forms.TextInput(attrs=AMOUNT),
        help_text=_("In the shop's currency. With a minus it takes back what was added by mistake."),
    )
    basis = forms.ChoiceField(
        label=_("Spread"), choices=LandedCost.Basis.choices, widget=forms.RadioSelect, initial=LandedCost.Basis.VALUE
    )
    reason = forms.CharField(label=_("What for"), max_length=200, help_text=_("Freight, duty, insurance."))
    key = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid4().hex


class SupplierItemForm(forms.ModelForm):
    supplier = generic.LookupField(model=Supplier, label=_("Supplier"))
    variant = ArticleField()

    class Meta:
        model = SupplierItem
        fields = ["supplier", "variant", "supplier_sku", "cost", "currency", "pack_size", "minimum", "lead_time_days", "is_preferred"]  # fmt: skip
        widgets = {
            "cost": forms.TextInput(attrs=AMOUNT),
            **{name: forms.TextInput(attrs=NUMBER) for name in ("pack_size", "minimum", "lead_time_days")},
        }

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


class ReorderRuleForm(forms.ModelForm):
    variant = ArticleField()
    location = WarehouseField()

    class Meta:
        model = ReorderRule
        fields = ["variant", "location", "minimum", "maximum", "multiple", "is_active"]
        widgets = {name: forms.TextInput(attrs=NUMBER) for name in ("minimum", "maximum", "multiple")}

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].of(user)  # type: ignore[attr-defined]
