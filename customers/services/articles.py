"""The verbs of articles."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import NotAllowed
from backoffice.models import User
from customers.models import Article

PUBLISH = "customers.publish_article"


@transaction.atomic
def save_article(article: Article | None = None, *, by: User, **fields: Any) -> Article:
    """Create an article, or change `article`.

    Raises NotAllowed for a published article unless `by` may publish: a change would be public at once.
    """
    is_new = article is None
    article = Article(author=by) if article is None else Article.objects.locked().get(pk=article.pk)
    if article.status == Article.Status.PUBLISHED and not by.has_perm(PUBLISH):
        raise NotAllowed(_("This article is public. Ask somebody who may publish to withdraw it first."))
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


def publish(article: Article, *, by: User) -> Article:
    """Show the article in the help centre."""
    return _become(article, Article.Status.PUBLISHED, "article.published", by)


def unpublish(article: Article, *, by: User) -> Article:
    """Withdraw a public article into a draft."""
    return _become(article, Article.Status.DRAFT, "article.unpublished", by)


def archive_article(article: Article, *, by: User) -> Article:
    """Put the article away; it is no longer public."""
    return _become(article, Article.Status.ARCHIVED, "article.archived", by)


def restore_article(article: Article, *, by: User) -> Article:
    """Bring an archived article back as a draft."""
    return _become(article, Article.Status.DRAFT, "article.restored", by)


@transaction.atomic
def _become(article: Article, status: str, verb: str, by: User) -> Article:
    article = Article.objects.locked().get(pk=article.pk)
    article.must_become(status)
    article.status = status
    if status == Article.Status.PUBLISHED:
        article.published_at = timezone.now()
    article.save(update_fields=["status", "published_at", "updated_at"])
    audit.record(verb, article, by=by)
    return article
