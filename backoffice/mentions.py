"""People named in a text by "@" and their name: found, told, and offered while one types."""

import operator
import re
from collections.abc import Iterable
from functools import reduce
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Length, Lower
from django.db.models.lookups import StartsWith
from django.utils import translation

from backoffice.models import Notification, User

MOST = 20  # people that one text may name
OFFERED = 8
LONGEST = User._meta.get_field("name").max_length or 0
AT = re.compile(r"(?<![\w.])@(?=\S)")


def mentioned(text: str) -> list[User]:
    """The active people whose name follows an "@" in `text`, whatever its case; of "Ann" and "Ann Lee" the longer one."""
    tails = [text[found.end() :][:LONGEST].lower() for found in AT.finditer(text)][:MOST]
    if not tails:
        return []
    named = reduce(operator.or_, (Q(StartsWith(Value(tail), F("called"))) for tail in tails))
    people = list(
        User.objects.filter(is_active=True).exclude(name="").alias(called=Lower("name")).filter(named)
        .order_by(Length("name").desc(), "pk")
    )  # fmt: skip
    found: dict[int, User] = {}
    for tail in tails:
        longest = next((len(one.name) for one in people if tail.startswith(one.name.lower())), 0)
        found |= {one.pk: one for one in people if len(one.name) == longest and tail.startswith(one.name.lower())}
    return list(found.values())


def tell(people: Iterable[User], sentence: Any, *, url: str, by: User | None) -> None:
    """Put a line into the bell of each of them but the writer; `sentence()` gives it in the language of its reader."""
    lines = []
    for person in people:
        if by is None or person.pk != by.pk:
            with translation.override(person.language or translation.get_language()):
                lines.append(Notification(user=person, text=str(sentence())[:300], url=url))
    Notification.objects.bulk_create(lines)


def offered(text: str) -> QuerySet[User]:
    """People whose name, or a word of it, begins with `text`."""
    begins = Q(name__istartswith=text) | Q(name__icontains=f" {text}")
    return User.objects.filter(begins, is_active=True).exclude(name="").order_by("name", "pk")[:OFFERED]
