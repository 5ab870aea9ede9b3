"""Contacts of people who were erased: recognised by a keyed hash, so that no file and no form brings them back."""

import hashlib
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from customers.models import ContactPoint, Erasure, Suppression

BLOCK = 64


class Suppressed(ValidationError):
    """A contact belongs to somebody whose data were erased."""

    def __init__(self, value: str, suppression: Suppression) -> None:
        day = date_format(timezone.localdate(suppression.created_at), "SHORT_DATE_FORMAT")
        super().__init__(
            _(
                "%(value)s belongs to somebody whose data were erased on %(day)s (%(erasure)s). It is not taken in again."
            ),
            code="suppressed",
            params={"value": value, "day": day, "erasure": suppression.erasure.number},
        )


def _pads() -> list[tuple[bytes, bytes]]:
    """The inner and outer pad of HMAC-SHA-256 for each key, the present one first; keys follow SECRET_KEY as it is changed."""
    keys = [
        hashlib.sha256(b"customers.suppression" + secret.encode()).digest().ljust(BLOCK, b"\0")
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    return [(bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)) for key in keys]


def _digest(normalized: str, pads: tuple[bytes, bytes]) -> str:
    inner, outer = pads
    return hashlib.sha256(outer + hashlib.sha256(inner + normalized.encode()).digest()).hexdigest()


def in_database(column: str) -> tuple[str, list[Any]]:
    """SQL for the digests of a column of normalised contacts as an array, with its parameters; the same as those of Python."""
    one = f"encode(sha256(%s::bytea || sha256(%s::bytea || convert_to({column}, 'UTF8'))), 'hex')"
    pads = _pads()
    return f"ARRAY[{', '.join([one] * len(pads))}]", [pad for inner, outer in pads for pad in (outer, inner)]


def suppress(contacts: Iterable[str], erasure: Erasure) -> int:
    """Remember the normalised contacts of somebody who is erased; returns how many."""
    newest = _pads()[0]
    rows = [Suppression(digest=_digest(contact, newest), erasure=erasure) for contact in sorted(set(contacts))]
    return len(Suppression.objects.bulk_create(rows, ignore_conflicts=True))


def suppression_of(normalized: str) -> Suppression | None:
    """The suppression of this contact."""
    digests = [_digest(normalized, pads) for pads in _pads()]
    return Suppression.objects.select_related("erasure").filter(digest__in=digests).first()


def suppressed_among(contacts: Iterable[str]) -> dict[str, Suppression]:
    """Of the normalised contacts those whose person was erased and that nobody has now; two statements at most."""
    digests = {_digest(contact, pads): contact for contact in contacts for pads in _pads()}
    rows = Suppression.objects.select_related("erasure").filter(digest__in=digests)
    found = {digests[row.digest]: row for row in rows}
    if found:
        there = ContactPoint.objects.filter(normalized__in=found, ended_at=None).values_list("normalized", flat=True)
        found = {contact: row for contact, row in found.items() if contact not in set(there)}
    return found


def refuse_suppressed(contacts: Iterable[str]) -> None:
    """Raise Suppressed for the first of the normalised contacts whose person was erased; one statement."""
    digests = {_digest(contact, pads): contact for contact in contacts for pads in _pads()}
    if not digests:
        return
    found = Suppression.objects.select_related("erasure").filter(digest__in=digests).order_by("pk").first()
    if found is not None:
        raise Suppressed(digests[found.digest], found)
