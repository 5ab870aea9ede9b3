"""Who looks after a customer: transfer, the pool, recycling, disputes."""

from customers.services.ownership import activity
from customers.services.ownership.claims import AlreadyOwned, ClaimLimit, claim, give, recycle, release
from customers.services.ownership.disputes import (
    answer,
    appeal,
    close_decided,
    decide,
    decide_appeal,
    open_dispute,
    withdraw,
)
from customers.services.ownership.periods import Disputed, Source, begin_periods, follow_owners, transfer
from customers.services.ownership.rules import save_rules

__all__ = [
    "AlreadyOwned",
    "ClaimLimit",
    "Disputed",
    "Source",
    "activity",
    "answer",
    "appeal",
    "begin_periods",
    "claim",
    "close_decided",
    "decide",
    "decide_appeal",
    "follow_owners",
    "give",
    "open_dispute",
    "recycle",
    "release",
    "save_rules",
    "transfer",
    "withdraw",
]
