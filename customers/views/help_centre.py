"""Staff pages of the help centre: categories, related articles, and what readers looked for in vain."""

from typing import Any

import django_filters
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from customers import forms, services
from customers.filters import HelpCategoryFilter, VainSearchFilter
from customers.models import Article, HelpCategory, VainSearch


class CategoryList(generic.ListPage):
    model = HelpCategory
    key = "help_categories"
    permission = "customers.view_helpcategory"
    filterset_class: type[django_filters.FilterSet] = HelpCategoryFilter
    columns = [
        generic.Column("name", link=True, secondary=generic.Column("name_zh")),
        generic.Column("parent", sql=generic.in_reader_language("parent__name")),
        generic.Column("position"),
        generic.Column("topic"),
        generic.Column("slug"),
    ]
    ordering = {"place": ("position", "name", "id"), "name": ("name", "id")}
    create_url = "articles:category-new"
    create_permission = "customers.add_helpcategory"
    empty_title = gettext_lazy("No categories yet")
    empty_text = gettext_lazy("An article with a new topic makes one, or you create it here.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("parent")


class CategoryRecord(generic.RecordPage):
    model = HelpCategory
    permission = "customers.view_helpcategory"
    slug_field = "slug"
    list_url = "articles:categories"
    list_page = CategoryList
    template_name = "articles/category_record.html"
    facts = [
        generic.Column("name"),
        generic.Column("name_zh"),
        generic.Column("parent"),
        generic.Column("position"),
        generic.Column("topic"),
        generic.Column("slug"),
    ]

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("parent")

    def get_actions(self) -> list[generic.Action]:
        may, slug, actions = self.request.user.has_perm, self.object.slug, []  # type: ignore[union-attr]
        if may("customers.change_helpcategory"):
            link = reverse("articles:category-edit", args=[slug])
            actions.append(generic.Action(_("Edit"), link, method="get", primary=True, icon="edit"))
        link = reverse("help:category", args=[slug])
        actions.append(generic.Action(_("Show in the help centre"), link, method="get", icon="external"))
        if may("customers.delete_helpcategory"):
            link = reverse("articles:category-delete", args=[slug])
            actions.append(generic.Action(_("Delete"), link, method="get", icon="trash", danger=True))
        return actions

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        articles = Article.objects.visible_to(self.request.user).filter(topic__iexact=self.object.topic)
        return super().get_context_data(
            articles=list(articles.order_by("title")[:50]), children=list(self.object.children.all()), **extra
        )


class CategoryForm(generic.FormPage):
    model = HelpCategory
    form_class = forms.HelpCategoryForm
    slug_field = "slug"
    service = services.save_category
    done = gettext_lazy("%s saved.")


class NewCategory(CategoryForm):
    permission = "customers.add_helpcategory"


class EditCategory(CategoryForm):
    permission = "customers.change_helpcategory"


class DeleteCategory(generic.ActionView):
    model = HelpCategory
    slug_field = "slug"
    permission = "customers.delete_helpcategory"
    service = services.delete_category
    title = gettext_lazy("Delete")
    confirm = gettext_lazy("Only a category without articles can be deleted.")
    done = gettext_lazy("%s deleted.")
    danger = True

    def get_success_url(self, obj: Any) -> str:
        return reverse("articles:categories")


class Related(generic.ActionView):
    """Choose what stands below an article first."""

    model = Article
    slug_field = "slug"
    permission = "customers.change_article"
    service = services.set_related
    form_class = forms.RelatedForm
    title = gettext_lazy("Related articles")
    done = gettext_lazy("%s saved.")

    def get_form_kwargs(self, obj: Any) -> dict[str, Any]:
        return {"article": obj}


class VainSearchList(generic.ListPage):
    model = VainSearch
    key = "vain_searches"
    permission = "customers.view_vainsearch"
    filterset_class: type[django_filters.FilterSet] = VainSearchFilter
    columns = [
        generic.Column("text"),
        generic.Column("language"),
        generic.Column("count"),
        generic.Column("last_at", kind="relative"),
    ]
    ordering = {"often": ("-count", "-id")}
    empty_title = gettext_lazy("Nothing was looked for in vain")
    empty_text = gettext_lazy("Words that readers of the help centre find nothing by are counted here.")
