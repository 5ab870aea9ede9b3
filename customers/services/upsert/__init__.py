"""Many customers at once: rows are staged by COPY, compared and checked set-wise, and written in a few statements."""

from functools import partial

from backoffice.imports.batch import carry_out
from customers.services.upsert.columns import CONSENTS, PURPOSE
from customers.services.upsert.writing import CustomerBatch, correct_consents

upsert_customers = partial(carry_out, CustomerBatch)

__all__ = ["CONSENTS", "PURPOSE", "CustomerBatch", "correct_consents", "upsert_customers"]
