"""Kinds of approvals, as modules register them, and the limits above which they are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from backoffice.models import Approval, ApprovalThreshold, User
from backoffice.models.approvals import DECIDERS


@dataclass(frozen=True)
class Line:
    """A value that the proposal changes, as text for people."""

    label: Any
    before: Any
    after: Any


def _nothing(approval: Approval) -> None:
    """Most kinds have nothing to put away when a proposal comes to nothing."""


@dataclass(frozen=True)
class Kind:
    """A kind of proposal.

    permission: who holds it decides, and needs no approval for the same thing.
    apply: `apply(approval, by=decider)` carries the proposal out; raises ValidationError where it no longer fits.
    describe: lines that say what would change, for a reader: `describe(approval, viewer)`.
    limit: the default of the threshold of `limit_key`, a kind whose row in the set-up counts (by default its own).
    closed: called when the proposal was rejected, withdrawn or ran out.
    """

    key: str
    label: Any
    permission: str
    apply: Callable[..., Any]
    describe: Callable[[Approval, Any], Sequence[Line]]
    limit: int = 0
    limit_key: str = ""
    closed: Callable[[Approval], None] = _nothing
    lasts: timedelta = timedelta(days=14)


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    _kinds[kind.key] = kind
    DECIDERS[kind.key] = kind.permission
    return kind


def get(key: str) -> Kind:
    return _kinds[key]


def every() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: kind.key)


def limit_of(key: str) -> Decimal:
    """The threshold of the kind: its row in the set-up, else its default; one query."""
    kind = get(key)
    row = ApprovalThreshold.objects.filter(kind=kind.limit_key or key).values_list("limit", flat=True).first()
    return Decimal(kind.limit) if row is None else row


def needed(key: str, by: User | None) -> bool:
    """Whether `by` must ask above the limit; None is the operator of the machine."""
    return by is not None and not by.has_perm(get(key).permission)
