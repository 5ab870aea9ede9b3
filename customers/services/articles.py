"""The verbs of articles."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from backoffice import audit, publishing
from backoffice.models import User
from customers.models import Article

CONTENT = ("slug", "topic", "title", "title_zh", "body", "body_zh")


@transaction.atomic
def save_article(article: Article | None = None, *, by: User, **fields: Any) -> Article:
    """Create an article, or change the working copy of `article`; what is public of it stays until that is reviewed."""
    is_new = article is None
    article = Article(author=by) if article is None else Article.objects.locked().get(pk=article.pk)
    before = article.slug
    for name, value in fields.items():
        setattr(article, name, value)
    article.slug = article.slug or slugify(article.title)[:120]
    if not article.slug:
        raise ValidationError({"slug": _("Give the address in Latin letters: it cannot be made from this title.")})
    if article.slug == "new":
        raise ValidationError({"slug": _("The address “new” is in use by Houtai itself.")})
    if article.published_at and article.slug != before:
        raise ValidationError({"slug": _("The address was public already, and links lead to it. It stays.")})
    article.full_clean(exclude=["author", "status"])
    article.save()
    audit.record("article.created" if is_new else "article.changed", article, by=by)
    return article


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
