"""Pages of categories: the tree, a branch, the form."""

from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from catalog import forms, services
from catalog.models import Category, CategoryQuerySet

WHOLE_TREE = 300


@dataclass
class Node:
    """A category in the tree, with what stands below it and how many products (capped) are in the branch."""

    category: Category
    children: list["Node"] = field(default_factory=list)

    @property
    def own(self) -> int:
        return self.category.product_count  # type: ignore[attr-defined,no-any-return]

    @property
    def total(self) -> int:
        return self.own + sum(child.total for child in self.children)

    @property
    def shown_total(self) -> generic.Count:
        return generic.Count(self.total)


def tree(categories: CategoryQuerySet) -> list[Node]:
    """The roots among `categories`, each with its branch; two queries whatever their number."""
    nodes = {
        category.pk: Node(category) for category in categories.with_product_count().order_by("position", "name", "pk")
    }
    roots = []
    for node in nodes.values():
        above = nodes.get(node.category.parent_id or 0)
        (above.children if above else roots).append(node)
    return roots


class CategoryTree(generic.Page):
    """All categories where they fit a page; else those at the top, which lead to their branches."""

    permission = "catalog.view_category"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        categories = Category.objects.visible_to(request.user)
        number = categories.order_by()[: WHOLE_TREE + 1].count()
        shown = categories if number <= WHOLE_TREE else categories.filter(parent=None)
        context = {
            "title": _("Categories"),
            "roots": tree(shown),
            "number": number,
            "is_whole": number <= WHOLE_TREE,
            "may_add": generic.may(request.user, "catalog.add_category"),
            "may_change": generic.may(request.user, "catalog.change_category"),
        }
        return TemplateResponse(request, "catalog/category_tree.html", context)


class CategoryRecord(generic.RecordPage):
    model = Category
    permission = "catalog.view_category"
    list_url = "catalog:categories"
    template_name = "catalog/category_record.html"
    facts = [
        generic.Column("path"),
        generic.Column("name_zh"),
        generic.Column("parent", gettext_lazy("Below"), link="parent"),
        generic.Column("position"),
        generic.Column("updated_at", kind="relative"),
    ]

    def get_title(self) -> str:
        return self.object.title

    def get_actions(self) -> list[generic.Action]:
        if not generic.may(self.request.user, "catalog.change_category"):
            return []
        url = reverse("catalog:category_edit", args=[self.object.pk])
        return [generic.Action(_("Edit or move"), url, method="get", primary=True, icon="edit")]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        children = Category.objects.visible_to(self.request.user).filter(parent=self.object)
        return super().get_context_data(
            children=tree(children),
            may_add=generic.may(self.request.user, "catalog.add_category"),
            may_change=generic.may(self.request.user, "catalog.change_category"),
            **extra,
        )


class CategoryFormPage(generic.FormPage):
    model = Category
    form_class = forms.CategoryForm
    service = services.save_category


class NewCategory(CategoryFormPage):
    permission = "catalog.add_category"

    def get_success_url(self, obj: Category) -> str:
        return reverse("catalog:categories")


class EditCategory(CategoryFormPage):
    permission = "catalog.change_category"
    reason = True

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("parent")
