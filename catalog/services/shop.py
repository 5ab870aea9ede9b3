"""What the public reads of the catalogue: the live versions of products, never their working copies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Upper

from backoffice.models import LiveVersion
from catalog.models import Product, ProductRedirect

KIND = Product._meta.label_lower
A_PART = 40_000


@dataclass(frozen=True)
class LiveProduct:
    """A product as the public sees it."""

    key: int
    content: dict[str, Any]

    @property
    def handle(self) -> str:
        return str(self.content["handle"])


def _live() -> QuerySet:
    return LiveVersion.objects.live().filter(subject_type=KIND)


def _by_address(found: QuerySet) -> QuerySet:
    return found.alias(address=Upper(KeyTextTransform("handle", "content")))


def live_product(handle: str) -> LiveProduct | None:
    """The live product of this address, whatever the case."""
    rows = _by_address(_live()).filter(address=Upper(Value(handle))).values_list("subject_id", "content")
    return next((LiveProduct(*row) for row in rows), None)


def present_address(handle: str) -> str | None:
    """The address of the live product that was published under `handle` before; None where there is none."""
    former = ProductRedirect.objects.alias(address=Upper("handle")).filter(address=Upper(Value(handle)))
    rows = _live().filter(subject_id__in=former.values("product"))
    return rows.values_list(KeyTextTransform("handle", "content"), flat=True).first()


def was_public(handle: str) -> bool:
    """Whether a product that is public no longer has this address."""
    keys = Product.objects.alias(address=Upper("handle")).filter(address=Upper(Value(handle))).values("pk")
    return LiveVersion.objects.filter(subject_type=KIND, is_live=False, subject_id__in=keys).exists()


def live_titles(handles: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Both titles of those that are live, by address."""
    rows = _by_address(_live()).filter(address__in=[handle.upper() for handle in handles])
    names = (KeyTextTransform(name, "content") for name in ("handle", "title", "title_zh"))
    return {handle: (title, title_zh) for handle, title, title_zh in rows.values_list(*names)}


def is_public_file(name: str) -> bool:
    """Whether a live product shows the uploaded file of this name."""
    return _live().filter(content__media__contains=[{"file": name}]).exists()


def parts_of_map() -> int:
    """In how many parts the live products are listed, by their keys."""
    newest = _live().aggregate(newest=Max("subject_id"))["newest"]
    return 0 if newest is None else newest // A_PART + 1


def part_of_map(number: int) -> Iterator[tuple[str, datetime]]:
    """Address and last change of the live products of a part, numbered from 0."""
    of_part = (
        _live().filter(subject_id__gte=number * A_PART, subject_id__lt=(number + 1) * A_PART).order_by("subject_id")
    )
    return of_part.values_list(KeyTextTransform("handle", "content"), "changed_at").iterator()
