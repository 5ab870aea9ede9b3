"""What a merge, or the undo of one, would do: said before, and done by the same rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from customers.models import Consent, ContactPoint, Customer, CustomerMerge, CustomField
from customers.services.custom import FIELD, values_of
from customers.services.merging import movers

KEEP, LOSE = "keep", "lose"
FIELDS = ("name", "company", "kind", "external_id", "tax_id", "language", "price_group", "tax_exempt", "owner")
FLAGGED = {"email": ContactPoint.Kind.EMAIL, "phone": ContactPoint.Kind.PHONE}
CUSTOM = ("custom", "custom_personal")


@dataclass(frozen=True)
class Survivorship:
    """One line of the preview: a field, its value on either side, and which is chosen."""

    name: str
    label: str
    keep: Any
    lose: Any
    chosen: str
    custom: CustomField | None = None

    @property
    def differs(self) -> bool:
        return bool(self.keep != self.lose)


@dataclass(frozen=True)
class Preview:
    """What becomes of two customers: fields to choose of, and how many rows of each kind move."""

    lines: list[Survivorship]
    tags: list[str]
    consents: list[tuple[str, str, bool]]
    moves: dict[str, int] = field(default_factory=dict)


def look(keep: Customer, lose: Customer, choices: Mapping[str, str] | None = None) -> Preview:
    """What merging `lose` into `keep` would do; nothing is written."""
    return Preview(
        survivorship(keep, lose, choices or {}), all_tags(keep, lose), strictest(keep, lose), movers.count(lose)
    )


def survivorship(keep: Customer, lose: Customer, choices: Mapping[str, str]) -> list[Survivorship]:
    """Each field with the side that survives: the one chosen, else the survivor's own unless that is blank."""
    lines = []
    for name in FIELDS:
        ours, theirs = getattr(keep, name), getattr(lose, name)
        label = _("owner") if name == "owner" else str(Customer._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        lines.append(Survivorship(name, label, ours, theirs, _side(choices.get(name), ours, theirs)))
    for custom in CustomField.objects.live() if values_of(lose) else ():
        ours, theirs = values_of(keep).get(custom.code), values_of(lose).get(custom.code)
        side = _side(choices.get(FIELD + custom.code), ours, theirs)
        lines.append(Survivorship(FIELD + custom.code, custom.title, ours, theirs, side, custom))
    for name, kind in FLAGGED.items():
        ours, theirs = primary(keep, kind), primary(lose, kind)
        label = _("Primary e-mail") if name == "email" else _("Primary phone")
        lines.append(Survivorship(name, label, ours, theirs, _side(choices.get(name), ours, theirs)))
    return lines


def surviving(keep: Customer, lose: Customer, lines: list[Survivorship]) -> dict[str, dict[str, Any]]:
    """Column -> custom values of the survivor: all that either has, of each field the chosen side's."""
    given = {line.name.removeprefix(FIELD) for line in lines if line.custom and line.chosen == LOSE}
    refused = {line.name.removeprefix(FIELD) for line in lines if line.custom and line.chosen == KEEP}
    return {
        name: {code: value for code, value in getattr(keep, name).items() if code not in given}
        | {
            code: value
            for code, value in getattr(lose, name).items()
            if code in given or code not in {*refused, *getattr(keep, name)}
        }
        for name in CUSTOM
    }


def primary(customer: Customer, kind: str) -> str:
    """The contact of `kind` that comes first, "" without one."""
    live = customer.contacts.filter(kind=kind, ended_at=None).order_by("-is_primary", "pk")
    return live.values_list("raw", flat=True).first() or ""


def _side(chosen: str | None, ours: Any, theirs: Any) -> str:
    if chosen in (KEEP, LOSE):
        return str(chosen)
    return LOSE if ours in ("", None) and theirs not in ("", None) else KEEP


def all_tags(keep: Customer, lose: Customer) -> list[str]:
    known = {tag.casefold() for tag in keep.tags}
    return [*keep.tags, *(tag for tag in lose.tags if tag.casefold() not in known)]


def both_notes(keep: Customer, lose: Customer) -> str:
    return "\n\n".join(dict.fromkeys(note for note in (keep.note, lose.note) if note))


def strictest(keep: Customer, lose: Customer) -> list[tuple[str, str, bool]]:
    """Consents that the survivor gets: (channel, purpose, granted) where that differs from its own.

    Who withdrew on either side has withdrawn; what only one side ever said counts.
    """
    ours, theirs = latest(keep.consents.all()), latest(lose.consents.all())
    result = []
    for key, granted in sorted(theirs.items()):
        strict = granted and ours.get(key, True)
        if ours.get(key) != strict:
            result.append((*key, strict))
    return result


def latest(consents: QuerySet[Consent]) -> dict[tuple[str, str], bool]:
    """What governs, by channel and purpose."""
    rows = consents.order_by("channel", "purpose", "-pk").distinct("channel", "purpose")
    return {(row.channel, row.purpose): row.granted for row in rows}


def stands_against_undo(merge: CustomerMerge) -> str:
    """Why a merge cannot be undone now; "" where it can."""
    if merge.undone_at:
        return _("This merge is undone already.")
    if Customer.Status.ERASED in (merge.keep.status, merge.lose.status):
        return _("The data of %(number)s were erased already.") % {"number": merge.keep.number}
    if merge.keep.merged_into_id:
        return _("%(keep)s was merged itself. Undo that merge first.") % {"keep": merge.keep.number}
    later = merge.keep.merges.filter(undone_at=None, pk__gt=merge.pk).select_related("lose").first()
    if later is not None:
        return _("%(other)s was merged into %(keep)s later. Undo that merge first.") % {
            "other": later.lose.number,
            "keep": merge.keep.number,
        }
    return ""
