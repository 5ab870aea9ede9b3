"""What the shop promises those who ask: policies, the clocks of tickets, and who is told when time runs out."""

from customers.services.promises.policies import Target, save_policy
from customers.services.promises.running import after, follow
from customers.services.promises.ticking import Ticked, leads_of, tick
from customers.services.promises.wording import Promised, Told, duration, moment, promised_to, tone, with_promises

__all__ = [
    "Promised",
    "Target",
    "Ticked",
    "Told",
    "after",
    "duration",
    "follow",
    "leads_of",
    "moment",
    "promised_to",
    "save_policy",
    "tick",
    "tone",
    "with_promises",
]
