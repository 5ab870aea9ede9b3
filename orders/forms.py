"""Shape of what people type about orders; the rules are in the services."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from catalog.models import Variant
from customers.models import Address, Customer
from inventory import services as inventory
from inventory.forms_bins import named
from inventory.models import Allocation, Location
from orders.forms_carriers import Suggesting, carriers
from orders.models import Fulfilment, Order
from orders.services import NewLine
from orders.services.intake import ADDRESS_FIELDS

METHODS = [
    ("transfer", _("Bank transfer")),
    ("card", _("Card")),
    ("cash", _("Cash")),
    ("paypal", "PayPal"),
    ("alipay", _("Alipay")),
    ("wechat", _("WeChat Pay")),
    ("direct_debit", _("Direct debit")),
    ("other", _("Other")),
]
CURRENCIES = ["EUR", "USD", "CNY", "GBP", "JPY", "CHF", "HKD", "KWD"]
AT_MOST = _("At most %(limit_value)s pieces can be chosen here.")
ADDRESS_KINDS = ("shipping", "billing")


def method_name(method: str) -> str:
    """What a payment method is called; one from elsewhere keeps its own name."""
    return str(dict(METHODS).get(method, method))


def plain(amount: Any) -> Any:
    """An amount with two decimals where that is exact."""
    if amount is None:
        return None
    shorter = round(amount, 2)
    return shorter if shorter == amount else amount


def _amount(**kwargs: Any) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "num"})
    return forms.DecimalField(max_digits=15, decimal_places=3, widget=widget, localize=False, **kwargs)


def _currencies() -> list[tuple[str, str]]:
    codes = dict.fromkeys([settings.DEFAULT_CURRENCY, *CURRENCIES])
    return [(code, code) for code in codes]


class ArticleField(generic.LookupField):
    """A variant by its SKU or, as scanners send it, its barcode."""

    def by_text(self, text: str) -> Any:
        scanned = list(self.rows().filter(barcode=text)[:2])
        return scanned[0] if len(scanned) == 1 else super().by_text(text)


class DraftForm(forms.ModelForm):
    """Head of a draft. Addresses left blank follow from the customer."""

    customer = generic.LookupField(
        model=Customer,
        label=_("Customer"),
        required=False,
        help_text=_("Name, contact and addresses follow from the customer."),
    )
    new_customer = forms.BooleanField(
        label=_("Create a customer of this name"),
        required=False,
        help_text=_("With the e-mail, phone and shipping address of this order."),
    )
    currency = forms.ChoiceField(label=_("Currency"))
    shipping = _amount(label=_("Shipping"), required=False, min_value=0)
    discount = _amount(label=_("Discount on the order"), required=False, min_value=0)

    class Meta:
        model = Order
        fields = [
            "customer", "customer_name", "email", "phone", "language", "currency", "prices_include_tax", "shipping", "discount", "note", "tags",
        ]  # fmt: skip
        widgets = {
            "note": forms.Textarea(attrs={"rows": 2}),
            "email": forms.EmailInput(),
            "phone": forms.TextInput(attrs={"type": "tel"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = _with_own(_currencies(), self.instance.currency)  # type: ignore[attr-defined]
        self.fields["tags"].help_text = _("Separated by commas.")
        self.fields["language"].required = False
        for name in ("shipping", "discount"):
            self.initial[name] = plain(self.initial.get(name)) or None
        add_addresses(self)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("new_customer"):
            if data.get("customer"):
                self.add_error("new_customer", _("A customer is chosen already. Clear the choice first."))
            elif not data.get("customer_name"):
                self.add_error("customer_name", _("A new customer needs a name."))
        return data

    def clean_language(self) -> str:
        return self.cleaned_data["language"] or self.instance.language

    def clean_shipping(self) -> Decimal:
        return self.cleaned_data["shipping"] or Decimal(0)

    def clean_discount(self) -> Decimal:
        return self.cleaned_data["discount"] or Decimal(0)

    def header(self) -> dict[str, Any]:
        """Arguments of the service."""
        values = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return values | addresses_of(self)


class DetailsForm(forms.ModelForm):
    """What may still change once an order is placed."""

    class Meta:
        model = Order
        fields = ["customer_name", "email", "phone", "language", "note", "tags"]
        widgets = DraftForm.Meta.widgets

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tags"].help_text = _("Separated by commas.")
        add_addresses(self)

    def header(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields} | addresses_of(self)


def _with_own(choices: list[tuple[str, str]], own: str) -> list[tuple[str, str]]:
    return choices if own in dict(choices) else [*choices, (own, own)]


def address_fieldsets() -> list[tuple[Any, list[str]]]:
    titles = {"shipping": _("Shipping address"), "billing": _("Billing address")}
    return [(titles[kind], [f"{kind}_{name}" for name in ADDRESS_FIELDS]) for kind in ADDRESS_KINDS]


def add_addresses(form: forms.ModelForm) -> None:
    """Give the form a control for every part of both addresses."""
    for kind in ADDRESS_KINDS:
        stored = getattr(form.instance, f"{kind}_address") or {}
        for name in ADDRESS_FIELDS:
            field = Address._meta.get_field(name)
            form.fields[f"{kind}_{name}"] = forms.CharField(
                label=capfirst(str(field.verbose_name)), max_length=field.max_length, required=False, initial=stored.get(name, ""),
                help_text=field.help_text,
            )  # fmt: skip


def addresses_of(form: forms.ModelForm) -> dict[str, dict[str, str]]:
    result = {}
    for kind in ADDRESS_KINDS:
        parts = {name: form.cleaned_data[f"{kind}_{name}"].strip() for name in ADDRESS_FIELDS}
        parts["country"] = parts["country"].upper()
        result[f"{kind}_address"] = {name: value for name, value in parts.items() if value}
    return result


class LineForm(forms.Form):
    """A line of a draft: a SKU, or a title and a price of its own."""

    line = forms.IntegerField(required=False, widget=forms.HiddenInput)
    variant = ArticleField(model=Variant, label=_("SKU"), required=False)
    title = forms.CharField(label=_("Title"), max_length=400, required=False)
    quantity = forms.IntegerField(
        label=_("Quantity"),
        min_value=1,
        error_messages={"min_value": _("The quantity must be at least 1.")},
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num"}),
    )
    unit_price = _amount(label=_("Unit price"), required=False, min_value=0)
    discount = _amount(label=_("Line discount"), required=False, min_value=0)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.is_blank or self.errors:
            return data
        if not data.get("variant") and not data.get("title"):
            raise ValidationError(_("Give a SKU or a title."))
        if not data.get("variant") and data.get("unit_price") is None:
            self.add_error("unit_price", _("A line without a SKU needs a price."))
        return data

    @property
    def is_blank(self) -> bool:
        """Nothing was entered, so there is no line."""
        return not any(
            self.cleaned_data.get(name) not in (None, "") for name in ("variant", "title", "unit_price", "discount")
        )

    def as_line(self) -> NewLine:
        data = self.cleaned_data
        return NewLine(
            quantity=data["quantity"] or 1, variant=data["variant"], title=data["title"], unit_price=data["unit_price"],
            discount=data["discount"] or Decimal(0), line=data["line"],
        )  # fmt: skip


class _LineFormSet(forms.BaseFormSet):
    def lines(self) -> list[NewLine]:
        """Lines to sell, in the order given."""
        return [form.as_line() for form in self.sold]

    @property
    def sold(self) -> list[Any]:
        """Forms of lines to sell, in the order given."""
        return [form for form in self.forms if form not in self.deleted_forms and not form.is_blank]


LineFormSet = forms.formset_factory(LineForm, formset=_LineFormSet, extra=3, can_delete=True, max_num=500)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class PaymentForm(forms.Form):
    amount = _amount(label=_("Amount"))
    method = forms.ChoiceField(label=_("Method"), choices=METHODS)
    reference = forms.CharField(
        label=_("Reference"),
        max_length=100,
        required=False,
        help_text=_("Number of the transfer or of the card payment."),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)


class SettleForm(forms.Form):
    """How all that is outstanding of many orders came in."""

    method = forms.ChoiceField(label=_("Method"), choices=METHODS)
    reference = forms.CharField(label=_("Reference"), max_length=100, required=False)


class TagForm(forms.Form):
    tag = forms.CharField(label=_("Tag"), max_length=120)


class RefundForm(PaymentForm):
    reason = forms.CharField(label=_("Reason"), max_length=300)
    later = forms.BooleanField(
        label=_("The money is still to be sent"),
        required=False,
        help_text=_("It is granted now, and waits among the refunds until somebody says that it was sent."),
    )
    field_order = ["amount", "method", "reason", "reference", "later", "key"]


class CreditForm(forms.Form):
    amount = _amount(label=_("Amount, tax included"))
    reason = forms.CharField(label=_("Reason"), max_length=300)


class NoteForm(forms.Form):
    text = forms.CharField(label=_("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class TrackingForm(forms.Form):
    carrier = forms.CharField(label=_("Carrier"), max_length=60, required=False, widget=Suggesting(carriers))
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=100, required=False)


class ShipForm(TrackingForm):
    """Carrier and tracking number; of articles with lots or serial numbers also which leave, where one wants to say so."""

    def __init__(self, *args: Any, parcel: Fulfilment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parcel = parcel
        lines = parcel.lines.select_related("order_line__variant").exclude(order_line__variant__tracking="none")
        self.tracked = list(lines.exclude(order_line__variant=None))
        for line in self.tracked:
            facts = {"sku": line.order_line.sku, "pieces": line.quantity}
            self.fields[f"lots_{line.pk}"] = forms.CharField(
                label=_("%(sku)s: lot or serial numbers of %(pieces)s pieces") % facts,
                required=False,
                help_text=_("Left empty: what expires first."),
            )

    def taken(self) -> dict[int, list[inventory.Pieces]]:
        """The lots that are named, by order line."""
        rows = [
            (line.order_line_id, line.order_line.variant_id, line.quantity, self.cleaned_data[f"lots_{line.pk}"], "")
            for line in self.tracked
        ]
        return named(rows, self.parcel.location)


class QuantitiesForm(forms.Form):
    """A quantity for each of some rows: `rows` are (key, label, most, first value)."""

    def __init__(self, *args: Any, rows: Sequence[tuple[int, str, int, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = [row[0] for row in rows]
        for key, label, most, start in rows:
            self.fields[f"line_{key}"] = _quantity(label, most, start)

    @property
    def row_fields(self) -> list[forms.BoundField]:
        return [self[f"line_{key}"] for key in self.keys]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        return [bound for bound in self.visible_fields() if not bound.name.startswith("line_")]

    def quantities(self) -> dict[int, int]:
        return {key: self.cleaned_data.get(f"line_{key}") or 0 for key in self.keys}


def _quantity(label: str, most: int, start: int) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"inputmode": "numeric", "class": "num"})
    said = {"min_value": _("Quantities cannot be negative."), "max_value": AT_MOST}
    return forms.IntegerField(
        label=label, min_value=0, max_value=most, initial=start, required=False, widget=widget, error_messages=said
    )


class CancelLinesForm(QuantitiesForm):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class ReallocateForm(forms.Form):
    """Where an order is to be served from; each warehouse says what it could give of the open pieces."""

    location = forms.ModelChoiceField(
        Location.objects.none(), label=_("Serve from"), empty_label=_("Where it is served best"), required=False
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, user: Any, rows: Sequence[Allocation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.has_perm("inventory.change_allocation"):
            del self.fields["location"]
            return
        there = inventory.available({row.variant_id for row in rows})
        field: Any = self.fields["location"]
        field.queryset = Location.objects.visible_to(user).stock()
        field.label_from_instance = lambda place: (
            _("%(location)s: %(pieces)s free")
            % {
                "location": place,
                "pieces": sum(max(free.get(place.pk, 0), 0) for free in there.values()),
            }
        )
