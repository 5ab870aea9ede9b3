"""Runs whose records came in several files: they are kept with the run in one zip, and joined to the file that it reads."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.files import File
from django.utils.translation import gettext as _

from backoffice import resources
from backoffice.imports import joining, running, sources
from backoffice.imports.joining import Joined
from backoffice.imports.reading import Unreadable
from backoffice.models import ImportRun
from backoffice.resources import BaseResource

BLOCK = 1024**2


def take_in(run: ImportRun, kinds: Sequence[BaseResource], further: Sequence[Any]) -> Joined | None:
    """Join the run's file with further uploads, or what its zip holds; None where there is but one file. Raises Unreadable."""
    resource = next((kind for kind in kinds if kind.joins), None)
    if not further and (resource is None or not _holds_several(run)):
        return None
    if resource is None:
        raise Unreadable(_("“%(resource)s” come in one file, not in several.") % {"resource": kinds[0].label})
    run.resource = resource.key
    if further:
        _pack(run, further)
    else:
        with run.file.open("rb") as file:
            run.parts.save(f"{run.number}-files.zip", File(file), save=False)
    return _join(run, is_ordered=bool(further))


def join_anew(run: ImportRun, data: Mapping[str, Any]) -> Joined | None:
    """Join by other columns where a person chose such; None where it stays as it is. Raises Unreadable."""
    steps = run.joined.get("steps", [])
    before = [(step["left"], step["right"]) for step in steps]
    chosen = [(data.get(f"left-{n}", left), data.get(f"right-{n}", right)) for n, (left, right) in enumerate(before)]
    if not run.parts or chosen == before:
        return None
    return _join(run, on=chosen, places=[run.joined["place"], *(step["place"] for step in steps)])


def _holds_several(run: ImportRun) -> bool:
    with running.local(run) as path, path.open("rb") as file:
        if file.read(4) != sources.ZIP:
            return False
        with sources.directory(file) as archive:
            return not sources.is_workbook(archive) and len(sources.tables(archive)) > 1


def _pack(run: ImportRun, further: Sequence[Any]) -> None:
    """One archive of all uploads, the same for the same files."""
    with tempfile.TemporaryFile() as kept:
        with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, run.file.open("rb") as first:
            uploads = [(run.file_name, first), *((upload.name, upload) for upload in further)]
            for place, (name, upload) in enumerate(uploads):
                member = zipfile.ZipInfo(f"{place}/{sources.shown(name)}")
                member.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(member, "w", force_zip64=True) as inside:
                    shutil.copyfileobj(upload, inside, BLOCK)
        kept.seek(0)
        run.sha256 = hashlib.file_digest(kept, "sha256").hexdigest()
        kept.seek(0)
        run.parts.save(f"{run.number}-files.zip", File(kept), save=False)


@contextmanager
def _files(run: ImportRun) -> Iterator[list[tuple[str, Path]]]:
    """The files on this machine; no name out of the archive reaches the disk. Raises Unreadable."""
    with tempfile.TemporaryDirectory(prefix="houtai-files-") as folder, run.parts.open("rb") as file:
        found = []
        with sources.directory(cast(BinaryIO, file)) as archive:
            for place, name in enumerate(sources.tables(archive)[: joining.MOST_FILES + 1]):
                path = Path(folder) / str(place)
                with sources.open_member(archive, name) as inside, path.open("wb") as out:
                    shutil.copyfileobj(inside, out, BLOCK)
                found.append((sources.shown(name), path))
        yield found


def _join(
    run: ImportRun, *, on: Sequence[tuple[str, str]] = (), places: Sequence[int] = (), is_ordered: bool = True
) -> Joined:
    """Put the joined table in the place of the run's file."""
    with _files(run) as files, tempfile.TemporaryDirectory(prefix="houtai-join-") as folder:
        ordered = [files[place - 1] for place in places] or files
        joined = joining.join(
            ordered, resources.get(run.resource), Path(folder) / "joined.csv", on=on, is_ordered=is_ordered
        )
        if places:
            joined.place, steps = places[0], zip(joined.steps, places[1:], strict=True)
            for step, place in steps:
                step.place = place
        run.file.delete(save=False)
        with joined.path.open("rb") as file:
            run.file.save(f"{run.number}.csv", File(file), save=False)
    run.joined = joined.as_json()
    run.save(update_fields=["file", "parts", "joined", "sha256", "resource"])
    return joined
