"""Whatever is done with bins, lots and serial numbers, in whatever order: what lies where agrees with a plain model."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from backoffice import verification
from inventory import services
from inventory.models import Location, Lot, PartPosting, StockLevel, StockMove, StockPart
from inventory.services import Arriving, Correction, Move, Pieces, PutAway, Scanned, post, virtual
from tests.factories import make_bin, make_location, make_user, make_variant

pytestmark = pytest.mark.django_db
Kind = StockMove.Kind
TRACKING = {"TEA": "none", "MILK": "lot", "PHONE": "serial"}
LOTS = {"TEA": [None], "MILK": ["A", "B", "OLD"], "PHONE": ["S1", "S2", "S3"]}
EXPIRY = {"A": None, "B": 30, "OLD": -1}  # days from today
PLACES = ["MAIN", "SHOP"]
BINS = {"MAIN": [None, "M-1", "M-2"], "SHOP": [None, "S-1"], "transit": [None]}
SKUS, WHERE = st.sampled_from(sorted(TRACKING)), st.sampled_from(PLACES)
PIECES, NUMBER = st.integers(1, 4), st.integers(0, 2)
FORGERIES = [
    "UPDATE inventory_partposting SET after = after + 1",
    "DELETE FROM inventory_partposting",
    "UPDATE inventory_stockpart SET quantity = quantity + 1",
    "UPDATE inventory_stocklevel SET placed = placed + 1 WHERE id IN (SELECT level_id FROM inventory_stockpart)",
    "DELETE FROM inventory_stockpart",
]


class Parts(RuleBasedStateMachine):
    """One variant of each kind of tracking at two warehouses. The model counts pieces by (SKU, place, bin, lot)."""

    transfers = Bundle("transfers")

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.variants = {sku: make_variant(sku, tracking=tracking) for sku, tracking in TRACKING.items()}
        self.places = {code: make_location(code) for code in PLACES}
        self.places["transit"] = Location.objects.get(kind="transit")
        self.bins = {
            code: make_bin(code, location=self.places[place], position=n)
            for place, codes in BINS.items()
            for n, code in enumerate(codes)
            if code
        }
        today = timezone.localdate()
        self.lots = {
            lot: Lot.objects.create(
                variant=self.variants[sku], number=lot,
                expires_on=None if EXPIRY.get(lot) is None else today + timedelta(days=EXPIRY[lot]),
            )
            for sku, names in LOTS.items() for lot in names if lot
        }  # fmt: skip
        self.there = Counter()
        self.days = dict(EXPIRY)
        self.person = make_user("warehouse_operator")

    def teardown(self):
        assert [report.name for report in verification.run() if report.result.wrong] == []
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    # --- The model --------------------------------------------------------------------------------------

    def key(self, sku, code, bin, lot):
        """A place of the model; numbers choose among what there is."""
        return sku, code, BINS[code][bin % len(BINS[code])], LOTS[sku][lot % len(LOTS[sku])]

    def parts(self, sku, code):
        """(bin, lot) of a level in the order in which pieces leave."""
        found = [(bin, lot) for (s, c, bin, lot), n in self.there.items() if (s, c) == (sku, code) and n]
        walk = BINS[code].index
        return sorted(
            found, key=lambda part: (self.expiry(part[1]), self.lots[part[1]].pk if part[1] else 0, walk(part[0]))
        )

    def expiry(self, lot):
        days = self.days.get(lot)
        return 10_000 if days is None else days

    def chosen(self, sku, code, pieces, bin=None, lot=None, fresh=False):
        """What leaves: [(bin, lot, pieces)]; None where there is less."""
        found = []
        for b, name in self.parts(sku, code):
            if (bin and b != bin) or (lot and name != lot) or (fresh and not lot and self.expiry(name) < 0):
                continue
            some = min(pieces, self.there[sku, code, b, name])
            if some:
                found.append((b, name, some))
                pieces -= some
        return None if pieces else found

    def in_stock(self, sku, lot):
        return any(n for (s, _c, _b, name), n in self.there.items() if (s, name) == (sku, lot))

    def may_come(self, sku, lot, pieces):
        return sku != "PHONE" or (pieces == 1 and not self.in_stock(sku, lot))

    def bin(self, code):
        return self.bins[code].pk if code else None

    def lot(self, name):
        return self.lots[name].pk if name else None

    def tried(self, possible, work):
        try:
            with transaction.atomic():
                result = work()
        except ValidationError:
            assert not possible
            return None
        assert possible
        return result

    # --- What people do ---------------------------------------------------------------------------------

    @rule(sku=SKUS, code=WHERE, bin=NUMBER, lot=NUMBER, pieces=PIECES)
    def receive(self, sku, code, bin, lot, pieces):
        _sku, _code, b, name = key = self.key(sku, code, bin, lot)
        said = {0: [Arriving(pieces, name or "", bin=self.bin(b))]} if b or name else {}
        lines = [(self.variants[sku].pk, pieces, None)]
        work = lambda: services.receive(self.places[code], None, lines, parts=said, by=None)  # noqa: E731
        if self.tried(self.may_come(sku, name, pieces), work):
            self.there[key] += pieces

    @rule(sku=SKUS, code=WHERE, out_of=NUMBER, into=NUMBER, lot=NUMBER, pieces=PIECES)
    def put_away(self, sku, code, out_of, into, lot, pieces):
        level = StockLevel.objects.filter(variant=self.variants[sku], location=self.places[code]).first()
        start, end = self.key(sku, code, out_of, lot), self.key(sku, code, into, lot)
        possible = level is not None and start != end and self.there[start] >= pieces
        row = PutAway(level.pk if level else 0, pieces, self.bin(end[2]), self.bin(start[2]), self.lot(start[3]))
        if self.tried(possible, lambda: services.put_away([row], by=None)):
            self.there[start] -= pieces
            self.there[end] += pieces

    @rule(
        sku=SKUS, code=WHERE, pieces=PIECES, bin=NUMBER, lot=NUMBER, named=st.sampled_from(["", "bin", "lot", "both"])
    )
    def scrap(self, sku, code, pieces, bin, lot, named):
        _sku, _code, b, name = self.key(sku, code, bin, lot)
        b, name = (b if named in ("bin", "both") else None), (name if named in ("lot", "both") else None)
        left = self.chosen(sku, code, pieces, b, name)
        taken = (Pieces(pieces, self.lot(name), self.bin(b)),) if b or name else ()
        lines = [(self.variants[sku].pk, pieces)]
        work = lambda: services.scrap("X", lines, self.places[code], reason="test", taken={0: taken}, by=None)  # noqa: E731
        if self.tried(left is not None, work):
            self.take_off(sku, code, left)

    @rule(sku=SKUS, code=WHERE, pieces=PIECES)
    def ship(self, sku, code, pieces):
        """Nothing that has expired leaves by itself."""
        left = self.chosen(sku, code, pieces, fresh=True)
        variant, place, outside = self.variants[sku].pk, self.places[code].pk, virtual(Location.Kind.CUSTOMER)
        moves = [
            Move(Kind.ALLOCATED, variant, place, place, pieces),
            Move(Kind.SHIPPED, variant, place, outside, pieces),
        ]
        if self.tried(left is not None, lambda: post(moves, by=None)):
            self.take_off(sku, code, left)

    @rule(sku=SKUS, code=WHERE, bin=NUMBER, lot=NUMBER, counted=st.integers(0, 4))
    def count(self, sku, code, bin, lot, counted):
        _sku, _code, b, name = key = self.key(sku, code, bin, lot)
        if b is None:
            return
        more = counted - self.there[key]
        correction = Correction(
            self.variants[sku].pk, self.places[code].pk, counted=counted, bin=self.bin(b), lot=name or ""
        )
        possible = more <= 0 or self.may_come(sku, name, more)
        if self.tried(possible, lambda: services.adjust_many([correction], reason="test", by=None)) is not None:
            self.there[key] = counted

    @rule(target=transfers, sku=SKUS, source=WHERE, pieces=PIECES)
    def send(self, sku, source, pieces):
        target = next(code for code in PLACES if code != source)
        lines = [(self.variants[sku].pk, pieces)]
        made = services.create_transfer(self.places[source], self.places[target], lines, by=None)
        left = self.chosen(sku, source, pieces)
        if self.tried(left is not None, lambda: services.send(made, by=None)) is None:
            services.cancel_transfer(made, by=None)
            return multiple()
        self.take_off(sku, source, left)
        lots = Counter()
        for _bin, name, some in left:
            lots[name] += some
            self.there[sku, "transit", None, name] += some
        return made, sku, source, target, lots

    @rule(sent=consumes(transfers), lost=st.integers(0, 2), bin=NUMBER)
    def arrive(self, sent, lost, bin):
        made, sku, _source, target, lots = sent
        total = sum(lots.values())
        arrived = max(total - lost, 0)
        b = BINS[target][bin % len(BINS[target])]
        line = made.lines.get()
        put = {line.pk: [Pieces(arrived, bin=self.bin(b))]} if b and arrived else {}
        services.receive_transfer(made, {line.pk: arrived}, put=put, reason="test", by=None)
        for name in sorted(lots, key=lambda lot: self.lots[lot].pk if lot else 0):
            self.there[sku, "transit", None, name] -= lots[name]
            some = min(arrived, lots[name])
            self.there[sku, target, b, name] += some
            arrived -= some

    @rule(sent=consumes(transfers))
    def turn_back(self, sent):
        made, sku, source, _target, lots = sent
        services.cancel_transfer(made, by=None)
        for name, some in lots.items():
            self.there[sku, "transit", None, name] -= some
            self.there[sku, source, None, name] += some

    @rule(lot=st.sampled_from(["A", "B", "OLD"]), days=st.sampled_from([None, -1, 0, 30]))
    def expire(self, lot, days):
        """A lot gets another day of expiry, and the job looks at all of them."""
        self.days[lot] = days
        day = None if days is None else timezone.localdate() + timedelta(days=days)
        Lot.objects.filter(pk=self.lots[lot].pk).update(expires_on=day)
        services.quarantine_expired()
        assert {name for name in ["A", "B", "OLD"] if self.expiry(name) < 0} == set(
            Lot.objects.filter(is_quarantined=True).values_list("number", flat=True)
        )

    @rule(sku=SKUS, pieces=PIECES)
    def put_away_and_take_back(self, sku, pieces):
        """A scan that is taken back leaves everything where it was."""
        loose = sum(n for (s, c, bin, _lot), n in self.there.items() if (s, c, bin) == (sku, "MAIN", None))
        work = lambda: services.shelve(self.bins["M-1"], Scanned(sku, pieces), by=self.person)  # noqa: E731
        if scan := self.tried(pieces <= loose, work):
            services.undo_scan(scan, by=self.person)

    @rule(sku=SKUS, pieces=PIECES)
    def load_and_take_back(self, sku, pieces):
        lines = [(self.variants[sku].pk, pieces)]
        made = services.create_transfer(self.places["MAIN"], self.places["SHOP"], lines, by=None)
        work = lambda: services.load(made, Scanned(sku, pieces), by=self.person)  # noqa: E731
        if scan := self.tried(self.chosen(sku, "MAIN", pieces) is not None, work):
            services.undo_scan(scan, by=self.person)
        services.cancel_transfer(made, by=None)

    def take_off(self, sku, code, left):
        for bin, name, some in left:
            self.there[sku, code, bin, name] -= some

    # --- What holds after every step ----------------------------------------------------------------------

    @precondition(lambda self: PartPosting.objects.exists())
    @rule(forgery=st.sampled_from(FORGERIES))
    def the_books_cannot_be_forged(self, forgery):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(forgery)

    @invariant()
    def what_lies_where_is_what_the_model_says(self):
        found = Counter()
        for part in StockPart.objects.select_related("level__variant", "level__location", "bin", "lot"):
            level = part.level
            bin, lot = part.bin and part.bin.code, part.lot and part.lot.number
            found[level.variant.sku, level.location.code, bin, lot] += part.quantity
        for level in StockLevel.objects.select_related("variant", "location"):
            placed = sum(n for (s, c, _b, _l), n in found.items() if (s, c) == (level.variant.sku, level.location.code))
            assert level.placed == placed
            if level.variant.tracking == "none":
                found[level.variant.sku, level.location.code, None, None] = level.loose
        assert +found == +self.there
        assert min([0, *self.there.values()]) == 0

    @invariant()
    def what_is_in_quarantine_is_held(self):
        quarantined = set(Lot.objects.filter(is_quarantined=True).values_list("number", flat=True))
        for level in StockLevel.objects.select_related("variant", "location"):
            here = (level.variant.sku, level.location.code)
            expired = sum(n for (s, c, _b, lot), n in self.there.items() if (s, c) == here and lot in quarantined)
            assert (level.held, level.free) == (expired, level.on_hand - expired)

    @invariant()
    def a_serial_number_is_in_stock_once(self):
        sums = Counter()
        for (sku, _code, _bin, lot), pieces in self.there.items():
            if sku == "PHONE":
                sums[lot] += pieces
        assert max([0, *sums.values()]) <= 1


def test_what_lies_where_is_known_whatever_happens():
    run(
        Parts,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
