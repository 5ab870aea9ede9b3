"""The one road by which a customer gets another owner, or none."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from backoffice import audit
from backoffice.mentions import tell
from backoffice.models import User
from customers.models import Customer, Ownership, OwnershipDispute

Source = Ownership.Source
DESPITE_DISPUTES = {Source.DECIDED, Source.APPEALED, Source.LEFT}  # these change hands though a dispute waits


class Disputed(ValidationError):
    """A dispute about the customer waits; until it is decided the owner stays."""

    def __init__(self, dispute: OwnershipDispute) -> None:
        super().__init__(
            _("%(number)s is disputed (%(dispute)s); it changes hands by the decision only."),
            code="disputed",
            params={"number": dispute.customer.number, "dispute": dispute.number},
        )


@transaction.atomic
def transfer(
    customers: Iterable[Customer],
    to: User | None,
    *,
    by: User | None,
    source: str = Source.GIVEN,
    reason: str = "",
    protected_days: int = 0,
) -> list[Customer]:
    """Give the customers to `to`, or to nobody; those who own one already keep it. Returns those that changed hands.

    Raises Disputed, and ValidationError for a person who is no longer active.
    """
    if to is not None and not to.is_active:
        raise ValidationError(_("%(user)s is no longer active."), code="inactive", params={"user": to})
    keys = [customer.pk for customer in customers]
    rows = [one for one in Customer.objects.locked().filter(pk__in=keys) if one.owner_id != (to.pk if to else None)]
    if not rows:
        return []
    _refuse_disputed(rows, source)
    before = {one.pk: one.owner_id for one in rows}
    Customer.objects.filter(pk__in=before).update(owner=to)
    begin_periods(before, to, by=by, source=source, reason=reason, protected_days=protected_days)
    for one in rows:
        one.owner = to
    audit.record_many(_verb(to, source), rows, by=by, reason=reason, data={"to": to.email if to else "", "how": source})
    _tell(rows, before, to, by)
    return rows


def begin_periods(
    customers: Iterable[int],
    to: User | None,
    *,
    by: User | None,
    source: str,
    reason: str = "",
    protected_days: int = 0,
) -> None:
    """End the periods of locked customers that run, and begin those of `to`."""
    keys = list(customers)
    moment = _moment(keys)
    Ownership.objects.running().filter(customer__in=keys).update(ended_at=moment, ended_how=source, ended_by=by)
    if to is not None:
        until = moment + timedelta(days=protected_days) if protected_days else None
        Ownership.objects.bulk_create(
            Ownership(
                customer_id=key,
                user=to,
                began_at=moment,
                active_at=moment,
                source=source,
                given_by=by,
                reason=reason[:300],
                protected_until=until,
            )
            for key in keys
        )


def follow_owners(customers: Sequence[int], *, by: User | None) -> None:
    """Bring the periods of locked customers in line with owners that were written set-wise, by a bulk edit or its undo."""
    owners = dict(Customer.objects.filter(pk__in=customers).values_list("pk", "owner_id"))
    running = dict(Ownership.objects.running().filter(customer__in=owners).values_list("customer_id", "user_id"))
    wanted: dict[int | None, list[int]] = {}
    for key, owner in owners.items():
        if running.get(key) != owner:
            wanted.setdefault(owner, []).append(key)
    people = User.objects.in_bulk([owner for owner in wanted if owner])
    for whose, theirs in wanted.items():
        begin_periods(theirs, people.get(whose) if whose else None, by=by, source=Source.EDITED)


def _moment(keys: list[int]) -> datetime:
    """Now by the clock of the database, and not before what is there began: clocks of machines differ."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(clock_timestamp(), max(greatest(began_at, ended_at))) FROM customers_ownership WHERE customer_id = ANY(%s)",
            [keys],
        )
        moment: datetime = cursor.fetchone()[0]
        return moment


def _refuse_disputed(rows: list[Customer], source: str) -> None:
    if source in DESPITE_DISPUTES:
        return
    waiting = OwnershipDispute.objects.freezing().filter(customer__in=rows).select_related("customer").first()
    if waiting is not None:
        raise Disputed(waiting)


def _verb(to: User | None, source: str) -> str:
    if source == Source.CLAIMED:
        return "customer.claimed"
    if source == Source.RECYCLED:
        return "customer.recycled"
    return "customer.given" if to else "customer.released"


GOT = gettext_noop("%(customer)s is your customer now.")
LOST = gettext_noop("%(customer)s is no longer your customer.")
GOT_MANY = gettext_noop("%(count)s customers are yours now.")
LOST_MANY = gettext_noop("%(count)s customers are no longer yours.")


def _tell(rows: list[Customer], before: dict[int, int | None], to: User | None, by: User | None) -> None:
    """Tell whoever got or lost customers, one line each. Numbers only: not every reader may see names."""
    if to is not None:
        _line(to, rows, GOT, GOT_MANY, by)
    losers = User.objects.filter(is_active=True).in_bulk({owner for owner in before.values() if owner})
    for key, loser in losers.items():
        _line(loser, [one for one in rows if before[one.pk] == key], LOST, LOST_MANY, by)


def _line(person: User, rows: list[Customer], one: str, many: str, by: User | None) -> None:
    first = rows[0]
    if len(rows) == 1:
        tell([person], lambda: _(one) % {"customer": first.number}, url=first.get_absolute_url(), by=by)
    else:
        tell([person], lambda: _(many) % {"count": len(rows)}, url=first.get_absolute_url(), by=by)
