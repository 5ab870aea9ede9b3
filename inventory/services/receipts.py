"""Goods coming in."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.numbering import next_number
from backoffice.retrying import patient
from inventory.models import Location, Receipt, ReceiptLine, Supplier
from inventory.services.lots import Arriving, arrivals
from inventory.services.places import must_act_at
from inventory.services.posting import Kind, Move, post, virtual

Line = tuple[int, int, Decimal | None]


@patient
def receive(
    location: Location,
    supplier: Supplier | None,
    lines: Sequence[Line],
    reference: str = "",
    note: str = "",
    key: str | None = None,
    *,
    parts: Mapping[int, Sequence[Arriving]] = MappingProxyType({}),
    by: User | None,
) -> Receipt:
    """Take in a delivery of (variant, quantity, unit cost) and post it.

    `parts` says of lines, by their place in `lines`, of which lots they are and into which bins they go. The same `key` again returns the receipt that it led to and posts nothing, so that a form sent twice counts once.
    """
    already = Receipt.objects.filter(key=key).first() if key else None
    if already is not None:
        return already
    must_act_at(by, location)
    _refuse_bad(lines)
    try:
        with transaction.atomic():
            receipt = Receipt.objects.create(
                number=next_number("RC"),
                location=location,
                supplier=supplier,
                reference=reference,
                note=note,
                key=key or None,
                received_by=by,
            )
    except IntegrityError:
        return Receipt.objects.get(key=key)
    ReceiptLine.objects.bulk_create(
        ReceiptLine(receipt=receipt, variant_id=variant, quantity=quantity, unit_cost=cost)
        for variant, quantity, cost in lines
    )
    audit.record("receipt.posted", receipt, by=by, data={"pieces": sum(quantity for _v, quantity, _c in lines)})
    source = virtual(Location.Kind.SUPPLIER)
    put = arrivals([(line[0], line[1], parts.get(place, ())) for place, line in enumerate(lines)], location)
    post(
        [
            Move(Kind.RECEIVED, variant, source, location.pk, n, cost, cause=receipt.number, put=into)
            for (variant, n, cost), into in zip(lines, put, strict=True)
        ],
        by=by,
    )
    return receipt


def _refuse_bad(lines: Sequence[Line]) -> None:
    if not lines:
        raise ValidationError(_("Add at least one line."))
    for number, (_variant, quantity, cost) in enumerate(lines, 1):
        if quantity < 1:
            raise ValidationError(_("Line %(number)s: the quantity must be at least 1.") % {"number": number})
        if cost is not None and cost < 0:
            raise ValidationError(_("Line %(number)s: a cost cannot be negative.") % {"number": number})
