"""Two customers become one, and what a merge did is taken back."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from customers.models import (
    Consent,
    ContactPoint,
    Customer,
    CustomerMerge,
    CustomField,
    DuplicatePair,
    MergedRow,
    OwnershipDispute,
)
from customers.services.custom import field_takes, values_of
from customers.services.merging import movers
from customers.services.merging.preview import (
    CUSTOM,
    FLAGGED,
    KEEP,
    LOSE,
    Survivorship,
    all_tags,
    both_notes,
    latest,
    stands_against_undo,
    strictest,
    surviving,
    survivorship,
)
from customers.services.ownership import Source, transfer


@transaction.atomic
def merge_customers(
    keep: Customer, lose: Customer, choices: Mapping[str, str] | None = None, *, by: User | None, reason: str = ""
) -> CustomerMerge:
    """Make `lose` part of `keep`: all its rows move, of each field the value of the chosen side ("keep" or "lose") survives.

    Both are locked against rows that are written for them at this moment. Raises ValidationError for who was merged
    already, for one customer given twice, and while the owner of either is disputed.
    """
    keep, lose = _locked_pair(keep, lose)
    lines = survivorship(keep, lose, choices or {})
    _refuse(keep, lose, choices or {}, {line.name for line in lines})
    chosen = {line.name: line.chosen for line in lines}
    consents = strictest(keep, lose)
    merge = CustomerMerge.objects.create(keep=keep, lose=lose, choices=chosen, reason=reason, by=by)
    _remember_loser(merge)
    _move_owner(merge, lines, by)
    wins = {(str(ContactPoint._meta.label_lower), str(kind)) for name, kind in FLAGGED.items() if chosen[name] == LOSE}
    moved = movers.move(merge, wins)
    _append(keep, consents, merge)
    after = {line.name: line.lose for line in lines if line.name in _plain() and line.chosen == LOSE}
    after |= {"tags": all_tags(keep, lose), "note": both_notes(keep, lose)}
    after |= surviving(keep, lose, lines)
    if lose.status == Customer.Status.ACTIVE:
        after["status"] = Customer.Status.ACTIVE
    if "external_id" in after:
        lose.external_id = ""
    lose.merged_into = keep
    lose.save(update_fields=["external_id", "merged_into", "updated_at"])
    merge.fields = {name: [getattr(keep, name), value] for name, value in after.items() if getattr(keep, name) != value}
    merge.save(update_fields=["fields"])
    _write(keep, {name: pair[1] for name, pair in merge.fields.items()})
    _settle_pair(keep, lose, DuplicatePair.Status.MERGED, by)
    facts = {"lose": lose.number, "moved": moved}
    audit.record("customer.merged", keep, by=by, reason=reason or lose.number, data=facts)
    audit.record("customer.merged_away", lose, by=by, reason=reason or keep.number, data={"keep": keep.number})
    return merge


@transaction.atomic
def undo_merge(merge: CustomerMerge, *, by: User | None, reason: str = "") -> CustomerMerge:
    """Give the merged customer back exactly what was moved; what came later stays with the survivor.

    A field of the survivor that somebody changed since stays as it is. Raises ValidationError while a later merge stands.
    """
    keep, lose = _locked_pair(merge.keep, merge.lose)
    merge = CustomerMerge.objects.select_related("keep").locked().get(pk=merge.pk)
    if against := stands_against_undo(merge):
        raise ValidationError(against, code="not_undoable")
    _refuse_disputed(keep, lose)
    fields = {name: pair for name, pair in merge.fields.items() if name not in CUSTOM}
    values = {name: pair[0] for name, pair in fields.items() if getattr(keep, name) == pair[1]}
    values |= _custom_before(keep, merge)
    if "tags" in merge.fields and "tags" not in values:
        added = set(merge.fields["tags"][1]) - set(merge.fields["tags"][0])
        values["tags"] = [tag for tag in keep.tags if tag not in added]
    _write(keep, values)
    before = merge.rows.get(kind=Customer._meta.label_lower, row=lose.pk).before
    lose.merged_into = None
    if not Customer.objects.exclude(pk=lose.pk).filter(external_id__iexact=before["external_id"]).exists():
        lose.external_id = before["external_id"]
    lose.save(update_fields=["external_id", "merged_into", "updated_at"])
    moved = movers.move_back(merge)
    _counter(merge)
    _return_owners(merge, before, keep, lose, by)
    merge.undone_at, merge.undone_by = timezone.now(), by
    merge.save(update_fields=["undone_at", "undone_by"])
    _settle_pair(keep, lose, DuplicatePair.Status.DISMISSED, by)
    for one, other in ((keep, lose), (lose, keep)):
        audit.record(
            "customer.unmerged", one, by=by, reason=reason or other.number, data={"other": other.number, "moved": moved}
        )
    return merge


def _locked_pair(keep: Customer, lose: Customer) -> tuple[Customer, Customer]:
    """Both, locked after the rows that move, so that nobody writes a row about either until this is over."""
    if keep.pk == lose.pk:
        raise ValidationError(_("A customer cannot be merged into itself."), code="same")
    movers.lock_rows(lose)
    movers.lock_rows(keep)
    both = {
        one.pk: one for one in Customer.objects.select_for_update().filter(pk__in=[keep.pk, lose.pk]).order_by("pk")
    }
    return both[keep.pk], both[lose.pk]


def _refuse(keep: Customer, lose: Customer, choices: Mapping[str, str], known: set[str]) -> None:
    for one in (keep, lose):
        if one.merged_into_id:
            raise ValidationError(_("%(number)s was merged already.") % {"number": one.number}, code="merged")
    wrong = [name for name, side in choices.items() if name not in known or side not in (KEEP, LOSE)]
    if wrong:
        raise ValidationError(
            _("Nothing is to be chosen of %(names)s.") % {"names": ", ".join(sorted(wrong))}, code="unknown_choice"
        )
    if choices.get("name") == LOSE and not lose.name:
        raise ValidationError(_("A customer needs a name."), code="name")
    _refuse_disputed(keep, lose)


def _refuse_disputed(*customers: Customer) -> None:
    waiting = OwnershipDispute.objects.freezing().filter(customer__in=customers).select_related("customer").first()
    if waiting is not None:
        raise ValidationError(
            _("The owner of %(number)s is disputed (%(dispute)s). That is decided first."),
            code="disputed",
            params={"number": waiting.customer.number, "dispute": waiting.number},
        )


def _custom_before(keep: Customer, merge: CustomerMerge) -> dict[str, Any]:
    """The custom fields of the survivor as before the merge, in whichever column they stand by now; what was changed since stays.

    So does the merged value where the one of before does not fit the field any more.
    """
    pairs = [merge.fields[name] for name in CUSTOM if name in merge.fields]
    before = {code: value for pair in pairs for code, value in pair[0].items()}
    after = {code: value for pair in pairs for code, value in pair[1].items()}
    now, columns = values_of(keep), {name: dict(getattr(keep, name)) for name in CUSTOM}
    moved = [code for code in {**before, **after} if before.get(code) != after.get(code) == now.get(code)]
    for field in CustomField.objects.filter(code__in=moved):
        values = columns[field.column]
        if field.code not in before:
            values.pop(field.code, None)
        elif field_takes(field, before[field.code]):
            values[field.code] = before[field.code]
    return {name: values for name, values in columns.items() if values != getattr(keep, name)}


def _plain() -> tuple[str, ...]:
    """Fields that are written as they are; the owner has periods."""
    return ("name", "company", "kind", "external_id", "tax_id", "language", "price_group", "tax_exempt")


def _remember_loser(merge: CustomerMerge) -> None:
    facts = {
        "external_id": merge.lose.external_id,
        "owner": merge.lose.owner_id,
        "keep_owner": merge.keep.owner_id,
    }
    MergedRow.objects.create(merge=merge, kind=Customer._meta.label_lower, row=merge.lose_id, before=facts)


def _move_owner(merge: CustomerMerge, lines: list[Survivorship], by: User | None) -> None:
    owner: Any = next(line.lose if line.chosen == LOSE else line.keep for line in lines if line.name == "owner")
    transfer([merge.lose], None, by=by, source=Source.MERGED, reason=merge.keep.number)
    merge.lose.owner = None
    if owner is None or owner.is_active:
        transfer([merge.keep], owner, by=by, source=Source.MERGED, reason=merge.lose.number)
        merge.keep.owner = owner


def _return_owners(
    merge: CustomerMerge, before: dict[str, Any], keep: Customer, lose: Customer, by: User | None
) -> None:
    """The owners of before, unless they have left, or the survivor has changed hands since."""
    people = User.objects.active().in_bulk([key for key in (before["owner"], before["keep_owner"]) if key])
    if before["owner"] in people:
        transfer([lose], people[before["owner"]], by=by, source=Source.UNMERGED, reason=keep.number)
    theirs = before["keep_owner"]
    if theirs != keep.owner_id and (not theirs or theirs in people) and _still_as_merged(keep, lose):
        transfer([keep], people.get(theirs), by=by, source=Source.UNMERGED, reason=lose.number)


def _still_as_merged(keep: Customer, lose: Customer) -> bool:
    """Whether the survivor's owner, or that it has none, still comes from the merge with `lose`."""
    last = keep.periods.order_by("-began_at", "-pk").first()
    if last is None:
        return False
    if last.ended_at is None:
        return last.source == Source.MERGED and last.reason == lose.number
    return last.ended_how == Source.MERGED


