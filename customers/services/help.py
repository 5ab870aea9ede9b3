"""What the public reads: the live versions of articles, never their working copies, and the categories they stand in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Upper
from django.urls import reverse

from backoffice.models import LiveVersion
from backoffice.rows import in_reader_language
from customers.models import Article, ArticleAddress, HelpCategory, RelatedArticle

HEADS = ("slug", "topic", "title", "title_zh")
WHOLE = (*HEADS, "body", "body_zh")
RELATED, SUGGESTED = 5, 4
EXCERPT = 160
HALF, FEW = 0.5, 0.3  # how many of the parts must stand in a text; of the pairs of a Chinese sentence many are no words
HANZI = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[\u3400-\u9fff]+|[^\W_]+")

FIND = """
    SELECT l.subject_id, l.revision_id, l.published_at, l.content ->> 'slug', l.content ->> 'topic', l.content ->> 'title',
           l.content ->> 'title_zh', l.content ->> 'body', l.content ->> 'body_zh'
    FROM backoffice_liveversion l
    CROSS JOIN (SELECT nullif(replace(plainto_tsquery('pg_catalog.english', %(text)s)::text, '&', '|'), '')::tsquery AS query) q
    CROSS JOIN LATERAL (
        SELECT coalesce(ts_rank(customers_article_words(l.content), q.query), 0) AS words,
               (SELECT coalesce(avg((customers_article_text(l.content) LIKE p)::int), 0) FROM unnest(%(parts)s::text[]) p) AS parts,
               (SELECT coalesce(avg((upper(concat(l.content ->> 'title', ' ', l.content ->> 'title_zh')) LIKE p)::int), 0) FROM unnest(%(parts)s::text[]) p) AS titles,
               word_similarity(upper(%(text)s), upper(concat(l.content ->> 'title', ' ', l.content ->> 'title_zh'))) AS alike
    ) s
    WHERE l.subject_type = 'customers.article' AND l.is_live AND l.subject_id <> ALL(%(apart)s)
      AND (customers_article_words(l.content) @@ q.query OR s.parts >= %(enough)s OR s.alike > 0.55)
    ORDER BY s.words * 2 + s.parts + s.titles + s.alike / 2 + (upper(l.content ->> 'topic') = upper(%(topic)s))::int DESC, l.subject_id
    LIMIT %(limit)s
