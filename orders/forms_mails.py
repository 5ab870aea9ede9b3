"""The form of the texts of a mail."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from orders import mail_texts
from orders.models import MailText
from orders.services.mailing import TEXTS


def _body() -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 14})


class MailTextForm(forms.Form):
    """Both languages of one kind of mail; a placeholder that the kind does not have is refused at its field."""

    is_on = forms.BooleanField(label=_("Send this mail"), required=False)
    attaches = forms.BooleanField(
        label=_("Attach the newest invoice or credit note of the order as PDF"), required=False
    )
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    body = forms.CharField(label=_("Text"), max_length=10_000, required=False, widget=_body())
    subject_zh = forms.CharField(label=_("Subject (Chinese)"), max_length=200, required=False)
    body_zh = forms.CharField(label=_("Text (Chinese)"), max_length=10_000, required=False, widget=_body())
    about = forms.CharField(
        label=_("Preview with the order"),
        max_length=40,
        required=False,
        help_text=_("Its number; blank for the newest."),
    )

    def __init__(self, data: Any = None, *, text: MailText) -> None:
        initial: dict[str, Any] = {"is_on": text.is_on, "attaches": text.attaches}
        initial |= {
            name: mail_texts.template(text, name.removesuffix("_zh"), language) for name, language in TEXTS.items()
        }
        super().__init__(data, initial=initial)
        self.kind = text.kind

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in TEXTS:
            try:
                mail_texts.refuse_unknown(self.kind, cleaned.get(name, ""))
            except ValidationError as error:
                self.add_error(name, error)
        return cleaned

    @property
    def english(self) -> list[Any]:
        return [self["subject"], self["body"]]

    @property
    def chinese(self) -> list[Any]:
        return [self["subject_zh"], self["body_zh"]]

    def typed(self) -> MailText:
        """A text that says what was typed, to be looked at and not stored."""
        return MailText(kind=self.kind, **{name: self.cleaned_data.get(name, "") for name in TEXTS})
