"""Writing orders: drafts with their lines, and the details of placed ones."""

from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from catalog.models import Variant
from customers.models import Customer
from inventory import services as inventory
from orders import forms, services
from orders.forms import plain
from orders.models import Order
from orders.pricing import priced, prices_for
from orders.services.intake import facts_of

BUYER = ("customer", "customer_name", "email", "phone", "language")


class DraftPage(generic.FormPage):
    """Take an order in, or edit a draft: head, lines, addresses. "Save and place" does both or neither."""

    model = Order
    form_class = forms.DraftForm
    slug_field = "number"
    permission = "orders.change_order"
    template_name = "orders/draft.html"
    done = gettext_lazy("Order %s saved.")

    def has_permission(self) -> bool:
        needed = "orders.change_order" if "number" in self.kwargs else "orders.add_order"
        return generic.may(self.request.user, needed)

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(status=Order.Status.DRAFT)

    def get_title(self) -> str:
        return _("Edit %(name)s") % {"name": self.object} if self.object else _("New order")

    def get_formset(self, data: Any = None, files: Any = None) -> Any:
        if data is not None and "more" in data:
            data = data.copy()
            data["lines-TOTAL_FORMS"] = str(min(int(data.get("lines-TOTAL_FORMS") or 0) + 5, 500))
        return forms.LineFormSet(data, prefix="lines", initial=[initial_line(line) for line in self.stored_lines])

    @property
    def stored_lines(self) -> list[Any]:
        return list(self.object.lines.select_related("variant").order_by("position", "pk")) if self.object else []

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "more" in request.POST or "reprice" in request.POST:
            form = self.get_form(request.POST)
            data = self.with_prices_of_now(form) if "reprice" in request.POST else request.POST
            self.formset = self.prepared_formset(data)
            return self.show_again(form)
        return super().post(request, *args, **kwargs)

    def with_prices_of_now(self, form: Any) -> Any:
        """What was sent, with the price of each variant as a line without one would get it; the others stay."""
        data, rows = self.request.POST.copy(), self.prepared_formset(self.request.POST)
        form.is_valid(), rows.is_valid()
        customer, currency = (form.cleaned_data.get(name) for name in ("customer", "currency"))
        chosen = {row.prefix: row.cleaned_data["variant"].pk for row in rows if row.cleaned_data.get("variant")}
        prices = prices_for(customer, currency or form.instance.currency, chosen.values())
        for prefix, key in chosen.items():
            if key in prices:
                data[f"{prefix}-unit_price"] = str(plain(prices[key].price))
        return data

    def perform(self, form: Any) -> Order:
        header, by = form.header(), self.request.user
        lines = priced(self.formset.lines(), customer=header["customer"], currency=header["currency"])
        with transaction.atomic():
            if self.object is None:
                given = {name: value for name, value in header.items() if value not in ("", {}, [])}
                create = services.place_new if self.places else services.create_draft
                return create(by=by, lines=lines, **given)
            order = services.edit_draft(self.object, by=by, lines=lines, **self.followed(form, header))
            return services.place(order, by=by) if self.places else order

    def followed(self, form: Any, header: dict[str, Any]) -> dict[str, Any]:
        """What is left blank, or was the former customer's, follows from the customer."""
        facts = facts_of(header["customer"])
        if "customer" in form.changed_data:
            typed = {
                f"{name.split('_')[0]}_address"
                for name in form.changed_data
                if name.startswith(("shipping_", "billing_"))
            }
            keep = {*form.changed_data, *typed}
            return header | {name: value for name, value in facts.items() if name not in keep}
        return header | {name: value for name, value in facts.items() if not header.get(name)}

    @property
    def places(self) -> bool:
        return "place" in self.request.POST and self.may_place

    @property
    def may_place(self) -> bool:
        return generic.may(self.request.user, "orders.place_order")

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        shown = super().get_context_data(form, **extra)
        named = {name for _title, names in forms.address_fieldsets() for name in names}
        addresses = [(str(title), [form[name] for name in names]) for title, names in forms.address_fieldsets()]
        return shown | {
            "buyer": [form[name] for name in BUYER],
            "head": [bound for bound in form.visible_fields() if bound.name not in {*named, *BUYER}],
            "addresses": addresses,
            "rows": [(row, self.stock_of(row)) for row in self.formset],
            "may_place": self.may_place,
            "submit_label": _("Save draft"),
        }

    def stock_of(self, row: Any) -> str:
        """How many pieces of the row's SKU are free."""
        if self.object is None or not row.initial.get("variant"):
            return ""
        free = self.free.get(row.initial["variant"].pk)
        return _("%(pieces)s free") % {"pieces": sum(free.values())} if free is not None else ""

    @property
    def free(self) -> dict[int, dict[int, int]]:
        if not hasattr(self, "_free"):
            variants = [line.variant_id for line in self.stored_lines if line.variant_id and line.variant.track_stock]
            self._free = inventory.available(variants)
        return self._free


def initial_line(line: Any) -> dict[str, Any]:
    return {
        "line": line.pk, "variant": line.variant, "title": line.title, "quantity": line.quantity,
        "unit_price": plain(line.unit_price), "discount": plain(line.discount) if line.discount else None,
    }  # fmt: skip


class DetailsPage(generic.FormPage):
    """Contact, addresses, note and tags of an order that is placed."""

    model = Order
    form_class = forms.DetailsForm
    slug_field = "number"
    permission = "orders.change_order"
    done = gettext_lazy("Order %s saved.")
    reason = True

    @property
    def fieldsets(self) -> Any:  # type: ignore[override]
        return forms.address_fieldsets()

    def perform(self, form: Any) -> Order:
        return services.change_details(self.object, by=self.request.user, **form.header())


class VariantInfo(generic.Page):
    """What the draft page shows beside a SKU as soon as it is chosen."""

    permission = "orders.view_order"

    def get(self, request: HttpRequest, pk: int) -> JsonResponse:
        variant = get_object_or_404(Variant.objects.visible_to(request.user), pk=pk)
        currency = request.GET.get("currency", "")[:3] or settings.DEFAULT_CURRENCY
        price = prices_for(self.customer(), currency, [pk]).get(pk)
        free = sum(inventory.available([pk])[pk].values()) if variant.track_stock else None
        stock = _("not counted") if free is None else _("%(pieces)s free") % {"pieces": free}
        if price is None:
            remark = _("no price in %(currency)s") % {"currency": currency}
        else:
            remark = _("price list %(code)s") % {"code": price.code} if price.code else ""
        return JsonResponse(
            {
                "title": variant.title or variant.sku,
                "price": str(plain(price.price)) if price else "",
                "stock": " · ".join(filter(None, [stock, remark])),
            }
        )

    def customer(self) -> Customer | None:
        """The one that the order is for, as far as it is chosen."""
        key = self.request.GET.get("customer", "").removeprefix("#")
        known = key.isascii() and key.isdigit() and len(key) < 19
        return Customer.objects.visible_to(self.request.user).filter(pk=key).first() if known else None
