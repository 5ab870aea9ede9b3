"""The verbs of an ImportRun: start, check, apply. Browser, command and job call the same functions."""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from backoffice import audit, context, resources
from backoffice.errors import IllegalTransition
from backoffice.imports import mapping as mappings
from backoffice.imports import reading
from backoffice.imports.mapping import Mapping
from backoffice.imports.reading import Dialect
from backoffice.models import ImportRun, User
from backoffice.numbering import next_number
from backoffice.resources import BaseResource, Outcome

Progress = Callable[[int], None]
PROGRESS_STEP = 1000
Status = ImportRun.Status


class NothingApplied(ValidationError):
    """The rows were refused by the database itself; all of them were taken back."""


@dataclass
class Table:
    """A file that was opened: how it is written, its header, which column is which."""

    path: Path
    resource: BaseResource
    dialect: Dialect
    header: list[str]
    mapping: Mapping
    since: reading.Stamp
    sample: list[tuple[int, list[str]]] = field(default_factory=list)
    mended: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Records below the header, with the cells that were mended."""
        mended = {int(row): cells for row, cells in self.mended.items()}
        width = len(self.header) if self.mapping.pads else 0
        first = self.dialect.header_row + 1
        for number, cells in reading.open_table(self.path, self.dialect, self.since):
            if number < first:
                continue
            if len(cells) < width:
                cells.extend([""] * (width - len(cells)))
            if number in mended:
                for index, (_old, new) in mended[number].items():
                    cells = [*cells, *[""] * (int(index) + 1 - len(cells))]
                    cells[int(index)] = new
            yield number, cells

    def staged(self, progress: Progress | None) -> tuple[Sequence[str], Iterator[Any]]:
        """Names of the staged columns, and the rows as the service takes them."""
        return self.resource.staged(_counted(self.rows(), progress), self.mapping)

    def estimate(self) -> int:
        """About how many records there are; never fewer, but for workbooks."""
        return reading.estimate(self.path, self.dialect)


def open_table(
    path: Path,
    resource: BaseResource,
    *,
    dialect: Dialect | None = None,
    chosen: dict[str, str] | None = None,
    by: User | None = None,
    read_as: dict[str, str] | None = None,
    strict: bool = True,
    find_header: bool = False,
) -> Table:
    """Open the file: guess what `dialect`, `read_as` (parts of one) and `chosen` do not say.

    Raises ValidationError for what is no such table. Not `strict`, a table is opened though none of its columns is known:
    a person says which is which.
    """
    guessed = dialect is None or find_header
    since = reading.stamp(path)
    dialect = replace(dialect) if dialect else reading.sniff(path).changed(read_as or {})
    rows = reading.sample(path, dialect)
    if guessed:
        near = rows[:1] if dialect.kind == "json" else rows
        number, header = mappings.find_header(near, resource, strict=strict)
        dialect.header_row = number
    elif dialect.header_row == 0:
        header = mappings.headless(rows, resource) or mappings.numbered(rows)
    else:
        header = next((cells for number, cells in rows if number == dialect.header_row), [])
        if not header:
            raise reading.Unreadable(
                _("Row %(row)s is not there or empty; it cannot be the header.") % {"row": dialect.header_row}
            )
        reading.check_width(header)
    sample = [(number, cells) for number, cells in rows if number > dialect.header_row]
    if dialect.kind == "xlsx":  # cells do not slip there: what stands beside the header is a column without a name
        header = [*header, *[""] * (max([0, *(len(cells) for _number, cells in sample)]) - len(header))]
    mapping = mappings.match_headers(header, resource, chosen)
    mapping.decimal = dialect.decimal
    mapping.dates = dialect.dates
    mapping.pads = dialect.kind == "xlsx"
    _withhold(mapping, resource, by)
    if strict and not mapping.used:
        raise reading.Unreadable(_("No column of the file is used. Choose at least one."))
    return Table(path, resource, dialect, header, mapping, since, sample)


def _withhold(mapping: Mapping, resource: BaseResource, by: User | None) -> None:
    """Columns that the person may not see are not brought in either."""
    columns = resource.columns()
    for match in mapping.used:
        permission = columns[match.target].permission
        if permission and by is not None and not by.has_perm(permission):
            match.target, match.reason = "", _("you may not see these values")


def start(
    resource: BaseResource, *, by: User | None, name: str, source: str, path: Path | None = None, upload: Any = None
) -> ImportRun:
    """Take a file in. An `upload` is kept with the run; a `path` stays where it is."""
    run = ImportRun(number=next_number("IM"), resource=resource.key, user=by, source=source, file_name=name[:255])
    if upload is not None:
        run.sha256, run.size = _digest(upload.chunks())
        upload.seek(0)
        run.file.save(f"{run.number}{Path(name).suffix[:10].lower()}", upload, save=False)
    elif path is not None:
        with path.open("rb") as file:
            run.sha256, run.size = _digest(iter(lambda: file.read(1 << 20), b""))
    run.save()
    return run


def take_in(resource: BaseResource, *, by: User, source: str, upload: Any) -> ImportRun:
    """Start a run with an upload and settle how it is read. Raises ValidationError for what is no such table; nothing stays."""
    run = start(resource, by=by, name=upload.name, source=source, upload=upload)
    try:
        with local(run) as path:
            settle(run, open_table(path, resource, by=by))
    except ValidationError:
        run.file.delete(save=False)
        run.delete()
        raise
    return run


def _digest(pieces: Any) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def same_file_before(run: ImportRun) -> ImportRun | None:
    """An applied run of the very same file."""
    if not run.sha256:
        return None
    return (
        ImportRun.objects.filter(resource=run.resource, sha256=run.sha256, status=Status.APPLIED)
        .exclude(pk=run.pk)
        .order_by("-pk")
        .first()
    )


@contextmanager
def local(run: ImportRun) -> Iterator[Path]:
    """The run's file on this machine."""
    try:
        yield Path(run.file.path)
        return
    except NotImplementedError:
        pass
    with tempfile.NamedTemporaryFile(suffix=Path(run.file.name or "").suffix) as copy, run.file.open("rb") as kept:
        shutil.copyfileobj(kept, copy)
        copy.flush()
        yield Path(copy.name)


