"""The category tree."""

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max, Value
from django.db.models.functions import Length, Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import explained
from backoffice.models import User
from catalog.models import Category, Product
from catalog.models.categories import SEPARATOR
from catalog.services.attributes.products import attributes_explained
from catalog.services.using import users_of

__all__ = ["SEPARATOR", "delete_category", "lock_tree", "merge_category", "place_category", "save_category"]


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
    _refuse_namesake(category, parent, "name")
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


@transaction.atomic
def place_category(
    category: Category, *, by: User, parent: Category | None, before: Category | None = None
) -> Category:
    """Put `category` with its branch below `parent`, right before its child `before`, or last.

    Raises ValidationError like `save_category`, and when `before` does not stand there any more.
    """
    lock_tree()
    category = Category.objects.locked().get(pk=category.pk)
    siblings = list(Category.objects.filter(parent=parent).exclude(pk=category.pk).order_by("position", "name", "pk"))
    if before is not None and before not in siblings:
        raise ValidationError(
            _("“%(name)s” stands somewhere else meanwhile. Look at the tree again.") % {"name": before}
        )
    _refuse_ring(category, parent)
    _refuse_namesake(category, parent, "parent")
    _refuse_long_paths(category, parent)
    siblings.insert(siblings.index(before) if before else len(siblings), category)
    if category.parent_id != (parent.pk if parent else None):
        category.parent = parent
        category.save(update_fields=["parent", "updated_at"])
    moved = []
    for position, sibling in enumerate(siblings):
        if sibling.position != position:
            sibling.position = position
            moved.append(sibling)
    Category.objects.bulk_update(moved, ["position"])
    category.refresh_from_db(fields=["path"])
    audit.record("category.moved", category, by=by)
    return category


@transaction.atomic
def merge_category(category: Category, *, by: User, into: Category) -> Category:
    """Move the products and the branches of `category` to `into`, and delete it.

    Raises ValidationError when `into` stands in its branch, or has a child of the same name as one of its own.
    """
    lock_tree()
    # Before the category: whoever writes products has them locked when the database looks at their categories.
    list(Product.objects.locked().filter(category=category.pk).values_list("pk"))
    category = Category.objects.locked().get(pk=category.pk)
    if Category.objects.branch(category).filter(pk=into.pk).exists():
        raise ValidationError(
            {"into": _("“%(name)s” cannot be merged into itself or its own branch.") % {"name": category.path}}
        )
    for child in Category.objects.filter(parent=category).order_by("position", "name", "pk"):
        _refuse_namesake(child, into, "into")
        _refuse_long_paths(child, into)
        child.parent = into
        child.save(update_fields=["parent", "updated_at"])
    moved = Product.objects.filter(category=category).update(category=into, updated_at=timezone.now())
    audit.record("category.merged", into, by=by, data={"category": category.path, "products": moved})
    _delete(category, by=by)
    return into


@transaction.atomic
def delete_category(category: Category, *, by: User) -> Category:
    """Delete an empty category. Raises ValidationError naming what it still holds."""
    lock_tree()
    _delete(Category.objects.locked().get(pk=category.pk), by=by)
    return category


def _delete(category: Category, *, by: User) -> None:
    if used := users_of(Category, [category.pk]).get(category.pk):
        raise ValidationError(
            _("“%(name)s” is not empty (%(records)s). Merge it into another category instead.")
            % {"name": category.path, "records": ", ".join(dict.fromkeys(used))}
        )
    audit.record("category.deleted", category, by=by)
    Category.objects.filter(pk=category.pk).delete()


def _refuse_namesake(category: Category, parent: Category | None, field: str) -> None:
    """The tree is locked, so that nobody adds one meanwhile."""
    others = Category.objects.filter(parent=parent).exclude(pk=category.pk).alias(small=Lower("name"))
    if others.filter(small=Lower(Value(category.name))).exists():
        raise ValidationError({field: _("There is a category of this name here already.")})


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