"""


@dataclass(frozen=True)
class LiveArticle:
    """An article as the public sees it; without its bodies in lists. `revision` names the published version."""

    key: int
    published_at: datetime
    slug: str
    topic: str
    title: str
    title_zh: str
    body: str = ""
    body_zh: str = ""
    revision: int = 0

    def __str__(self) -> str:
        return in_reader_language(self.title, self.title_zh)

    @property
    def text(self) -> str:
        return in_reader_language(self.body, self.body_zh)

    def excerpt(self, text: str) -> str:
        """A piece of the text around the first word of `text` that stands in it."""
        flat = " ".join(self.text.split())
        places = [place for word in WORD.findall(text) if (place := flat.casefold().find(word.casefold())) >= 0]
        start = max(0, min(places, default=0) - EXCERPT // 4)
        piece = flat[start : start + EXCERPT]
        return f"{'…' if start else ''}{piece}{'…' if start + EXCERPT < len(flat) else ''}"


@dataclass
class Shelf:
    """A category of the public help centre with its live articles and those below it."""

    category: HelpCategory | None
    articles: list[LiveArticle] = field(default_factory=list)
    below: list["Shelf"] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.articles and all(one.is_empty for one in self.below)


def live_articles(*, topic: str = "", limit: int = 500) -> list[LiveArticle]:
    """Heads of live articles by topic and title: all, or those of a topic, whatever its case."""
    found = _of_content(HEADS)
    if topic:
        found = found.alias(above=Upper("topic")).filter(above=topic.upper())
    return _articles(found.order_by("topic", "title", "pk")[:limit], HEADS)


def find_articles(text: str, *, limit: int, topic: str = "", apart: Sequence[int] = ()) -> list[LiveArticle]:
    """Live articles by words of English in any form, parts of words, pairs of Chinese characters, and titles spelled alike.

    The best first, those of `topic` before others; one statement.
    """
    parts = [f"%{part}%" for part in search_parts(text)]
    if not parts:
        return []
    with connection.cursor() as cursor:
        enough = FEW if HANZI.search(text) else HALF
        asked: dict[str, Any] = {
            "enough": enough,
            "text": text,
            "parts": parts,
            "apart": list(apart),
            "topic": topic,
            "limit": limit,
        }
        cursor.execute(FIND, asked)
        names = ("key", "revision", "published_at", *WHOLE)
        return [LiveArticle(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def search_parts(text: str) -> list[str]:
    """ "How to 退货退款" -> ["HOW", "退货", "货退", "退款"]: words of three letters or more, and pairs of Chinese characters."""
    parts: dict[str, None] = {}
    for word in WORD.findall(text.upper())[:20]:
        if re.match(r"[\u3400-\u9fff]", word):
            parts.update(dict.fromkeys(word[i : i + 2] for i in range(max(1, len(word) - 1))))
        elif len(word) > 2 or word.isdigit():
            parts[word] = None
    return list(parts)[:40]


def related_articles(article: LiveArticle) -> list[LiveArticle]:
    """What staff chose for the article, then what its category and the words of its title find; two statements."""
    keys = list(RelatedArticle.objects.filter(article=article.key).values_list("other", flat=True)[:RELATED])
    chosen = {one.key: one for one in _articles(_of_content(HEADS).filter(subject_id__in=keys), HEADS)} if keys else {}
    first = [chosen[key] for key in keys if key in chosen]
    words = f"{article.title} {article.title_zh}"
    more = find_articles(words, limit=RELATED - len(first), topic=article.topic, apart=[article.key, *chosen])
    return first + more


def suggested_articles(text: str) -> list[LiveArticle]:
    """A few articles that may answer what somebody types."""
    return find_articles(text[:200], limit=SUGGESTED)


def shelves() -> list[Shelf]:
    """The help centre: categories in their order with their articles; what has no topic comes last. Two statements."""
    by_topic: dict[str, list[LiveArticle]] = {}
    for article in live_articles():
        by_topic.setdefault(article.topic.upper(), []).append(article)
    made = {
        category.pk: Shelf(category, by_topic.pop(category.topic.upper(), []))
        for category in HelpCategory.objects.all()
    }
    for shelf in made.values():
        if shelf.category is not None and shelf.category.parent_id:
            made[shelf.category.parent_id].below.append(shelf)
    top = [shelf for shelf in made.values() if shelf.category is not None and shelf.category.parent_id is None]
    rest = [article for articles in by_topic.values() for article in articles]
    return [shelf for shelf in [*top, Shelf(None, rest)] if not shelf.is_empty]


def category_of(topic: str) -> HelpCategory | None:
    """The category of a topic, with the one above it."""
    found = HelpCategory.objects.select_related("parent").alias(above=Upper("topic"))
    return found.filter(above=topic.upper()).first() if topic else None


def live_article(slug: str) -> LiveArticle | None:
    """The live article of this address."""
    return next(iter(_articles(_of_content(WHOLE).filter(slug=slug)[:1], WHOLE)), None)


def present_address(slug: str) -> str:
    """Where the article went that had this address before; "" where there is none."""
    moved = ArticleAddress.objects.filter(slug=slug).values("article")[:1]
    found = _of_content(("slug",)).filter(subject_id__in=moved).values_list("slug", flat=True).first()
    return str(found or "")


def live_position(slug: str) -> str | None:
    """Another text after each change of what a page of this address shows; None where nothing is live. One statement."""
    marks = [
        RawSQL(f"SELECT coalesce(max(pgh_id), 0) FROM {model.history.rel.related_model._meta.db_table}", [])  # type: ignore[union-attr]  # noqa: S608, S611
        for model in (HelpCategory, RelatedArticle)
    ]
    found = _of_content(("slug",)).filter(slug=slug).annotate(shelf=marks[0], beside=marks[1])
    row = found.values_list("position", "shelf", "beside").first()
    return "-".join(map(str, row)) if row else None


def cite(slug: str, language: str) -> str:
    """Title and address of a live article in a language, for the text of a macro; "" where it is not public."""
    found = live_article(slug)
    return citation(found, language) if found else ""


def citation(found: LiveArticle, language: str) -> str:
    """Title and address of an article in a language."""
    title = found.title_zh if language.startswith("zh") and found.title_zh else found.title
    return f"{title}: {public_address(found.slug)}"


def public_address(slug: str) -> str:
    """The whole address of a public article."""
    return f"{settings.SITE_URL}{reverse('help:article', args=[slug])}"


def addresses_of_map() -> list[tuple[str, datetime]]:
    """Address and time of every live article, for search engines."""
    found = _of_content(("slug",)).order_by("pk").values_list("slug", "published_at")[:50_000]
    return [(public_address(slug), moment) for slug, moment in found]


def _of_content(names: Sequence[str]) -> QuerySet:
    live = LiveVersion.objects.live().filter(subject_type=Article._meta.label_lower)
    return live.annotate(**{name: KeyTextTransform(name, "content") for name in names})


def _articles(found: QuerySet, names: Sequence[str]) -> list[LiveArticle]:
    rows: Any = found.values("subject_id", "published_at", "revision_id", *names)
    return [LiveArticle(key=row.pop("subject_id"), revision=row.pop("revision_id"), **row) for row in rows]
