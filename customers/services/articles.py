"""The verbs of articles."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from backoffice import audit, publishing
from backoffice.models import User
from customers.models import Article, ArticleAddress

RESERVED = ("new", "categories", "vain", "suggest")  # addresses of pages beside those of articles
CONTENT = ("slug", "topic", "title", "title_zh", "body", "body_zh")


@transaction.atomic
def save_article(article: Article | None = None, *, by: User, **fields: Any) -> Article:
    """Create an article, or change the working copy of `article`; what is public of it stays until that is reviewed."""
    is_new = article is None
    article = Article(author=by) if article is None else Article.objects.locked().get(pk=article.pk)
    before = article.slug
    for name, value in fields.items():
        setattr(article, name, value)
    article.slug = article.slug or before or slugify(article.title)[:120]
    if not article.slug:
        raise ValidationError({"slug": _("Give the address in Latin letters: it cannot be made from this title.")})
    if article.slug in RESERVED:
        raise ValidationError(
            {"slug": _("The address “%(slug)s” is in use by Houtai itself.") % {"slug": article.slug}}
        )
    _must_be_free(article)
    article.full_clean(exclude=["author", "status"])
    article.save()
    if article.published_at and article.slug != before:
        _lead_on(article, before)
    audit.record("article.created" if is_new else "article.changed", article, by=by)
    return article


def _must_be_free(article: Article) -> None:
    if ArticleAddress.objects.filter(slug=article.slug).exclude(article=article.pk).exists():
        raise ValidationError({"slug": _("Another article was public under this address, and links lead to it.")})


def _lead_on(article: Article, before: str) -> None:
    """Keep the address under which the article was public: it leads to the present one."""
    ArticleAddress.objects.filter(slug=article.slug).delete()
    ArticleAddress.objects.get_or_create(slug=before, defaults={"article": article})


def restore_content(article: Article, content: Mapping[str, Any], *, by: User) -> None:
    """Write a content of old into the article."""
    save_article(article, by=by, **{name: content[name] for name in CONTENT})


publishing.register(
    publishing.Publishable(
        Article,
        key="slug",
        permission="customers.publish_article",
        restore=restore_content,
        labels=publishing.names_of(Article, CONTENT),
    )
)
