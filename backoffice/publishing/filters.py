"""Filters of lists of content."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from backoffice.models import LiveVersion


class ChangesFilter(django_filters.BooleanFilter):
    """Rows whose working copy says something else than what is public, or the others."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("Unpublished changes"), **kwargs})

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if value is None:
            return qs
        changed = Exists(LiveVersion.objects.changed().of(qs.model, OuterRef("pk")))
        return qs.filter(changed if value else ~changed)
