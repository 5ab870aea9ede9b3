"""Pictures of products: added, described, put in order, taken off."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import explained
from backoffice.models import User
from catalog.models import Media, Product, Variant
from catalog.services.pictures import examine, other_suffix, stored

PICTURES = 250


class PictureFields(TypedDict):
    """What is said about a picture of a product that is there."""

    id: int
    alt: str
    alt_zh: str
    variant: Variant | None


@transaction.atomic
def attach_media(
    product: Product,
    *,
    by: User,
    file: File | None = None,
    url: str = "",
    alt: str = "",
    alt_zh: str = "",
    variant: Variant | None = None,
) -> Media:
    """Add a picture behind the others, as an uploaded file or by its address elsewhere."""
    if bool(file) == bool(url):
        raise ValidationError(_("Choose a file, or give the address of a picture."))
    _refuse_strangers(product, [variant])
    Product.objects.locked().get(pk=product.pk)
    found = product.media.order_by("position", "pk")  # type: ignore[attr-defined]
    if found.count() >= PICTURES:
        raise ValidationError(_("A product may have %(limit)s pictures.") % {"limit": PICTURES})
    last = found.aggregate(last=Max("position"))["last"]
    media = Media(product=product, variant=variant, url=url.strip(), alt=alt.strip(), alt_zh=alt_zh.strip())
    media.position = 0 if last is None else last + 1
    if file:
        _take(media, file)
    media.clean_fields(exclude=["product", "variant", "file"])
    with explained(Media, media_url_once="url", media_file_once="file"):
        media.save()
    audit.record("product.picture_added", product, by=by, data={"media": media.pk})
    return media


def _take(media: Media, file: File) -> None:
    """Store the file under a name of ours, so that nobody's name decides how it is served."""
    try:
        picture = examine(file)
    except ValidationError as error:
        raise ValidationError({"file": error.messages}) from error
    media.file = stored(file, picture)  # type: ignore[assignment]
    media.width, media.height = picture.width, picture.height


def attach_files(
    product: Product, files: Iterable[File], *, by: User, variant: Variant | None = None
) -> tuple[list[Media], list[str], list[str]]:
    """Add those of `files` that are pictures, in this order.

    Returns the pictures added, sentences about files that are something else than their name says, and a sentence for
    each file refused; one that is refused does not stand in the way of the others.
    """
    added, remarks, refusals = [], [], []
    for file in files:
        name = str(file.name)
        try:
            media = attach_media(product, by=by, file=file, variant=variant)
        except ValidationError as error:
            refusals += [f"{name}: {sentence}" for sentence in error.messages]
            continue
        added.append(media)
        kind = str(media.file.name).rpartition(".")[2]
        if wrong := other_suffix(name, kind):
            remarks.append(
                _("%(name)s is no %(wrong)s file: by its content it is a picture of kind %(kind)s, and kept as one.")
                % {"name": name, "wrong": wrong.upper(), "kind": kind.upper()}
            )
    return added, remarks, refusals


def _refuse_strangers(product: Product, variants: Iterable[Variant | None]) -> None:
    for variant in variants:
        if variant is not None and variant.product_id != product.pk:
            raise ValidationError({"variant": _("%(sku)s is a variant of another product.") % {"sku": variant.sku}})


@transaction.atomic
def save_pictures(product: Product, rows: Sequence[PictureFields], *, by: User) -> list[Media]:
    """Describe pictures of `product` and put them in the order of `rows`; those not named stand behind them.

    Returns those that changed.
    """
    product = Product.objects.locked().get(pk=product.pk)
    known = {media.pk: media for media in product.media.locked()}  # type: ignore[attr-defined]
    _refuse_strangers(product, [row["variant"] for row in rows])
    rows = [row for row in rows if row["id"] in known]  # one that somebody took off meanwhile is left alone
    named = [row["id"] for row in rows]
    rest = sorted((media for media in known.values() if media.pk not in named), key=lambda m: (m.position, m.pk))
    before = {pk: _said(media) for pk, media in known.items()}
    for row in rows:
        media = known[row["id"]]
        media.alt, media.alt_zh, media.variant = row["alt"].strip(), row["alt_zh"].strip(), row["variant"]
    for position, media in enumerate([*(known[pk] for pk in named), *rest]):
        media.position = position
    changed = [media for pk, media in known.items() if _said(media) != before[pk]]
    for media in changed:
        media.clean_fields(exclude=["product", "variant", "file"])
    Media.objects.bulk_update(changed, ["alt", "alt_zh", "variant", "position"])
    if changed:
        audit.record("product.pictures_changed", product, by=by, data={"media": [media.pk for media in changed]})
    return changed


def _said(media: Media) -> tuple[object, ...]:
    return media.alt, media.alt_zh, media.variant_id, media.position


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
    """Take a picture off its product. The file stays, so that the history and earlier revisions can still show it."""
    product = Product.objects.locked().get(pk=media.product_id)
    key = media.pk
    Media.objects.filter(pk=key).delete()
    audit.record("product.picture_removed", product, by=by, data={"media": key, "picture": str(media)[:200]})


@transaction.atomic
def set_media(product: Product, entries: Sequence[Mapping[str, Any]], *, by: User) -> None:
    """Let the product have just these pictures in this order, each given as {"file", "url", "alt", "alt_zh", "variant": SKU}.

    Files are those that were uploaded once: removing a picture keeps its file.
    """
    Product.objects.locked().get(pk=product.pk)
    present = list(Media.objects.filter(product=product))
    variants = {variant.sku: variant for variant in Variant.objects.filter(product=product)}
    before = [(media.pk, *_said(media)) for media in present]
    kept = []
    for position, entry in enumerate(entries):
        media = next((one for one in present if (str(one.file), one.url) == (entry["file"], entry["url"])), None)
        if media is None:
            media = Media(product=product, file=entry["file"], url=entry["url"])
        else:
            present.remove(media)
        media.alt, media.alt_zh, media.position = entry["alt"], entry["alt_zh"], position
        media.variant = variants.get(entry["variant"] or "")
        kept.append(media)
    Media.objects.filter(pk__in=[one.pk for one in present]).delete()
    Media.objects.bulk_update([one for one in kept if one.pk], ["alt", "alt_zh", "variant", "position"])
    added = [one for one in kept if not one.pk]
    Media.objects.bulk_create(added)
    if present or added or before != [(media.pk, *_said(media)) for media in kept]:
        audit.record("product.pictures_set", product, by=by, data={"pictures": len(kept)})
