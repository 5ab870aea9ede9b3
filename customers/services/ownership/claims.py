"""The pool of customers nobody looks after: claimed by one, given back, and taken away when nothing happens."""

from datetime import datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from backoffice.mentions import tell
from backoffice.models import User
from customers.models import Customer, Ownership, OwnershipDispute, OwnershipSettings
from customers.services.ownership import activity
from customers.services.ownership.periods import Source, transfer

BATCH = 500
SOON = gettext_noop("%(customer)s goes back to the pool on %(day)s unless something happens.")


class AlreadyOwned(ValidationError):
    """Somebody was first."""

    def __init__(self, customer: Customer, owner: User) -> None:
        super().__init__(
            _("%(number)s belongs to %(owner)s already."),
            code="owned",
            params={"number": customer.number, "owner": owner},
        )


class ClaimLimit(ValidationError):
    """The person holds, or has claimed today, as many customers as the rules allow."""


@transaction.atomic
def claim(customer: Customer, *, by: User) -> Customer:
    """Take a customer out of the pool. Of several at once the first gets the customer.

    Raises AlreadyOwned, ClaimLimit, and ValidationError for who lost this customer to the pool a short while ago.
    """
    rules = OwnershipSettings.current()
    _one_claim_at_a_time(by)
    customer = Customer.objects.locked().get(pk=customer.pk)
    if customer.owner is not None:
        raise AlreadyOwned(customer, customer.owner)
    if customer.merged_into_id or customer.status != Customer.Status.ACTIVE:
        raise ValidationError(_("%(number)s is not in the pool."), code="not_free", params={"number": customer.number})
    _refuse_beyond_limits(by, rules)
    _refuse_too_soon(customer, by, rules)
    transfer([customer], by, by=by, source=Source.CLAIMED, protected_days=rules.protection_days)
    customer.owner = by
    return customer


def _one_claim_at_a_time(by: User) -> None:
    """Claims of one person wait for each other, so that they are counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('customers.claim'), %s)", [by.pk % 2**31])


def _refuse_beyond_limits(by: User, rules: OwnershipSettings) -> None:
    held = Ownership.objects.running().filter(user=by)[: rules.most_held].count()
    if held >= rules.most_held:
        raise ClaimLimit(
            _("You hold %(held)s customers, which is as many as you may. Give one back first."),
            code="most_held",
            params={"held": held},
        )
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    today = Ownership.objects.filter(user=by, source=Source.CLAIMED, began_at__gte=midnight)
    if today[: rules.most_claims].count() >= rules.most_claims:
        raise ClaimLimit(
            _("You have claimed %(count)s customers today, which is as many as you may. Come back tomorrow."),
            code="most_claims",
            params={"count": rules.most_claims},
        )


def _refuse_too_soon(customer: Customer, by: User, rules: OwnershipSettings) -> None:
    lately = timezone.now() - timedelta(days=rules.pause_days)
    lost = customer.periods.filter(user=by, ended_at__gt=lately, ended_how__in=[Source.RECYCLED, Source.RELEASED])
    last = lost.order_by("-ended_at").first()
    if last is not None and last.ended_at is not None:
        day = timezone.localdate(last.ended_at + timedelta(days=rules.pause_days))
        raise ValidationError(
            _("%(number)s was yours a short while ago; others come first until %(day)s."),
            code="pause",
            params={"number": customer.number, "day": day},
        )


def release(customer: Customer, *, by: User, reason: str = "") -> Customer:
    """Give one's own customer back to the pool. Raises ValidationError for somebody else's."""
    if customer.owner_id != by.pk:
        raise ValidationError(_("Only the owner gives a customer back."), code="not_owner")
    transfer([customer], None, by=by, source=Source.RELEASED, reason=reason)
    customer.owner = None
    return customer


def give(customer: Customer, *, owner: User | None, by: User, reason: str = "") -> Customer:
    """Give a customer to `owner`, or to nobody."""
    if not transfer([customer], owner, by=by, reason=reason):
        raise ValidationError(_("%(number)s has this owner already."), params={"number": customer.number})
    customer.owner = owner
    return customer


def recycle() -> tuple[int, int]:
    """Remind owners of customers for whom nothing happened for long, and take away those reminded of in vain: (reminded, taken).

    Running it again right away does nothing. Disputed and protected customers stay where they are.
    """
    activity.refresh()
    return _remind(), _take_away()


def _remind() -> int:
    rules = OwnershipSettings.current()
    told = 0
    while batch := _remind_some(rules):
        told += batch
    return told


@transaction.atomic
def _remind_some(rules: OwnershipSettings) -> int:
    since = timezone.now() - timedelta(days=rules.idle_days - rules.reminder_days)
    due = Ownership.objects.idle_since(since).filter(reminded_at=None)
    rows = list(due.select_for_update(of=("self",), skip_locked=True).select_related("customer", "user")[:BATCH])
    now = timezone.now()
    for row in rows:
        at = max(row.recycled_at, now + timedelta(days=rules.reminder_days))
        facts = {"customer": row.customer.number, "day": timezone.localdate(at)}
        tell([row.user], lambda facts=facts: _(SOON) % facts, url=row.customer.get_absolute_url(), by=None)  # type: ignore[misc]
    Ownership.objects.filter(pk__in=[row.pk for row in rows]).update(reminded_at=now)
    return len(rows)


def _take_away() -> int:
    rules = OwnershipSettings.current()
    taken, after = 0, 0
    while keys := _due(rules, after):
        after = keys[-1]
        taken += _take_away_some(rules, keys)
    return taken


def _due(rules: OwnershipSettings, after: int) -> list[int]:
    """Periods that are over by the rules: idle for long, reminded of long enough ago, neither protected nor disputed."""
    now = timezone.now()
    rows = Ownership.objects.idle_since(now - timedelta(days=rules.idle_days)).filter(
        pk__gt=after, reminded_at__lte=now - timedelta(days=rules.reminder_days)
    )
    rows = rows.exclude(protected_until__gt=now)
    rows = rows.exclude(customer__in=OwnershipDispute.objects.freezing().values("customer"))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def _take_away_some(rules: OwnershipSettings, keys: list[int]) -> int:
    """Customers are locked first, and looked at again: somebody may have worked for one meanwhile."""
    customers = list(Customer.objects.locked().filter(periods__in=keys))
    activity.refresh([one.pk for one in customers])
    still = Ownership.objects.idle_since(timezone.now() - timedelta(days=rules.idle_days)).filter(
        pk__in=keys, reminded_at__isnull=False
    )
    disputed = set(
        OwnershipDispute.objects.freezing().filter(customer__in=customers).values_list("customer_id", flat=True)
    )
    due = set(still.values_list("customer_id", flat=True)) - disputed
    return len(transfer([one for one in customers if one.pk in due], None, by=None, source=Source.RECYCLED))
