"""Products as content that is published: what must be there, and how a revision comes back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Subquery, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Concat, Upper
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import publishing
from backoffice.models import LiveVersion, User
from catalog.models import Brand, BundlePart, Category, Media, Product, Relation, Variant
from catalog.services.attributes.products import missing_attributes
from catalog.services.media import set_media
from catalog.services.products import update_product
from catalog.services.relations import set_parts, set_relations
from catalog.services.variants import VariantFields, save_variants

PLAIN = (
    "handle",
    "title",
    "title_zh",
    "description",
    "description_zh",
    "product_type",
    "tags",
    "options",
    "attributes",
    "seo_title",
    "seo_description",
)
LABELS: dict[Any, Any] = {
    **publishing.names_of(Product, (*PLAIN, "category", "brand")),
    **publishing.names_of(Variant, ("sku", "barcode", "weight_grams", "requires_shipping")),
    "variants": gettext_lazy("variants"),
    **publishing.names_of(BundlePart, ("quantity",)),
    "parts": gettext_lazy("components"),
    "media": gettext_lazy("pictures"),
    **publishing.names_of(Media, ("alt", "alt_zh")),
    "variant": gettext_lazy("variant"),
    "related": gettext_lazy("related products"),
    **publishing.names_of(Relation, ("kind",)),
    **{("kind", value): label for value, label in Relation.Kind.choices},
}  # fmt: skip


def missing(products: Sequence[Product]) -> dict[int, str]:
    """Why each of these cannot be sold, by key; those that can are absent."""
    sellable = Variant.objects.sellable().filter(product=OuterRef("pk"))
    active = Variant.objects.active().filter(product=OuterRef("pk"))
    # The address of what is live stays taken until the product that has it is published with another.
    holder = (
        LiveVersion.objects.live()
        .filter(subject_type=Product._meta.label_lower)
        .alias(address=Upper(KeyTextTransform("handle", "content")))
        .filter(address=Upper(OuterRef("handle")))
        .exclude(subject_id=OuterRef("pk"))
        .values(named=KeyTextTransform("title", "content"))
    )
    facts = Product.objects.filter(pk__in=[product.pk for product in products]).values_list(
        "pk", Exists(sellable), Exists(active), Subquery(holder)
    )
    lacks = {pk: _lacking(has_price, has_variant, holder) for pk, has_price, has_variant, holder in facts}
    for pk, definitions in missing_attributes(products).items():
        lacks[pk] += [_("the attribute “%(attribute)s” is missing") % {"attribute": one} for one in definitions]
    return {
        product.pk: _("“%(product)s” cannot be published: %(missing)s.")
        % {"product": product, "missing": ", ".join(lacks[product.pk])}
        for product in products
        if lacks[product.pk]
    }


def _lacking(has_price: bool, has_variant: bool, holder: str | None) -> list[str]:
    lacks = [_("its address is that of the published product “%(holder)s”") % {"holder": holder}] if holder else []
    if not has_variant:
        return [*lacks, _("it has no active variant")]
    return lacks if has_price else [*lacks, _("no active variant has a price")]


@transaction.atomic
def restore_content(product: Product, content: Mapping[str, Any], *, by: User) -> None:
    """Write a content of old into the product, with variants, bundles, pictures and related products.

    Variants that it lacks are made inactive. Raises ValidationError where its category or brand, a related product or a
    component no longer exists under the name that it had: nothing is left out silently.
    """
    update_product(
        product,
        by=by,
        category=_named(Category, "path", content["category"], _("The category “%s” no longer exists.")),
        brand=_named(Brand, "name", content["brand"], _("The brand “%s” no longer exists.")),
        **{name: content[name] for name in PLAIN},
    )
    _restore_variants(product, content["variants"], by=by)
    _restore_parts(product, content["variants"], by=by)
    set_media(product, content["media"], by=by)
    _restore_relations(product, content["related"], by=by)


def _named(model: type[Any], field: str, name: str | None, sentence: str) -> Any:
    if name is None:
        return None
    found = model.objects.filter(**{field: name}).first()
    if found is None:
        raise ValidationError(sentence % name)
    return found


def _restore_variants(product: Product, entries: Sequence[Mapping[str, Any]], *, by: User) -> None:
    known = list(Variant.objects.filter(product=product))
    pairs = _matched(known, entries)
    rows: list[VariantFields] = []
    for position, (entry, variant) in enumerate(pairs):
        option1, option2, option3 = entry["options"]
        row = VariantFields(
            sku=entry["sku"],
            barcode=entry["barcode"],
            option1=option1,
            option2=option2,
            option3=option3,
            position=position,
            weight_grams=entry["weight_grams"],
            requires_shipping=entry["requires_shipping"],
            is_active=True,
        )
        if variant is not None:
            row["id"] = variant.pk
        rows.append(row)
    wanted = {variant.pk for _entry, variant in pairs if variant is not None}
    rows += [VariantFields(id=one.pk, is_active=False) for one in known if one.is_active and one.pk not in wanted]
    _make_way(pairs)
    if rows:
        save_variants(product, rows, by=by)


def _restore_parts(product: Product, entries: Sequence[Mapping[str, Any]], *, by: User) -> None:
    """Give the bundles their components again. All that goes, goes first: two that exchange their parts close no ring."""
    skus = {part["sku"] for entry in entries for part in entry["parts"]}
    known = _by_name(Variant, "sku", skus, _("The component “%s” no longer exists."))
    bundles = {
        one.sku: one for one in Variant.objects.filter(product=product).active().prefetch_related("parts__component")
    }
    for entry in entries:
        bundle, wanted = bundles[entry["sku"]], {part["sku"] for part in entry["parts"]}
        kept = [(part.component, part.quantity) for part in bundle.parts.all() if part.component.sku in wanted]
        if len(kept) < len(bundle.parts.all()):
            set_parts(bundle, kept, by=by)
    for entry in entries:
        bundle = bundles[entry["sku"]]
        if entry["parts"] or bundle.parts.all():
            set_parts(bundle, [(known[part["sku"]], part["quantity"]) for part in entry["parts"]], by=by)


def _restore_relations(product: Product, entries: Sequence[Mapping[str, Any]], *, by: User) -> None:
    handles = {entry["handle"] for entry in entries}
    known = _by_name(Product, "handle", handles, _("The related product “%s” no longer exists."))
    set_relations(product, [(known[entry["handle"]], entry["kind"]) for entry in entries], by=by)


def _by_name(model: type[Any], field: str, names: Iterable[str], sentence: str) -> dict[str, Any]:
    found = {getattr(one, field): one for one in model.objects.filter(**{f"{field}__in": names})}
    if gone := next((name for name in sorted(names) if name not in found), None):
        raise ValidationError(sentence % gone)
    return found


def _matched(
    known: Sequence[Variant], entries: Sequence[Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any], Variant | None]]:
    """Each entry with its variant: that of its SKU, else the one that has its options and was renamed since."""
    by_sku = {variant.sku.upper(): variant for variant in known}
    skus = {entry["sku"].upper() for entry in entries}
    renamed = {_options(variant): variant for variant in known if variant.sku.upper() not in skus}
    return [(entry, by_sku.get(entry["sku"].upper()) or renamed.get(tuple(entry["options"]))) for entry in entries]


def _options(variant: Variant) -> tuple[str, ...]:
    return variant.option1, variant.option2, variant.option3


def _make_way(pairs: Sequence[tuple[Mapping[str, Any], Variant | None]]) -> None:
    """Variants that exchange their options step aside first: the database checks them one by one."""
    new = {variant.pk: tuple(entry["options"]) for entry, variant in pairs if variant is not None}
    now = {_options(variant): variant.pk for _entry, variant in pairs if variant is not None}
    aside = {
        holder
        for entry, variant in pairs
        if (holder := now.get(tuple(entry["options"]))) and (variant is None or holder != variant.pk)
    }
    moving = [pk for pk in aside if pk in new]
    Variant.objects.filter(pk__in=moving).update(option1=Concat(Value("~"), Cast(F("pk"), CharField())))


publishing.register(
    publishing.Publishable(
        Product, permission="catalog.publish_product", restore=restore_content, missing=missing, labels=LABELS
    )
)