def table_of(run: ImportRun, path: Path, *, by: User | None, strict: bool = True) -> Table:
    """The run's table as it was last settled, with the cells that were mended since."""
    dialect = Dialect.from_json(run.dialect) if run.dialect else None
    table = open_table(
        path, resources.get(run.resource), dialect=dialect, chosen=run.mapping or None, by=by, strict=strict
    )
    table.mended = run.mended
    return table


def settle(run: ImportRun, table: Table) -> None:
    """Keep how the file is read."""
    run.dialect = table.dialect.as_json()
    run.mapping = table.mapping.as_json()
    run.save(update_fields=["dialect", "mapping"])


def claim(run: ImportRun, status: str) -> ImportRun:
    """Move the run on, once: whoever comes second gets IllegalTransition."""
    with transaction.atomic():
        mine = ImportRun.objects.locked().get(pk=run.pk)
        if interrupted(mine):
            mine.status = Status.FAILED
            mine.save(update_fields=["status"])
        mine.must_become(status)
        mine.status = status
        mine.message = ""
        mine.save(update_fields=["status", "message"])
    run.status, run.message = mine.status, ""
    return run


def check(
    run: ImportRun, table: Table, *, by: User | None, progress: Progress | None = None, errors: Path | None = None
) -> Outcome:
    """Read and compare everything, write nothing."""
    claim(run, Status.CHECKING)
    return _carry_out(run, table, by=by, dry_run=True, partial=False, progress=progress, errors=errors)


def apply(
    run: ImportRun,
    table: Table,
    *,
    by: User | None,
    partial: bool = False,
    progress: Progress | None = None,
    errors: Path | None = None,
    reason: str = "",
) -> Outcome:
    """Write all rows, or none when one is refused; with `partial` those that are right."""
    claim(run, Status.APPLYING)
    run.partial = partial
    return _carry_out(
        run, table, by=by, dry_run=False, partial=partial, progress=progress, errors=errors, reason=reason
    )


