"""What every business row has: visibility by user, locks with one order, and its history."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Self, TypeVar

import pghistory
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models.functions import Concat, JSONObject, Upper
from django.utils import translation

from backoffice.errors import IllegalTransition

M = TypeVar("M", bound=type[models.Model])


class VisibleQuerySet(models.QuerySet):
    """Base of every queryset that a person sees; `visible_to` is the one place where rights are decided."""

    def visible_to(self, user: Any) -> Self:
        """Rows that `user` may read: those in scope, and none without the view permission."""
        opts = self.model._meta
        if isinstance(user, AnonymousUser) or not user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
            return self.none()
        return self.in_scope(user)

    def in_scope(self, user: Any) -> Self:
        """Narrow to the warehouses, queues or own records of `user`; models with a row scope override this."""
        return self

    def locked(self) -> Self:
        """Lock these rows, always in primary-key order, without the rows they are joined to.

        Rows that refer to them may still be inserted, so that a locked variant does not stop orders.
        """
        return self.select_for_update(of=("self",), no_key=True).order_by("pk")


class Stateful(models.Model):
    """A document whose `status` moves along the TRANSITIONS of its class."""

    TRANSITIONS: ClassVar[Mapping[Any, Iterable[Any]]] = {}

    class Meta:
        abstract = True

    def may_become(self, status: str) -> bool:
        return status in self.TRANSITIONS.get(self.status, ())  # type: ignore[attr-defined]

    def must_become(self, status: str) -> None:
        """Raise IllegalTransition unless `status` may follow the present one."""
        if not self.may_become(status):
            labels = dict(self._meta.get_field("status").flatchoices)  # type: ignore[union-attr]
            raise IllegalTransition(self, labels[self.status], labels[status])  # type: ignore[attr-defined]


def told_along(rows: models.QuerySet, **fields: Any) -> ArraySubquery:
    """What belongs to each row of a query, read in the same statement: a list of dictionaries with `fields`, in the order of `rows`.

    `fields` are names of columns or expressions, and JSON is what they travel as: a moment arrives as text.
    """
    return ArraySubquery(rows.values(told=JSONObject(**fields)))


def tracked(*, exclude: Iterable[str] = (), unindexed: Iterable[str] = ()) -> Callable[[M], M]:
    """Record every insert, update and delete of the table by trigger, into `<Model>History`.

    unindexed: foreign keys by which nobody looks for past rows; without an index of them, writing many rows is cheaper.
    """

    def decorate(model: M) -> M:
        generated = [f.name for f in model._meta.local_fields if isinstance(f, models.GeneratedField)]
        tracked_model = pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(),
            pghistory.DeleteEvent(),
            model_name=f"{model.__name__}History",
            exclude=[*generated, *exclude],
            obj_field=pghistory.ObjForeignKey(related_name="history"),
        )(model)
        for name in unindexed:
            tracked_model.history.rel.related_model._meta.get_field(name).db_index = False
        return tracked_model

    return decorate


def search_text(*fields: str) -> models.GeneratedField:
    """Stored column with `fields` in capitals, one space between them; index it with `search_index`.

    Filter it with `containing(text)`.
    """
    parts: list[Any] = []
    for field in fields:
        parts += [models.F(field), models.Value(" ")]
    return models.GeneratedField(
        expression=Upper(Concat(*parts, output_field=models.TextField())),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )


def containing(text: str) -> models.Q:
    """Rows whose `search_text` holds `text`, whatever its case.

    PostgreSQL makes the capitals: Python's differ from those of the column ("weiß" would become "WEISS").
    """
    return models.Q(search_text__contains=Upper(models.Value(text.replace("\x00", "").strip())))


def search_index(name: str) -> GinIndex:
    """Trigram index of a `search_text` column."""
    return GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name=name)


def insert_selected(cursor: Any, model: type[models.Model], source: str, values: dict[str, str]) -> None:
    """Insert a row of `model` for each row of `source` in one statement: `values` are expressions by column, the rest are defaults.

    source, values: SQL of ours, without input.
    """
    rest = {
        str(field.column): field.get_db_prep_save(field.get_default(), connection)
        for field in model._meta.concrete_fields
        if field.column not in values and not (field.primary_key or field.generated or field.has_db_default())
    }
    given = [*values.values(), *["%s"] * len(rest)]
    cursor.execute(
        f"INSERT INTO {model._meta.db_table} ({', '.join([*values, *rest])}) SELECT {', '.join(given)} FROM {source} ORDER BY 1",  # noqa: S608
        list(rest.values()),
    )


def in_reader_language(text: str, chinese: str) -> str:
    """`chinese` for readers of Chinese when there is one, else `text`."""
    return chinese if chinese and (translation.get_language() or "").startswith("zh") else text
