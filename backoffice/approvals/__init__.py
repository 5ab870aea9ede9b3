"""Four eyes: what a person may not do alone is asked for, and another decides. Approving carries it out, once.

    approvals.register(approvals.Kind(
        key="catalog.price", label=_("Price"), permission="catalog.approve_price", limit=30,
        apply=services.apply_proposal, describe=describe_proposal,
    ))

    if approvals.needed("catalog.price", change, by):
        approvals.request("catalog.price", variant, payload={...}, by=by, reason=reason)

A module registers its kinds in `<module>/approvals.py`. `apply(approval, by=decider)` runs inside the decision's transaction; what it
refuses with a ValidationError leaves the proposal waiting.
"""

from backoffice.approvals.deciding import approve, expire_due, reject, request, withdraw
from backoffice.approvals.kinds import Kind, Line, every, get, limit_of, needed, register

__all__ = [
    "Kind",
    "Line",
    "approve",
    "every",
    "expire_due",
    "get",
    "limit_of",
    "needed",
    "register",
    "reject",
    "request",
    "withdraw",
]