def _carry_out(
    run: ImportRun,
    table: Table,
    *,
    by: User | None,
    dry_run: bool,
    partial: bool,
    progress: Progress | None,
    errors: Path | None,
    reason: str = "",
) -> Outcome:
    started = time.monotonic()
    refused = _RefusedRows(run, table, errors)
    try:
        with (
            context.acting(source=run.source, user=by, run=run.number, reason=reason or run.file_name),
            transaction.atomic(),
        ):
            _hold(run)
            outcome = _serve(run, table, refused, by=by, dry_run=dry_run, partial=partial, progress=progress)
            outcome.notes = [*table.dialect.doubts, *table.dialect.notes, *table.mapping.notes(), *outcome.notes]
            run.status = Status.CHECKED if dry_run else Status.APPLIED if outcome.applied else Status.REFUSED
            _keep(run, table, outcome, time.monotonic() - started)
            if outcome.applied:
                audit.record(f"{run.noun}.applied", run, by=by, data=counts(outcome))
    except IllegalTransition:
        raise
    except (IntegrityError, OperationalError) as error:
        refusal = NothingApplied(
            _("The database refused the rows, nothing was written: %(error)s") % {"error": str(error).splitlines()[0]}
        )
        failed(run, refusal, time.monotonic() - started)
        raise refusal from error
    except Exception as error:
        failed(run, error, time.monotonic() - started)
        raise
    refused.keep()
    return outcome


def _serve(
    run: ImportRun,
    table: Table,
    refused: _RefusedRows,
    *,
    by: User | None,
    dry_run: bool,
    partial: bool,
    progress: Progress | None,
) -> Outcome:
    """Hand the rows to the service of the resource."""
    names, staged = table.staged(progress)
    return table.resource.service(
        staged, columns=names, by=by, dry_run=dry_run, partial=partial, on_refused=refused.write, run=run
    )


