"""Which promise is made to whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import explained
from backoffice.models import User
from customers.models import Policy, PolicyTarget


@dataclass(frozen=True)
class Target:
    """Business minutes for a priority; None promises nothing."""

    priority: int
    first_reply: int | None = None
    next_reply: int | None = None
    resolution: int | None = None


@transaction.atomic
def save_policy(policy: Policy | None = None, *, by: User, targets: Iterable[Target], **fields: Any) -> Policy:
    """Create or change a policy with its targets. What was promised already stays as it is.

    Raises ValidationError where nothing at all is promised.
    """
    is_new = policy is None
    policy = Policy() if policy is None else Policy.objects.locked().get(pk=policy.pk)
    for name, value in fields.items():
        setattr(policy, name, value)
    targets = list(targets)
    if not any(minutes for each in targets for minutes in (each.first_reply, each.next_reply, each.resolution)):
        raise ValidationError(_("Promise at least one time for one priority."), code="nothing_promised")
    with explained(Policy):
        policy.full_clean()
        policy.save()
    policy.targets.all().delete()
    PolicyTarget.objects.bulk_create(PolicyTarget(policy=policy, **vars(target)) for target in targets)
    audit.record("policy.created" if is_new else "policy.changed", policy, by=by)
    return policy
