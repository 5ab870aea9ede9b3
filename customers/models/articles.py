"""Articles that answer before anybody asks."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.models import CONTENT_TRANSITIONS, ContentStatus, LiveVersion
from backoffice.rows import (
    Stateful,
    VisibleQuerySet,
    in_reader_language,
    search_index,
    search_text,
    tracked,
)
from backoffice.triggers import legal_transitions


class ArticleQuerySet(VisibleQuerySet):
    def published(self) -> "ArticleQuerySet":
        """Those of which a version is live, whatever becomes of the working copy."""
        return self.filter(Exists(LiveVersion.objects.live().of(Article, OuterRef("pk"))))


@tracked()
class Article(Stateful):
    """A page of the help centre. Bodies are plain text; a blank line begins a paragraph.

    This is the working copy; `status` is written by the verbs of `backoffice.publishing`.
    """

    Status = ContentStatus
    TRANSITIONS = CONTENT_TRANSITIONS

    slug = models.SlugField(_("address"), max_length=120, unique=True)
    topic = models.CharField(_("topic"), max_length=80, blank=True)
    title = models.CharField(_("title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=200, blank=True)
    body = models.TextField(_("text"))
    body_zh = models.TextField(_("Chinese text"), blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("author")
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    search_text = search_text("title", "title_zh", "body", "body_zh")

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["topic", "title"]
        indexes = [
            search_index("article_search"),
            models.Index(fields=["status", "-updated_at", "-id"], name="article_status"),
            models.Index(fields=["-updated_at", "-id"], name="article_updated"),
        ]
        triggers = [
            legal_transitions("status", CONTENT_TRANSITIONS),
            pgtrigger.Trigger(
                name="category_of_topic",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("topic"),
                condition=pgtrigger.Condition("NEW.topic <> ''"),
                func="""
                    INSERT INTO customers_helpcategory (topic, slug, name, name_zh, position, created_at)
                    SELECT NEW.topic, CASE WHEN s.slug IN ('', 'new') OR EXISTS (SELECT 1 FROM customers_helpcategory WHERE slug = s.slug)
                                           THEN left(coalesce(nullif(s.slug, ''), 'topic'), 60) || '-' || left(md5(NEW.topic), 8) ELSE s.slug END,
                           NEW.topic, '', 100, now()
                    FROM (SELECT btrim(regexp_replace(lower(NEW.topic), '[^a-z0-9]+', '-', 'g'), '-')) s(slug)
                    WHERE NOT EXISTS (SELECT 1 FROM customers_helpcategory WHERE upper(topic) = upper(NEW.topic))
                    ON CONFLICT DO NOTHING;
                    RETURN NULL;
                """,
            ),
        ]
        permissions = [("publish_article", _("Can publish, unpublish and archive articles"))]

    def __str__(self) -> str:
        return in_reader_language(self.title, self.title_zh)

    def get_absolute_url(self) -> str:
        return reverse("articles:article", args=[self.slug])
