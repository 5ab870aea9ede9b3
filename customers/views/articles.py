"""Staff pages of articles."""

from collections.abc import Callable
from copy import copy
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from customers import forms, services
from customers.filters import ArticleFilter
from customers.models import Article

PUBLISH = "customers.publish_article"


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
        generic.Column("updated_at", kind="relative"),
    ]
    ordering = {
        "updated": ("-updated_at", "-id"),
        "title": ("title", "id"),
        "topic": ("topic", "title", "id"),
    }
    tabs = [
        generic.Tab(gettext_lazy("Published"), "status=published"),
        generic.Tab(gettext_lazy("Drafts"), "status=draft"),
        generic.Tab(gettext_lazy("Archived"), "status=archived"),
    ]
    create_url = "articles:new"
    create_permission = "customers.add_article"
    empty_title = gettext_lazy("No articles yet")
    empty_text = gettext_lazy("Answer in writing what customers ask again and again.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("author")


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
        return super().get_queryset().select_related("author")

    def get_actions(self) -> list[generic.Action]:
        user, article = self.request.user, self.object
        actions = self._publishing() if user.has_perm(PUBLISH) else []
        is_public = article.status == Article.Status.PUBLISHED
        if user.has_perm("customers.change_article") and (not is_public or user.has_perm(PUBLISH)):
            link = reverse("articles:edit", args=[article.slug])
            actions.append(generic.Action(_("Edit"), link, method="get", primary=is_public, icon="edit"))
        if is_public:
            link = reverse("help:article", args=[article.slug])
            actions.append(generic.Action(_("Show in the help centre"), link, method="get", icon="external"))
        return actions

    def _publishing(self) -> list[generic.Action]:
        def action(label: Any, name: str, **kwargs: Any) -> generic.Action:
            return generic.Action(label, reverse(f"articles:{name}", args=[self.object.slug]), **kwargs)

        archive = action(_("Archive"), "archive", icon="folder")
        return {
            Article.Status.DRAFT: [action(_("Publish"), "publish", primary=True, icon="globe"), archive],
            Article.Status.PUBLISHED: [action(_("Withdraw"), "unpublish", icon="eye-off"), archive],
            Article.Status.ARCHIVED: [action(_("Bring back as draft"), "restore", primary=True, icon="undo")],
        }[self.object.status]


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


def _verb(service: Callable[..., Article], done: Any) -> Callable[..., HttpResponse]:
    """A view that carries out one verb of publishing."""

    @require_POST
    @permission_required(PUBLISH, raise_exception=True)
    def view(request: HttpRequest, slug: str) -> HttpResponse:
        article = get_object_or_404(Article.objects.visible_to(request.user), slug=slug)
        return generic.act(request, service, article, done=done)

    return view


publish = _verb(services.publish, gettext_lazy("“%s” is public."))
unpublish = _verb(services.unpublish, gettext_lazy("“%s” is a draft again."))
archive = _verb(services.archive_article, gettext_lazy("“%s” archived."))
restore = _verb(services.restore_article, gettext_lazy("“%s” is a draft again."))
