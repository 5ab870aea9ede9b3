"""Related products and bundles. Each verb writes the whole list; what stays the same is not touched."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import explained
from backoffice.models import User
from catalog.models import BundlePart, Product, Relation, Variant

MOST_RELATED = 100
MOST_PARTS = 50


@transaction.atomic
def set_relations(product: Product, rows: Sequence[tuple[Product, str]], *, by: User) -> list[Relation]:
    """Point `product` at these products, each with a kind of relation, in this order; others are no longer pointed at.

    Raises ValidationError for the product itself, or one that is named twice.
    """
    product = Product.objects.locked().get(pk=product.pk)
    others = [other.pk for other, _kind in rows]
    if product.pk in others:
        raise ValidationError(_("“%(product)s” is not related to itself.") % {"product": product})
    if twice := [other for place, (other, _kind) in enumerate(rows) if other.pk in others[:place]]:
        raise ValidationError(_("“%(product)s” is in the list twice.") % {"product": twice[0]})
    if len(rows) > MOST_RELATED:
        raise ValidationError(_("At most %(most)s related products are possible.") % {"most": MOST_RELATED})
    known = {relation.other_id: relation for relation in Relation.objects.locked().filter(product=product)}
    gone = [relation.pk for other, relation in known.items() if other not in others]
    added, changed = [], []
    for position, (other, kind) in enumerate(rows):
        relation = known.get(other.pk)
        if relation is None:
            added.append(Relation(product=product, other=other, kind=kind, position=position))
        elif (relation.kind, relation.position) != (kind, position):
            relation.kind, relation.position = kind, position
            changed.append(relation)
    with explained(Relation):
        Relation.objects.filter(pk__in=gone).delete()
        Relation.objects.bulk_update(changed, ["kind", "position"])
        Relation.objects.bulk_create(added)
    if gone or added or changed:
        audit.record("product.relations_changed", product, by=by, data={"related": [o.handle for o, _kind in rows]})
    return list(Relation.objects.filter(product=product))


@transaction.atomic
def set_parts(bundle: Variant, rows: Sequence[tuple[Variant, int]], *, by: User) -> list[BundlePart]:
    """Make `bundle` of these components and quantities; without any it is an ordinary variant again.

    Raises ValidationError for a bundle that would contain itself, a component named twice, a quantity below one.
    """
    lock_bundles()
    Product.objects.locked().get(pk=bundle.product_id)  # whose content the components are
    bundle = Variant.objects.locked().get(pk=bundle.pk)
    components = [component.pk for component, _quantity in rows]
    _refuse_odd_parts(rows, components)
    _refuse_ring(bundle, rows)
    known = {part.component_id: part for part in BundlePart.objects.locked().filter(bundle=bundle)}
    gone = [part.pk for component, part in known.items() if component not in components]
    added, changed = [], []
    for position, (component, quantity) in enumerate(rows):
        part = known.get(component.pk)
        if part is None:
            added.append(BundlePart(bundle=bundle, component=component, quantity=quantity, position=position))
        elif (part.quantity, part.position) != (quantity, position):
            part.quantity, part.position = quantity, position
            changed.append(part)
    with explained(BundlePart):
        BundlePart.objects.filter(pk__in=gone).delete()
        BundlePart.objects.bulk_update(changed, ["quantity", "position"])
        BundlePart.objects.bulk_create(added)
    if gone or added or changed:
        data = {"parts": {component.sku: quantity for component, quantity in rows}}
        audit.record("variant.parts_changed", bundle, by=by, data=data)
    return list(BundlePart.objects.filter(bundle=bundle).select_related("component"))


def lock_bundles() -> None:
    """Wait for whoever is changing bundles; the trigger takes the same lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('catalog_bundlepart'))")


def _refuse_odd_parts(rows: Sequence[tuple[Variant, int]], components: Sequence[int]) -> None:
    for place, (component, quantity) in enumerate(rows):
        if quantity < 1:
            raise ValidationError(
                _("A bundle takes at least one piece of each component: %(sku)s.") % {"sku": component}
            )
        if component.pk in components[:place]:
            raise ValidationError(_("%(sku)s is in the list twice; add the quantities up.") % {"sku": component})
    if len(rows) > MOST_PARTS:
        raise ValidationError(_("At most %(most)s components are possible.") % {"most": MOST_PARTS})


def _refuse_ring(bundle: Variant, rows: Sequence[tuple[Variant, int]]) -> None:
    """Look level by level at what the components are made of."""
    names = {component.pk: component.sku for component, _quantity in rows}
    level, seen = set(names), set(names)
    while level:
        if bundle.pk in level:
            way = names.get(bundle.pk) or next(iter(names.values()))
            raise ValidationError(
                _("%(bundle)s cannot contain itself: %(component)s is or contains it.")
                % {"bundle": bundle.sku, "component": way}
            )
        found = BundlePart.objects.filter(bundle__in=level).values_list("component_id", flat=True)
        level = set(found) - seen
        seen |= level
