"""What the pages of exports take in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from backoffice.generic import ListPage
from backoffice.models import ExportTemplate

Delivery = ExportTemplate.Delivery


class ExportForm(forms.Form):
    """How the file of a list is to look. `name` keeps all of it as a template."""

    format = forms.ChoiceField(label=_("Format"), widget=forms.RadioSelect)
    bom = forms.BooleanField(
        label=_("For spreadsheets"),
        required=False,
        help_text=_("CSV begins with a mark by which Excel knows UTF-8. Other programs may want it without."),
    )
    sort = forms.ChoiceField(label=_("Order"))
    columns = forms.MultipleChoiceField(label=_("Columns"), widget=forms.CheckboxSelectMultiple)
    name = forms.CharField(
        label=_("Name of the template"),
        max_length=80,
        required=False,
        help_text=_("Filters, columns, order and format are kept under it. A template can run on a schedule."),
    )

    def __init__(self, page: ListPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict(ExportTemplate.Format.choices)
        self.choices("format", [(name, names[name]) for name in page.get_export_formats()])
        self.choices("sort", [(name, label) for name, label, _chosen in page.orderings])
        self.choices("columns", [(key, label) for key, label, _shown in page.column_choices])

    def choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]


class TemplateForm(forms.ModelForm):
    class Meta:
        model = ExportTemplate
        fields = ["name", "format", "bom", "schedule", "hour", "weekday", "day", "delivery", "file_name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.EXPORT_DIR is None and self.instance.delivery != Delivery.FOLDER:
            delivery = self.fields["delivery"]
            delivery.choices = [pair for pair in Delivery.choices if pair[0] != Delivery.FOLDER]  # type: ignore[attr-defined]
            del self.fields["file_name"]
