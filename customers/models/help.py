"""The help centre: categories, related articles, what readers said, and what they looked for in vain."""

from typing import Any

import pgtrigger
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, in_reader_language, tracked
from customers.models.articles import Article


@tracked()
class HelpCategory(models.Model):
    """Where articles stand in the help centre, on two levels.

    `topic` is the word that articles and files name it by; a trigger of the article adds the category of a new word. How it
    is called, where it stands and its address are no content of articles and need no review.
    """

    topic = models.CharField(
        _("topic of its articles"), max_length=80, help_text=_("The word that articles and files name it by.")
    )
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("below")
    )
    position = models.PositiveSmallIntegerField(_("place"), default=100, validators=[MaxValueValidator(9999)])
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("category of the help centre")
        verbose_name_plural = _("categories of the help centre")
        ordering = ["position", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                Upper("topic"),
                name="help_category_topic_once",
                violation_error_message=_("Another category has this topic already."),
            ),
            models.CheckConstraint(
                condition=~Q(topic="") & ~Q(name=""),
                name="help_category_named",
                violation_error_message=_("A category needs a name."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="two_levels",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("parent_id"),
                condition=pgtrigger.Condition("NEW.parent_id IS NOT NULL"),
                func="""
                    PERFORM 1 FROM customers_helpcategory WHERE id IN (NEW.id, NEW.parent_id) ORDER BY id FOR UPDATE;
                    IF NEW.parent_id = NEW.id OR EXISTS (SELECT 1 FROM customers_helpcategory WHERE parent_id = NEW.id)
                        OR EXISTS (SELECT 1 FROM customers_helpcategory WHERE id = NEW.parent_id AND parent_id IS NOT NULL) THEN
                        RAISE EXCEPTION 'Categories of the help centre have two levels.' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return in_reader_language(self.name, self.name_zh)

    def get_absolute_url(self) -> str:
        return reverse("articles:category", args=[self.slug])


class ArticlePartQuerySet(VisibleQuerySet):
    """Rows that belong to an article are seen with it."""

    def visible_to(self, user: Any) -> "ArticlePartQuerySet":
        return self.filter(article__in=Article.objects.visible_to(user))


@tracked()
class RelatedArticle(models.Model):
    """An article that staff chose to show below another; read live, without a review."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="chosen", verbose_name=_("article"))
    other = models.ForeignKey(Article, models.CASCADE, related_name="+", verbose_name=_("related"))
    position = models.PositiveSmallIntegerField(default=0)

    objects = ArticlePartQuerySet.as_manager()

    class Meta:
        verbose_name = _("related article")
        verbose_name_plural = _("related articles")
        ordering = ["position", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["article", "other"], name="related_article_once"),
            models.CheckConstraint(condition=~Q(article=F("other")), name="related_article_other"),
        ]

    def __str__(self) -> str:
        return f"{self.article_id} → {self.other_id}"


class ArticleAddress(models.Model):
    """An address under which an article was public before; it leads on to the present one."""

    slug = models.SlugField(max_length=120, unique=True)
    article = models.ForeignKey(Article, models.CASCADE, related_name="addresses")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ArticlePartQuerySet.as_manager()

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        default_permissions = ()

    def __str__(self) -> str:
        return self.slug


class ArticleVote(models.Model):
    """Whether an article helped a reader: once for each reader and published version; `voter` is a keyed hash."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="votes", verbose_name=_("article"))
    revision = models.BigIntegerField(_("version"))
    voter = models.CharField(max_length=64)
    is_helpful = models.BooleanField(_("helpful"))
    language = models.CharField(_("language"), max_length=10)
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = ArticlePartQuerySet.as_manager()

    class Meta:
        verbose_name = _("opinion on an article")
        verbose_name_plural = _("opinions on articles")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["article", "revision", "voter"], name="article_vote_once")]

    def __str__(self) -> str:
        return f"{self.article_id}/{self.revision}: {self.is_helpful}"


class VainSearch(models.Model):
    """Words that readers looked for in the help centre and found nothing by, with how often; nobody is named."""

    text = models.CharField(_("searched for"), max_length=100)
    language = models.CharField(_("language"), max_length=10)
    count = models.PositiveIntegerField(_("times"), default=1)
    last_at = models.DateTimeField(_("last"), default=timezone.now)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("search without a result")
        verbose_name_plural = _("searches without a result")
        ordering = ["-count", "pk"]
        constraints = [models.UniqueConstraint(fields=["text", "language"], name="vain_search_once")]
        indexes = [
            models.Index(fields=["-count", "-id"], name="vain_search_often"),
            models.Index(fields=["last_at"], name="vain_search_last"),
        ]

    def __str__(self) -> str:
        return self.text