def _source(merge: CustomerMerge) -> str:
    """How a merge is named where a consent says how we know of it."""
    return f"merge {merge.lose.number} #{merge.pk}"


def _append(keep: Customer, consents: list[tuple[str, str, bool]], merge: CustomerMerge) -> None:
    Consent.objects.bulk_create(
        Consent(customer=keep, channel=channel, purpose=purpose, granted=granted, source=_source(merge))
        for channel, purpose, granted in consents
    )


def _counter(merge: CustomerMerge) -> None:
    """Counter-entries for consents that the merge added and nothing has overruled since."""
    added = list(Consent.objects.filter(customer=merge.keep, source=_source(merge)).order_by("pk"))
    if not added:
        return
    before = latest(Consent.objects.filter(customer=merge.keep, pk__lt=added[0].pk))
    now = {
        (row.channel, row.purpose): row
        for row in Consent.objects.filter(customer=merge.keep)
        .order_by("channel", "purpose", "-pk")
        .distinct("channel", "purpose")
    }
    Consent.objects.bulk_create(
        Consent(
            customer=merge.keep,
            channel=row.channel,
            purpose=row.purpose,
            granted=before.get((row.channel, row.purpose), False),
            source=f"un{_source(merge)}",
        )
        for row in added
        if now[row.channel, row.purpose].pk == row.pk and before.get((row.channel, row.purpose), False) != row.granted
    )


def _write(keep: Customer, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(keep, name, value)
    keep.save(update_fields=[*values, "updated_at"])


def _settle_pair(keep: Customer, lose: Customer, status: str, by: User | None) -> None:
    """Who was merged is no suggestion any more, and who was taken apart again never will be."""
    one, other = sorted((keep.pk, lose.pk))
    DuplicatePair.objects.update_or_create(
        one_id=one,
        other_id=other,
        defaults={"status": status, "decided_by": by, "decided_at": timezone.now()},
        create_defaults={"status": status, "decided_by": by, "decided_at": timezone.now(), "score": 0},
    )
