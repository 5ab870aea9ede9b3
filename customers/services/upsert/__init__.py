"""Many customers, tickets and articles at once: staged by COPY, compared and checked set-wise, written in a few statements."""

from functools import partial

from backoffice.imports.batch import carry_out
from customers.services.upsert.articles import ArticleBatch, upsert_articles
from customers.services.upsert.columns import CONSENTS, PURPOSE
from customers.services.upsert.talks import TalkBatch, upsert_tickets
from customers.services.upsert.tickets import TicketBatch, correct_events
from customers.services.upsert.writing import CustomerBatch, correct_consents

upsert_customers = partial(carry_out, CustomerBatch)

__all__ = [
    "CONSENTS",
    "PURPOSE",
    "ArticleBatch",
    "CustomerBatch",
    "TalkBatch",
    "TicketBatch",
    "correct_consents",
    "correct_events",
    "upsert_articles",
    "upsert_customers",
    "upsert_tickets",
]
