"""Shape of what people type about stock; the rules are in the services."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4, uuid5

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.forms import formset_factory
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from catalog.models import Category, Variant
from inventory import forms_bins
from inventory.models import CountLine, Location, StockCount, StockLevel, Supplier, Transfer
from inventory.services import Entry, Pieces, Selection, beginning, bin_of, read_lots

REASONS = (_("Damaged"), _("Lost"), _("Found"), _("Counted again"), _("Wrong delivery"), _("Own use"))


def _pieces(**kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num"}), **kwargs)


class ArticleField(generic.LookupField):
    """A variant by SKU or by the barcode that a scanner types."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(model=Variant, **{"label": _("SKU or barcode"), **kwargs})

    def by_text(self, text: str) -> Any:
        scanned = list(self.rows().filter(barcode=text)[:2])
        return scanned[0] if len(scanned) == 1 else super().by_text(text)


class WarehouseField(forms.ModelChoiceField):
    """An open warehouse that the user may act at; `of(user)` is called by the form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=Location.objects.none(), **{"label": _("Location"), "empty_label": _("Choose…"), **kwargs}
        )

    def of(self, user: Any) -> None:
        self.queryset = Location.objects.visible_to(user).stock()  # type: ignore[attr-defined]
        if len(self.queryset) == 1:
            self.initial = self.queryset[0].pk


class GoodsField(WarehouseField):
    """A warehouse that something can be taken from: a closed one is offered as long as something is left there."""

    def of(self, user: Any) -> None:
        super().of(user)
        left = StockLevel.objects.filter(location=OuterRef("pk"), on_hand__gt=0)
        places = Location.objects.visible_to(user).filter(Q(is_active=True) | Exists(left), kind=Location.Kind.STOCK)
        self.queryset = places.order_by("priority", "pk")


class UserForm(forms.Form):
    """A form whose warehouses depend on who fills it in."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        for field in self.fields.values():
            if isinstance(field, WarehouseField):
                field.of(user)


# --- Receiving ----------------------------------------------------------------------------------


class ReceiveForm(UserForm):
    location = WarehouseField(label=_("Received at"))
    supplier = generic.LookupField(model=Supplier, label=_("Supplier"), required=False)
    reference = forms.CharField(label=_("Delivery note"), max_length=100, required=False)
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}), required=False)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid4().hex


class QuantityForm(forms.Form):
    """A row of a delivery or transfer: what, and how many. Blank rows count for nothing."""

    variant = ArticleField(required=False)
    quantity = _pieces(label=_("Quantity"), min_value=1, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("variant") and data.get("quantity") is None and "quantity" not in self.errors:
            self.add_error("quantity", ValidationError(_("How many?")))
        if data.get("quantity") and not data.get("variant") and "variant" not in self.errors:
            self.add_error("variant", ValidationError(_("Which SKU?")))
        return data


class ArrivalRow(QuantityForm):
    """What came, and where the shop has such a thing: of which lots it is, and into which bin it goes."""

    lots = forms_bins.lots_field(help_text=forms_bins.LOTS)
    expires_on = forms_bins.expiry_field()
    bin = forms_bins.bin_field()

    def __init__(self, *args: Any, shown: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"lots", "expires_on", "bin"} - set(shown):
            del self.fields[name]


class ReceiptRow(ArrivalRow):
    unit_cost = forms.DecimalField(
        label=_("Unit cost"),
        required=False,
        min_value=0,
        max_digits=20,
        decimal_places=6,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "num"}),
    )


ReceiptRows = formset_factory(ReceiptRow, extra=3, max_num=500)
PlainReceiptRows = formset_factory(ArrivalRow, extra=3, max_num=500)
TransferRows = formset_factory(QuantityForm, extra=3, max_num=500)


def rows_of(formset: Any) -> list[dict[str, Any]]:
    """Rows that say something."""
    return [form.cleaned_data for form in formset if form.cleaned_data.get("variant")]


# --- Correcting and holding ---------------------------------------------------------------------


