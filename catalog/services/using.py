"""What stands in the way of deleting a row: whoever points at it by a key that protects it."""

from collections import defaultdict
from collections.abc import Sequence

from django.db import models


def users_of(model: type[models.Model], keys: Sequence[int]) -> dict[int, list[str]]:
    """For each of these rows that something protects, the kinds of records that point at it; one statement a kind.

    The keys of the database decide, so that modules above need not be known: orders, stock and the like.
    """
    found: dict[int, list[str]] = defaultdict(list)
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel) or relation.on_delete is not models.PROTECT:
            continue
        field = relation.field
        pointing = relation.related_model._base_manager.filter(**{f"{field.name}__in": keys})
        for key in pointing.order_by().values_list(field.attname, flat=True).distinct():
            found[key].append(str(relation.related_model._meta.verbose_name_plural))
    return dict(found)
