"""What of the catalogue needs a second person: prices that move beyond the limit."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import approvals, context
from backoffice.models import Approval, User
from backoffice.money import format_money
from backoffice.templatetags.houtai import plain_number
from catalog import services
from catalog.models import PriceChange, Repricing, Variant

LABELS = {"price": gettext_lazy("Price"), "compare_at": gettext_lazy("Compare-at price")}
CURRENCY = Variant().currency


def _money(value: Any) -> str:
    return "" if value is None else format_money(Decimal(value), CURRENCY)


def apply_price(approval: Approval, *, by: User) -> None:
    variant = Variant.objects.select_related("product").get(pk=approval.subject_id)
    prices: Any = services.proposed_prices(variant, approval)
    why = _("%(approval)s, asked for by %(user)s") % {"approval": approval, "user": approval.requested_by}
    context.say_why(f"{why}. {approval.reason}".strip())
    services.update_variant(variant, by=by, **prices)


def describe_price(approval: Approval, viewer: Any) -> Sequence[approvals.Line]:
    old, new = approval.payload["old"], approval.payload["new"]
    return [
        approvals.Line(label, _money(old[name]), _money(new[name]))
        for name, label in LABELS.items()
        if name == "price" or old[name] != new[name]
    ]


def describe_change(approval: Approval, viewer: Any) -> Sequence[approvals.Line]:
    change = PriceChange.objects.select_related("back").get(pk=approval.payload["change"])
    lines = [approvals.Line(LABELS["price"], _money(change.old_price), _money(change.price))]
    if change.compare_at is not None:
        lines.append(approvals.Line(LABELS["compare_at"], _money(change.old_compare_at), _money(change.compare_at)))
    lines.append(approvals.Line(_("At"), "", _when(change.due_at)))
    if hasattr(change, "back"):
        lines.append(approvals.Line(_("Until"), "", _when(change.back.due_at)))
    return lines


def describe_run(approval: Approval, viewer: Any) -> Sequence[approvals.Line]:
    run = Repricing.objects.get(pk=approval.subject_id)
    facts = approval.payload["facts"]
    lines = [
        approvals.Line(_("Variants"), "", plain_number(facts["changes"])),
        approvals.Line(_("Least change"), "", f"{facts['least'] or '0'}%"),
        approvals.Line(_("Greatest change"), "", f"{facts['greatest'] or '0'}%"),
        approvals.Line(_("Average change"), "", f"{facts['average'] or '0'}%"),
    ]
    if run.due_at:
        lines.append(approvals.Line(_("At"), "", _when(run.due_at)))
    if run.until:
        lines.append(approvals.Line(_("Until"), "", _when(run.until)))
    return lines


def _when(moment: Any) -> str:
    return formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")


approvals.register(
    approvals.Kind(
        key=services.PRICE,
        label=gettext_lazy("Price beyond the limit"),
        permission=services.APPROVE,
        apply=apply_price,
        describe=describe_price,
        limit=30,
    )
)
approvals.register(
    approvals.Kind(
        key=services.SCHEDULED,
        label=gettext_lazy("Scheduled price beyond the limit"),
        permission=services.APPROVE,
        apply=services.approve_change,
        describe=describe_change,
        closed=services.drop_change,
        limit_key=services.PRICE,
    )
)
approvals.register(
    approvals.Kind(
        key=services.REPRICING,
        label=gettext_lazy("Repricing beyond the limit"),
        permission=services.APPROVE,
        apply=services.approve_run,
        describe=describe_run,
        closed=services.reopen_run,
        limit_key=services.PRICE,
    )
)
