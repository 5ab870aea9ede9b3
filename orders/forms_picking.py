"""Shape of what pickers say beside their scans."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.forms_scanning import ScanForm

HOLD, ELSEWHERE = "hold", "elsewhere"


class PackScanForm(ScanForm):
    """`lot` is asked for where something in the parcel is tracked by one (initial `asks_lots`)."""

    lot = forms.CharField(label=_("Lot or serial number"), max_length=80, required=False)

    def choices(self) -> list[Any]:
        return [self["lot"]] if self.initial.get("asks_lots") else []


class PickScanForm(PackScanForm):
    """Where pieces come from and of which lot they are, if that is not as planned."""

    code = forms.CharField(label=_("Scan an item, or the bin it lies in"), max_length=200)
    bin = forms.CharField(label=_("Out of bin"), max_length=40, required=False)

    def choices(self) -> list[Any]:
        bins = [self["bin"]] if self.initial.get("asks_bins") else []
        return [*bins, *super().choices()]


class MissingForm(forms.Form):
    """Why pieces are not there, and what becomes of them."""

    why = forms.ChoiceField(
        label=_("What is the matter?"),
        choices=[("missing", _("Not found")), ("damaged", _("Damaged")), ("expired", _("Expired"))],
        widget=forms.RadioSelect,
        initial="missing",
    )
    then = forms.ChoiceField(
        label=_("What shall happen?"),
        choices=[
            (HOLD, _("The order waits for these pieces: they go into a parcel on hold")),
            (
                ELSEWHERE,
                _("Send others: they are promised from another place, and these are held until somebody has looked"),
            ),
        ],
        widget=forms.RadioSelect,
        initial=HOLD,
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def reason(self) -> str:
        why = str(dict(self.fields["why"].choices)[self.cleaned_data["why"]])  # type: ignore[attr-defined]
        note = self.cleaned_data["note"].strip()
        return f"{why}: {note}" if note else why

    def arguments(self) -> dict[str, Any]:
        """Of the service."""
        return {"reason": self.reason(), "elsewhere": self.cleaned_data["then"] == ELSEWHERE}
