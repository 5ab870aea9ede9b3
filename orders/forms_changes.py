"""Shape of what people type when they change, split or merge placed orders."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Variant
from orders.forms import LineForm, QuantitiesForm, add_addresses, addresses_of, plain
from orders.models import Order, OrderLine
from orders.pricing import priced
from orders.services import LineChange, NewLine, Wanted
from orders.services.intake import ADDRESS_FIELDS

SALT = "orders.change"
NUMBER = {"inputmode": "decimal", "class": "num"}


class ChangeForm(forms.ModelForm):
    """Shipping, discount and addresses of a placed order, why they change, and the order as the person saw it."""

    opened = forms.CharField(widget=forms.HiddenInput)
    shipping = forms.DecimalField(
        label=gettext_lazy("Shipping"),
        max_digits=15,
        decimal_places=3,
        min_value=0,
        required=False,
        widget=forms.TextInput(NUMBER),
    )
    discount = forms.DecimalField(
        label=gettext_lazy("Discount on the order"), max_digits=15, decimal_places=3, min_value=0, required=False, widget=forms.TextInput(NUMBER)
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("Reason for the change"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("It stands in the timeline, and on the credit note where there is an invoice."),
    )

    class Meta:
        model = Order
        fields = ["shipping", "discount"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("shipping", "discount"):
            self.initial[name] = plain(self.initial.get(name))
        add_addresses(self)

    def clean_opened(self) -> dict[str, Any]:
        """What `opened_as` made."""
        try:
            found: dict[str, Any] = signing.loads(self.cleaned_data["opened"], salt=SALT)
        except signing.BadSignature:
            raise ValidationError(_("Open this page anew: it does not say how the order was.")) from None
        return found

    def clean_shipping(self) -> Decimal:
        return self.cleaned_data["shipping"] or Decimal(0)

    def clean_discount(self) -> Decimal:
        return self.cleaned_data["discount"] or Decimal(0)

    def header(self) -> dict[str, Any]:
        """What changes of the order, beside how it was when it was opened."""
        seen = self.cleaned_data["opened"]["order"]
        found: dict[str, Any] = {}
        for name in ("shipping", "discount"):
            if self.cleaned_data[name] != Decimal(seen[name]):
                found[name] = self.cleaned_data[name]
        return found | {name: value for name, value in addresses_of(self).items() if value != seen[name]}


def opened_as(order: Mapping[str, Any], version: str) -> str:
    """The order and its open change as they are shown, for the way there and back."""
    return signing.dumps({"order": order, "version": version}, salt=SALT, compress=True)


def initial_header(wanted: Wanted) -> dict[str, Any]:
    """First values of ChangeForm where something is wanted already."""
    found: dict[str, Any] = {"reason": wanted.reason}
    for name, value in wanted.header.items():
        if name.endswith("_address"):
            kind = name.removesuffix("_address")
            found |= {f"{kind}_{part}": value.get(part, "") for part in ADDRESS_FIELDS}
        else:
            found[name] = plain(value)
    return found


def initial_rows(lines: Sequence[OrderLine], wanted: Wanted) -> list[dict[str, Any]]:
    """A row for each line of which pieces can still change, and for each new one, as it is wanted."""
    changes = {one.line: one for one in wanted.lines if one.line}
    rows = []
    for line in lines:
        one = changes.get(line.pk, LineChange(line.pk))
        swaps = one.variant is not None
        rows.append(
            {
                "line": line.pk,
                "variant": one.variant or line.variant,
                "title": one.title or ("" if swaps else line.title),
                "quantity": line.kept if one.quantity is None else one.quantity,
                "unit_price": plain(line.unit_price if one.unit_price is None else one.unit_price),
                "discount": plain(line.discount if one.discount is None else one.discount) or None,
                "DELETE": one.removed,
            }
        )
    return rows + [
        {
            "variant": one.variant, "title": one.title, "quantity": one.quantity, "unit_price": plain(one.unit_price),
            "discount": plain(one.discount) or None,
        }
        for one in wanted.lines
        if not one.line
    ]  # fmt: skip


def find_variants(formset: Any, user: Any, known: Iterable[Variant] = ()) -> None:
    """Read the articles that were chosen in all rows of a bound formset at once, but for those that are `known`."""
    if not formset.is_bound:
        return
    sent = {row: str(formset.data.get(row.add_prefix("variant"), "")).removeprefix("#") for row in formset.forms}
    keys = {text for text in sent.values() if text.isascii() and text.isdigit() and len(text) < 19}
    found = {variant.pk: variant for variant in known}
    missing = {int(key) for key in keys} - found.keys()
    found |= Variant.objects.visible_to(user).in_bulk(missing) if missing else {}
    for row, text in sent.items():
        if text in keys and int(text) in found:
            row.fields["variant"].prepare_value(found[int(text)])  # which the field remembers


def wanted_lines(formset: Any, seen: Mapping[str, Any], order: Order) -> list[LineChange]:
    """What changes of the lines, beside how they were when the page was opened; prices that nobody typed are those of now.

    Raises ValidationError.
    """
    found = []
    for row in formset.forms:
        data = row.cleaned_data
        known = seen["lines"].get(str(data.get("line")))
        if known is None and data.get("line"):
            raise ValidationError(_("A line that was to be changed is not there any more."))
        if known is not None:
            one = _changed(data, known, row in formset.deleted_forms or row.is_blank)
            found += [one] if one.says_something else []
        elif row not in formset.deleted_forms and not row.is_blank:
            found.append(
                LineChange(None, data["variant"], data["title"], data["quantity"] or 1, data["unit_price"], data["discount"])
            )  # fmt: skip
    return _with_prices(found, order)


def _changed(data: Mapping[str, Any], known: Mapping[str, Any], removed: bool) -> LineChange:
    if removed:
        return LineChange(data["line"], removed=True)
    variant, price = data["variant"], data["unit_price"]
    if variant is None and known["variant"]:
        raise ValidationError(
            _("%(line)s: choose the article that takes its place, or remove the line.") % {"line": known["name"]}
        )
    swaps = variant is not None and variant.pk != known["variant"]
    return LineChange(
        data["line"],
        variant=variant if swaps else None,
        title=data["title"] if data["title"] != known["title"] else "",
        quantity=data["quantity"] if data["quantity"] not in (None, known["quantity"]) else None,
        unit_price=price if price is not None and price != Decimal(known["unit_price"]) else None,
        discount=(data["discount"] or Decimal(0)) if (data["discount"] or 0) != Decimal(known["discount"]) else None,
    )


def _with_prices(lines: Sequence[LineChange], order: Order) -> list[LineChange]:
    asking = [one for one in lines if one.variant is not None and one.unit_price is None]
    found = priced([NewLine(1, one.variant) for one in asking], customer=order.customer, currency=order.currency)
    prices = {line.variant.pk: line.unit_price for line in found if line.variant is not None}
    return [replace(one, unit_price=prices[one.variant.pk]) if one in asking and one.variant else one for one in lines]


ChangeFormSet = forms.formset_factory(LineForm, extra=2, can_delete=True, max_num=500)


class SplitForm(QuantitiesForm):
    """How many pieces of each line go to the new order."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)


class MergeForm(forms.Form):
    """Why two orders are merged; the other one stands in the address."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)
