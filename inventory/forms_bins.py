"""Bins, lots and serial numbers on forms. Fields of them show where the shop, or the location, has any."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Variant
from inventory.models import Bin, Location, Lot, StockLevel, StockPart, Transfer, TransferLine
from inventory.services import Arriving, Pieces, PutAway, WrongParts, find_lots, read_lots

LOTS = gettext_lazy("Several with commas between them; “A x 3” are three pieces of A.")
NUMBER = {"inputmode": "numeric", "class": "num"}


def lots_field(**kwargs: Any) -> forms.CharField:
    return forms.CharField(**{"label": gettext_lazy("Lot or serial numbers"), "required": False, **kwargs})


def expiry_field() -> forms.DateField:
    return forms.DateField(
        label=gettext_lazy("Expires"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def bin_field(**kwargs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"list": "bins", "autocapitalize": "characters"})
    return forms.CharField(
        **{"label": gettext_lazy("Bin"), "required": False, "max_length": 40, "widget": widget, **kwargs}
    )


def shown_fields(user: Any) -> set[str]:
    """The fields that make sense at all: of lots where a variant has any, of bins where a location has."""
    shown = set()
    if Variant.objects.exclude(tracking=Variant.Tracking.NONE).exists():
        shown |= {"lots", "expires_on"}
    if Bin.objects.in_scope(user).exists():
        shown.add("bin")
    return shown


def bin_codes(user: Any, location: Location | None = None, most: int = 500) -> list[str]:
    """What the field of bins suggests."""
    bins = Bin.objects.open().in_scope(user)
    if location is not None:
        bins = bins.filter(location=location)
    return list(dict.fromkeys(bins.values_list("code", flat=True)[:most]))


def open_bins(location: Location, codes: Iterable[str]) -> dict[str, int]:
    """Primary keys of the bins of a location, by their codes in capitals. Raises ValidationError naming unknown ones."""
    wanted = {code.strip().upper() for code in codes if code and code.strip()}
    if not wanted:
        return {}
    found = {one.code.upper(): one.pk for one in Bin.objects.filter(location=location, is_active=True)}
    unknown = sorted(wanted - set(found))
    if unknown:
        raise ValidationError(
            _("%(location)s has no open bin “%(bins)s”.") % {"location": location, "bins": ", ".join(unknown)}
        )
    return found


def arriving(rows: Sequence[Mapping[str, Any]], location: Location) -> dict[int, list[Arriving]]:
    """What the rows of a delivery ("variant", "quantity", "lots", "expires_on", "bin") say of lots and bins, by place."""
    bins = open_bins(location, (row.get("bin") or "" for row in rows))
    said = {}
    for place, row in enumerate(rows):
        bin = bins.get((row.get("bin") or "").strip().upper())
        lots = read_lots(row.get("lots") or "", row["quantity"])
        if lots:
            said[place] = [Arriving(pieces, number, row.get("expires_on"), bin) for number, pieces in lots]
        elif bin is not None:
            said[place] = [Arriving(row["quantity"], bin=bin)]
    return said


def named(rows: Sequence[tuple[int, int, int, str, str]], location: Location) -> dict[int, list[Pieces]]:
    """What (key, variant, pieces, lots, bin) say of pieces by the bins of a location and by known lots, by key."""
    bins = open_bins(location, (row[4] for row in rows))
    numbers = {key: read_lots(text, pieces) for key, _variant, pieces, text, _bin in rows}
    lots = find_lots((variant, number) for key, variant, *_more in rows for number, _pieces in numbers[key])
    taken = {}
    for key, variant, pieces, _text, code in rows:
        bin = bins.get(code.strip().upper())
        if numbers[key]:
            taken[key] = [Pieces(n, _known(lots, variant, number), bin) for number, n in numbers[key]]
        elif bin is not None:
            taken[key] = [Pieces(pieces, bin=bin)]
    return taken


def _known(lots: Mapping[tuple[int, str], Lot], variant: int, number: str) -> int:
    lot = lots.get((variant, number.upper()))
    if lot is None:
        raise WrongParts(_("There is no lot “%(lot)s” of it.") % {"lot": number})
    return lot.pk


# --- Bins ---------------------------------------------------------------------------------------


class BinForm(forms.ModelForm):
    class Meta:
        model = Bin
        fields = ["code", "position"]
        widgets = {"position": forms.TextInput(attrs=NUMBER)}

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip()


class NewBinsForm(forms.Form):
    """Many bins at once: codes one by one, or ranges such as "A-01..A-20"."""

    codes = forms.CharField(
        label=gettext_lazy("Codes"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("One a line, as one walks past them. “A-01..A-20” are twenty bins."),
    )

    def clean_codes(self) -> list[str]:
        codes: list[str] = []
        for line in self.cleaned_data["codes"].splitlines():
            codes += self._range(line.strip())
        if len(codes) > 2000:
            raise ValidationError(_("No more than 2,000 bins at once."))
        return [code for code in codes if code]

    @staticmethod
    def _range(text: str) -> list[str]:
        ends = re.fullmatch(r"(.*?)(\d{1,6})\s*\.\.\s*(.*?)(\d{1,6})", text)
        if ends is None or ends[1].upper() != ends[3].upper():
            if len(text) > 40:
                raise ValidationError(_("A code has no more than 40 characters: %(code)s.") % {"code": text[:60]})
            return [text]
        first, last = int(ends[2]), int(ends[4])
        if not 0 <= last - first < 2000:
            raise ValidationError(_("“%(range)s” is no range of up to 2,000 bins.") % {"range": text})
        return [f"{ends[1]}{number:0{len(ends[2])}d}" for number in range(first, last + 1)]


class PutAwayForm(forms.Form):
    """So many pieces of one level from where they lie into a bin."""

    source = forms.ChoiceField(label=gettext_lazy("From"), widget=forms.RadioSelect)
    quantity = forms.IntegerField(label=gettext_lazy("Pieces"), min_value=1, widget=forms.TextInput(attrs=NUMBER))
    target = bin_field(
        label=gettext_lazy("Into bin"), help_text=gettext_lazy("Left empty, the pieces are not put away any more.")
    )

    def __init__(self, *args: Any, level: StockLevel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.level = level
        self.places: dict[str, tuple[int | None, int | None]] = {}
        choices = []
        if not level.is_tracked and level.loose:
            self.places["loose"] = None, None
            choices.append(("loose", _("Not put away yet: %(pieces)s") % {"pieces": level.loose}))
        parts = StockPart.objects.there().filter(level=level).select_related("bin", "lot").first_expired_first()
        for part in parts[:200]:
            self.places[str(part.pk)] = part.bin_id, part.lot_id
            choices.append((str(part.pk), part_label(part)))
        self.fields["source"].choices = choices  # type: ignore[attr-defined]
        if choices:
            self.fields["source"].initial = choices[0][0]

    def clean_target(self) -> int | None:
        code = self.cleaned_data["target"]
        return open_bins(self.level.location, [code]).get(code.strip().upper())

    def row(self) -> PutAway:
        data = self.cleaned_data
        bin, lot = self.places[data["source"]]
        return PutAway(self.level.pk, data["quantity"], data["target"], bin, lot)


def part_label(part: StockPart) -> str:
    """Where it lies and what it is, with the number of pieces."""
    facts = {"bin": part.bin, "lot": part.lot, "pieces": part.quantity}
    if part.lot is None:
        return _("Bin %(bin)s: %(pieces)s") % facts
    if part.bin is None:
        return _("Lot %(lot)s, not put away yet: %(pieces)s") % facts
    return _("Lot %(lot)s, bin %(bin)s: %(pieces)s") % facts


# --- Lots ---------------------------------------------------------------------------------------


class LotForm(forms.ModelForm):
    class Meta:
        model = Lot
        fields = ["number", "expires_on"]
        widgets = {"expires_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def clean_number(self) -> str:
        return str(self.cleaned_data["number"]).strip()


# --- Transfers ----------------------------------------------------------------------------------


class SendForm(forms.Form):
    """Which lots leave, and from which bins, of lines where that can be said. Nothing said: what expires first."""

    def __init__(self, *args: Any, transfer: Transfer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.transfer = transfer
        self.lines = list(transfer.lines.select_related("variant"))
        for line in self.lines:
            add_line_fields(self, line, bins=line.variant_id in bins_of(transfer.source, self.lines))

    def taken(self) -> dict[int, list[Pieces]]:
        return named(
            [
                (line.pk, line.variant_id, line.quantity, said(self, "lots", line), said(self, "bin", line))
                for line in self.lines
            ],
            self.transfer.source,
        )


def bins_of(location: Location, lines: Sequence[TransferLine]) -> set[int]:
    """The variants of these lines of which pieces lie in bins of the location."""
    parts = StockPart.objects.there().filter(
        level__location=location, level__variant__in={line.variant_id for line in lines}, bin__isnull=False
    )
    return set(parts.values_list("level__variant", flat=True))


def add_line_fields(form: Any, line: TransferLine, *, bins: bool) -> None:
    facts = {"sku": line.variant.sku, "pieces": line.quantity}
    if line.variant.tracking != Variant.Tracking.NONE:
        label = _("%(sku)s: lot or serial numbers of %(pieces)s pieces") % facts
        form.fields[f"lots_{line.pk}"] = lots_field(label=label, help_text=_("Left empty: what expires first."))
    if bins:
        form.fields[f"bin_{line.pk}"] = bin_field(label=_("%(sku)s: bin") % facts)


def said(form: Any, name: str, line: TransferLine) -> str:
    return str(form.cleaned_data.get(f"{name}_{line.pk}") or "")
