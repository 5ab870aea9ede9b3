"""Tags: given to products, renamed, merged and taken away everywhere at once."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, F, Func, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from catalog.models import Product, Tag

TAG_LENGTH = 120


def clean_tag(text: str) -> str:
    """`text` without doubled blanks. Raises ValidationError for what cannot be a tag."""
    tag = " ".join(text.split())
    if not tag or len(tag) > TAG_LENGTH or "," in tag or not tag.isprintable():
        raise ValidationError({"tag": _("A tag has 1 to %(limit)s characters and no comma.") % {"limit": TAG_LENGTH}})
    return tag


@transaction.atomic
def add_tag(products: Sequence[Product], *, by: User, tag: str) -> list[Product]:
    """Give `tag` to those of `products` that lack it."""
    tag = clean_tag(tag)
    rows = list(
        Product.objects.locked().filter(pk__in=[product.pk for product in products]).exclude(tags__contains=[tag])
    )
    Product.objects.filter(pk__in=[row.pk for row in rows]).update(
        tags=Func(F("tags"), Value(tag), function="array_append"), updated_at=timezone.now()
    )
    audit.record_many("product.tagged", rows, by=by, data={"tag": tag})
    return rows


@transaction.atomic
def rename_tag(old: Tag, *, by: User, tag: str) -> Tag:
    """Write `tag` instead of `old` on every product; where it is known already the two become one."""
    tag = clean_tag(tag)
    if tag != old.name:
        instead = Case(
            When(tags__contains=[tag], then=_changed("array_remove", old.name)),
            default=_changed("array_replace", old.name, tag),
        )
        _rewrite(old, instead, by=by, data={"tag": tag, "instead_of": old.name})
    return Tag.objects.get_or_create(name=tag)[0]


@transaction.atomic
def remove_tag(old: Tag, *, by: User) -> Tag:
    """Take a tag off every product."""
    _rewrite(old, _changed("array_remove", old.name), by=by, data={"removed": old.name})
    return old


def _changed(function: str, *names: str) -> Func:
    tags = Product._meta.get_field("tags")
    return Func(F("tags"), *map(Value, names), function=function, output_field=tags)


def _rewrite(old: Tag, tags: Case | Func, *, by: User, data: dict[str, str]) -> None:
    rows = list(Product.objects.locked().filter(tags__contains=[old.name]).only("title", "title_zh"))
    Product.objects.filter(tags__contains=[old.name]).update(tags=tags, updated_at=timezone.now())
    Tag.objects.filter(name=old.name).delete()
    audit.record_many("product.tagged", rows, by=by, data=data)
