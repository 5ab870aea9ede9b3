"""The history of imports, and how a file comes in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic, resources
from backoffice.imports import reading, running, several
from backoffice.imports.encodings import first_fault
from backoffice.imports.mapping import ERRORS, fingerprint, simplify
from backoffice.imports.running import Table
from backoffice.imports.views.base import IMPORT, allowed_resources
from backoffice.models import ImportMapping, ImportRun, User

ANY = "any"
ACCEPTED = ".csv,.tsv,.tab,.txt,.xlsx,.xlsm,.json,.jsonl,.ndjson,.gz,.zip"
NAMED = 10  # what the name of the file counts for beside its columns
SHOWN_KINDS = 3
REMEMBERED = ("encoding", "decimal", "dates")
SURE_ENCODINGS = ("utf-8-sig", "utf-16", "utf-32")  # which a file proves by itself
MOST_RECALLED = 20
OWN_NAME = re.compile(r"(IM-[\w-]*\d)-refused", re.IGNORECASE)


class RunList(generic.ListPage):
    """History of imports: one's own, or everybody's for those who read the audit trail."""

    model = ImportRun
    permission = "backoffice.view_importrun"
    key = "imports"
    title = gettext_lazy("Imports")
    columns = [
        generic.Column("number", link=True),
        generic.Column("file_name"),
        generic.Column("resource"),
        generic.Column("status", kind="badge"),
        generic.Column("new", kind="number"),
        generic.Column("changed", kind="number"),
        generic.Column("unchanged", kind="number"),
        generic.Column("refused", kind="number"),
        generic.Column("user.name", gettext_lazy("By")),
        generic.Column("created_at", kind="relative"),
    ]
    ordering = {"newest": ("-pk",), "oldest": ("pk",)}
    create_url = "imports:new"
    create_permission = IMPORT
    create_label = gettext_lazy("Import a file")
    empty_title = gettext_lazy("No file was brought in yet")
    empty_text = gettext_lazy("Product files of Shopify, WooCommerce, Spree and Medusa are understood as they are.")

    def get_queryset(self) -> Any:
        return super().get_queryset().of_files().select_related("user")


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Any number of files, also none."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        return [super(ManyFilesField, self).clean(upload, initial) for upload in data or []]


class UploadForm(forms.Form):
    resource = forms.ChoiceField(label=gettext_lazy("What the file holds"))
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV, TSV, XLSX or JSON, also packed as gz or zip. Encoding, delimiter and columns are found out and shown; nothing is "
            "written yet."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPTED}),
    )
    further = ManyFilesField(
        label=gettext_lazy("Further files of the same orders"),
        required=False,
        help_text=gettext_lazy(
            "Where lines or payments are files of their own: they are joined by the order number. One zip that holds all of them "
            "will do as well."
        ),
        widget=ManyFiles(attrs={"accept": ACCEPTED}),
    )


class Upload(generic.Page):
    """Takes a file in and leads to its columns."""

    permission = IMPORT
    template_name = "imports/upload.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.show(self.form(initial={"resource": request.GET.get("resource", ANY)}))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            return self.show(form, 422)
        upload, key = form.cleaned_data["file"], form.cleaned_data["resource"]
        try:
            run = take_in(
                self.resources if key == ANY else [resources.get(key)],
                by=self.user,
                name=upload.name,
                upload=upload,
                further=form.cleaned_data.get("further", ()),
            )
        except ValidationError as error:
            form.add_error("further" if form.cleaned_data.get("further") else "file", error)
            return self.show(form, 422)
        return HttpResponseRedirect(run.get_absolute_url())

    def form(self, *args: Any, **kwargs: Any) -> UploadForm:
        form = UploadForm(*args, **kwargs)
        every = [(resource.key, resource.label) for resource in self.resources]
        if not any(resource.joins for resource in self.resources):
            del form.fields["further"]
        form.fields["resource"].choices = [(ANY, _("find out from its columns")), *every] if len(every) > 1 else every
        return form

    @cached_property
    def resources(self) -> list[resources.BaseResource]:
        return allowed_resources(self.request.user)

    def show(self, form: UploadForm, status: int = 200) -> HttpResponseBase:
        shown = {"title": _("Import a file"), "form": form, "resources": self.resources, "step": "file"}
        return TemplateResponse(self.request, self.template_name, shown, status=status)


def take_in(
    kinds: Sequence[resources.BaseResource], *, by: User, name: str, upload: Any, further: Sequence[Any] = ()
) -> ImportRun:
    """A run for an uploaded file of one of these kinds, read as well as can be guessed; `further` uploads are joined to it.

    Raises ValidationError for what is no table.
    """
    run = running.start(kinds[0], by=by, name=name, source="import", upload=upload)
    try:
        joined = several.take_in(run, kinds, further)
        if joined:
            kinds = [resources.get(run.resource)]
        with running.local(run) as path:
            table = likeliest(path, kinds, by=by, name=name)
            run.resource = table.resource.key
            run.rest_of = rest_of(run, table)
            if run.rest_of:
                table.dialect.decimal = run.rest_of.dialect.get("decimal", table.dialect.decimal)
                table.dialect.dates = run.rest_of.dialect.get("dates", table.dialect.dates)
            if run.rest_of:
                table = running.open_table(
                    path, table.resource, dialect=table.dialect, chosen=run.rest_of.mapping, by=by, strict=False
                )
            else:
                table = recalled(path, table, kinds, by=by)
                run.resource = table.resource.key
            run.save(update_fields=["resource", "rest_of"])
            if joined:
                table.dialect.notes = joined.notes()
            running.settle(run, table)
    except ValidationError:
        run.file.delete(save=False)
        run.parts.delete(save=False)
        run.delete()
        raise
    return run


def likeliest(path: Path, kinds: Sequence[resources.BaseResource], *, by: User, name: str = "") -> Table:
    """The file as a table of the kind that knows most of its columns; what was mapped by hand before counts as known.

    A kind whose needed columns the file lacks comes last; the name of the file decides between equals. What remains a guess
    is said in the doubts of the dialect.
    """
    dialect = reading.sniff(path)
    tables: list[tuple[Fit, Table]] = []
    refusals = []
    for resource in kinds:
        try:
            table = running.open_table(path, resource, dialect=dialect, by=by, strict=False, find_header=True)
        except ValidationError as error:
            refusals.append(error)
        else:
            tables.append((_fit(table, by, name), table))
    if not tables:
        raise refusals[0]
    tables.sort(key=lambda one: one[0], reverse=True)
    best, table = tables[0]
    if not best.used and not best.is_saved and len(kinds) > 1:
        raise ValidationError(
            _("No column of this file is known. Say what the file holds; its columns are chosen then.")
        )
    if doubt := _doubt(tables):
        table.dialect.doubts = [doubt, *table.dialect.doubts]
    return table


class Fit(NamedTuple):
    """How well a file fits a kind, the most telling first."""

    is_saved: bool  # a person mapped such a file before
    is_complete: bool  # all that is needed is there
    known: int  # columns left out by declaration count once, those that are used twice
    is_named: bool
    used: int
    own_names: int


def _fit(table: Table, by: User, name: str) -> Fit:
    resource, used = table.resource, table.mapping.used
    saved = ImportMapping.objects.filter(user=by, resource=resource.key, fingerprint=fingerprint(table.header))
    sure = {match.target for match in used if match.is_known}
    is_named = any(word in name.lower() for word in _words(resource))
    known = sum(match.is_known * (1 + bool(match.target)) for match in table.mapping.matches) + NAMED * is_named
    own = sum(match.how == "name" for match in used)
    return Fit(saved.exists(), not resource.lacking(sure), known if sure else 0, is_named, len(used), own)


def _words(resource: resources.BaseResource) -> list[str]:
    """Words by which the name of a file says what it holds: "order" is in my_orders.csv."""
    return [re.sub(r"(ies|s)$", "", resource.key), *resource.called]


def _doubt(tables: Sequence[tuple[Fit, Table]]) -> str:
    """The sentence about a guess that the columns do not bear out; the kinds that come close."""
    best, table = tables[0]
    if len(tables) < 2 or best.is_saved:
        return ""
    near = [
        str(other.resource.label)
        for fit, other in tables[1:]
        if (fit.is_complete, fit.known, fit.used) == (best.is_complete, best.known, best.used)
    ]
    if best.is_complete and not near and 2 * sum(m.is_known for m in table.mapping.matches) >= len(table.header):
        return ""
    if not near:
        return str(
            _("What the file holds is a guess: few of its columns are known. Choose another kind where it is wrong.")
        )
    return _("What the file holds is a guess; it may also be: %(kinds)s.") % {"kinds": ", ".join(near[:SHOWN_KINDS])}


def rest_of(run: ImportRun, table: Table) -> ImportRun | None:
    """The run whose refused rows these are: a file of ours ends with the column `errors`, and its name says of which run."""
    if not table.header or simplify(table.header[-1]) != ERRORS:
        return None
    earlier = ImportRun.objects.filter(user=run.user, resource=run.resource, refused__gt=0).exclude(pk=run.pk)
    named = OWN_NAME.search(run.file_name)
    if named and (found := earlier.filter(number=named[1].upper()).first()):
        return found
    keys = {match.key for match in table.mapping.matches[:-1]}
    return next((one for one in earlier.order_by("-pk")[:20] if set(one.mapping) - {table.header[-1]} == keys), None)


def recalled(path: Path, table: Table, kinds: Sequence[resources.BaseResource], *, by: User) -> Table:
    """The file read as the person said of such a file last time. Raises ValidationError."""
    saved = saved_mapping(by, table.resource.key, table.header)
    if saved is None and (found := _in_another_encoding(path, table, kinds, by=by)):
        saved, table = found
    if saved is None:
        return table
    dialect = replace(table.dialect)
    for name, value in saved.reading.items():
        if name == "encoding" and (dialect.kind != "csv" or dialect.encoding in SURE_ENCODINGS):
            continue
        setattr(dialect, name, value)
        dialect.chosen = sorted({*dialect.chosen, name})
    dialect.doubts = [] if dialect.chosen else dialect.doubts
    return running.open_table(path, table.resource, dialect=dialect, chosen=saved.mapping, by=by, strict=False)


def _in_another_encoding(
    path: Path, table: Table, kinds: Sequence[resources.BaseResource], *, by: User
) -> tuple[ImportMapping, Table] | None:
    """What is known of the file when it is read in an encoding that the person said before: its header may be misread now."""
    if table.dialect.kind != "csv" or table.dialect.encoding in SURE_ENCODINGS:
        return None
    keys = [kind.key for kind in kinds]
    saved = ImportMapping.objects.filter(user=by, resource__in=keys, reading__has_key="encoding").order_by(
        "-updated_at"
    )
    for one in saved[:MOST_RECALLED]:
        if first_fault(path, one.reading["encoding"]):
            continue
        dialect = replace(table.dialect, encoding=one.reading["encoding"])
        resource = resources.get(one.resource)
        other = running.open_table(path, resource, dialect=dialect, by=by, strict=False)
        if fingerprint(other.header) == one.fingerprint:
            return one, other
    return None


def saved_mapping(user: User | None, key: str, header: list[str]) -> ImportMapping | None:
    return ImportMapping.objects.filter(user=user, resource=key, fingerprint=fingerprint(header)).first()


def remember(run: ImportRun, table: Table) -> None:
    """Keep what the person chose for the next file with this header; what was only guessed needs no keeping."""
    reading = {name: getattr(table.dialect, name) for name in REMEMBERED if name in table.dialect.chosen}
    if reading or any(match.how == "chosen" for match in table.mapping.matches):
        ImportMapping.objects.update_or_create(
            user=run.user,
            resource=run.resource,
            fingerprint=fingerprint(table.header),
            defaults={"name": run.file_name, "mapping": table.mapping.as_json(), "reading": reading},
        )
    elif saved := saved_mapping(run.user, run.resource, table.header):
        saved.delete()
