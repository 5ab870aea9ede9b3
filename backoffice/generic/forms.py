"""FormPage: create or edit one record. What was typed is kept, and nobody's change is overwritten unseen."""

from collections.abc import Callable, Iterable
from copy import copy
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from backoffice import context, editing, history
from backoffice.errors import Stale
from backoffice.generic import conflicts
from backoffice.generic.actions import OnePage, add_error, say, summary, tell_user
from backoffice.generic.base import safe_next

VERSION = "version"
REASON = "change_reason"
EDITING = "editing"
CHANGES_SHOWN = 5


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
            kwargs["instance"] = copy(
                self.object
            )  # so that a refused form leaves the record on the page as it is stored
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
            "version": self.opened_version,
            "base": self.opened_base(form),
            "editors": self.editors,
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
        if EDITING in request.GET and self.object is not None:
            return self.show_editors()
        self.formset = self.prepared_formset()
        return TemplateResponse(request, self.template_name, self.get_context_data(self.get_form()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        data = self.sent_data()
        form = self.get_form(data, request.FILES)
        self.formset = self.prepared_formset(data, request.FILES)
        if not all([form.is_valid(), self.formset is None or self.formset.is_valid()]):
            return self.show_conflict(form) if self.is_overtaken else self.show_again(form)
        try:
            with transaction.atomic():
                context.say_why(request.POST.get(REASON, "").strip())
                self.refuse_stale()
                obj = self.perform(form)
        except Stale:
            return self.show_conflict(form)
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
        if self.object is not None:
            editing.closed(self.object, self.user)
        messages.success(self.request, say(self.done or _("%s saved."), obj))
        return HttpResponseRedirect(safe_next(self.request, self.get_success_url(obj)))

    def show_again(self, form: Any, **extra: Any) -> HttpResponseBase:
        return TemplateResponse(self.request, self.template_name, self.get_context_data(form, **extra), status=422)

    # --- Who else is here -----------------------------------------------------------------------

    @cached_property
    def editors(self) -> list[editing.Editor]:
        """Who else has the record open."""
        return editing.opened(self.object, self.user) if self.object is not None else []

    def show_editors(self) -> HttpResponseBase:
        """The notice alone, which the open form asks for every half minute; it also tells when somebody saved."""
        saved = bool(self.version) and self.request.GET.get(VERSION) not in (None, self.version)
        shown = {
            "editors": self.editors,
            "saved": history.last_entry(self.object) if saved else None,
            "is_saved": saved,
        }
        return TemplateResponse(self.request, "components/_editing.html", shown, headers={"Cache-Control": "no-store"})

    # --- Nobody's change is overwritten unseen --------------------------------------------------

    is_stale = False

    @property
    def version(self) -> str:
        """When the record was last changed, as the hidden field carries it."""
        moment = (
            getattr(self.object, self.version_field, None) if self.object is not None and self.version_field else None
        )
        return moment.isoformat() if isinstance(moment, datetime) else ""

    @property
    def opened_version(self) -> str:
        """The version that the person has seen: a form that comes back for a correction keeps the one it was opened with."""
        sent = self.request.POST.get(VERSION)
        return self.version if self.is_stale or sent is None else sent

    def opened_base(self, form: Any) -> str:
        """How the values stood when the form was opened, see `conflicts`."""
        sent = self.request.POST.get(conflicts.BASE)
        if not self.version:
            return ""
        if self.is_stale or sent is None:
            fresh, formsets = self.as_stored() if form.is_bound else (form, self.formsets)
            return conflicts.base_of(fresh, formsets)
        return sent

    @property
    def formsets(self) -> list[Any]:
        """Every formset of the form; a page with more than one names them here."""
        return [self.formset] if self.formset is not None else []

    def as_stored(self) -> tuple[Any, list[Any]]:
        """The form and its formsets as they would be opened now; what was sent stays in use."""
        form, sent = self.get_form(), self.formset
        self.formset = self.prepared_formset()
        stored = self.formsets
        self.formset = sent
        return form, stored

    def sent_data(self) -> QueryDict:
        """What was sent, with the stored value of each field where the person chose theirs."""
        data = self.request.POST
        if self.object is None or not any(name.startswith(conflicts.CHOICE) for name in data):
            return data
        self.formset = self.prepared_formset(data, self.request.FILES)
        return conflicts.chosen(data, self.formsets, self.as_stored())

    @property
    def is_overtaken(self) -> bool:
        """Whether somebody saved the record since the form was opened, as far as one sees without locking it."""
        return bool(self.version) and self.sent_version not in (None, parse_datetime(self.version))

    def refuse_stale(self) -> None:
        """Lock the record and refuse when somebody changed it, or a row of it, since the form was opened."""
        if not self.version:
            return
        now = (
            self.model._default_manager.select_for_update(of=("self",))
            .values_list(self.version_field, flat=True)
            .get(pk=self.object.pk)
        )
        is_old = self.sent_version != now
        if is_old or (self.base.rows and self.base.moved(self.as_stored()[1])):
            raise Stale(_("Somebody changed this record since you opened it."))

    @property
    def sent_version(self) -> datetime | None:
        """The version that the form was opened with; None without a readable one."""
        try:
            return parse_datetime(self.request.POST.get(VERSION, "").replace(" ", "+"))
        except ValueError:
            return None

    @cached_property
    def base(self) -> conflicts.Base:
        return conflicts.Base.read(self.request.POST.get(conflicts.BASE, ""))

    def show_conflict(self, form: Any) -> HttpResponseBase:
        """Show both values of what differs. What only the other changed is taken over, the rest stays as typed."""
        changes = self.changes_since()
        self.object, self.is_stale = self.get_object(), True
        found = conflicts.clash(form.data, self.base, (form, self.formsets), self.as_stored())
        merged = self.get_form(found.data, self.request.FILES)
        self.formset = self.prepared_formset(found.data, self.request.FILES)
        shown = {"clash": found, "conflicts": found.both, "is_stale": True, "changes": changes}
        return TemplateResponse(self.request, self.template_name, self.get_context_data(merged, **shown), status=409)

    def changes_since(self) -> list[history.Entry]:
        """Who changed the record or a row of it since the form was opened: the last change of each, newest first."""
        opened = self.sent_version
        if opened is None or not hasattr(self.model, "history"):
            return []
        found = self._entries(self.object, opened)
        if self.base.at:
            rows = conflicts.rows_of(self.as_stored()[1])
            moved = [rows[key] for key in self.base.moved(self.as_stored()[1])[:CHANGES_SHOWN] if key in rows]
            for row in moved:
                if hasattr(type(getattr(row, "instance", None)), "history"):
                    found += self._entries(row.instance, self.base.at)
        newest = {(entry.user, entry.source): entry for entry in sorted(found, key=lambda entry: entry.at)}
        return sorted(newest.values(), key=lambda entry: entry.at, reverse=True)

    def _entries(self, obj: Any, since: datetime) -> list[history.Entry]:
        entries = history.entries(obj, limit=CHANGES_SHOWN, viewer=self.request.user)
        return [entry for entry in entries if entry.at > since]

    # --- Drawing --------------------------------------------------------------------------------

    def groups(self, form: Any) -> list[tuple[str, list[Any]]]:
        """Visible fields by fieldset."""
        named = {name for _title, names in self.fieldsets for name in names}
        first = [field for field in form.visible_fields() if field.name not in named]
        rest = [(str(title), [form[name] for name in names if name in form.fields]) for title, names in self.fieldsets]
        return [group for group in [("", first), *rest] if group[1]]


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
