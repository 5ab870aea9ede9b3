"""Tickets by words of their messages, at the same cost whether a word is rare or stands in every second message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BigIntegerField, BooleanField, Expression, F, Func, QuerySet, Value

from backoffice.generic import keyset
from customers.models import MessageWords

MOST = 3_000
WIDTHS = (200, 2_000)
RENEW = """
    INSERT INTO customers_messagewords (message_id, ticket_id, words)
    SELECT id, ticket_id, customers_message_words(body) FROM customers_message ORDER BY id
    ON CONFLICT (message_id) DO UPDATE SET ticket_id = excluded.ticket_id, words = excluded.words
    WHERE (customers_messagewords.ticket_id, customers_messagewords.words) IS DISTINCT FROM (excluded.ticket_id, excluded.words)
"""
GONE = "DELETE FROM customers_messagewords w WHERE NOT EXISTS (SELECT 1 FROM customers_message m WHERE m.id = w.message_id)"


@dataclass(frozen=True)
class Said:
    """Which tickets have a message with every word of a text.

    `keys`: all of them where `is_complete`, else those of the first MOST messages, which are the oldest; whose tickets these are
    is not asked, since `tickets` are those of somebody.
    """

    words: QuerySet
    keys: list[int]
    is_complete: bool

    def among(self, tickets: QuerySet) -> QuerySet:
        """Those of `tickets` that say it."""
        return tickets.filter(_one_of(self.keys)) if self.is_complete else tickets.filter(pk__in=self.words)

    def at_least(self, tickets: QuerySet, number: int) -> int:
        """How many of `tickets` say it at least, by what is known without another search, counted up to `number`."""
        return tickets.filter(_one_of(self.keys)).order_by().values("pk")[:number].count()

    def page(self, tickets: QuerySet, name: str, terms: Sequence[str], size: int, **place: str) -> keyset.Slice:
        """The page of those of `tickets` that say it, as `keyset.page` gives it.

        What is frequent is looked for among the next few of the order. Where it is too rare among these, because it is of
        other years or of other customers, all tickets that say it are put in order.
        """
        if self.is_complete:
            return keyset.page(self.among(tickets), name, terms, size, **place)
        columns = [term.removeprefix("-") for term in terms]
        for width in WIDTHS:
            next_ones = tickets.prefetch_related(None).values_list(*columns, named=True)
            near = keyset.page(next_ones, name, terms, width, **place)
            found = keyset.page(
                self.among(tickets.filter(_one_of([row.id for row in near.rows]))), name, terms, size, **place
            )
            if found.before if place.get("before") and near.before else found.after or not near.after:
                return found
        every = ArraySubquery(self.words.values("ticket").distinct())
        return keyset.page(tickets.filter(_one_of(every)), name, terms, size, **place)


def said_in_messages(text: str, user: Any) -> Said:
    """What a search for `text` finds among the messages that `user` may read."""
    words = MessageWords.objects.visible_to(user).saying(text).order_by().values("ticket")
    if not user.has_perm("customers.view_message"):
        return Said(words, [], is_complete=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_tickets_saying(%s, %s)", [text.replace("\x00", ""), MOST + 1])
        found = [ticket for (ticket,) in cursor.fetchall()]
    return Said(words, list(set(found)), len(found) <= MOST)


def _one_of(keys: list[int] | ArraySubquery) -> Expression:
    """`id = ANY (...)`: one value, however many keys."""
    array: Any = Value(keys, output_field=ArrayField(BigIntegerField())) if isinstance(keys, list) else keys
    return Func(F("pk"), array, template="%(expressions)s)", arg_joiner=" = ANY (", output_field=BooleanField())


def renew_words() -> None:
    """Write what is missing or wrong of the words of messages, such as of those that were loaded without triggers."""
    with connection.cursor() as cursor:
        cursor.execute(RENEW)
        cursor.execute(GONE)
