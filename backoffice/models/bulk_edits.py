"""Many records changed at once, as a person asked for it in a list."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.models.imports import ImportRun


class BulkEdit(models.Model):
    """What an ImportRun whose rows come from a list is about. Written by `backoffice.bulk_edit` only.

    keys: the records in the order of the list, fixed by the check; empty before it, unless they were ticked one by one.
    changes: [{"field", "op", "value", "with", "said"}, ...], see `backoffice.bulk_edit.operations`.
    action: instead of changes, the key of a bulk action of the list; `data` is its form as it was sent.
    """

    run = models.OneToOneField(ImportRun, models.CASCADE, related_name="edit", verbose_name=_("bulk edit"))
    address = models.TextField(_("list"))
    is_whole = models.BooleanField(_("everything that matches"), default=False)
    keys: Any = ArrayField(models.BigIntegerField(), default=list)
    changes = models.JSONField(_("changes"), default=list)
    action = models.CharField(_("action"), max_length=40, blank=True)
    data = models.TextField(blank=True)

    class Meta:
        verbose_name = _("bulk edit")
        verbose_name_plural = _("bulk edits")
        default_permissions = ()
        permissions = [("bulk_edit", _("Can change many records at once"))]

    def __str__(self) -> str:
        return str(self.run)
