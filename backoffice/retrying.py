"""Verbs that wait for rows which others hold."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

from backoffice.errors import Busy

Asked = ParamSpec("Asked")
Done = TypeVar("Done")


def patient(verb: Callable[Asked, Done]) -> Callable[Asked, Done]:
    """`transaction.atomic` for a verb that locks stock: where it finds the stock busy, it is carried out once more.

    Inside a transaction of the caller, Busy is for the caller: what was locked there cannot be given back.
    """
    atomic = transaction.atomic(verb)

    @wraps(verb)
    def carry_out(*args: Asked.args, **kwargs: Asked.kwargs) -> Done:
        if connection.in_atomic_block:
            return atomic(*args, **kwargs)
        try:
            return atomic(*args, **kwargs)
        except Busy:
            return atomic(*args, **kwargs)

    return carry_out
