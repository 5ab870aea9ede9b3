"""Pictures of products: files are known by their first bytes, never by their names."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import explained
from backoffice.models import User
from catalog.models import Media, Product, Variant

MAX_BYTES = 10 * 1024 * 1024
HEAD = 512
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}


def picture_kind(file: File) -> str:
    """png, jpg, webp or gif. Raises ValidationError for anything else, and for more than 10 MB."""
    if file.size > MAX_BYTES:
        raise ValidationError(_("The picture is larger than 10 MB. Make it smaller first."))
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if b"<svg" in head.lower() or head.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith((b"<?xml", b"<!doctype svg")):
        raise ValidationError(_("SVG files can carry scripts. Save the picture as PNG, JPEG, WebP or GIF."))
    raise ValidationError(_("This is not a picture we can show. PNG, JPEG, WebP and GIF are possible."))


@transaction.atomic
def attach_media(
    product: Product,
    *,
    by: User,
    file: File | None = None,
    url: str = "",
    alt: str = "",
    variant: Variant | None = None,
) -> Media:
    """Add a picture behind the others, as an uploaded file or by its address elsewhere."""
    if bool(file) == bool(url):
        raise ValidationError(_("Choose a file, or give the address of a picture."))
    if variant is not None and variant.product_id != product.pk:
        raise ValidationError({"variant": _("%(sku)s is a variant of another product.") % {"sku": variant.sku}})
    Product.objects.locked().get(pk=product.pk)
    last = product.media.aggregate(last=Max("position"))["last"]  # type: ignore[attr-defined]
    media = Media(
        product=product, variant=variant, url=url.strip(), alt=alt.strip(), position=0 if last is None else last + 1
    )
    if file:
        media.file = _named(file)  # type: ignore[assignment]
    media.clean_fields(exclude=["product", "variant", "file"])
    with explained(Media, media_url_once="url"):
        media.save()
    audit.record("product.picture_added", product, by=by, data={"media": media.pk})
    return media


def _named(file: File) -> File:
    """The file under a name of ours, so that nobody's name decides how it is served."""
    try:
        kind = picture_kind(file)
    except ValidationError as error:
        raise ValidationError({"file": error.messages}) from error
    renamed: Any = File(file, name=f"{uuid4().hex}.{kind}")
    return renamed  # type: ignore[no-any-return]


@transaction.atomic
def make_cover(media: Media, *, by: User) -> Media:
    """Put a picture in front of the others of its product."""
    product = Product.objects.locked().get(pk=media.product_id)
    product.media.exclude(pk=media.pk).update(position=F("position") + 1)  # type: ignore[attr-defined]
    Media.objects.filter(pk=media.pk).update(position=0)
    audit.record("product.cover_chosen", product, by=by, data={"media": media.pk})
    return media


@transaction.atomic
def remove_media(media: Media, *, by: User) -> None:
    """Take a picture off its product. The file stays, so that the history can still show it."""
    product = Product.objects.locked().get(pk=media.product_id)
    key = media.pk
    Media.objects.filter(pk=key).delete()
    audit.record("product.picture_removed", product, by=by, data={"media": key, "picture": str(media)[:200]})


@transaction.atomic
def set_media(product: Product, entries: Sequence[Mapping[str, Any]], *, by: User) -> None:
    """Let the product have just these pictures in this order, each given as {"file", "url", "alt", "variant": SKU}.

    Files are those that were uploaded once: removing a picture keeps its file.
    """
    Product.objects.locked().get(pk=product.pk)
    present = list(Media.objects.filter(product=product))
    variants = {variant.sku: variant for variant in Variant.objects.filter(product=product)}
    before = [(media.pk, media.alt, media.variant_id, media.position) for media in present]
    kept = []
    for position, entry in enumerate(entries):
        media = next((one for one in present if (str(one.file), one.url) == (entry["file"], entry["url"])), None)
        if media is None:
            media = Media(product=product, file=entry["file"], url=entry["url"])
        else:
            present.remove(media)
        media.alt, media.variant, media.position = entry["alt"], variants.get(entry["variant"] or ""), position
        kept.append(media)
    Media.objects.filter(pk__in=[one.pk for one in present]).delete()
    Media.objects.bulk_update([one for one in kept if one.pk], ["alt", "variant", "position"])
    added = [one for one in kept if not one.pk]
    Media.objects.bulk_create(added)
    if present or added or before != [(media.pk, media.alt, media.variant_id, media.position) for media in kept]:
        audit.record("product.pictures_set", product, by=by, data={"pictures": len(kept)})
