"""Pages of imports: history, upload, columns, check, result, undo; templates and the page about columns."""

from backoffice.imports.views.files import Columns, MappingFile, Template, refused_rows
from backoffice.imports.views.run import Run, Work
from backoffice.imports.views.undo import Undo
from backoffice.imports.views.upload import RunList, Upload

__all__ = ["Columns", "MappingFile", "Run", "RunList", "Template", "Undo", "Upload", "Work", "refused_rows"]
