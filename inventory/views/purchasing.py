"""Purchase orders: list, record, form, verbs, paper."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.generic import Action, Column, Tab
from inventory import filters, forms, forms_bins, forms_purchasing, services
from inventory.models import PurchaseOrder, Receipt
from inventory.views.documents import first_row

COST = "catalog.view_cost"
ORDER = "inventory.order_purchase"
Status = PurchaseOrder.Status


class PurchaseList(generic.ListPage):
    model = PurchaseOrder
    key = "inventory:purchase_orders"
    permission = "inventory.view_purchaseorder"
    filterset_class = filters.PurchaseFilter
    columns = [
        Column("number", link=True),
        Column("status", kind="badge"),
        Column("supplier", link="supplier"),
        Column("location"),
        Column("expected_on", kind="date"),
        Column("total", kind="money", currency="currency", permission=COST),
        Column("created_at", kind="datetime"),
        Column("ordered_at", kind="datetime"),
        Column("source_number"),
        Column("created_by", gettext_lazy("By")),
    ]
    default_columns = ["number", "status", "supplier", "location", "expected_on", "total", "created_at"]
    ordering = {"newest": ("-created_at", "-pk"), "oldest": ("created_at", "pk")}
    tabs = [
        Tab(gettext_lazy("Draft"), "status=draft"),
        Tab(gettext_lazy("Open"), "status=ordered&status=partially_received"),
        Tab(gettext_lazy("Overdue"), "overdue=true"),
        Tab(gettext_lazy("Received"), "status=received&status=over_received"),
    ]
    create_url = "inventory:purchase_new"
    create_permission = ORDER
    empty_title = gettext_lazy("No purchase order yet")
    empty_text = gettext_lazy("What you order from suppliers stands here until it has arrived.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("supplier", "location", "created_by")


class PurchaseRecord(generic.RecordPage):
    model = PurchaseOrder
    slug_field = "number"
    permission = "inventory.view_purchaseorder"
    list_url = "inventory:purchase_orders"
    list_page = PurchaseList
    template_name = "inventory/purchase_order.html"
    facts = [
        Column("supplier", link="supplier"),
        Column("location", link="location"),
        Column("expected_on", kind="date"),
        Column("created_by", gettext_lazy("By")),
        Column("created_at", kind="datetime"),
        Column("ordered_at", kind="datetime"),
        Column("mailed_at", kind="datetime"),
        Column("closed_at", kind="datetime"),
        Column("source_number"),
        Column("cancel_reason"),
    ]

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("supplier", "location", "created_by")

    def get_badges(self) -> list[generic.Badge]:
        late = [generic.Badge(_("Overdue"), "bad")] if self.object.is_overdue else []
        return [*super().get_badges(), *late]

    def get_facts(self) -> list[generic.Fact]:
        """Those that say something."""
        return [fact for fact in super().get_facts() if fact.value]

    def get_actions(self) -> list[Action]:
        order, user = self.object, self.request.user
        codes = user.scope("warehouse")
        ours = codes is None or order.location.code in codes
        steps = []
        if ours and user.has_perm("inventory.receive_stock") and order.status in services.RECEIVABLE:
            steps.append(Action(_("Receive"), self.address("receive"), "get", primary=order.is_open))
        if ours and user.has_perm(ORDER):
            steps += self.buying(order, user)
        if user.has_perm(COST):
            steps.append(Action(_("Print"), self.address("print"), "get", icon="printer"))
        return steps

    def buying(self, order: PurchaseOrder, user: Any) -> list[Action]:
        steps = []
        if order.status == Status.DRAFT:
            steps.append(Action(_("Order"), self.address("order_it"), primary=True))
            if user.has_perm(COST):
                steps.append(Action(_("Edit"), self.address("edit"), "get", icon="edit"))
        elif order.status != Status.CANCELED and order.supplier.email:
            steps.append(Action(_("Mail to supplier"), self.address("mail"), "get", icon="mail"))
        if order.status == Status.PARTIALLY_RECEIVED:
            steps.append(Action(_("The rest will not come"), self.address("close"), "get", icon="check"))
        if order.may_become(Status.CANCELED):
            steps.append(Action(_("Cancel purchase order"), self.address("cancel"), "get", icon="x", danger=True))
        return steps

    def address(self, verb: str) -> str:
        return reverse(f"inventory:purchase_{verb}", args=[self.object.number])

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        lines = list(self.object.lines.select_related("variant"))
        receipts = Receipt.objects.visible_to(self.request.user).filter(purchase_order=self.object)
        return super().get_context_data(
            lines=lines,
            pieces=sum(line.quantity for line in lines),
            came=any(line.accepted or line.rejected for line in lines),
            some_canceled=any(line.canceled for line in lines),
            receipts=receipts.select_related("received_by").order_by("pk"),
            shows_cost=self.request.user.has_perm(COST),
            in_other_currency=self.object.currency != settings.DEFAULT_CURRENCY,
            **extra,
        )


class PurchaseEdit(generic.FormPage):
    """An order is written, or a draft written anew."""

    model = PurchaseOrder
    slug_field = "number"
    form_class = forms_purchasing.PurchaseForm
    permission = (ORDER, COST)
    template_name = "inventory/goods_form.html"
    version_field = ""

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_initial(self) -> dict[str, Any]:
        order = self.object
        if order is None:
            return super().get_initial()
        names = ("expected_on", "currency", "note")
        amounts = {name: plain(getattr(order, name)) for name in ("exchange_rate", "freight", "tax")}
        places = {"supplier": order.supplier, "location": order.location_id}
        return {name: getattr(order, name) for name in names} | amounts | places

    def get_formset(self, data: Any = None, files: Any = None) -> Any:
        if self.object is None:
            return forms_purchasing.PurchaseRows(data, initial=first_row(self.request), prefix="lines")
        lines = self.object.lines.select_related("variant")
        initial = [
            {"variant": line.variant, "quantity": line.quantity, "unit_cost": plain(line.unit_cost)} for line in lines
        ]
        return forms_purchasing.PurchaseRows(data, initial=initial, prefix="lines")

    def perform(self, form: Any) -> PurchaseOrder:
        data, by = form.cleaned_data, self.request.user
        wanted = forms_purchasing.purchase_lines(self.formset)
        arguments = (data["supplier"], data["location"], wanted, form.terms())
        if self.object is None:
            order = services.create_purchase(*arguments, data["key"], by=by)
        else:
            order = services.edit_purchase(self.object, *arguments, by=by)
        self.tell_rounded(order, {line.variant: line.quantity for line in wanted})
        return order

    def tell_rounded(self, order: PurchaseOrder, wanted: dict[int, int]) -> None:
        """Say where packs or a minimum of the supplier made a quantity larger."""
        rounded = [
            f"{line.variant.sku}: {wanted[line.variant_id]} → {line.quantity}"
            for line in order.lines.select_related("variant")
            if line.quantity != wanted.get(line.variant_id, line.quantity)
        ]
        if rounded:
            sentence = _("Rounded up to what the supplier sells: %(lines)s.")
            messages.info(self.request, sentence % {"lines": ", ".join(rounded)})


def plain(number: Any) -> str:
    """A decimal without zeros at its end, as people type it."""
    return f"{number.normalize():f}"


class PurchaseAction(generic.ActionView):
    model = PurchaseOrder
    slug_field = "number"
    permission = ORDER


class PurchaseOrdered(PurchaseAction):
    service = services.order_purchase
    title = gettext_lazy("Order")
    confirm = gettext_lazy("Its pieces are incoming from now on. Mail or print it for the supplier then.")
    done = gettext_lazy("%s is ordered.")


class PurchaseCancel(PurchaseAction):
    service = services.cancel_purchase
    form_class = forms.ReasonForm
    title = gettext_lazy("Cancel purchase order")
    confirm = gettext_lazy("Nothing is incoming any more. Tell the supplier yourself.")
    done = gettext_lazy("%s canceled.")
    danger = True


class PurchaseClose(PurchaseAction):
    service = services.close_purchase
    form_class = forms.ReasonForm
    title = gettext_lazy("The rest will not come")
    confirm = gettext_lazy("What is outstanding is given up, and the order counts as received.")
    done = gettext_lazy("%s is closed.")


class PurchaseMail(PurchaseAction):
    service = services.mail_purchase
    permission = (ORDER, COST)
    title = gettext_lazy("Mail to supplier")
    confirm = gettext_lazy("The order with all its lines goes to the supplier's e-mail address.")
    done = gettext_lazy("%s is on its way to the supplier.")
    template_name = "inventory/purchase_mail.html"


class PurchaseReceive(generic.ActionView):
    model = PurchaseOrder
    slug_field = "number"
    permission = "inventory.receive_stock"
    form_class = forms_purchasing.DeliveryForm
    title = gettext_lazy("Receive")
    confirm = gettext_lazy("Count what arrived. What is outstanding stands here already.")
    template_name = "inventory/purchase_receive.html"

    def get_form_kwargs(self, obj: PurchaseOrder) -> dict[str, Any]:
        return {"order": obj}

    def get_form(self, obj: PurchaseOrder, data: Any = None, files: Any = None) -> Any:
        self.form = super().get_form(obj, data, files)
        return self.form

    def perform(self, obj: PurchaseOrder, fields: dict[str, Any]) -> PurchaseOrder:
        receipt = services.receive_purchase(
            obj, self.form.delivered(), fields["reference"], fields["note"], fields["key"], by=self.request.user
        )
        messages.success(self.request, _("%s posted: the goods are in stock.") % receipt)
        return obj

    @property
    def codes(self) -> list[str]:
        """What fields of bins suggest."""
        return forms_bins.bin_codes(self.request.user, self.form.order.location) if self.form.has_bins else []


class LandedCostNew(generic.ActionView):
    model = Receipt
    slug_field = "number"
    permission = ("inventory.add_landedcost", COST)
    form_class = forms_purchasing.LandedCostForm
    service = services.add_landed_cost
    title = gettext_lazy("Add landed cost")
    confirm = gettext_lazy("It is spread over the accepted pieces to the cent, and raises the value of those in stock.")
    done = gettext_lazy("The costs of %s are added.")


class PurchasePaper(generic.OnePage):
    """The order for the supplier; prints on A4 and Letter."""

    model = PurchaseOrder
    slug_field = "number"
    permission = ("inventory.view_purchaseorder", COST)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        order = self.get_object()
        shown = {
            "title": order.number,
            "object": order,
            "lines": list(order.lines.select_related("variant")),
            "company": settings.COMPANY_NAME,
        }
        return TemplateResponse(request, "inventory/purchase_paper.html", shown)

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("supplier", "location")
