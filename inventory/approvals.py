"""What of the inventory needs a second person: stocktakes whose differences are worth more than the limit."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import approvals
from backoffice.models import Approval
from backoffice.money import format_money
from backoffice.templatetags.houtai import plain_number
from inventory import services


def describe_count(approval: Approval, viewer: Any) -> Sequence[approvals.Line]:
    facts = approval.payload
    lines = [approvals.Line(_("Lines with a difference"), "", plain_number(facts["different"]))]
    if viewer.has_perm("catalog.view_cost"):
        lines += [
            approvals.Line(label, "", format_money(Decimal(facts[name]), settings.DEFAULT_CURRENCY))
            for name, label in (("shortfall", _("Missing")), ("surplus", _("Found besides")))
        ]
    return lines


approvals.register(
    approvals.Kind(
        key=services.COUNT,
        label=gettext_lazy("Stocktake beyond the limit"),
        permission=services.APPROVE_COUNT,
        apply=services.approve_count,
        describe=describe_count,
        limit=500,
    )
)
