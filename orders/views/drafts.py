"""Writing orders: drafts with their lines, and the details of placed ones."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from catalog.models import Variant
from customers.models import Address, ContactPoint, Customer
from customers.services import AddressData, ContactData, create_customer
from inventory import services as inventory
from orders import forms, services
from orders.forms import plain
from orders.models import Order
from orders.pricing import NoPrice, duplicate, priced, prices_for
from orders.services.intake import facts_of

BUYER = ("customer", "new_customer", "customer_name", "email", "phone", "language")


class DraftPage(generic.FormPage):
    """Take an order in, or edit a draft: head, lines, addresses. "Save and place" does both or neither."""

    model = Order
    form_class = forms.DraftForm
    slug_field = "number"
    permission = "orders.change_order"
    template_name = "orders/draft.html"

    @property
    def done(self) -> Any:  # type: ignore[override]
        return gettext_lazy("Order %s placed.") if self.places else gettext_lazy("Order %s saved.")

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

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        form = super().get_form(data, files)
        if not generic.may(self.request.user, "customers.add_customer"):
            del form.fields["new_customer"]
        if self.object is None and data is None:
            form.fields["customer"].widget.attrs["autofocus"] = True
        return form

    def perform(self, form: Any) -> Order:
        header, by = form.header(), self.request.user
        if form.cleaned_data.get("new_customer"):
            header["customer"] = self.new_customer(header)
        try:
            lines = priced(self.formset.lines(), customer=header["customer"], currency=header["currency"])
        except NoPrice as refusal:
            rows = self.formset.sold
            for place, sentence in refusal.places.items():
                rows[place].add_error("unit_price", sentence)
            raise
        with transaction.atomic():
            if self.object is None:
                given = {name: value for name, value in header.items() if value not in ("", {}, [])}
                create = services.place_new if self.places else services.create_draft
                return create(by=by, lines=lines, **given)
            order = services.edit_draft(self.object, by=by, lines=lines, **self.followed(form, header))
            return services.place(order, by=by) if self.places else order

    def new_customer(self, header: dict[str, Any]) -> Customer:
        """A customer of the name, contacts and, where it is whole, the shipping address that were typed."""
        kinds = {"email": ContactPoint.Kind.EMAIL, "phone": ContactPoint.Kind.PHONE}
        contacts = [ContactData(kind, header[name], is_primary=True) for name, kind in kinds.items() if header[name]]
        address = header["shipping_address"]
        needed = [name for name in forms.ADDRESS_FIELDS if not Address._meta.get_field(name).blank]
        values = {"kind": Address.Kind.SHIPPING, "is_default": True, **address}
        addresses = [AddressData(values)] if all(address.get(name) for name in needed) else []
        return create_customer(
            by=self.request.user,
            contacts=contacts,
            addresses=addresses,
            name=header["customer_name"],
            language=header["language"],
        )

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
            "buyer": [form[name] for name in BUYER if name in form.fields],
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


class Duplicate(generic.ActionView):
    """A new draft like an earlier order, at the prices of now."""

    model = Order
    slug_field = "number"
    permission = "orders.add_order"
    title = gettext_lazy("Duplicate")
    confirm = gettext_lazy("A new draft gets its customer and lines at the prices of now.")
    done = gettext_lazy("%s has the customer and the lines, at the prices of now.")
    draft: Order

    def perform(self, obj: Order, fields: dict[str, Any]) -> Order:
        self.draft, gone = duplicate(obj, by=self.request.user)
        for sentence in gone:
            messages.warning(self.request, sentence)
        return self.draft

    def get_success_url(self, obj: Order) -> str:
        may_edit = generic.may(self.request.user, "orders.change_order")
        return reverse("orders:edit", args=[self.draft.number]) if may_edit else self.draft.get_absolute_url()


class VariantInfo(generic.Page):
    """What the draft page shows beside a SKU as soon as it is chosen."""

    permission = "orders.view_order"

    def get(self, request: HttpRequest, pk: int) -> JsonResponse:
        return JsonResponse(self.told(get_object_or_404(Variant.objects.visible_to(request.user), pk=pk)))

    def told(self, variant: Variant) -> dict[str, Any]:
        currency = self.request.GET.get("currency", "")[:3] or settings.DEFAULT_CURRENCY
        price = prices_for(self.customer(), currency, [variant.pk]).get(variant.pk)
        if price is None:
            remark = _("no price in %(currency)s") % {"currency": currency}
        else:
            remark = _("price list %(code)s") % {"code": price.code} if price.code else ""
        stock, is_short = self.stock_of(variant)
        return {
            "title": variant.title or variant.sku,
            "price": str(plain(price.price)) if price else "",
            "stock": " · ".join(filter(None, [stock, remark])),
            **({"short": True} if is_short else {}),
        }

    def stock_of(self, variant: Variant) -> tuple[str, bool]:
        """How many pieces are free, and whether that is fewer than were typed."""
        if not variant.track_stock:
            return _("not counted"), False
        free = sum(inventory.available([variant.pk])[variant.pk].values())
        typed = self.request.GET.get("quantity", "").strip()
        wanted = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
        if wanted > free:
            return _("%(pieces)s free, %(wanted)s asked") % {"pieces": free, "wanted": wanted}, True
        return _("%(pieces)s free") % {"pieces": free}, False

    def customer(self) -> Customer | None:
        """The one that the order is for, as far as it is chosen."""
        key = self.request.GET.get("customer", "").removeprefix("#")
        known = key.isascii() and key.isdigit() and len(key) < 19
        return Customer.objects.visible_to(self.request.user).filter(pk=key).first() if known else None


class VariantByCode(VariantInfo):
    """The variant that a typed SKU or a scanned barcode means, or why it means none."""

    def get(self, request: HttpRequest) -> JsonResponse:  # type: ignore[override]
        field = forms.ArticleField(model=Variant)
        field.user = request.user
        try:
            variant = field.clean(request.GET.get("code", ""))
        except ValidationError as refusal:
            return JsonResponse({"error": " ".join(refusal.messages)})
        return JsonResponse({"value": f"#{variant.pk}", "text": str(variant), **self.told(variant)})
