"""Staff pages of articles."""

from copy import copy
from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic, publishing
from backoffice.publishing import pages
from customers import forms, services
from customers.filters import ArticleFilter
from customers.models import Article


class ArticleList(generic.ListPage):
    model = Article
    key = "articles"
    permission = "customers.view_article"
    filterset_class = ArticleFilter
    columns = [
        generic.Column("title", link=True, secondary=generic.Column("title_zh")),
        generic.Column("topic"),
        generic.Column("status", kind="badge"),
        generic.Column("author", gettext_lazy("Author")),
        generic.Column("published_at", kind="datetime"),
        generic.Column("helped", gettext_lazy("Helped"), kind="number"),
        generic.Column("not_helped", gettext_lazy("Did not help"), kind="number"),
        generic.Column("updated_at", kind="relative"),
    ]
    default_columns = ["title", "topic", "status", "author", "published_at", "helped", "not_helped", "updated_at"]
    ordering = {
        "updated": ("-updated_at", "-id"),
        "title": ("title", "id"),
        "topic": ("topic", "title", "id"),
    }
    tabs = [
        generic.Tab(gettext_lazy("Published"), "status=published"),
        generic.Tab(gettext_lazy("Unpublished changes"), "changes=true"),
        generic.Tab(gettext_lazy("Not helpful"), "unhelpful=true"),
        generic.Tab(gettext_lazy("In review"), "status=in_review"),
        generic.Tab(gettext_lazy("Scheduled"), "status=scheduled"),
        generic.Tab(gettext_lazy("Drafts"), "status=draft"),
        generic.Tab(gettext_lazy("Archived"), "status=archived"),
    ]
    bulk_actions = pages.bulk_actions(publishing.of(Article))
    create_url = "articles:new"
    create_permission = "customers.add_article"
    imported_as = "articles"
    empty_title = gettext_lazy("No articles yet")
    empty_text = gettext_lazy("Answer in writing what customers ask again and again.")

    def get_queryset(self) -> Any:
        return services.with_votes(super().get_queryset().select_related("author"))


class ArticleRecord(generic.RecordPage):
    model = Article
    permission = "customers.view_article"
    slug_field = "slug"
    list_url = "articles:list"
    list_page = ArticleList
    template_name = "articles/article_record.html"
    facts = [
        generic.Column("topic"),
        generic.Column("slug"),
        generic.Column("author", gettext_lazy("Author")),
        generic.Column("published_at", kind="datetime"),
        generic.Column("updated_at", kind="datetime"),
    ]

    def get_queryset(self) -> Any:
        return pages.with_live(super().get_queryset().select_related("author"))

    @cached_property
    def standing(self) -> pages.Standing:
        return pages.Standing(self.object)

    def get_badges(self) -> list[generic.Badge]:
        return [*super().get_badges(), *self.standing.badges()]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(preview=self.standing.preview_for(self.user), **extra)

    def get_actions(self) -> list[generic.Action]:
        user, article = self.request.user, self.object
        actions = self.standing.actions(user, "articles:", article.slug)
        if user.has_perm("customers.change_article"):
            link = reverse("articles:edit", args=[article.slug])
            actions.append(generic.Action(_("Edit"), link, method="get", icon="edit"))
            link = reverse("articles:related", args=[article.slug])
            actions.append(generic.Action(_("Related articles"), link, method="get", icon="link"))
        if self.standing.live:
            link = reverse("help:article", args=[article.slug])
            actions.append(generic.Action(_("Show in the help centre"), link, method="get", icon="external"))
        return actions


class ArticleForm(generic.FormPage):
    model = Article
    form_class = forms.ArticleForm
    slug_field = "slug"
    service = services.save_article
    done = gettext_lazy("%s saved.")
    fieldsets = [
        (gettext_lazy("English, or the only language"), ["title", "body"]),
        (gettext_lazy("Chinese"), ["title_zh", "body_zh"]),
    ]

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form writes into a copy, so that a refusal leaves the record on the page as it is stored."""
        return {**super().get_form_kwargs(), "instance": copy(self.object)}


class NewArticle(ArticleForm):
    permission = "customers.add_article"


class EditArticle(ArticleForm):
    permission = "customers.change_article"
    reason = True
