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
from catalog.views.attributes import defined

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
    def size(self) -> int:
        """How many categories the node stands for."""
        return 1 + sum(child.size for child in self.children)

    @property
    def shown_total(self) -> generic.Count:
        return generic.Count(self.total)


def tree(categories: CategoryQuerySet, top: Category | None = None) -> tuple[list[Node], bool]:
    """The nodes right below `top`, and whether their whole branches are there: up to WHOLE_TREE categories they are."""
    below = categories.branch(top).exclude(pk=top.pk) if top else categories
    is_whole = below.order_by()[: WHOLE_TREE + 1].count() <= WHOLE_TREE
    shown = below.with_product_count() if is_whole else below.filter(parent=top)
    nodes = {category.pk: Node(category) for category in shown.order_by("position", "name", "pk")}
    roots = []
    for node in nodes.values():
        above = nodes.get(node.category.parent_id or 0)
        (above.children if above else roots).append(node)
    return roots, is_whole


class CategoryTree(generic.Page):
    """All categories where they fit a page; else those at the top, which lead to their branches."""

    permission = "catalog.view_category"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        roots, is_whole = tree(Category.objects.visible_to(request.user))
        context = {
            "title": _("Categories"),
            "roots": roots,
            "is_whole": is_whole,
            "number": sum(node.size for node in roots),
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
        generic.Column("number"),
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
        children, is_whole = tree(Category.objects.visible_to(self.request.user), self.object)
        return super().get_context_data(
            children=children,
            is_whole=is_whole,
            attributes=defined(self.object, self.request.user),
            may_define=generic.may(self.request.user, "catalog.view_attributedefinition"),
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
