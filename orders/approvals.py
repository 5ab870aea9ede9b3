"""What of the orders needs a second person: refunds above the limit."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from backoffice import approvals
from backoffice.models import Approval
from backoffice.money import format_money
from orders import services
from orders.models import RefundGrant


def describe_refund(approval: Approval, viewer: Any) -> Sequence[approvals.Line]:
    grant = RefundGrant.objects.select_related("order").get(pk=approval.subject_id)
    order, done = grant.order, grant.status == RefundGrant.Status.EXECUTED
    before = order.refunded - grant.amount if done else order.refunded
    return [
        approvals.Line(pgettext("sale", "Order"), "", order.number),
        approvals.Line(
            _("Refunded"), *(format_money(amount, order.currency) for amount in (before, before + grant.amount))
        ),
    ]


approvals.register(
    approvals.Kind(
        key=services.REFUND,
        label=gettext_lazy("Refund above the limit"),
        permission=services.APPROVE_REFUND,
        apply=services.approve_refund,
        describe=describe_refund,
        closed=services.refuse_refund,
        limit=500,
    )
)
