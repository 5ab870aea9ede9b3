"""Shape of what people type about parcels, returns and exchanges; the rules are in the services."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from catalog.models import Variant
from inventory import services as inventory
from inventory.models import Location
from orders.forms import QuantitiesForm, _amount, _quantity
from orders.models import ExchangeLine, OrderLine, ReturnCause, ReturnLine
from orders.services import Arrived, NewLine, Settled, Why

MOMENT = "%Y-%m-%dT%H:%M"


# --- Parcels ------------------------------------------------------------------------------------


def day_field(**kwargs: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


class FulfilForm(QuantitiesForm):
    """Pieces for one parcel from each location; keys of the rows are those of the lines, or "line_location"."""

    not_before = day_field(
        label=_("Not before"), required=False, help_text=_("Nobody picks it until that day. Left empty: at once.")
    )


class ScheduleForm(forms.Form):
    not_before = FulfilForm.base_fields["not_before"]


class DeliverForm(forms.Form):
    at = forms.DateTimeField(
        label=_("Delivered"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        help_text=_("Left empty: now."),
    )


# --- Announcing ---------------------------------------------------------------------------------


class ReturnForm(QuantitiesForm):
    """Pieces that come back, each line with its reason; what is written below holds for lines without one."""

    reason = forms.CharField(label=_("Reason of the return"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        causes = ReturnCause.objects.filter(is_active=True)
        for key in self.keys:
            label = self.fields[f"line_{key}"].label
            self.fields[f"cause_{key}"] = forms.ModelChoiceField(
                causes, label=_("Reason: %(line)s") % {"line": label}, required=False, empty_label=_("Choose…")
            )
            self.fields[f"note_{key}"] = forms.CharField(
                label=_("Note: %(line)s") % {"line": label}, max_length=300, required=False
            )

    @property
    def rows(self) -> list[tuple[forms.BoundField, ...]]:
        return [tuple(self[f"{part}_{key}"] for part in ("line", "cause", "note")) for key in self.keys]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        return [self["reason"]]

    def why(self) -> dict[int, Why]:
        data = self.cleaned_data
        return {key: Why(data[f"cause_{key}"], data[f"note_{key}"]) for key in self.keys}


# --- Receiving ----------------------------------------------------------------------------------


class ReceiveForm(forms.Form):
    """What arrived of each line, and what becomes of it; `others` are order lines that were not announced."""

    location = forms.ModelChoiceField(Location.objects.none(), label=_("Received at"), empty_label=_("Choose…"))
    more_to_come = forms.BooleanField(
        label=_("More of it is on its way"), required=False, help_text=_("What has not come is not missing yet.")
    )
    exchange = forms.BooleanField(
        label=_("Place the exchange order now"),
        required=False,
        initial=True,
        help_text=_("It is paid with the value of what arrived. Without the tick it can be placed later."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        lines: Sequence[ReturnLine],
        others: Sequence[OrderLine],
        most: Mapping[int, int],
        locations: Any,
        exchanges: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].queryset = locations  # type: ignore[attr-defined]
        self.fields["location"].initial = locations.first()
        self.fields["seen"].initial = sum(line.received for line in lines)
        if not exchanges:
            del self.fields["exchange"]
        self.lines, self.others = lines, others
        for line in lines:
            left = max(line.accepted - line.received, 0)
            self._add(f"{line.pk}", line.order_line, most[line.order_line_id], left)
        for one in others:
            self._add(f"new_{one.pk}", one, most[one.pk], 0)

    def _add(self, key: str, line: OrderLine, most: int, start: int) -> None:
        name = {"line": line.title}
        self.fields[f"resellable_{key}"] = _quantity(_("Resellable: %(line)s") % name, most, start)
        self.fields[f"damaged_{key}"] = _quantity(_("Damaged: %(line)s") % name, most, 0)
        self.fields[f"restock_{key}"] = forms.BooleanField(
            label=_("Restock: %(line)s") % name, required=False, initial=True
        )
        self.fields[f"keep_{key}"] = forms.BooleanField(label=_("Keep damaged: %(line)s") % name, required=False)
        if _has_lots(line):
            self.fields[f"lots_{key}"] = forms.CharField(
                label=_("Lot or serial numbers: %(line)s") % name, required=False
            )

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """Each line with its controls; that of lots where its article has any."""
        return [(line.order_line, line, *self._controls(f"{line.pk}")) for line in self.lines]

    @property
    def other_rows(self) -> list[tuple[Any, ...]]:
        return [(one, None, *self._controls(f"new_{one.pk}")) for one in self.others]

    def _controls(self, key: str) -> list[Any]:
        names = [f"{part}_{key}" for part in ("resellable", "damaged", "restock", "keep", "lots")]
        return [self[name] if name in self.fields else None for name in names]

    @property
    def has_lots(self) -> bool:
        return any(name.startswith("lots_") for name in self.fields)

    def arrived(self) -> dict[int, Arrived]:
        return {line.pk: self._arrived(f"{line.pk}") for line in self.lines}

    def unannounced(self) -> dict[int, Arrived]:
        return {one.pk: self._arrived(f"new_{one.pk}") for one in self.others}

    def _arrived(self, key: str) -> Arrived:
        data = self.cleaned_data
        pieces = data[f"resellable_{key}"] or 0
        lots = _lots(data.get(f"lots_{key}"), pieces)
        keeps = data[f"keep_{key}"]
        return Arrived(pieces, data[f"damaged_{key}"] or 0, data[f"restock_{key}"], lots, scrap=not keeps)


class SettleForm(forms.Form):
    """What becomes of pieces that are set aside."""

    location = forms.ModelChoiceField(Location.objects.none(), label=_("Restock at"), empty_label=_("Choose…"))
    reason = forms.CharField(
        label=_("Reason"), max_length=300, required=False, help_text=_("Needed where pieces are thrown away.")
    )

    def __init__(self, *args: Any, lines: Sequence[ReturnLine], locations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].queryset = locations  # type: ignore[attr-defined]
        self.fields["location"].initial = locations.first()
        self.lines = lines
        for line in lines:
            name = {"line": line.order_line.title}
            self.fields[f"restock_{line.pk}"] = _quantity(_("Restock: %(line)s") % name, line.restockable, 0)
            self.fields[f"scrap_{line.pk}"] = _quantity(_("Throw away: %(line)s") % name, line.set_aside, 0)
            if _has_lots(line.order_line):
                self.fields[f"lots_{line.pk}"] = forms.CharField(
                    label=_("Lot or serial numbers: %(line)s") % name, required=False
                )

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        return [
            (line, *(self[name] if (name := f"{part}_{line.pk}") in self.fields else None for part in SETTLED))
            for line in self.lines
        ]

    @property
    def has_lots(self) -> bool:
        return any(name.startswith("lots_") for name in self.fields)

    def settled(self) -> dict[int, Settled]:
        data = self.cleaned_data
        made = {}
        for line in self.lines:
            pieces = data[f"restock_{line.pk}"] or 0
            lots = _lots(data.get(f"lots_{line.pk}"), pieces)
            made[line.pk] = Settled(pieces, data[f"scrap_{line.pk}"] or 0, lots)
        return made


SETTLED = ("restock", "scrap", "lots")


def _has_lots(line: OrderLine) -> bool:
    return line.variant is not None and line.variant.tracking != Variant.Tracking.NONE


def _lots(text: str | None, pieces: int) -> tuple[inventory.Arriving, ...]:
    return tuple(inventory.Arriving(n, lot) for lot, n in inventory.read_lots(text or "", pieces))


# --- Exchanging ---------------------------------------------------------------------------------


class ExchangeForm(forms.Form):
    """What the customer gets instead: the rows that are agreed upon, and some to fill in; a row without SKU is none."""

    EMPTY = 3

    def __init__(self, *args: Any, lines: Sequence[ExchangeLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.numbers = range(len(lines) + self.EMPTY)
        for number in self.numbers:
            line = lines[number] if number < len(lines) else None
            row = {"row": number + 1}
            self.fields[f"variant_{number}"] = generic.LookupField(
                model=Variant, label=_("SKU, row %(row)s") % row, required=False, initial=line and line.variant_id
            )
            self.fields[f"quantity_{number}"] = forms.IntegerField(
                label=_("Quantity, row %(row)s") % row,
                min_value=1,
                required=False,
                initial=line and line.quantity,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num"}),
            )
            self.fields[f"price_{number}"] = _amount(
                label=_("Unit price, row %(row)s") % row, required=False, min_value=0, initial=line and line.unit_price
            )

    @property
    def rows(self) -> list[tuple[forms.BoundField, ...]]:
        return [tuple(self[f"{part}_{number}"] for part in ("variant", "quantity", "price")) for number in self.numbers]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for number in self.numbers:
            named = {part: data.get(f"{part}_{number}") for part in ("variant", "quantity", "price")}
            if named["variant"] is None and (named["quantity"] or named["price"] is not None):
                self.add_error(f"variant_{number}", ValidationError(_("Give a SKU.")))
        return data

    def lines(self) -> list[NewLine]:
        data = self.cleaned_data
        return [
            NewLine(data[f"quantity_{number}"] or 1, data[f"variant_{number}"], unit_price=data[f"price_{number}"])
            for number in self.numbers
            if data.get(f"variant_{number}")
        ]
