"""Shape of what pickers say beside their scans."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

HOLD, ELSEWHERE = "hold", "elsewhere"


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