class CorrectForm(UserForm):
    COUNTED, CHANGE = "counted", "change"

    variant = ArticleField()
    location = GoodsField()
    mode = forms.ChoiceField(
        label=_("What do you know?"),
        choices=[(COUNTED, _("The number that I counted")), (CHANGE, _("How many more or fewer there are"))],
        widget=forms.RadioSelect,
        initial=COUNTED,
    )
    quantity = _pieces(label=_("Pieces"), help_text=_("Fewer pieces with a minus: -2."))
    lots = forms_bins.lots_field(
        label=_("Lot or serial number"), max_length=80, help_text=_("Left empty, it is about all lots together.")
    )
    expires_on = forms_bins.expiry_field()
    bin = forms_bins.bin_field(help_text=_("Left empty, it is about the whole location."))
    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("It stands in the ledger for good."))

    def __init__(self, *args: Any, shown: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.attrs["list"] = "reasons"
        for name in {"lots", "expires_on", "bin"} - set(shown):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("mode") == self.COUNTED and (data.get("quantity") or 0) < 0:
            self.add_error("quantity", ValidationError(_("A count cannot be below zero.")))
        return data

    def amount(self) -> dict[str, Any]:
        """The arguments of the service."""
        data = self.cleaned_data
        name = "counted" if data["mode"] == self.COUNTED else "delta"
        code = data.get("bin") or ""
        bins = forms_bins.open_bins(data["location"], [code])
        return {
            name: data["quantity"],
            "lot": data.get("lots") or "",
            "expires_on": data.get("expires_on"),
            "bin": bins.get(code.strip().upper()),
        }


def _tomorrow() -> Any:
    return timezone.localtime() + timedelta(days=1)


class HoldForm(UserForm):
    variant = ArticleField()
    location = WarehouseField()
    quantity = _pieces(label=_("Pieces"), min_value=1)
    reason = forms.CharField(label=_("Reason"), max_length=300)
    expires_at = forms.DateTimeField(
        label=_("Until"),
        initial=_tomorrow,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


# --- Transfers ----------------------------------------------------------------------------------


class TransferForm(UserForm):
    source = GoodsField(label=_("From"))
    destination = forms.ModelChoiceField(label=_("To"), queryset=Location.objects.none(), empty_label=_("Choose…"))
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["destination"].queryset = Location.objects.stock()  # type: ignore[attr-defined]


class ReceiveTransferForm(forms.Form):
    """A count for every line; what was sent stands there already."""

    def __init__(self, *args: Any, transfer: Transfer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.transfer = transfer
        self.lines = list(transfer.lines.select_related("variant"))
        has_bins = transfer.destination.bins.exists()
        for line in self.lines:
            label = f"{line.variant.sku} · {line.variant.title}"
            self.fields[f"line_{line.pk}"] = _pieces(
                label=label,
                min_value=line.arrived,
                max_value=line.sent,
                initial=line.sent,
                help_text=_("%d sent") % line.sent,
            )
            forms_bins.add_line_fields(self, line, bins=has_bins)
        self.fields["reason"] = forms.CharField(
            label=_("What happened to missing pieces?"), max_length=300, required=False
        )
        self.fields["broken"] = forms.BooleanField(label=_("They are broken: book them as scrap"), required=False)

    def received(self) -> Mapping[int, int]:
        return {
            int(name.removeprefix("line_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("line_")
        }

    def put(self) -> Mapping[int, Sequence[Pieces]]:
        """The lots and bins of what arrived."""
        pieces, said = self.received(), forms_bins.said
        rows = [
            (line.pk, line.variant_id, pieces[line.pk], said(self, "lots", line), said(self, "bin", line))
            for line in self.lines
            if pieces[line.pk]
        ]
        return forms_bins.named(rows, self.transfer.destination)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class CloseForm(ReasonForm):
    """Closing a warehouse; where pieces are left, that is a choice of its own."""

    leave_stock = forms.BooleanField(
        label=_("Close it although pieces are left"),
        help_text=_("They can be transferred away or corrected afterwards."),
        required=False,
    )

    def __init__(self, *args: Any, has_stock: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_stock:
            del self.fields["leave_stock"]


# --- Stocktakes ---------------------------------------------------------------------------------


def _names(text: str) -> list[str]:
    """What stands one a line or between commas."""
    return [name for part in text.split("\n") for name in map(str.strip, part.split(",")) if name]


class CountForm(UserForm):
    """What shall be counted. Only the field that the scope needs is looked at."""

    location = WarehouseField()
    scope = forms.ChoiceField(
        label=_("What shall be counted?"),
        choices=StockCount.Scope,
        widget=forms.RadioSelect,
        initial=StockCount.Scope.ALL,
    )
    bins = forms.CharField(
        label=_("Bins"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        help_text=_("Codes, one a line or with commas between them. A-* stands for every bin that begins with A-."),
    )
    category = generic.LookupField(
        model=Category, label=_("Category"), required=False, help_text=_("With all below it.")
    )
    abc_class = forms.ChoiceField(
        label=_("ABC class"), choices=[("", _("Choose…")), *StockCount.AbcClass.choices], required=False
    )
    sample_size = _pieces(label=_("Size of the sample"), min_value=1, max_value=100_000, required=False)
    skus = forms.CharField(
        label=_("SKUs"),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        help_text=_("SKUs or barcodes, one a line or with commas between them."),
    )
    blind = forms.BooleanField(
        label=_("Blind: whoever counts does not see how many pieces there should be"), required=False
    )
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}), required=False)

    def clean_skus(self) -> list[int]:
        """Primary keys of the variants that are named; every name has to be known."""
        names = _names(self.cleaned_data["skus"])
        variants: Any = Variant.objects.visible_to(self.user)
        found = {name: list(variants.named(name).values_list("pk", flat=True)[:2]) for name in dict.fromkeys(names)}
        unknown = [name for name, keys in found.items() if len(keys) != 1]
        if unknown:
            text = _("These are not the SKU or barcode of one variant: %(names)s.")
            raise ValidationError(text, params={"names": ", ".join(unknown[:20])})
        return [keys[0] for keys in found.values()]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("scope") == StockCount.Scope.LIST and "skus" in data and not data["skus"]:
            self.add_error("skus", ValidationError(_("Name at least one SKU.")))
        if data.get("scope") == StockCount.Scope.BINS and data.get("location") and "bins" in data:
            self.find_bins(data)
        return data

    def find_bins(self, data: dict[str, Any]) -> None:
        """Primary keys of the open bins that are named."""
        keys = {code.upper(): key for code, key in data["location"].bins.open().values_list("code", "pk")}
        found: dict[str, list[int]] = {}
        for name in dict.fromkeys(_names(data["bins"].upper())):
            if name.endswith("*"):
                found[name] = [key for code, key in keys.items() if code.startswith(name.removesuffix("*"))]
            else:
                found[name] = [keys[name]] if name in keys else []
        unknown = [name for name, keys in found.items() if not keys]
        if not found:
            self.add_error("bins", ValidationError(_("Name at least one bin.")))
        elif unknown:
            text = _("%(location)s has no open bin of this code: %(names)s.")
            params = {"location": data["location"], "names": ", ".join(unknown[:20])}
            self.add_error("bins", ValidationError(text, params=params))
        data["bins"] = sorted({key for keys in found.values() for key in keys})

    def selection(self) -> Selection:
        data = self.cleaned_data
        facts = (data["category"], data["abc_class"], data["sample_size"], data["skus"])
        return Selection(data["scope"], *facts, data["bins"] if data["scope"] == StockCount.Scope.BINS else ())


class CountEntryForm(forms.Form):
    """One count from a handheld. `key` makes pressing again harmless."""

    variant = forms.IntegerField(widget=forms.HiddenInput)
    quantity = _pieces(label=_("Pieces"), min_value=0)
    key = forms.UUIDField(widget=forms.HiddenInput)
    adds = forms.BooleanField(required=False, widget=forms.HiddenInput)
    bin = forms.CharField(label=_("In bin"), max_length=40, required=False)
    lot = forms.CharField(label=_("Lot or serial number"), max_length=80, required=False)
    expires_on = forms.DateField(label=_("Expires"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def entry(self, location: Location) -> Entry:
        """Raises ValidationError for a bin that is not there."""
        data = self.cleaned_data
        shelf = bin_of(location, data["bin"]).pk if data["bin"].strip() else None
        until = data["expires_on"] if data["lot"].strip() else None
        return Entry(
            data["variant"],
            data["quantity"],
            data["adds"],
            key=data["key"],
            bin=shelf,
            lot=data["lot"],
            expires_on=until,
        )


class CountDeskForm(forms.Form):
    """Many lines of a sheet, keyed in from paper; blank ones were not counted. Of what has lots each piece names its own."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    counted_at = forms.DateTimeField(
        label=_("Counted at"),
        required=False,
        help_text=_("When the pieces were counted on the shelf; left empty it is now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, lines: Sequence[CountLine], **kwargs: Any) -> None:
        super().__init__(*args, initial={"key": uuid4()}, **kwargs)
        self.lines = lines
        for line in lines:
            label = _("Pieces of %(sku)s") % {"sku": line.variant.sku}
            self.fields[f"line_{line.pk}"] = _pieces(label=label, min_value=0, required=False)
            if line.variant.tracking != Variant.Tracking.NONE:
                lots, until = _("Lot or serial numbers of %(sku)s"), _("Expiry of %(sku)s")
                self.fields[f"lots_{line.pk}"] = forms_bins.lots_field(label=lots % {"sku": line.variant.sku})
                self.fields[f"expires_{line.pk}"] = forms_bins.expiry_field()
                self.fields[f"expires_{line.pk}"].label = until % {"sku": line.variant.sku}
        self.has_lots = any(line.variant.tracking != Variant.Tracking.NONE for line in lines)

    def rows(self) -> list[tuple[CountLine, list[Any]]]:
        """Each line with its controls: pieces, and where it has lots these and their expiry."""
        names = ("line", "lots", "expires")
        return [
            (line, [self[name] for part in names if (name := f"{part}_{line.pk}") in self.fields])
            for line in self.lines
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for line in self.lines:
            pieces, text = data.get(f"line_{line.pk}"), data.get(f"lots_{line.pk}")
            if text is None or f"line_{line.pk}" in self.errors:
                continue
            named = sum(some for _number, some in read_lots(text, pieces or 0))
            if text and pieces is None:
                self.add_error(f"line_{line.pk}", ValidationError(_("How many pieces are there?")))
            elif pieces is not None and named != pieces:
                why = _("%(pieces)s pieces were counted, and lots are named of %(named)s.")
                self.add_error(f"lots_{line.pk}", ValidationError(why, params={"pieces": pieces, "named": named}))
        return data

    def entries(self) -> dict[int, list[Entry]]:
        """What was counted of each line that something is said of, by its key."""
        counted = {line: self.cleaned_data[f"line_{line.pk}"] for line in self.lines}
        return {line.pk: self._entries_of(line, pieces) for line, pieces in counted.items() if pieces is not None}

    def _entries_of(self, line: CountLine, pieces: int) -> list[Entry]:
        moment, key = self.cleaned_data["counted_at"], uuid5(self.cleaned_data["key"], str(line.pk))
        lots: dict[str, tuple[str, int]] = {}
        for number, some in read_lots(self.cleaned_data.get(f"lots_{line.pk}") or "", pieces):
            first, before = lots.get(number.upper(), (number, 0))
            lots[number.upper()] = first, before + some
        if not lots or not pieces:
            return [Entry(line.variant_id, pieces, counted_at=moment, key=key)]
        until = self.cleaned_data[f"expires_{line.pk}"]
        of_lots = [
            Entry(line.variant_id, some, True, moment, uuid5(key, capitals), lot=number, expires_on=until)
            for capitals, (number, some) in lots.items()
        ]
        return [beginning(of_lots[0]), *of_lots]


class CloseCountForm(forms.Form):
    rest_is_zero = forms.BooleanField(label=_("Of what nobody counted, nothing is there"), required=False)


class PostCountForm(ReasonForm):
    partial = forms.BooleanField(label=_("Leave lines out whose missing pieces are promised"), required=False)

    def __init__(self, *args: Any, may_leave_out: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_leave_out:
            del self.fields["partial"]


# --- Set-up -------------------------------------------------------------------------------------


class LocationForm(forms.ModelForm):
    class Meta:
        model = Location
        fields = ["code", "name", "name_zh", "address", "priority"]
        widgets = {"address": forms.Textarea(attrs={"rows": 3})}


class SupplierForm(forms.ModelForm):
    class Meta:
        model = Supplier
        fields = ["code", "name", "email", "phone", "address", "lead_time_days", "is_active"]
        widgets = {"address": forms.Textarea(attrs={"rows": 3}), "phone": forms.TextInput(attrs={"type": "tel"})}
