"""Mail out: what the verbs of tickets call. What comes in is read by `incoming`, which stands above those verbs."""

from customers.services.mail.budgets import Withheld
from customers.services.mail.outgoing import (
    call_back,
    compose,
    deliver,
    later,
    must_have_few_recipients,
    public_url,
)
from customers.services.mail.signing import is_ours, plus_address, signed_id

__all__ = [
    "Withheld",
    "call_back",
    "compose",
    "deliver",
    "is_ours",
    "later",
    "must_have_few_recipients",
    "plus_address",
    "public_url",
    "signed_id",
]
