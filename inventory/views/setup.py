"""Locations and suppliers."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from backoffice.generic import Action, Badge, Column
from inventory import filters, forms, services
from inventory.models import Location, Supplier


class LocationList(generic.ListPage):
    model = Location
    key = "inventory:locations"
    permission = "inventory.view_location"
    filterset_class = filters.LocationFilter
    columns = [
        Column("name", link=True, secondary=Column("code"), get=str),
        Column("kind"),
        Column("address"),
        Column("priority", kind="number"),
        Column("is_active", kind="bool"),
    ]
    ordering = {"priority": ("priority", "pk"), "name": ("name", "pk"), "-name": ("-name", "-pk")}
    create_url = "inventory:location_new"
    create_permission = "inventory.add_location"


class LocationRecord(generic.RecordPage):
    model = Location
    slug_field = "code"
    permission = "inventory.view_location"
    list_url = "inventory:locations"
    status_fields = ()
    facts = [
        Column("code"),
        Column("kind"),
        Column("address"),
        Column("priority", kind="number"),
        Column("created_at", kind="datetime"),
    ]

    def get_badges(self) -> list[Badge]:
        return [Badge(_("Active"), "good") if self.object.is_active else Badge(_("Closed"), "neutral")]

    def get_actions(self) -> list[Action]:
        place, user = self.object, self.request.user
        if place.kind != Location.Kind.STOCK:
            return []
        bins = []
        if user.has_perm("inventory.view_bin"):
            bins.append(Action(_("Bins"), f"{reverse('inventory:bins')}?location={place.pk}", "get", icon="pin"))
        if user.has_perm("inventory.add_bin") and place.is_active:
            bins.append(Action(_("Add bins"), reverse("inventory:bins_new", args=[place.code]), "get", icon="plus"))
        if not user.has_perm("inventory.change_location"):
            return bins
        verb = "close" if place.is_active else "open"
        label = _("Close location") if place.is_active else _("Open again")
        ask = {"method": "get", "danger": True} if place.is_active else {}
        return [
            Action(_("Edit"), reverse("inventory:location_edit", args=[place.code]), "get", icon="edit"),
            *bins,
            Action(label, reverse(f"inventory:location_{verb}", args=[place.code]), **ask),
        ]


class LocationEdit(generic.FormPage):
    model = Location
    slug_field = "code"
    form_class = forms.LocationForm
    permission = "inventory.change_location"
    reason = True

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(kind=Location.Kind.STOCK)


class LocationNew(LocationEdit):
    permission = "inventory.add_location"
    reason = False


class LocationClose(generic.ActionView):
    model = Location
    slug_field = "code"
    permission = "inventory.change_location"
    service = services.close_location
    title = gettext_lazy("Close location")
    confirm = gettext_lazy("It serves no orders and receives nothing any more. What happened there stays on record.")
    done = gettext_lazy("%s is closed.")
    danger = True
    form_class = forms.CloseForm
    template_name = "inventory/location_close.html"

    def get_form_kwargs(self, obj: Location) -> dict[str, Any]:
        return {"has_stock": bool(self.left["variants"])}

    @cached_property
    def left(self) -> dict[str, int]:
        return services.stock_left(self.get_object())

    @cached_property
    def closing(self) -> services.Closing:
        """What would happen to the promises there."""
        return services.foresee_closing(self.get_object())


@require_POST
@permission_required("inventory.change_location", raise_exception=True)
def open_location(request: HttpRequest, code: str) -> HttpResponse:
    place = get_object_or_404(Location.objects.visible_to(request.user), code=code)
    return generic.act(request, services.open_location, place, done=_("%s is open."))


class SupplierList(generic.ListPage):
    model = Supplier
    key = "inventory:suppliers"
    permission = "inventory.view_supplier"
    filterset_class = filters.SupplierFilter
    columns = [
        Column("name", link=True, secondary=Column("code")),
        Column("email"),
        Column("phone"),
        Column("lead_time_days", kind="number"),
        Column("is_active", kind="bool"),
    ]
    ordering = {"name": ("name", "pk"), "-name": ("-name", "-pk")}
    create_url = "inventory:supplier_new"
    create_permission = "inventory.add_supplier"
    empty_title = gettext_lazy("No supplier yet")
    empty_text = gettext_lazy("Receipts can name who delivered.")


class SupplierRecord(generic.RecordPage):
    model = Supplier
    slug_field = "code"
    permission = "inventory.view_supplier"
    list_url = "inventory:suppliers"
    status_fields = ()
    facts = [
        Column("code"),
        Column("email"),
        Column("phone"),
        Column("address"),
        Column("lead_time_days", kind="number"),
    ]

    def get_badges(self) -> list[Badge]:
        return [] if self.object.is_active else [Badge(_("Inactive"), "neutral")]

    def get_actions(self) -> list[Action]:
        actions = []
        if self.request.user.has_perm("inventory.change_supplier"):
            actions.append(
                Action(_("Edit"), reverse("inventory:supplier_edit", args=[self.object.code]), "get", icon="edit")
            )
        if self.request.user.has_perm("inventory.receive_stock"):
            address = f"{reverse('inventory:receive')}?supplier=%23{self.object.pk}"
            actions.append(Action(_("Receive goods"), address, "get", primary=True))
        return actions


class SupplierEdit(generic.FormPage):
    model = Supplier
    slug_field = "code"
    form_class = forms.SupplierForm
    permission = "inventory.change_supplier"
    reason = True


class SupplierNew(SupplierEdit):
    permission = "inventory.add_supplier"
    reason = False
