"""Rows of an .xlsx workbook, streamed; files that would blow up when unpacked are refused first."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

MAX_UNPACKED = 2 * 1024**3
MAX_RATIO = 150
SMALL = 20 * 1024**2
MAX_MEMBERS = 2000
PROLOG = 64 * 1024
FORMULA = "\x00formula"


def refuse_bombs(path: Path) -> None:
    """Raise ValidationError for an archive that is no workbook, grows too large, or declares entities."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
                raise ValidationError(_("This is a packed file, not a workbook. Unpack it and give the table inside."))
            _refuse_sizes(members)
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    _refuse_entities(archive, member)
    except zipfile.BadZipFile as error:
        raise ValidationError(_("The workbook is damaged. Save it anew and try again.")) from error


def _refuse_sizes(members: list[zipfile.ZipInfo]) -> None:
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    if len(members) > MAX_MEMBERS or total > MAX_UNPACKED or (total > SMALL and total / packed > MAX_RATIO):
        raise ValidationError(_("The workbook unpacks to far more than its size says. It was not opened."))


def _refuse_entities(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """A workbook has no document type; one that declares it wants to expand entities."""
    with archive.open(member) as file:
        start = file.read(PROLOG)
    plain = start.replace(b"\0", b"")
    if re.search(rb"<!(DOCTYPE|ENTITY)", plain):
        raise ValidationError(
            _("The workbook declares entities, which can make a reader run out of memory. It was not opened.")
        )


def rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Every row with cells of the first sheet that has any, as texts; blank rows are passed over."""
    refuse_bombs(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=False)
    except (InvalidFileException, KeyError, ValueError) as error:
        raise ValidationError(_("The workbook is damaged. Save it anew and try again.")) from error
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            number = 0
            for number, cells in _cells(sheet):
                yield number, cells
            if number:
                return
    finally:
        book.close()


def _cells(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [_text(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return FORMULA
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(sep=" ")
    return str(value)
