"""The verbs of the help centre: categories, related articles, what readers say, and what they look for in vain."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.text import slugify
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import LiveVersion, User
from customers.models import Article, ArticleVote, HelpCategory, RelatedArticle, VainSearch
from customers.services.help import LiveArticle

MOST_VAIN, VAIN_DAYS = 10_000, 90
PRIVATE = re.compile(r"@|\d{6}")  # what may be an address or a number of somebody


@transaction.atomic
def save_category(category: HelpCategory | None = None, *, by: User, **fields: Any) -> HelpCategory:
    """Create a category, or change one. Raises ValidationError for a third level."""
    is_new = category is None
    category = HelpCategory() if category is None else HelpCategory.objects.locked().get(pk=category.pk)
    for name, value in fields.items():
        setattr(category, name, value)
    category.topic = category.topic or category.name
    category.slug = category.slug or slugify(category.topic)[:80]
    if not category.slug or category.slug == "new":
        raise ValidationError({"slug": _("Give the address in Latin letters: it cannot be made from this name.")})
    _must_fit(category)
    category.full_clean()
    category.save()
    audit.record("help_category.created" if is_new else "help_category.changed", category, by=by)
    return category


def _must_fit(category: HelpCategory) -> None:
    above = category.parent
    if above is None:
        return
    if above.parent_id or above.pk == category.pk or (category.pk and category.children.exists()):
        raise ValidationError({"parent": _("Categories of the help centre have two levels.")})


@transaction.atomic
def delete_category(category: HelpCategory, *, by: User) -> None:
    """Remove a category that is empty. Raises ValidationError naming what is in it."""
    category = HelpCategory.objects.locked().get(pk=category.pk)
    live = LiveVersion.objects.live().filter(
        subject_type=Article._meta.label_lower, content__topic__iexact=category.topic
    )
    if category.children.exists() or Article.objects.filter(topic__iexact=category.topic).exists() or live.exists():
        raise ValidationError(_("There are articles or categories in “%(category)s”.") % {"category": category})
    audit.record("help_category.deleted", category, by=by)
    category.delete()


@transaction.atomic
def set_related(article: Article, *, related: Sequence[Article], by: User) -> Article:
    """Show these below the article, in this order; the others that are shown are found by category and words."""
    RelatedArticle.objects.filter(article=article).delete()
    RelatedArticle.objects.bulk_create(
        RelatedArticle(article=article, other=other, position=place)
        for place, other in enumerate(related)
        if other.pk != article.pk
    )
    audit.record("article.related", article, by=by, data={"related": [other.slug for other in related]})
    return article


def vote(article: LiveArticle, *, reader: str, is_helpful: bool, language: str) -> bool:
    """Keep whether the published version helped the reader; returns whether it is the reader's first word on it."""
    voter = salted_hmac("customers.vote", reader, algorithm="sha256").hexdigest()
    row = ArticleVote(
        article_id=article.key, revision=article.revision, voter=voter, is_helpful=is_helpful, language=language
    )
    before = ArticleVote.objects.filter(article=article.key, revision=article.revision, voter=voter).exists()
    ArticleVote.objects.bulk_create([row], ignore_conflicts=True)
    return not before


def with_votes(articles: QuerySet) -> QuerySet:
    """Annotate `helped` and `not_helped`: what readers said of the version that is live now."""
    live = LiveVersion.objects.live().filter(
        subject_type=Article._meta.label_lower, subject_id=OuterRef(OuterRef("pk"))
    )
    said = ArticleVote.objects.filter(article=OuterRef("pk"), revision=Subquery(live.values("revision")[:1]))
    counts = said.order_by().values("article")
    return articles.annotate(
        helped=Coalesce(Subquery(counts.annotate(n=Count("pk", filter=Q(is_helpful=True))).values("n")), 0),
        not_helped=Coalesce(Subquery(counts.annotate(n=Count("pk", filter=Q(is_helpful=False))).values("n")), 0),
    )


def note_vain_search(text: str, language: str) -> None:
    """Count words by which nothing was found; what may name somebody is not kept, and no more than MOST_VAIN texts are."""
    words = " ".join(text.split()).casefold()[:100]
    if not words or PRIVATE.search(words):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customers_vainsearch (text, language, count, last_at)
               SELECT %s, %s, 1, now() WHERE (SELECT count(*) FROM (SELECT 1 FROM customers_vainsearch LIMIT %s) s) < %s
               ON CONFLICT (text, language) DO UPDATE SET count = customers_vainsearch.count + 1, last_at = now()""",
            [words, language, MOST_VAIN, MOST_VAIN],
        )


def forget_vain_searches() -> int:
    """Delete what nobody has looked for in a while; returns how many."""
    old = VainSearch.objects.filter(last_at__lt=timezone.now() - timedelta(days=VAIN_DAYS))
    return old.delete()[0]
