"""What people do with stock and orders, each deed with a mark of its own, and how one sees afterwards whether it happened.

A deed is there when every trace of it is (document, lines, ledger, event), absent when none is; anything else is torn.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Sum
from django.utils import timezone

from backoffice.models import AuditEvent
from inventory.models import (
    Allocation,
    Hold,
    Location,
    Receipt,
    Scan,
    StockMove,
    StockPosting,
    Transfer,
    TransferLine,
)
from orders.models import Fulfilment, Order
from tests.crash.visitor import NO, NOTHING, YES, Answer, Visitor

THERE, ABSENT, TORN = "there", "absent", "torn"


@dataclass
class Deed:
    """A form that was sent. `traces` gives what is found of it: all true, or all false."""

    verb: str
    mark: str
    traces: Callable[[], Sequence[bool]]
    said: str = NOTHING

    def found(self) -> str:
        traces = list(self.traces())
        return THERE if all(traces) else TORN if any(traces) else ABSENT

    def is_lie(self, found: str) -> bool:
        """Whether the page said something else than what is so."""
        return (self.said == YES and found != THERE) or (self.said == NO and found != ABSENT)


class Actor:
    """Somebody who works on documents of her own with the goods that all share. What she got no answer about, she leaves alone."""

    def __init__(
        self, number: int, mark: str, visitor: Visitor, skus: Sequence[tuple[int, str]], places: Sequence[Location], orders: list[Order]
    ) -> None:  # fmt: skip
        self.chance = random.Random(f"{number} {mark}")
        self.mark = f"{mark}-{number}"
        self.visitor, self.skus, self.places = visitor, skus, places
        self.drafts = list(orders)
        self.placed: list[Order] = []
        self.parcels: list[str] = []
        self.packed: list[str] = []
        self.holds: list[int] = []
        self.written: list[str] = []
        self.sent: list[str] = []
        self.loaded: list[tuple[str, str]] = []
        self.count = 0
        self.deeds: list[Deed] = []

    def act(self) -> Deed:
        """Do one thing out of those that are possible now."""
        verbs = [self.receive, self.correct, self.hold, self.write_transfer]
        verbs += [self.place, self.place] if self.drafts else []
        verbs += [self.cancel, self.reallocate, self.make_parcel, self.make_parcel] if self.placed else []
        verbs += [self.pack] if self.parcels else []
        verbs += [self.ship] if self.packed else []
        verbs += [self.release] if self.holds else []
        verbs += [self.send_transfer, self.load] if self.written else []
        verbs += [self.take_back, self.take_back] if self.loaded else []
        verbs += [self.receive_transfer] if self.sent else []
        self.count += 1
        return self.chance.choice(verbs)()

    def _do(
        self, verb: str, address: str, fields: dict[str, object], traces: Callable[[], Sequence[bool]], mark: str = ""
    ) -> Answer:
        deed = Deed(verb, mark or self._mark(), traces)
        self.deeds.append(deed)
        answer = self.visitor.send(address, fields)
        deed.said = answer.said
        return answer

    def _mark(self) -> str:
        return f"{self.mark}-{self.count}"

    # --- Stock ------------------------------------------------------------------------------------------

    def receive(self) -> Deed:
        mark, goods = self._mark(), self._goods(3)
        fields = {"location": self._place().pk, "reference": mark, "key": mark, **_rows(goods)}

        def traces() -> Sequence[bool]:
            receipt = Receipt.objects.filter(reference=mark).first()
            lines = dict(receipt.lines.values_list("variant", "quantity")) if receipt else {}
            return [
                lines == {variant: pieces for variant, _sku, pieces in goods},
                receipt is not None and _moved(cause=receipt.number) == sum(lines.values()),
                _events("receipt.posted", receipt) == 1,
            ]

        self._do("receive", "/inventory/receipts/new/", fields, traces)
        return self.deeds[-1]

    def correct(self) -> Deed:
        mark, (_variant, sku) = self._mark(), self.chance.choice(self.skus)
        fields = {
            "variant": sku, "location": self._place().pk, "mode": "change", "quantity": self.chance.choice([-1, 1, 2]), "reason": mark,
        }  # fmt: skip
        self._do(
            "correct", "/inventory/correct/", fields,
            lambda: [_moves(reason=mark) == 1, _postings(reason=mark) == 1, _reasons("stocklevel.corrected", mark) == 1],
        )  # fmt: skip
        return self.deeds[-1]

    def hold(self) -> Deed:
        mark, (_variant, sku) = self._mark(), self.chance.choice(self.skus)
        until = (timezone.localtime() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
        fields = {"variant": sku, "location": self._place().pk, "quantity": 1, "reason": mark, "expires_at": until}
        answer = self._do(
            "hold", "/inventory/holds/new/", fields,
            lambda: [Hold.objects.filter(reason=mark).count() == 1, _moves(reason=mark, kind="held") == 1, _reasons("hold.placed", mark) == 1],
        )  # fmt: skip
        if answer.said == YES:
            self.holds.append(int(answer.address.rstrip("/").rpartition("/")[2]))
        return self.deeds[-1]

    def release(self) -> Deed:
        pk = self._take(self.holds)

        def traces() -> Sequence[bool]:
            held = Hold.objects.get(pk=pk)
            freed = _moves(reason=held.reason, kind="unheld") == 1
            return [held.status == Hold.Status.RELEASED, freed, _events("hold.released", held) == 1]

        self._do("release", f"/inventory/holds/{pk}/release/", {}, traces, str(pk))
        return self.deeds[-1]

    def write_transfer(self) -> Deed:
        mark, goods = self._mark(), self._goods(2)
        source, target = self.chance.sample(self.places, 2)
        fields = {"source": source.pk, "destination": target.pk, "note": mark, **_rows(goods)}

        def traces() -> Sequence[bool]:
            transfer = Transfer.objects.filter(note=mark).first()
            lines = transfer.lines.count() if transfer else 0
            return [lines == len(goods), _events("transfer.created", transfer) == 1]

        answer = self._do("write_transfer", "/inventory/transfers/new/", fields, traces)
        if answer.said == YES:
            self.written.append(answer.address.rstrip("/").rpartition("/")[2])
        return self.deeds[-1]

    def send_transfer(self) -> Deed:
        number = self._take(self.written)

        def traces() -> Sequence[bool]:
            transfer = Transfer.objects.get(number=number)
            left = _moved(cause=number, kind="transferred", from_location=transfer.source)
            return [transfer.sent_at is not None, left == _pieces(transfer), _events("transfer.sent", transfer) == 1]

        if self._do("send_transfer", f"/inventory/transfers/{number}/send/", {}, traces, number).said == YES:
            self.sent.append(number)
        return self.deeds[-1]

    def load(self) -> Deed:
        """Scan a piece onto its way; the transfer is used for nothing else."""
        number, key = self._take(self.written), str(uuid4())
        line = patiently(lambda: TransferLine.objects.select_related("variant").filter(transfer__number=number).first())

        def traces() -> Sequence[bool]:
            source = Transfer.objects.get(number=number).source
            return [Scan.objects.filter(key=key).exists(), _moved(cause=number, from_location=source) == 1]

        fields = {"code": line.variant.sku, "pieces": 1, "key": key}
        if self._do("load", f"/inventory/warehouse/transfers/{number}/load/", fields, traces, number).said == YES:
            self.loaded.append((number, key))
        return self.deeds[-1]

    def take_back(self) -> Deed:
        number, key = self._take(self.loaded)

        def traces() -> Sequence[bool]:
            back = _moved(cause=number, to_location=Transfer.objects.get(number=number).source)
            left = TransferLine.objects.filter(transfer__number=number).aggregate(n=Sum("sent"))["n"]
            return [Scan.objects.get(key=key).undone_at is not None, back == 1, left == 0]

        address = f"/inventory/warehouse/transfers/{number}/load/"
        pk = patiently(lambda: Scan.objects.get(key=key).pk)
        self._do("take_back", f"/inventory/warehouse/scans/{pk}/undo/", {"next": address}, traces, number)
        return self.deeds[-1]

    def receive_transfer(self) -> Deed:
        number = self._take(self.sent)
        lines = patiently(lambda: list(Transfer.objects.get(number=number).lines.all()))
        fields = {f"line_{line.pk}": line.quantity for line in lines}

        def traces() -> Sequence[bool]:
            row = Transfer.objects.get(number=number)
            came = _moved(cause=number, kind="transferred", to_location=row.destination)
            return [row.status == "received", came == _pieces(row), _events("transfer.received", row) == 1]

        self._do("receive_transfer", f"/inventory/transfers/{number}/receive/", fields, traces, number)
        return self.deeds[-1]

    # --- Orders -----------------------------------------------------------------------------------------

    def place(self) -> Deed:
        order = self._take(self.drafts)

        def traces() -> Sequence[bool]:
            promised = _moved(cause=order.number, kind="allocated", reason="") == _pieces(order)
            status = Order.objects.get(pk=order.pk).status
            return [status != Order.Status.DRAFT, promised, _events("order.placed", order) == 1]

        if self._do("place", f"/orders/{order.number}/place/", {}, traces, order.number).said == YES:
            self.placed.append(order)
        return self.deeds[-1]

    def cancel(self) -> Deed:
        order, mark = self._take(self.placed), self._mark()

        def traces() -> Sequence[bool]:
            row = Order.objects.get(pk=order.pk)
            nothing_left = not Allocation.objects.filter(cause=order.number).exists()
            released = _moved(cause=order.number, kind="released", reason="") == _pieces(order)
            return [row.status == Order.Status.CANCELED, nothing_left, released, _reasons("order.canceled", mark) == 1]

        self._do("cancel", f"/orders/{order.number}/cancel/", {"reason": mark}, traces)
        return self.deeds[-1]

    def reallocate(self) -> Deed:
        order, mark = self.chance.choice(self.placed), self._mark()
        fields = {"location": self._place().pk, "reason": mark}

        def traces() -> Sequence[bool]:
            released, allocated = _moved(reason=mark, kind="released"), _moved(reason=mark, kind="allocated")
            assert released == allocated
            return [released > 0, allocated > 0, _reasons("order.reallocated", mark) == 1]

        self._do("reallocate", f"/orders/{order.number}/reallocate/", fields, traces)
        return self.deeds[-1]

    def make_parcel(self) -> Deed:
        """Of everything that is ready at the place that has most; what an order may have no parcel of is refused."""
        order = self._take(self.placed)
        rows = patiently(lambda: list(Allocation.objects.filter(cause=order.number)))
        most = Counter(row.location_id for row in rows).most_common(1)[0][0]
        place = next(place for place in self.places if place.pk == most)
        fields = {f"line_{row.item}": row.quantity for row in rows if row.location_id == place.pk}

        def traces() -> Sequence[bool]:
            parcel = Fulfilment.objects.filter(order=order).first()
            lines = dict(parcel.lines.values_list("order_line", "quantity")) if parcel else {}
            return [
                {f"line_{key}": pieces for key, pieces in lines.items()} == fields,
                _events("fulfilment.created", parcel) == 1,
                _events("order.fulfilment_created", order) == 1,
            ]

        address = f"/orders/{order.number}/fulfil/?location={place.code}"
        answer = self._do("make_parcel", address, fields, traces, order.number)
        if answer.said == YES:
            self.parcels.append(answer.address.rstrip("/").rpartition("/")[2])
        return self.deeds[-1]

    def pack(self) -> Deed:
        number = self._take(self.parcels)

        def traces() -> Sequence[bool]:
            parcel = Fulfilment.objects.get(number=number)
            return [parcel.packed_at is not None, _events("fulfilment.packed", parcel) == 1]

        if self._do("pack", f"/orders/fulfilments/{number}/pack/", {}, traces, number).said == YES:
            self.packed.append(number)
        return self.deeds[-1]

    def ship(self) -> Deed:
        number = self._take(self.packed)

        def traces() -> Sequence[bool]:
            parcel = Fulfilment.objects.select_related("order").get(number=number)
            shipped = _moved(cause=parcel.order.number, kind="shipped")
            fulfilled = parcel.order.lines.aggregate(n=Sum("fulfilled"))["n"]
            pieces = _pieces(parcel)
            return [
                parcel.status == "shipped",
                shipped == pieces,
                fulfilled == pieces,
                _events("fulfilment.shipped", parcel) == 1,
                _events("order.shipped", parcel.order) == 1,
            ]

        self._do("ship", f"/orders/fulfilments/{number}/ship/", {"tracking_number": self._mark()}, traces, number)
        return self.deeds[-1]

    # --- Chance -----------------------------------------------------------------------------------------

    def _take(self, rows: list[Any]) -> Any:
        return rows.pop(self.chance.randrange(len(rows)))

    def _place(self) -> Location:
        return self.chance.choice(self.places)

    def _goods(self, most: int) -> list[tuple[int, str, int]]:
        chosen = self.chance.sample(self.skus, self.chance.randint(1, most))
        return [(variant, sku, self.chance.randint(1, 3)) for variant, sku in chosen]


def patiently(read: Callable[[], Any]) -> Any:
    """Read from a database that may be away for a while."""
    while True:
        try:
            return read()
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(0.2)


# --- Traces ---------------------------------------------------------------------------------------------


def _rows(goods: Sequence[tuple[int, str, int]]) -> dict[str, object]:
    fields: dict[str, object] = {"lines-TOTAL_FORMS": len(goods), "lines-INITIAL_FORMS": 0}
    for number, (_variant, sku, pieces) in enumerate(goods):
        fields |= {f"lines-{number}-variant": sku, f"lines-{number}-quantity": pieces}
    return fields


def _moves(**conditions: Any) -> int:
    return StockMove.objects.filter(**conditions).count()


def _postings(reason: str) -> int:
    return StockPosting.objects.filter(move__reason=reason).count()


def _moved(**conditions: Any) -> int:
    return StockMove.objects.filter(**conditions).aggregate(n=Sum("quantity", default=0))["n"]


def _pieces(document: Any) -> int:
    return document.lines.aggregate(n=Sum("quantity"))["n"]


def _events(verb: str, document: Any) -> int:
    return 0 if document is None else AuditEvent.objects.about(document).filter(verb=verb).count()


def _reasons(verb: str, reason: str) -> int:
    return AuditEvent.objects.filter(verb=verb, reason=reason).count()
