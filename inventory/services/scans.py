"""Scans of handhelds: recorded once, however often a page that lost its connection sends them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.models import User
from backoffice.retrying import patient
from catalog.models import Variant
from catalog.services.barcodes import gtin_forms
from inventory.models import Scan
from inventory.services.labels import read_label

KEPT = timedelta(days=30)
MOST_AT_ONCE = 9_999
SEVERAL = 4


class KeyReused(ValidationError):
    """The key of a scan came with something else than the first time."""


@dataclass(frozen=True)
class Scanned:
    """A code that stands for so many pieces. The same `key` again is answered as the first time and records nothing."""

    code: str
    pieces: int = 1
    key: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Done:
    """What a scan did: the sentence for the page, the variant, and what taking it back has to know."""

    said: str
    variant: Variant | None = None
    facts: Any = None


@patient
def record_once(kind: str, subject: str, scanned: Scanned, do: Callable[[], Done], *, by: User) -> Scan:
    """Call `do` and keep what it says, unless the key is known; then nothing is done and the first answer returned.

    The row is inserted before `do` is called, so that of two requests with one key the later waits for the first.
    What `do` raises undoes the row as well. Raises KeyReused.
    """
    if not 1 <= scanned.pieces <= MOST_AT_ONCE:
        raise ValidationError(_("A scan stands for 1 to %(most)s pieces.") % {"most": MOST_AT_ONCE})
    same = {
        "kind": str(kind),
        "subject": subject,
        "code": scanned.code.strip()[:200],
        "pieces": scanned.pieces,
        "by": by,
    }
    scan, is_new = Scan.objects.get_or_create(key=scanned.key, defaults=same)
    if not is_new:
        if any(getattr(scan, name) != value for name, value in same.items()):
            raise KeyReused(_("This was sent before with something else. Load the page again."))
        return scan
    done = do()
    scan.said, scan.variant, scan.facts = done.said[:500], done.variant, done.facts
    scan.save(update_fields=["said", "variant", "facts"])
    return scan


def variant_of(code: str) -> Variant:
    """The one variant with this SKU or barcode; a GTIN fits in each of its lengths, alone or on a GS1 label.

    Raises ValidationError where there is none, or several.
    """
    wanted = read_label(code).code
    found = list(Variant.objects.named(wanted)[:SEVERAL])
    forms = gtin_forms(wanted)
    if forms and not found:
        found = list(Variant.objects.filter(barcode__in=forms).exclude(barcode="").order_by("pk")[:SEVERAL])
    if not found:
        raise ValidationError(_("Nothing is called “%(wanted)s”.") % {"wanted": wanted})
    if len(found) > 1:
        raise ValidationError(
            _("“%(wanted)s” fits several: %(skus)s. Type the SKU.")
            % {"wanted": wanted, "skus": ", ".join(variant.sku for variant in found)}
        )
    return found[0]


def forget_scans(now: datetime | None = None) -> int:
    """Delete the scans that nobody sends again; returns how many."""
    deleted, _each = Scan.objects.filter(at__lt=(now or timezone.now()) - KEPT).delete()
    return deleted
