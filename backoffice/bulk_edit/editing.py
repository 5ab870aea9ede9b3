"""The verbs of a bulk edit: start, look at the list anew, check, apply. Page, API and job call the same functions."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import EmptyResultSet, ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice.bulk_edit.operations import Change
from backoffice.bulk_edit.resource import EditResource, for_model
from backoffice.generic import ListPage
from backoffice.generic.addresses import list_at
from backoffice.generic.bulk import keys
from backoffice.imports import jobs, running
from backoffice.models import BulkEdit, ImportRun, User
from backoffice.models.imports import EDIT
from backoffice.numbering import next_number

NAME_LENGTH = 255


def listing(address: str, user: User) -> tuple[ListPage, EditResource]:
    """The list at `address` as `user` may see it, and what edits its rows.

    Raises ValidationError where there is no such list, the user may not edit it, or a filter is not right.
    """
    page = list_at(address, user)
    resource = for_model(page.model, user)
    if not user.is_active or not page.has_permission() or resource is None:
        raise ValidationError(_("You may not edit this list."))
    if not page.filterset_valid or page.lost_filters:
        raise ValidationError(_("A filter is not right. Nothing was done."))
    return page, resource


@transaction.atomic
def start(address: str, *, by: User, changes: Sequence[Change], reason: str = "") -> ImportRun:
    """A bulk edit of the rows `selected` in the address, or else of all that its filters match. Nothing is written yet.

    Raises ValidationError as `listing` does, and where there is nothing to change.
    """
    page, resource = listing(address, by)
    if not changes:
        raise ValidationError(_("Choose at least one field."))
    said = "; ".join(change["said"] for change in changes)
    run = ImportRun.objects.create(
        number=next_number("BE"),
        resource=resource.key,
        user=by,
        source=EDIT,
        file_name=(f"{reason.strip()}: {said}" if reason.strip() else said)[:NAME_LENGTH],
    )
    ticked = page.request.GET.getlist("selected")
    edit = BulkEdit.objects.create(run=run, address=address, is_whole=not ticked, changes=list(changes))
    if not collect(edit, page):
        raise ValidationError(_("No row of the list fits. There is nothing to change."))
    return run


def collect(edit: BulkEdit, page: ListPage) -> int:
    """Fix which records the edit is about, in the order of the list; how many they are."""
    rows = page.matching
    if not edit.is_whole:
        rows = page.get_queryset().filter(pk__in=keys(page.request.GET.getlist("selected")))
    try:
        sql, params = rows.order_by(*page.terms).values("pk").query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {edit._meta.db_table} SET keys = ARRAY({sql}) WHERE id = %s RETURNING cardinality(keys)",  # noqa: S608
            [*params, edit.pk],
        )
        return int(cursor.fetchone()[0])


def check_again(run: ImportRun, *, by: User) -> None:
    """Look at the list anew, with the rights that the person has now, and check what is found there."""
    edit = BulkEdit.objects.defer("keys").get(run=run)
    page, _resource = listing(edit.address, by)
    if not collect(edit, page):
        raise ValidationError(_("No row of the list fits. There is nothing to change."))
    work(run, by=by, action="check")


def work(run: ImportRun, *, by: User, action: str, partial: bool = False) -> None:
    """Check or apply: at once where there are few rows, by the worker where there are many."""
    rows = BulkEdit.objects.filter(run=run).values_list("keys__len", flat=True).get() or 0
    if rows > settings.IMPORT_FOREGROUND_ROWS:
        jobs.defer(run, by=by, action=action, partial=partial, rows=rows)
    else:
        running.work(run, by=by, action=action, partial=partial)
