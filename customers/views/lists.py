"""Pages of the lists of customers that people put together."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from customers import forms
from customers.filters import StaticListFilter
from customers.models import ListMember, StaticList
from customers.services import lists

CHANGE = "customers.change_staticlist"
SHOWN = 50


def members() -> Coalesce:
    """How many customers are on a list; who was merged away counts as the survivor."""
    found = ListMember.objects.filter(list=OuterRef("pk"), customer__merged_into=None).order_by().values("list")
    return Coalesce(Subquery(found.annotate(n=Count("pk")).values("n")), 0)


class StaticLists(generic.ListPage):
    model = StaticList
    key = "customer_lists"
    permission = "customers.view_staticlist"
    filterset_class = StaticListFilter
    columns = [
        generic.Column("name", link=True),
        generic.Column("purpose"),
        generic.Column("customers", gettext_lazy("Customers"), kind="number"),
        generic.Column("is_shared", kind="bool"),
        generic.Column("owner"),
        generic.Column("updated_at", kind="relative"),
    ]
    ordering = {"name": ("name", "id"), "newest": ("-id",)}
    tabs = [generic.Tab(gettext_lazy("Mine"), "whose=mine"), generic.Tab(gettext_lazy("Shared"), "whose=shared")]
    create_url = "customers:list_new"
    create_permission = "customers.add_staticlist"
    imported_as = "customer_lists"
    empty_title = gettext_lazy("No lists yet")
    empty_text = gettext_lazy(
        "Tick customers in their list and put them on a new one, or make one here and fill it from a file."
    )

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("owner").annotate(customers=members())


class StaticListRecord(generic.RecordPage):
    model = StaticList
    permission = "customers.view_staticlist"
    list_url = "customers:lists"
    list_page = StaticLists
    status_fields = ()
    template_name = "customers/static_list.html"
    facts = [
        generic.Column("purpose"),
        generic.Column("customers", gettext_lazy("Customers"), kind="number"),
        generic.Column("is_shared", kind="bool"),
        generic.Column("owner"),
        generic.Column("created_at", kind="date"),
    ]

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("owner").annotate(customers=members())

    def get_actions(self) -> list[generic.Action]:
        user, key = self.request.user, [self.object.pk]
        if not generic.may(user, CHANGE) or not lists.may_keep(self.object, user):
            return []
        edit, delete = reverse("customers:list_edit", args=key), reverse("customers:list_delete", args=key)
        return [
            generic.Action(_("Edit"), edit, method="get", icon="edit"),
            generic.Action(_("Delete"), delete, method="get", icon="trash", danger=True),
        ]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        rows = ListMember.objects.visible_to(self.request.user).filter(list=self.object, customer__merged_into=None)
        query = urlencode({"list": f"#{self.object.pk}"})
        return super().get_context_data(
            members=list(rows.select_related("customer", "added_by").order_by("-pk")[:SHOWN]),
            customers_url=f"{reverse('customers:list')}?{query}",
            **extra,
        )


class NewList(generic.FormPage):
    model = StaticList
    form_class = forms.ListForm
    service = lists.save_list
    permission = "customers.add_staticlist"


class KeptList:
    """Only who may keep a list changes it."""

    request: Any

    def get_object(self) -> StaticList:
        found: StaticList = super().get_object()  # type: ignore[misc]
        if not lists.may_keep(found, self.request.user):
            raise Http404
        return found


class EditList(KeptList, generic.FormPage):
    model = StaticList
    form_class = forms.ListForm
    service = lists.save_list
    permission = CHANGE


class DeleteList(KeptList, generic.ActionView):
    model = StaticList
    permission = CHANGE
    service = lists.delete_list
    title = gettext_lazy("Delete the list")
    confirm = gettext_lazy("The customers stay; only the list goes.")
    done = gettext_lazy("%s deleted.")
    danger = True

    def get_success_url(self, obj: StaticList) -> str:
        return reverse("customers:lists")
