"""What the public reads: the live versions of articles, never their working copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Upper

from backoffice.models import LiveVersion
from backoffice.rows import in_reader_language
from customers.models import Article

HEADS = ("slug", "topic", "title", "title_zh")
WHOLE = (*HEADS, "body", "body_zh")


@dataclass(frozen=True)
class LiveArticle:
    """An article as the public sees it; without its bodies in lists."""

    key: int
    published_at: datetime
    slug: str
    topic: str
    title: str
    title_zh: str
    body: str = ""
    body_zh: str = ""

    def __str__(self) -> str:
        return in_reader_language(self.title, self.title_zh)

    @property
    def text(self) -> str:
        return in_reader_language(self.body, self.body_zh)


def live_articles(*, topic: str = "", containing: str = "", apart: int = 0, limit: int = 500) -> list[LiveArticle]:
    """Heads of live articles by topic and title: all, those of a topic, those in which a text stands; `apart` from one."""
    found = _of_content(HEADS)
    if topic:
        found = found.filter(topic=topic)
    if containing:
        words = Func(F("content"), function="customers_article_text", output_field=TextField())
        found = found.alias(words=words).filter(words__contains=Upper(Value(containing)))
    return _articles(found.exclude(subject_id=apart).order_by("topic", "title", "pk")[:limit], HEADS)


def live_article(slug: str) -> LiveArticle | None:
    """The live article of this address."""
    return next(iter(_articles(_of_content(WHOLE).filter(slug=slug)[:1], WHOLE)), None)


def live_position(slug: str) -> int | None:
    """Another number after each change of what is live under this address; None where nothing is."""
    found = _of_content(("slug",)).filter(slug=slug).values_list("position", flat=True)
    return found.first()


def _of_content(names: Sequence[str]) -> QuerySet:
    live = LiveVersion.objects.live().filter(subject_type=Article._meta.label_lower)
    return live.annotate(**{name: KeyTextTransform(name, "content") for name in names})


def _articles(found: QuerySet, names: Sequence[str]) -> list[LiveArticle]:
    rows: Any = found.values("subject_id", "published_at", *names)
    return [LiveArticle(key=row.pop("subject_id"), **row) for row in rows]
