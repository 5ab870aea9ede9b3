"""What leads write into macros."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import services
from customers.forms.fields import TagsField
from customers.models import Macro, Queue

PLACEHOLDERS = [
    ("{{ customer }}", gettext_lazy("name of who asked")),
    ("{{ ticket }}", gettext_lazy("number of the ticket")),
    ("{{ subject }}", gettext_lazy("subject of the ticket")),
    ("{{ order }}", gettext_lazy("number of what the ticket is about")),
    ("{{ agent }}", gettext_lazy("name of who answers")),
    ("{{ company }}", gettext_lazy("name of the company")),
    ("{{ article:returns }}", gettext_lazy("title and address of the article “returns” of the help centre")),
]


class MacroForm(forms.ModelForm):
    tags = TagsField(label=gettext_lazy("Add tags"), required=False)

    class Meta:
        model = Macro
        fields = [
            "name", "name_zh", "for_queue", "is_active", "mode", "body", "body_zh", "status", "queue", "priority", "takes",
            "assignee", "tags",
        ]  # fmt: skip
        widgets = {"body": forms.Textarea(attrs={"rows": 6}), "body_zh": forms.Textarea(attrs={"rows": 6})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = services.assignable()  # type: ignore[attr-defined]
        for name in ("for_queue", "queue"):
            self.fields[name].queryset = Queue.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean_body(self) -> str:
        return _known(self.cleaned_data["body"])

    def clean_body_zh(self) -> str:
        return _known(self.cleaned_data["body_zh"])


def _known(text: str) -> str:
    if unknown := services.unknown_placeholders(text):
        raise ValidationError(_("%(names)s means nothing here.") % {"names": ", ".join(unknown)})
    return text
