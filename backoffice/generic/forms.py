"""FormPage: create or edit one record. What was typed is kept, and nobody's change is overwritten unseen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice import context, history
from backoffice.errors import Stale
from backoffice.generic.actions import OnePage, add_error, say, summary, tell_user
from backoffice.generic.base import safe_next
from backoffice.generic.columns import display, model_field

VERSION = "version"
REASON = "change_reason"
CHANGES_SHOWN = 5


@dataclass(frozen=True)
class Conflict:
    """A field whose stored value is not what the form would write."""

    label: str
    stored: Any
    typed: Any


class FormPage(OnePage):
    """Create (no key in the address) or edit a record by calling one service.

    class BrandForm(generic.FormPage):
        model = Brand; form_class = forms.BrandForm; permission = "catalog.change_brand"; done = _("Brand %s saved.")

    service: called as `service(by=user, **cleaned)` to create and `service(obj, by=user, **cleaned)` to edit. Without
        one the form saves itself (a plain field edit needs no service). Other arguments: override `perform`.
    version_field: the model's time of last change; "" where it has none. A stale form is refused, and shows both values.
    reason: whether the form asks why; the answer stands in the history.
    fieldsets: `[(_("Address"), ["street", "city"])]` where the form is long; other fields come first.
    """

    form_class: ClassVar[type[forms.BaseForm]]
    service: ClassVar[Callable[..., Any] | None] = None
    title: ClassVar[Any] = ""
    done: ClassVar[Any] = ""
    submit_label: ClassVar[Any] = ""
    reason: ClassVar[bool] = False
    version_field: ClassVar[str] = "updated_at"
    fieldsets: ClassVar[Iterable[tuple[Any, list[str]]]] = ()
    create_permission: ClassVar[str] = ""
    template_name: ClassVar[str] = "generic/form.html"

    # --- What modules override ------------------------------------------------------------------

    def get_form_kwargs(self) -> dict[str, Any]:
        """Arguments of the form besides data and files."""
        kwargs: dict[str, Any] = {"initial": self.get_initial()}
        if issubclass(self.form_class, forms.BaseModelForm):
            kwargs["instance"] = self.object
        return kwargs

    def get_initial(self) -> dict[str, Any]:
        """Values to start from; by default those in the address, so that a link can fill a form in part."""
        if self.object is not None:
            return {}
        return {name: value for name, value in self.request.GET.items() if name in self.form_class.base_fields}  # type: ignore[attr-defined]

    def perform(self, form: Any) -> Any:
        """Write; returns the record. Runs in a transaction with the reason as history context."""
        if self.service is None:
            return form.save()
        if self.object is None:
            return self.service(by=self.request.user, **form.cleaned_data)
        return self.service(self.object, by=self.request.user, **form.cleaned_data)

    def get_formset(self, data: Any = None, files: Any = None) -> Any:
        """A formset of rows that belong to the record (order lines, say), drawn below the fields; None without.

        `perform` finds it validated as `self.formset`.
        """
        return None

    def get_success_url(self, obj: Any) -> str:
        return str(obj.get_absolute_url())

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        return {
            "page": self,
            "form": form,
            "object": self.object,
            "title": self.get_title(),
            "formset": self.formset,
            "groups": self.groups(form),
            "summary": [*summary(form), *formset_summary(self.formset)],
            "version": self.version,
            "submit_label": self.submit_label or (_("Save") if self.object else _("Create")),
            "back_url": safe_next(self.request, self.object.get_absolute_url() if self.object else ""),
            "next": self.request.GET.get("next") or self.request.POST.get("next") or "",
            **extra,
        }

    def get_title(self) -> str:
        if self.title:
            return say(self.title, self.object) if self.object else str(self.title)
        kind = self.model._meta.verbose_name
        return _("Edit %(name)s") % {"name": self.object} if self.object else _("New %(kind)s") % {"kind": kind}

    # --- Requests -------------------------------------------------------------------------------

    @cached_property
    def object(self) -> Any:
        """The record to edit; None on a create page."""
        return self.get_object() if {self.slug_field, "pk"} & set(self.kwargs) else None

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        return tell_user(self.form_class(data, files, **self.get_form_kwargs()), self.request.user)

    formset: Any = None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.formset = self.prepared_formset()
        return TemplateResponse(request, self.template_name, self.get_context_data(self.get_form()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        stored = self.stored_values()
        form = self.get_form(request.POST, request.FILES)
        self.formset = self.prepared_formset(request.POST, request.FILES)
        if not all([form.is_valid(), self.formset is None or self.formset.is_valid()]):
            return self.show_again(form)
        try:
            with transaction.atomic():
                context.say_why(request.POST.get(REASON, "").strip())
                self.refuse_stale()
                obj = self.perform(form)
        except Stale:
            return self.show_conflict(form, stored)
        except ValidationError as error:
            add_error(form, error)
            return self.show_again(form)
        return self.form_done(form, obj)

    def prepared_formset(self, data: Any = None, files: Any = None) -> Any:
        formset = self.get_formset(data, files)
        for row in [*formset.forms, formset.empty_form] if formset is not None else ():
            tell_user(row, self.request.user)
        return formset

    def form_done(self, form: Any, obj: Any) -> HttpResponseBase:
        messages.success(self.request, say(self.done or _("%s saved."), obj))
        return HttpResponseRedirect(safe_next(self.request, self.get_success_url(obj)))

    def show_again(self, form: Any, **extra: Any) -> HttpResponseBase:
        return TemplateResponse(self.request, self.template_name, self.get_context_data(form, **extra), status=422)

    # --- Nobody's change is overwritten unseen --------------------------------------------------

    @property
    def version(self) -> str:
        """When the record was last changed, as the hidden field carries it."""
        moment = (
            getattr(self.object, self.version_field, None) if self.object is not None and self.version_field else None
        )
        return moment.isoformat() if isinstance(moment, datetime) else ""

    def refuse_stale(self) -> None:
        """Lock the record and refuse when somebody changed it since the form was opened."""
        if not self.version:
            return
        now = (
            self.model._default_manager.select_for_update(of=("self",))
            .values_list(self.version_field, flat=True)
            .get(pk=self.object.pk)
        )
        if parse_datetime(self.request.POST.get(VERSION, "").replace(" ", "+")) != now:
            raise Stale(_("Somebody changed this record since you opened it."))

    def stored_values(self) -> dict[str, Any]:
        """What the record holds now, by form field (a bound ModelForm writes into its instance)."""
        if self.object is None:
            return {}
        return {name: _read(self.object, name) for name in self.form_class.base_fields}  # type: ignore[attr-defined]

    def show_conflict(self, form: Any, stored: dict[str, Any]) -> HttpResponseBase:
        """Show both values of every field that differs; sending once more writes the typed ones."""
        conflicts = [
            Conflict(self._label(form, name), display(stored.get(name)), display(form.cleaned_data.get(name)))
            for name in form.fields
            if name in form.cleaned_data and name in stored and stored[name] != form.cleaned_data[name]
        ]
        return TemplateResponse(
            self.request,
            self.template_name,
            self.get_context_data(form, conflicts=conflicts, is_stale=True, changes=self.changes_since()),
            status=409,
        )

    def changes_since(self) -> list[history.Entry]:
        """Who changed the record since the form was opened, newest first."""
        opened = parse_datetime(self.request.POST.get(VERSION, "").replace(" ", "+"))
        if opened is None or not hasattr(self.model, "history"):
            return []
        return [
            entry
            for entry in history.entries(self.object, limit=CHANGES_SHOWN, viewer=self.request.user)
            if entry.at > opened
        ]

    def _label(self, form: Any, name: str) -> str:
        found = model_field(self.model, name)
        return str(form[name].label or capfirst(str(getattr(found, "verbose_name", name))))

    # --- Drawing --------------------------------------------------------------------------------

    def groups(self, form: Any) -> list[tuple[str, list[Any]]]:
        """Visible fields by fieldset."""
        named = {name for _title, names in self.fieldsets for name in names}
        first = [field for field in form.visible_fields() if field.name not in named]
        rest = [(str(title), [form[name] for name in names if name in form.fields]) for title, names in self.fieldsets]
        return [group for group in [("", first), *rest] if group[1]]


def _read(obj: Any, name: str) -> Any:
    value = getattr(obj, name, None)
    if isinstance(value, models.Manager):
        return list(value.all())
    return value


def formset_summary(formset: Any) -> list[tuple[str, str, list[str]]]:
    """The same for the rows of a formset, each named by its number."""
    if formset is None or not formset.is_bound:
        return []
    whole = [("", "", list(formset.non_form_errors()))] if formset.non_form_errors() else []
    rows = [
        (control, _("Row %(number)s, %(label)s") % {"number": number, "label": label} if label else "", errors)
        for number, form in enumerate(formset.forms, start=1)
        for control, label, errors in summary(form)
    ]
    return whole + rows