def _hold(run: ImportRun) -> None:
    """A lock that lives as long as the run is worked on, so that `interrupted` can tell.

    Raises IllegalTransition when somebody else claimed the run before it was held, and is done with it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [run.number])
    now = ImportRun.objects.get(pk=run.pk)
    if now.status != run.status:
        raise IllegalTransition(now, now.get_status_display(), run.get_status_display())


def interrupted(run: ImportRun) -> bool:
    """Whether the run says that it is being worked on while nobody does: its worker was killed, nothing was written."""
    if run.status not in (Status.CHECKING, Status.APPLYING):
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [run.number])
        return bool(cursor.fetchone()[0])


def counts(outcome: Outcome | ImportRun) -> dict[str, int]:
    return {name: getattr(outcome, name) for name in ("read", "new", "changed", "unchanged", "refused")}


def _counted(rows: Iterator[tuple[int, list[str]]], progress: Progress | None) -> Iterator[tuple[int, list[str]]]:
    if progress is None:
        yield from rows
        return
    done = 0
    for done, row in enumerate(rows, start=1):
        yield row
        if done % PROGRESS_STEP == 0:
            progress(done)
    progress(done)


def _keep(run: ImportRun, table: Table, outcome: Outcome, seconds: float) -> None:
    for name, value in counts(outcome).items():
        setattr(run, name, value)
    settled = {"dialect": table.dialect.as_json(), "mapping": table.mapping.as_json()}
    run.dialect, run.mapping = settled["dialect"], settled["mapping"]
    run.job_id = None
    if outcome.applied:
        run.steps = [step("applied", counts(outcome))]
    run.report = {
        "problems": outcome.problems,
        "warnings": outcome.warnings,
        "causes": outcome.causes,
        "differences": outcome.differences,
        "notes": outcome.notes,
        "columns": [match.target for match in table.mapping.matches],
        "ignored": [{"header": m.header, "reason": str(m.reason)} for m in table.mapping.ignored],
    }
    run.seconds = round(seconds, 3)
    run.finished_at = timezone.now()
    run.save()


def step(kind: str, numbers: dict[str, int]) -> dict[str, Any]:
    """What was done to the records just now, and where the row history has it."""
    by = User.objects.filter(pk=context.current().get("user")).first()
    return {
        "kind": kind,
        "context": context.identifier(),
        "at": timezone.now().isoformat(),
        "by": str(by or ""),
        **numbers,
    }


def failed(run: ImportRun, error: Exception, seconds: float) -> None:
    """The work came to nothing: because somebody wanted it to end, or for a reason that `error` says."""
    run.job_id = None
    if ImportRun.objects.filter(pk=run.pk, cancel_wanted=True).exists():
        run.status, run.message = Status.CANCELED, _("It was canceled. Nothing was written.")
        run.cancel_wanted = False
    else:
        run.status = Status.FAILED
        run.message = (
            " ".join(error.messages) if isinstance(error, ValidationError) else f"{type(error).__name__}: {error}"
        )
    run.seconds = round(seconds, 3)
    run.finished_at = timezone.now()
    run.save()


def work(
    run: ImportRun, *, by: User | None, action: str, partial: bool = False, progress: Progress | None = None
) -> None:
    """Check or apply a run whose file is kept, or whose rows are those of a list."""
    with _source(run) as path:
        try:
            table = resources.of(run).table(run, by=by) or table_of(run, path, by=by)
        except ValidationError as error:
            if run.may_become(Status.FAILED):
                failed(run, error, 0)
            raise
        if action == "apply":
            apply(run, table, by=by, partial=partial, progress=progress)
        else:
            check(run, table, by=by, progress=progress)


def _source(run: ImportRun) -> AbstractContextManager[Path]:
    return local(run) if run.file else nullcontext(Path())


class _RefusedRows:
    """Writes the refused rows as they stood in the file, with a column of what is wrong with each."""

    def __init__(self, run: ImportRun, table: Table, path: Path | None) -> None:
        self.run = run
        self.table = table
        self.path = path
        self.written: Path | None = None

    def write(self, problems: Iterator[dict[str, Any]]) -> None:
        by_row = _grouped(problems)
        current = next(by_row, None)
        if current is None and self.path is None:
            return
        handle, name = tempfile.mkstemp(suffix=".csv", prefix="houtai-refused-")
        self.written = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=self.table.dialect.delimiter)
            writer.writerow([*self.table.header, "errors"])
            for number, cells in self.table.rows():
                if current is None:
                    break
                if number == current[0]:
                    padded = [*cells, *[""] * (len(self.table.header) - len(cells))]
                    writer.writerow([cell.replace("\0", "") for cell in [*padded, current[1]]])
                    current = next(by_row, None)

    def keep(self) -> None:
        """Store the file with the run, or where the command wants it."""
        if self.written is None:
            if self.run.error_file:
                self.run.error_file.delete(save=False)
                self.run.save(update_fields=["error_file"])
            return
        try:
            if self.path is not None:
                shutil.copyfile(self.written, self.path)
            elif self.run.file:
                with self.written.open("rb") as file:
                    self.run.error_file.save(f"{self.run.number}-refused.csv", File(file), save=False)
                self.run.save(update_fields=["error_file"])
        finally:
            self.written.unlink(missing_ok=True)


def _grouped(problems: Iterator[dict[str, Any]]) -> Iterator[tuple[int, str]]:
    """Row number and all its sentences."""
    row, sentences = None, []
    for problem in problems:
        if row is not None and problem["row"] != row:
            yield row, " ".join(sentences)
            sentences = []
        row = problem["row"]
        sentences.append(f"{problem['column']}: {problem['message']}" if problem["column"] else problem["message"])
    if row is not None:
        yield row, " ".join(sentences)


def summary(run: ImportRun) -> str:
    """One sentence for people: what became of the rows."""
    return _("%(read)s rows: %(new)s new, %(changed)s changed, %(unchanged)s unchanged, %(refused)s refused.") % {
        name: number_format(value, use_l10n=True, force_grouping=True) for name, value in counts(run).items()
    }
