"""Pages of attribute definitions: list, record, form, order, removal; and what other pages show of them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from catalog import forms, services
from catalog.filters import DefinitionFilter
from catalog.models import AttributeDefinition, AttributeKind, Category, Product, shown

MAY = "catalog.change_category"


def of_all(definition: AttributeDefinition) -> str:
    return definition.category.path if definition.category else _("All products")


class AttributeList(generic.ListPage):
    model = AttributeDefinition
    key = "attributes"
    permission = "catalog.view_attributedefinition"
    filterset_class = DefinitionFilter
    columns = [
        generic.Column("title", gettext_lazy("Attribute"), link=True),
        generic.Column("code"),
        generic.Column("category.path", gettext_lazy("Category"), get=of_all),
        generic.Column("kind", get=lambda one: one.get_kind_display()),
        generic.Column("unit"),
        generic.Column("is_required", kind="bool"),
        generic.Column("is_filterable", kind="bool"),
        generic.Column("updated_at", kind="relative"),
    ]
    default_columns = ["title", "code", "category.path", "kind", "unit", "is_required", "is_filterable"]
    ordering = {"code": ("code", "pk"), "name": ("name", "pk"), "newest": ("-pk",)}
    ordering_labels = {
        "code": gettext_lazy("Code, A to Z"),
        "name": gettext_lazy("Name, A to Z"),
        "newest": gettext_lazy("Newest first"),
    }
    create_url = "catalog:attribute_new"
    create_permission = MAY
    imported_as = "attributes"
    empty_title = gettext_lazy("No attributes yet")
    empty_text = gettext_lazy("Say what is told about the products of a category: material, weight, season.")

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("category")


class AttributeRecord(generic.RecordPage):
    model = AttributeDefinition
    permission = "catalog.view_attributedefinition"
    list_url = "catalog:attributes"
    list_page = AttributeList
    template_name = "catalog/attribute_record.html"
    facts = [
        generic.Column("code"),
        generic.Column("category.path", gettext_lazy("Category"), get=of_all),
        generic.Column("kind", get=lambda one: one.get_kind_display()),
        generic.Column("unit"),
        generic.Column("is_required", kind="bool"),
        generic.Column("is_filterable", kind="bool"),
        generic.Column("help"),
        generic.Column("updated_at", kind="relative"),
    ]

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("category")

    def get_subtitle(self) -> str:
        other = {self.object.name, self.object.name_zh} - {self.object.title, ""}
        return next(iter(other), "")

    def get_actions(self) -> list[generic.Action]:
        if not generic.may(self.request.user, MAY):
            return []
        edit, remove = (reverse(f"catalog:attribute_{verb}", args=[self.object.pk]) for verb in ("edit", "remove"))
        return [
            generic.Action(_("Edit"), edit, method="get", primary=True, icon="edit"),
            generic.Action(_("Remove"), remove, method="get", icon="trash", danger=True),
        ]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        used = generic.Count(services.usage([self.object])[self.object.pk])
        return super().get_context_data(used=used, category=self.object.category, **extra)


class AttributeFormPage(generic.FormPage):
    model = AttributeDefinition
    form_class = forms.DefinitionForm
    service = services.save_definition
    permission = MAY


class NewAttribute(AttributeFormPage):
    pass


class EditAttribute(AttributeFormPage):
    reason = True


class RemoveAttribute(generic.ActionView):
    model = AttributeDefinition
    permission = MAY
    service = services.remove_definition
    title = gettext_lazy("Remove attribute")
    done = gettext_lazy("Attribute removed.")
    danger = True
    template_name = "catalog/attribute_remove.html"

    def get_success_url(self, obj: AttributeDefinition) -> str:
        return home(obj)

    def ask(self, obj: AttributeDefinition, form: Any) -> Any:
        response: Any = super().ask(obj, form)
        response.context_data["used"] = generic.Count(services.usage([obj])[obj.pk])
        return response


@login_required
@require_POST
@permission_required(MAY, raise_exception=True)
def move(request: HttpRequest, pk: int, way: str) -> HttpResponse:
    """Let a definition change places with its neighbour."""
    if way not in ("up", "down"):
        raise Http404
    definition = get_object_or_404(AttributeDefinition.objects.visible_to(request.user), pk=pk)
    return generic.act(request, services.move_definition, definition, back=home(definition), up=way == "up")


def home(definition: AttributeDefinition) -> str:
    """Where the attributes of its category are listed."""
    if definition.category_id is None:
        return reverse("catalog:attributes")
    return f"{reverse('catalog:category', args=[definition.category_id])}#attributes"


# --- On the page of a category ------------------------------------------------------------------------


@dataclass(frozen=True)
class Defined:
    """A definition in the list of a category: its own, or inherited from `above` ("" for all products)."""

    definition: AttributeDefinition
    is_own: bool
    used: generic.Count
    is_first: bool
    is_last: bool


def defined(category: Category, user: Any) -> list[Defined]:
    """Definitions that hold in `category`, inherited ones first, with how many products have each."""
    if not generic.may(user, "catalog.view_attributedefinition"):
        return []
    definitions = list(AttributeDefinition.objects.visible_to(user).of_path(category))
    used = services.usage(definitions)
    own = [one.pk for one in definitions if one.category_id == category.pk]
    return [
        Defined(one, one.pk in own, generic.Count(used[one.pk]), own[:1] == [one.pk], own[-1:] == [one.pk])
        for one in definitions
    ]


# --- On the page of a product -------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """An attribute of a product as the reader sees it; a required one may be missing."""

    label: str
    value: Any
    unit: str = ""
    is_missing: bool = False


def told(product: Product) -> tuple[list[Told], list[Told]]:
    """The attributes of the product's category, and what else stands in its attributes."""
    definitions = AttributeDefinition.objects.of_path(product.category)
    rest = dict(product.attributes)
    known = []
    for definition in definitions:
        value = rest.pop(definition.code, None)
        if value is not None:
            known.append(Told(definition.title, drawn(definition, value), definition.unit))
        elif definition.is_required:
            known.append(Told(definition.title, "", is_missing=True))
    return known, [Told(name, services.text_of(value)) for name, value in sorted(rest.items())]


def plainly(definition: AttributeDefinition, value: Any) -> Any:
    """A value for a cell of a list or file: choices by name, numbers and dates as such."""
    if definition.kind == AttributeKind.DATE:
        return date.fromisoformat(value)
    return services.exact(value) if definition.kind == AttributeKind.NUMBER else shown(definition, value)


def drawn(definition: AttributeDefinition, value: Any) -> Any:
    """A value as people read it, numbers and dates in the reader's format."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    kind = {AttributeKind.DATE: "date", AttributeKind.NUMBER: "number"}
    return generic.display(plainly(definition, value), kind.get(AttributeKind(definition.kind), "text"))
