"""The category tree."""

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import explained
from backoffice.models import User
from catalog.models import Category
from catalog.services.attributes.products import attributes_explained

SEPARATOR = " > "


@transaction.atomic
def save_category(
    category: Category | None = None,
    *,
    by: User,
    name: str,
    name_zh: str = "",
    parent: Category | None = None,
    position: int = 0,
) -> Category:
    """Create a category, or rename and move `category` with its whole branch; the paths follow.

    Raises ValidationError for a name that is taken there, a ring, or paths that get too long.
    """
    lock_tree()
    if category is None:
        verb, category = "category.created", Category()
    else:
        verb, category = "category.changed", Category.objects.locked().get(pk=category.pk)
    category.name, category.name_zh = " ".join(name.split()), " ".join(name_zh.split())
    _refuse_ring(category, parent)
    _refuse_long_paths(category, parent)
    category.parent, category.position = parent, position
    category.clean_fields(exclude=["parent", "path"])
    with (
        explained(
            Category, category_name_once="name", category_not_its_own_parent="parent", category_named_plainly="name"
        ),
        attributes_explained(attribute_once_on_path="parent", product_attributes_fit="parent"),
    ):
        category.save()
    category.refresh_from_db(fields=["path"])
    audit.record(verb, category, by=by)
    return category


def lock_tree() -> None:
    """Wait for whoever is changing the tree; the triggers in tree.py take the same lock, row locks come after it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('catalog_category'))")


def _refuse_ring(category: Category, parent: Category | None) -> None:
    if category.pk and parent and Category.objects.branch(category).filter(pk=parent.pk).exists():
        raise ValidationError(
            {"parent": _("“%(name)s” cannot stand below itself or its own branch.") % {"name": category.path}}
        )


def _refuse_long_paths(category: Category, parent: Category | None) -> None:
    """Paths have an end; say so before the database does."""
    limit = Category._meta.get_field("path").max_length or 0
    new = len(parent.path + SEPARATOR if parent else "") + len(category.name)
    below = 0
    if category.pk:
        deepest = Category.objects.branch(category).aggregate(longest=Max(Length("path")))["longest"] or 0
        below = max(deepest - len(category.path), 0)
    if new + below > limit:
        raise ValidationError(
            {
                "parent": _("The path of a category may have %(limit)s characters; this one would have %(length)s.")
                % {"limit": limit, "length": new + below}
            }
        )
