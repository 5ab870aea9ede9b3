"""Pages of custom fields, and what pages of customers show of them."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from customers import forms, masking
from customers.filters_custom import FieldFilter
from customers.forms.custom import kind_of, plainly
from customers.models import Customer, CustomField
from customers.services import custom

CHANGE = "customers.change_customfield"


class FieldList(generic.ListPage):
    model = CustomField
    key = "custom_fields"
    permission = "customers.view_customfield"
    filterset_class = FieldFilter
    columns = [
        generic.Column("title", gettext_lazy("Custom field"), link=True),
        generic.Column("code"),
        generic.Column("kind", get=lambda field: field.get_kind_display()),
        generic.Column("is_required", kind="bool"),
        generic.Column("is_personal", kind="bool"),
        generic.Column("status", gettext_lazy("Status"), kind="badge"),
        generic.Column("updated_at", kind="relative"),
    ]
    default_columns = ["title", "code", "kind", "is_required", "is_personal", "status"]
    ordering = {"place": ("position", "id")}
    ordering_labels = {"place": gettext_lazy("As on the form")}
    tabs = [
        generic.Tab(gettext_lazy("In use"), "archived=false"),
        generic.Tab(gettext_lazy("Archived"), "archived=true"),
    ]
    create_url = "customers:field_new"
    create_permission = CHANGE
    empty_title = gettext_lazy("No custom fields yet")
    empty_text = gettext_lazy(
        "Say what you want to know about customers: a birthday, a loyalty level, who referred them."
    )


class FieldRecord(generic.RecordPage):
    model = CustomField
    permission = "customers.view_customfield"
    list_url = "customers:fields"
    list_page = FieldList
    facts = [
        generic.Column("code"),
        generic.Column("kind", get=lambda field: field.get_kind_display()),
        generic.Column("choices", get=lambda field: ", ".join(field.labels.values())),
        generic.Column("help"),
        generic.Column("is_required", kind="bool"),
        generic.Column("is_personal", kind="bool"),
        generic.Column("updated_at", kind="relative"),
    ]

    def get_subtitle(self) -> str:
        other = {self.object.name, self.object.name_zh} - {self.object.title, ""}
        return next(iter(other), "")

    def get_actions(self) -> list[generic.Action]:
        if not generic.may(self.request.user, CHANGE):
            return []
        key = [self.object.pk]
        if self.object.archived_at:
            return [generic.Action(_("Bring back"), reverse("customers:field_restore", args=key), icon="undo")]
        move = "customers:field_move"
        return [
            generic.Action(
                _("Edit"), reverse("customers:field_edit", args=key), method="get", primary=True, icon="edit"
            ),
            generic.Action(_("Move up"), reverse(move, args=[*key, "up"]), icon="arrow-up"),
            generic.Action(_("Move down"), reverse(move, args=[*key, "down"]), icon="arrow-down"),
            generic.Action(
                _("Archive"), reverse("customers:field_archive", args=key), method="get", icon="folder", danger=True
            ),
        ]


class FieldFormPage(generic.FormPage):
    model = CustomField
    form_class = forms.FieldForm
    service = custom.save_field
    permission = CHANGE


class NewField(FieldFormPage):
    pass


class EditField(FieldFormPage):
    reason = True


class ArchiveField(generic.ActionView):
    model = CustomField
    permission = CHANGE
    service = custom.archive_field
    title = gettext_lazy("Archive the custom field")
    confirm = gettext_lazy(
        "Nobody is asked for it any more, and no page or filter shows it. Customers keep their values, and you can bring it back."
    )
    done = gettext_lazy("%s archived.")
    danger = True


@require_POST
@permission_required(CHANGE, raise_exception=True)
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    field = get_object_or_404(CustomField.objects.visible_to(request.user), pk=pk)
    return generic.act(request, custom.restore_field, field, done=_("%s is in use again."))


@require_POST
@permission_required(CHANGE, raise_exception=True)
def move(request: HttpRequest, pk: int, way: str) -> HttpResponse:
    """Let a field change places with its neighbour."""
    if way not in ("up", "down"):
        raise Http404
    field = get_object_or_404(CustomField.objects.visible_to(request.user), pk=pk)
    return generic.act(request, custom.move_field, field, back=reverse("customers:fields"), up=way == "up")


# --- On pages of customers ----------------------------------------------------------------------------


def facts_of(customer: Customer) -> list[Any]:
    """What the customer has of the custom fields; nothing is read of the fields where there is none."""
    values = custom.values_of(customer)
    found = []
    for field in CustomField.objects.live() if values else ():
        if field.code in values:
            value = plainly(field, values[field.code])
            found.append(generic.Fact(field.title, generic.display(value, kind_of(field))))
    return found


def columns_of(fields: Sequence[CustomField]) -> list[generic.Column]:
    """Columns of the list of customers, a field each."""

    def value(field: CustomField) -> Callable[[Customer], Any]:
        return lambda customer: plainly(field, getattr(customer, field.column).get(field.code))

    return [
        generic.Column(
            custom.FIELD + field.code,
            field.title,
            kind=kind_of(field),
            get=value(field),
            reads=(field.column,),
            permission=masking.PERMISSION if field.is_personal else "",
        )
        for field in fields
    ]
