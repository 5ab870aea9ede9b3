"""What may be edited in bulk of a kind of record, declared once; and the rows of one bulk edit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.bulk_edit.batch import EditBatch
from backoffice.bulk_edit.operations import Attribute, Change, EditField, field_of
from backoffice.imports.batch import carry_out
from backoffice.imports.dialects import Dialect
from backoffice.imports.mapping import Mapping, Match
from backoffice.models import BulkEdit, ImportRun
from backoffice.resources import BaseResource, Column

PERSONAL = "customers.view_personal_data"
EDIT_IN_BULK = "backoffice.bulk_edit"


class EditResource(BaseResource):
    """Records of one model, as its lists edit them. Subclasses say which fields, and which batch looks after the rules.

    permissions: of fields that not everybody who may change the record may change, beside RESTRICTED and personal ones.
    models, lifted: as of a resource of files; undo reads their history.
    """

    batch: ClassVar[type[EditBatch]]
    editable: ClassVar[Sequence[str]] = ()
    permissions: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.service = staticmethod(partial(carry_out, cls.batch))

    @classmethod
    def model(cls) -> Any:
        return cls.batch.model

    @classmethod
    def attributes(cls) -> Sequence[Attribute]:
        """Keys of columns of JSON that may be set; the hook for definitions of attributes."""
        return ()

    def value_field(self, field: EditField, user: Any) -> Any:
        """A form field for values of `field`, where another one than that of its kind is needed; else None."""
        return None

    @classmethod
    def every_field(cls) -> list[EditField]:
        model = cls.model()
        permissions = {
            **dict.fromkeys(getattr(model, "PERSONAL", {}), PERSONAL),
            **getattr(model, "RESTRICTED", {}),
            **cls.permissions,
        }
        fields = [
            field_of(
                model,
                name,
                permission=permissions.get(name, ""),
                natural=cls.batch.lookups[name].field if name in cls.batch.lookups else "",
            )
            for name in cls.editable
        ]
        return fields + [attribute.field() for attribute in cls.attributes()]

    @classmethod
    def fields_for(cls, user: Any) -> list[EditField]:
        """Fields that `user` may change."""
        return [one for one in cls.every_field() if not one.permission or user.has_perm(one.permission)]

    @classmethod
    def columns(cls) -> dict[str, Column]:
        """For the pages of the run: what the fields are called, and who may see their values."""
        found = {}
        for one in cls.every_field():
            found[one.name] = Column(one.label, permission=one.permission)
            found[one.name].name = one.name
        return found

    def edits(self, model: Any) -> bool:
        return self.model() is model

    def may_edit(self, user: Any) -> bool:
        return bool(user.has_perm(EDIT_IN_BULK) and user.has_perm(self.permission))

    def table(self, run: ImportRun, *, by: Any) -> EditTable:
        """The rows of `run`. Raises ValidationError when the person may no longer change one of its fields."""
        edit = BulkEdit.objects.defer("keys").get(run=run)
        known = {one.name: one for one in (self.fields_for(by) if by is not None else self.every_field())}
        missing = [change["said"] for change in edit.changes if change["field"] not in known]
        if missing:
            raise ValidationError(_("You may not change this any more: %(changes)s") % {"changes": "; ".join(missing)})
        return EditTable(run, edit, self, [(known[change["field"]], change) for change in edit.changes])


@resources.register_edit
class ActionResource(BaseResource):
    """Of runs that carry out an action of a list: there are no fields, and nothing that undo knows."""

    key = "actions"
    label = gettext_lazy("Bulk action")
    permission = EDIT_IN_BULK

    def edits(self, model: Any) -> bool:
        return False

    def may_edit(self, user: Any) -> bool:
        return bool(user.has_perm(EDIT_IN_BULK))


@dataclass
class EditTable:
    """The rows of a bulk edit, in the place of an opened file."""

    run: ImportRun
    edit: BulkEdit
    resource: EditResource
    changes: list[tuple[EditField, Change]]
    dialect: Dialect = field(default_factory=Dialect)
    header: list[str] = field(default_factory=list)

    @property
    def mapping(self) -> Mapping:
        names = dict.fromkeys(one.name for one, _change in self.changes)
        return Mapping([Match(place, name, target=name, key=name) for place, name in enumerate(names)])

    def staged(self, progress: Any) -> tuple[Sequence[str], EditTable]:
        """The staged columns; the batch copies the rows within the database."""
        if progress is not None:
            progress(BulkEdit.objects.filter(pk=self.edit.pk).values_list("keys__len", flat=True).get() or 0)
        columns = dict.fromkeys(one.name.partition(".")[0] for one, _change in self.changes)
        return [self.resource.batch.key[0], *columns], self

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """There is no file to tell refused rows from."""
        return iter(())


def for_model(model: Any, user: Any) -> EditResource | None:
    """What edits records of `model` in bulk, when `user` may."""
    return next((one for one in resources.edits() if one.edits(model) and one.may_edit(user)), None)
