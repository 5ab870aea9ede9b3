"""Pages of categories: the tree, a branch, the form."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.db import models
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from backoffice.generic.base import safe_next
from backoffice.generic.bulk import keys
from catalog import forms, services
from catalog.models import Category, CategoryQuerySet
from catalog.views.attributes import defined

WHOLE_TREE = 300
LEVELS = 4


def above(path: str) -> list[str]:
    """What to select for the way from the top of the tree to the category at `path`; deeper ones take more queries."""
    return ["__".join([path, *["parent"] * level]) for level in range(LEVELS)]


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
    shown = below.with_product_count() if is_whole else below.filter(parent=top).with_branch_count()
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
        generic.Column("position"),
        generic.Column("number"),
        generic.Column("updated_at", kind="relative"),
    ]

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related(*above("parent"))

    def get_title(self) -> str:
        return self.object.title

    def get_actions(self) -> list[generic.Action]:
        if not generic.may(self.request.user, "catalog.change_category"):
            return []
        verbs = [
            (_("Edit or move"), "category_edit", "edit"),
            (_("Merge into another"), "category_merge", "merge"),
            (_("Delete"), "category_delete", "trash"),
        ]
        return [
            generic.Action(
                label,
                reverse(f"catalog:{name}", args=[self.object.pk]),
                method="get",
                primary=icon == "edit",
                icon=icon,
                danger=icon == "trash",
            )
            for label, name, icon in verbs
        ]

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


class MergeCategory(generic.ActionView):
    model = Category
    permission = "catalog.change_category"
    title = gettext_lazy("Merge %s into another category")
    confirm = gettext_lazy("Its products and branches move there, and the category is gone.")
    form_class = forms.MergeForm
    service = services.merge_category
    done = gettext_lazy("Merged into %s.")

    def get_success_url(self, obj: Category) -> str:
        return reverse("catalog:categories")


class DeleteCategory(generic.ActionView):
    """Only an empty one goes."""

    model = Category
    permission = "catalog.change_category"
    title = gettext_lazy("Delete %s")
    confirm = gettext_lazy("Only a category without products and without categories below it can be deleted.")
    service = services.delete_category
    done = gettext_lazy("%s deleted.")
    danger = True

    def get_success_url(self, obj: Category) -> str:
        return reverse("catalog:categories")


@login_required
@require_POST
@permission_required("catalog.change_category", raise_exception=True)
def place(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Move a branch: `step` is one place up or down among its siblings, "in" the one above it, or "out" of its parent.

    Dragging sends `below` instead, the category to stand below, and `before`, its child to stand before.
    """
    category = get_object_or_404(Category.objects.visible_to(request.user).select_related("parent"), pk=pk)
    target = _target(request, category)
    back = reverse("catalog:categories")
    if target is None:
        return HttpResponseRedirect(safe_next(request, back))
    parent, before = target
    done = _("%s moved.")
    return generic.act(request, services.place_category, category, done=done, back=back, parent=parent, before=before)


def _target(request: HttpRequest, category: Category) -> tuple[Category | None, Category | None] | None:
    """Where to: (parent, next sibling); None where there is nowhere to go."""
    rows = Category.objects.visible_to(request.user)
    step = request.POST.get("step")
    if step is None:
        found = rows.in_bulk(keys([request.POST.get("below", ""), request.POST.get("before", "")]))
        named = [found.get(next(iter(keys([request.POST.get(name, "")])), 0)) for name in ("below", "before")]
        return named[0], named[1]
    siblings = list(rows.filter(parent=category.parent).order_by("position", "name", "pk"))
    at = siblings.index(category)
    if step == "up" and at:
        return category.parent, siblings[at - 1]
    if step == "down" and at + 1 < len(siblings):
        return category.parent, siblings[at + 2] if at + 2 < len(siblings) else None
    if step == "in" and at:
        return siblings[at - 1], None
    if step == "out" and category.parent:
        above_it = list(rows.filter(parent=category.parent.parent).order_by("position", "name", "pk"))
        behind = above_it.index(category.parent) + 1
        return category.parent.parent, above_it[behind] if behind < len(above_it) else None
    return None
