"""What must hold after any sequence of edits, reviews and moments by several people."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from backoffice import publishing, verification
from backoffice.context import acting
from backoffice.models import LiveVersion, Review, Revision
from backoffice.publishing import rows
from catalog.models import Product, Variant
from catalog.services import (
    activate_variants,
    deactivate_variants,
    set_media,
    set_parts,
    set_relations,
    update_product,
    update_variant,
)
from tests.factories import make_product, make_user

people = st.integers(0, 2)
words = st.sampled_from(["Tea", "Green tea", "Black tea"])
hours = st.sampled_from([None, 1, 5])


class Newsroom(RuleBasedStateMachine):
    """Three people with every right, a product with two variants, two it may point at, and a clock that only goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @initialize()
    def begin(self) -> None:
        self.people = [make_user("owner") for _ in range(3)]
        self.now = timezone.now() + timedelta(minutes=1)
        self.wrote: set[int] = set()  # who changed the content since the last live version
        with acting(source="test", user=self.people[0]):
            variants = [{"sku": "TEA", "price": Decimal(5)}, {"sku": "BAG", "price": Decimal(5), "option1": "Bag"}]
            self.product = make_product("Tea", variants=variants)
            make_product("Pot"), make_product("Cup")
        self.wrote = {self.people[0].pk}

    def as_person(self, number: int, verb: Any, *args: Any, **kwargs: Any) -> Any:
        """What the verb gives, or None where it was refused, which changes nothing."""
        person = self.people[number]
        with acting(source="test", user=person):
            try:
                with transaction.atomic():
                    return verb(*args, by=person, **kwargs)
            except ValidationError:
                return None

    def edit(self, number: int, verb: Any, *args: Any, **kwargs: Any) -> None:
        before = self.digest()
        self.as_person(number, verb, *args, **kwargs)
        if self.digest() != before:
            self.wrote.add(self.people[number].pk)
            assert not Review.objects.pending().exists()

    def digest(self) -> str:
        [(_key, digest)] = rows.query(
            "SELECT id, digest FROM backoffice_digests('catalog.product', %s)", [[self.product.pk]]
        )
        return str(digest)

    @rule(number=people, title=words)
    def write(self, number: int, title: str) -> None:
        self.edit(number, update_product, self.product, title=title)

    @rule(number=people, option=st.sampled_from(["", "Box", "Bag"]))
    def change_variant(self, number: int, option: str) -> None:
        self.edit(number, update_variant, Variant.objects.get(sku="BAG"), option1=option)

    @rule(number=people, is_active=st.booleans())
    def switch_variant(self, number: int, is_active: bool) -> None:
        self.edit(number, activate_variants if is_active else deactivate_variants, [Variant.objects.get(sku="BAG")])

    @rule(number=people, count=st.integers(0, 2))
    def picture(self, number: int, count: int) -> None:
        entries = [
            {"file": "", "url": f"https://x.example/{n}", "alt": "", "alt_zh": "图", "variant": "BAG"}
            for n in range(count)
        ]
        self.edit(number, set_media, self.product, entries)

    @rule(number=people, others=st.sampled_from([(), ("pot",), ("pot", "cup"), ("cup", "pot")]))
    def relate(self, number: int, others: tuple[str, ...]) -> None:
        rows_ = [(Product.objects.get(handle__startswith=handle), "accessory") for handle in others]
        self.edit(number, set_relations, self.product, rows_)

    @rule(number=people, bundle=st.sampled_from(["TEA", "BAG"]), quantity=st.integers(0, 2))
    def bundle(self, number: int, bundle: str, quantity: int) -> None:
        other = "BAG" if bundle == "TEA" else "TEA"
        parts = [(Variant.objects.get(sku=other), quantity)] if quantity else []
        self.edit(number, set_parts, Variant.objects.get(sku=bundle), parts)

    @rule(number=people, handle=st.sampled_from(["pot", "pot-2"]))
    def rename_a_related_one(self, number: int, handle: str) -> None:
        """Whoever does so writes no content of the tea, but what waits says something else now."""
        before = self.digest()
        self.as_person(number, update_product, Product.objects.get(handle__startswith="pot"), handle=handle)
        assert self.digest() == before or not Review.objects.pending().exists()

    @rule(number=people, start=hours, end=hours)
    def submit(self, number: int, start: int | None, end: int | None) -> None:
        times = {
            "publish_at": self.now + timedelta(hours=start) if start else None,
            "expires_at": self.now + timedelta(hours=end + 1) if end else None,
        }
        for review in self.as_person(number, publishing.submit, [self.product], **times) or []:
            assert set(review.revision.authors) == self.wrote

    @rule(number=people)
    def approve(self, number: int) -> None:
        waiting = list(Review.objects.open())
        done = self.as_person(number, publishing.approve, waiting) if waiting else None
        if waiting and self.people[number].pk in {waiting[0].requested_by_id, *self.wrote}:
            assert done is None
        self.settle()

    @rule(number=people)
    def reject(self, number: int) -> None:
        self.as_person(number, publishing.reject, list(Review.objects.open()), reason="No.")

    @rule(number=people)
    def withdraw(self, number: int) -> None:
        self.as_person(number, publishing.withdraw, list(Review.objects.pending()))

    @rule(length=st.integers(1, 4))
    def time_passes(self, length: int) -> None:
        self.now += timedelta(hours=length)
        publishing.publish_due(self.now)
        assert not Review.objects.due(self.now).exists()
        assert not LiveVersion.objects.over(self.now).exists()
        self.settle()

    @rule(number=people)
    def unpublish(self, number: int) -> None:
        self.as_person(number, publishing.unpublish, [self.product])

    @rule(number=people)
    def archive(self, number: int) -> None:
        self.as_person(number, publishing.archive, [self.product])

    @rule(number=people)
    def reopen(self, number: int) -> None:
        self.as_person(number, publishing.reopen, [self.product])

    @rule(number=people, which=st.integers(0, 5))
    def restore(self, number: int, which: int) -> None:
        revisions = list(Revision.objects.order_by("pk"))
        if not revisions:
            return
        wanted, before = revisions[which % len(revisions)], self.digest()
        restored = self.as_person(number, publishing.restore, wanted)
        if restored is not None:
            assert restored.digest == wanted.digest == self.digest()
        if self.digest() != before:
            self.wrote.add(self.people[number].pk)

    def settle(self) -> None:
        """Whatever went live just now, its authors are authors no longer."""
        live = LiveVersion.objects.first()
        if live is not None and live.review_id != getattr(self, "last_live", None):
            self.last_live = live.review_id
            self.wrote = set()

    @invariant()
    def nothing_unreviewed_is_public(self) -> None:
        for live in LiveVersion.objects.live().select_related("review", "revision"):
            review, revision = live.review, live.revision
            assert (review.state, review.digest, live.content) == ("published", revision.digest, revision.content)
            assert review.decided_by_id is not None
            assert review.decided_by_id not in {review.requested_by_id, *revision.authors}

    @invariant()
    def states_agree(self) -> None:
        found = Product.objects.values_list("status", flat=True).get(pk=self.product.pk)
        live = LiveVersion.objects.live().exists()
        pending = Review.objects.pending().values_list("state", flat=True).first()
        assert (found, live, pending) in {
            ("draft", False, None),
            ("archived", False, None),
            ("published", True, None),
            ("in_review", False, "open"),
            ("in_review", True, "open"),
            ("scheduled", False, "approved"),
            ("scheduled", True, "approved"),
        }
        if live:
            revision = LiveVersion.objects.get().revision
            assert publishing.has_changes(self.product) == (self.digest() != revision.digest)

    @invariant()
    def verify_agrees(self) -> None:
        names = ["live_versions", "publishing_states", "unpublished_changes"]
        assert [report.result.wrong for report in verification.run(names)] == [0, 0, 0]


@pytest.mark.django_db
def test_any_sequence_of_verbs_keeps_the_public_safe():
    checks = settings(max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Newsroom, settings=checks)
