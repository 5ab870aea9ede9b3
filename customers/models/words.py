"""By what words messages are found."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import BooleanField, F, Func, Value

from customers.models.tickets import Message, Ticket, TicketPartQuerySet


class MessageWordsQuerySet(TicketPartQuerySet):
    def visible_to(self, user: Any) -> "MessageWordsQuerySet":
        """Those of messages that `user` may read."""
        return self.in_scope(user) if user.has_perm("customers.view_message") else self.none()  # type: ignore[return-value]

    def saying(self, text: str) -> "MessageWordsQuerySet":
        """Of messages that hold every word of `text`; see sql/message_words.sql for what a word is."""
        wanted = Func(Value(text.replace("\x00", "")), function="customers_message_query")
        return self.filter(
            Func(F("words"), wanted, template="%(expressions)s", arg_joiner=" @@ ", output_field=BooleanField())
        )


class MessageWords(models.Model):
    """The words of a message, worked out once: a search looks at thousands. Written by triggers of the message alone.

    A table of its own, because lists and threads read messages whole.
    """

    message = models.OneToOneField(
        Message, models.DO_NOTHING, primary_key=True, related_name="words", db_constraint=False
    )
    ticket = models.ForeignKey(Ticket, models.DO_NOTHING, related_name="+", db_constraint=False)
    words = SearchVectorField()

    objects = MessageWordsQuerySet.as_manager()

    class Meta:
        verbose_name = "words of a message"
        verbose_name_plural = "words of messages"
        default_permissions = ()
        # Written at once: whoever searches would read a list of what is pending from end to end.
        indexes = [GinIndex(fields=["words"], name="message_words_found", fastupdate=False)]

    def __str__(self) -> str:
        return str(self.words)
