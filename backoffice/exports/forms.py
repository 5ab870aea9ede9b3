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
    """How the file of a list is to look. `name` keeps all of it as a template.

    The columns stand in the file in the order in which they come in; `order` says it of those that are left out as well.
    """

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
        labels = {key: label for key, label, _shown in page.column_choices}
        asked = self.data.getlist("order") if self.is_bound else []  # type: ignore[attr-defined]
        keys = [*dict.fromkeys(key for key in asked if key in labels)]
        self.order = [*keys, *(key for key in labels if key not in keys)]
        self.choices("columns", [(key, labels[key]) for key in self.order])

    def move(self, asked: str) -> None:
        """Take a column one place on: "up-sku", "down-sku"; what is no such thing moves nothing."""
        way, _dash, key = asked.partition("-")
        labels = dict(self.fields["columns"].choices)  # type: ignore[attr-defined]
        if key not in labels or way not in ("up", "down"):
            return
        place = self.order.index(key)
        other = min(max(place + (1 if way == "down" else -1), 0), len(self.order) - 1)
        self.order[place], self.order[other] = self.order[other], self.order[place]
        self.choices("columns", [(name, labels[name]) for name in self.order])

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The columns as the form lists them."""
        chosen = set(self["columns"].value() or ())
        last = len(self.order) - 1
        return [
            {"key": key, "label": label, "chosen": key in chosen, "is_first": place == 0, "is_last": place == last}
            for place, (key, label) in enumerate(self.fields["columns"].choices)  # type: ignore[attr-defined]
        ]

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
