"""The verbs of an ExportRun: start, make, cancel, remove. Page, schedule and job call the same functions.

A run remembers the address of its list. Whoever makes it opens that list anew, with the rights of its owner now.
"""

from __future__ import annotations

import tempfile
import zoneinfo
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import DatabaseError, OperationalError, transaction
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from backoffice import audit
from backoffice.exports import delivery
from backoffice.exports.files import Export
from backoffice.exports.responses import facts, file_name
from backoffice.generic import ListPage
from backoffice.generic.addresses import list_at
from backoffice.models import ExportRun, ExportTemplate, Notification, User
from backoffice.numbering import next_number

Status = ExportRun.Status
Progress = Callable[[int], None]
TASK = "backoffice.make_export"


class Canceled(Exception):
    """The owner no longer wants the file."""


# --- The list behind an address ---------------------------------------------------------------------


def listing(address: str, user: User) -> ListPage:
    """The list at `address` ("/orders/?status=placed") as `user` may see and export it.

    Raises ValidationError where there is no such list, the user may not export it, or a filter is not right.
    """
    page = list_at(address, user)
    if not user.is_active or not page.has_permission() or not page.get_export_formats():
        raise ValidationError(_("You may not export this list."))
    if not page.filterset_valid:
        raise ValidationError(_("A filter is not right. Nothing was exported."))
    return page


def export_of(run: ExportRun, progress: Progress | None = None) -> Export:
    """What the run is to hold. Raises ValidationError as `listing` does."""
    page = listing(run.address, run.user)
    if run.format not in page.get_export_formats():
        raise ValidationError(_("You may not export this list."))
    export = page.get_export(run.format, bom=run.bom)
    export.progress = progress
    return export


def zone_of(user: User) -> zoneinfo.ZoneInfo:
    """The time zone that the user has chosen, else that of the company."""
    try:
        return zoneinfo.ZoneInfo(user.timezone or settings.TIME_ZONE)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo(settings.TIME_ZONE)


# --- Verbs ------------------------------------------------------------------------------------------


@transaction.atomic
def start(
    address: str, *, by: User, name: str, fmt: str, bom: bool = True, template: ExportTemplate | None = None
) -> ExportRun:
    """Queue an export. The jobs of a person run one after another."""
    run = ExportRun.objects.create(
        number=next_number("EX"), user=by, template=template, name=name[:120], address=address, format=fmt, bom=bom
    )
    app.configure_task(TASK, lock=f"export:{by.pk}").defer(run=run.pk)
    return run


def repeat(template: ExportTemplate, *, by: User) -> ExportRun:
    """Make the file of a template now."""
    return start(template.address, by=by, name=template.name, fmt=template.format, bom=template.bom, template=template)


def make(run: ExportRun, progress: Progress | None = None) -> ExportRun:
    """Write the file, or why there is none; whoever canceled it meanwhile gets none."""
    if not _unfinished(run).update(status=Status.RUNNING, rows=0):
        return run
    user = run.user
    with translation.override(user.language or settings.LANGUAGE_CODE), timezone.override(zone_of(user)):
        try:
            export = export_of(run, progress)
            audit.record("list.exported", run, by=user, data=facts(export, run.name))
            _write(run, export)
        except Canceled:
            return run
        except ValidationError as error:
            _fail(run, " ".join(error.messages))
        except (DatabaseError, OSError) as error:
            late = isinstance(error, OperationalError)
            _fail(run, _("It took too long.") if late else _("The file could not be written."))
            raise
        run.refresh_from_db()
        _tell(run)
    return run


def _unfinished(run: ExportRun) -> Any:
    return ExportRun.objects.unfinished().filter(pk=run.pk)


def _write(run: ExportRun, export: Export) -> None:
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        for piece in export:
            file.write(piece)
        size = file.tell()
        run.file.save(f"{run.number}.{run.format}", File(file), save=False)
    now = timezone.now()
    done = _unfinished(run).update(
        status=Status.DONE,
        rows=export.rows,
        size=size,
        file=run.file.name,
        finished_at=now,
        expires_at=now + settings.EXPORT_KEEP,
    )
    if not done:
        run.file.delete(save=False)
        raise Canceled


def _fail(run: ExportRun, message: str) -> None:
    _unfinished(run).update(status=Status.FAILED, message=message, finished_at=timezone.now())


def _tell(run: ExportRun) -> None:
    """Ring the owner's bell, and bring the file where its template says."""
    if run.status == Status.DONE:
        rows = number_format(run.rows, use_l10n=True, force_grouping=True)
        text = _("%(name)s is ready: %(rows)s rows.") % {"name": run.name, "rows": rows}
        text += delivery.deliver(run)
    else:
        text = _("%(name)s was not exported: %(message)s") % {"name": run.name, "message": run.message}
    Notification.objects.create(user=run.user, text=text[:300], url=run.get_absolute_url())


@transaction.atomic
def cancel(run: ExportRun, *, by: User) -> None:
    """Give up a file that is not made yet. Raises IllegalTransition for others."""
    run = ExportRun.objects.visible_to(by).locked().get(pk=run.pk)
    run.must_become(Status.CANCELED)
    ExportRun.objects.filter(pk=run.pk).update(status=Status.CANCELED, finished_at=timezone.now())
    audit.record("export.canceled", run, by=by)


@transaction.atomic
def remove(run: ExportRun, *, by: User | None) -> None:
    """Delete the file; that it was made stays on record. Raises IllegalTransition where there is none."""
    run = ExportRun.objects.locked().get(pk=run.pk)
    run.must_become(Status.REMOVED)
    ExportRun.objects.filter(pk=run.pk).update(status=Status.REMOVED)
    audit.record("export.removed", run, by=by)
    file = run.file
    transaction.on_commit(lambda: file.delete(save=False) if file else None)


def remove_expired() -> int:
    """Remove the files that were kept long enough; returns how many."""
    expired = list(ExportRun.objects.past_keeping(timezone.now()))
    for run in expired:
        remove(run, by=None)
    return len(expired)


def download_name(run: ExportRun) -> str:
    """ "open-orders-2026-01-31.csv"."""
    return file_name(run.name, run.format)
