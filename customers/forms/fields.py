"""Fields and small forms that several pages share."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.models import User
from customers.services import attachments

NOT_ASSIGNED = gettext_lazy("Nobody")


class TagsField(forms.CharField):
    """Tags between commas, of either script."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"help_text": gettext_lazy("Separate several by commas."), **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [tag.strip() for tag in re.split(r"[,，、]", super().clean(value)) if tag.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files up to the limit; each is checked for its size here and for its content by the service."""

    widget = FilesInput

    def __init__(self, **kwargs: Any) -> None:
        limits = {"count": attachments.MAX_FILES, "size": attachments.MAX_SIZE // 2**20}
        help_text = format_lazy(gettext_lazy("At most {count} files of {size} MB each."), **limits)
        super().__init__(**{"label": gettext_lazy("Files"), "required": False, "help_text": help_text, **kwargs})

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if len(files) > attachments.MAX_FILES:
            raise ValidationError(_("At most %(count)s files at once.") % {"count": attachments.MAX_FILES})
        for file in files:
            attachments.check_size(file)
        return list(files)


class UserField(forms.ModelChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            User.objects.none(), **{"label": gettext_lazy("Assignee"), "empty_label": NOT_ASSIGNED, **kwargs}
        )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)


class TagsForm(forms.Form):
    tags = TagsField(label=gettext_lazy("Tags"))


class NoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), required=False
    )
