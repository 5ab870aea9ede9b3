"""What of customers needs a second person: the erasure of personal data, whoever asks for it."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from backoffice import approvals
from backoffice.models import Approval
from customers import services
from customers.models import Customer


def describe_erasure(approval: Approval, viewer: Any) -> Sequence[approvals.Line]:
    customer = Customer.objects.get(pk=approval.subject_id)
    if approval.status == Approval.Status.APPROVED:
        erasure = customer.erasures.first()
        return [approvals.Line(gettext_lazy("Erasure"), "", erasure)] if erasure else []
    fates = services.preview_erasure(customer).fates
    return [approvals.Line(fate.entry.label, fate.rows, fate.entry.rule.label) for fate in fates if fate.rows]


approvals.register(
    approvals.Kind(
        key=services.ERASURE,
        label=gettext_lazy("Erasure of personal data"),
        permission="customers.approve_erasure",
        apply=services.approve_erasure,
        describe=describe_erasure,
    )
)
