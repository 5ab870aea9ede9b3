"""Verbs that wait for rows which others hold."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

from backoffice.errors import Busy

Asked = ParamSpec("Asked")
Done = TypeVar("Done")


def patient(verb: Callable[Asked, Done]) -> Callable[Asked, Done]:
    """`transaction.atomic` for a verb that locks stock: where it finds the stock busy, it is carried out once more."""
    return tried_twice(transaction.atomic(verb))


def tried_twice(verb: Callable[Asked, Done]) -> Callable[Asked, Done]:
    """A verb that is whole or changes nothing: where it finds the stock busy, it is carried out once more.

    Inside a transaction of the caller, Busy is for the caller: what was locked there cannot be given back.
    """

    @wraps(verb)
    def carry_out(*args: Asked.args, **kwargs: Asked.kwargs) -> Done:
        if connection.in_atomic_block:
            return verb(*args, **kwargs)
        try:
            return verb(*args, **kwargs)
        except Busy:
            return verb(*args, **kwargs)

    return carry_out
