"""Shape of what handhelds send; the rules are in the services."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.models import RejectReason
from inventory.services import Arriving, Scanned

MOST_SECONDS = 7 * 24 * 3600
GOOD = "good"


class ScanForm(forms.Form):
    """A code, and how many pieces it stands for. `key` makes sending again harmless; `ago` is how long it had to wait."""

    code = forms.CharField(label=_("Scan or type a SKU"), max_length=200)
    pieces = forms.IntegerField(
        label=_("Pieces"), min_value=1, widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num"})
    )
    key = forms.UUIDField(widget=forms.HiddenInput)
    ago = forms.IntegerField(min_value=0, max_value=MOST_SECONDS, required=False, widget=forms.HiddenInput)

    def scanned(self) -> Scanned:
        data = self.cleaned_data
        return Scanned(data["code"], data["pieces"], data["key"])

    def waited(self) -> timedelta:
        return timedelta(seconds=self.cleaned_data["ago"] or 0)

    def choices(self) -> list[Any]:
        """Further controls of the page."""
        return []


class ShelfScanForm(ScanForm):
    code = forms.CharField(label=_("Scan an item, or another bin"), max_length=200)
    out_of = forms.CharField(label=_("Out of bin"), max_length=40, required=False)

    def choices(self) -> list[Any]:
        return [self["out_of"]]


class CountScanForm(ScanForm):
    """Bins are asked for where the warehouse has any (initial `asks_bins`), lots where something is tracked by them."""

    code = forms.CharField(label=_("Scan an item, or the bin it lies in"), max_length=200)
    bin = forms.CharField(label=_("In bin"), max_length=40, required=False)
    lot = forms.CharField(label=_("Lot or serial number"), max_length=80, required=False)
    expires_on = forms.DateField(label=_("Expires"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def choices(self) -> list[Any]:
        bins = ["bin"] if self.initial.get("asks_bins") else []
        return [self[name] for name in (*bins, *(["lot", "expires_on"] if self.initial.get("asks_lots") else []))]

    def where(self) -> dict[str, Any]:
        """Of the service."""
        return {name: self.cleaned_data[name] for name in ("bin", "lot", "expires_on")}


class DeliveryScanForm(ScanForm):
    """`lot` and `expires_on` are asked for where something ordered is tracked by them (initial `asks_lots`)."""

    delivery = forms.UUIDField(widget=forms.HiddenInput)
    condition = forms.ChoiceField(label=_("Condition"), choices=[(GOOD, _("Good: accept")), *RejectReason.choices])
    lot = forms.CharField(label=_("Lot or serial number"), max_length=80, required=False)
    expires_on = forms.DateField(label=_("Expires"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    reference = forms.CharField(label=_("Delivery note"), max_length=100, required=False)

    def reject(self) -> str:
        """Why the pieces are rejected; "" when they are not."""
        condition: str = self.cleaned_data["condition"]
        return "" if condition == GOOD else condition

    def choices(self) -> list[Any]:
        lots = ["lot", "expires_on"] if self.initial.get("asks_lots") else []
        return [self[name] for name in ("condition", *lots, "reference")]

    def arriving(self) -> tuple[Arriving, ...]:
        """What is said of the pieces beside their number."""
        data = self.cleaned_data
        return (Arriving(data["pieces"], data["lot"], data["expires_on"]),) if data["lot"].strip() else ()


class UnloadedForm(forms.Form):
    """What became of pieces that did not arrive."""

    reason = forms.CharField(label=_("What happened to missing pieces?"), max_length=300, required=False)
    broken = forms.BooleanField(label=_("They are broken: book them as scrap"), required=False)
