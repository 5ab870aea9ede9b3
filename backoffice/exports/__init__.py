"""Lists as files: exactly the rows and columns that a person sees, as CSV, XLSX or JSON Lines.

`values` says what a value looks like, in Python and in SQL; `sources` finds the columns that PostgreSQL can write by
itself; `files` makes the file by one of two roads: `COPY` for such columns, a server-side cursor for all others.
`responses` sends it, `running` keeps large ones for later, `schedules` makes them again by themselves.
"""

from backoffice.exports.files import CONTENT_TYPES, FORMATS, Export
from backoffice.exports.responses import facts, file_name, stream
from backoffice.exports.values import EXPORT, MASK, PERSONAL, cell, plain_decimal, safe

__all__ = [
    "CONTENT_TYPES",
    "EXPORT",
    "FORMATS",
    "MASK",
    "PERSONAL",
    "Export",
    "cell",
    "facts",
    "file_name",
    "plain_decimal",
    "safe",
    "stream",
]
