"""Picking and packing with a handheld."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.generic.base import error_texts
from catalog.models import Variant
from inventory import services as inventory
from inventory import tiles
from inventory.models import Bin, Location, Lot, Scan
from inventory.views.handheld import Choice, ChoosePage
from inventory.views.scanning import ScanPage, bin_page, warehouse
from orders import forms, forms_picking, services
from orders.models import Fulfilment, FulfilmentLine, Order, PickPart, PickWave

MOST_ORDERS = 40
OLDEST = 6
FULFIL = "orders.fulfil_order"


class PickStart(generic.Page):
    """Which orders shall be picked in one walk: chosen ones, or simply the oldest."""

    permission = (FULFIL, "orders.view_order")

    @cached_property
    def places(self) -> list[Location]:
        return list(Location.objects.visible_to(self.user).stock())

    @cached_property
    def place(self) -> Location | None:
        wanted = self.request.POST.get("at") or self.request.GET.get("at", "")
        return next((place for place in self.places if place.code == wanted), next(iter(self.places), None))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.page()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        chosen = None
        if "oldest" not in request.POST:
            keys = [
                int(key) for key in request.POST.getlist("orders") if key.isascii() and key.isdigit() and len(key) < 19
            ]
            chosen = list(Order.objects.visible_to(request.user).filter(pk__in=keys).values_list("pk", flat=True))
        try:
            if self.place is None or chosen == []:
                raise ValidationError(_("Choose at least one order."))
            wave = services.start_picking(
                self.place, chosen, most=services.MOST_BOXES if chosen else OLDEST, by=self.user
            )
        except ValidationError as error:
            return self.page(error_texts(error))
        return HttpResponseRedirect(wave.get_absolute_url())

    def page(self, refusals: Iterable[str] = ()) -> TemplateResponse:
        orders = list(services.pickable(self.place)[: MOST_ORDERS + 1]) if self.place else []
        mine = PickWave.objects.visible_to(self.user).filter(picker=self.user.pk, status=PickWave.Status.PICKING)
        shown = {
            "title": _("Pick"),
            "trail": [warehouse()],
            "places": self.places,
            "place": self.place,
            "orders": orders[:MOST_ORDERS],
            "more": len(orders) > MOST_ORDERS,
            "most": services.MOST_BOXES,
            "oldest": min(OLDEST, len(orders)),
            "mine": list(mine.order_by("pk")),
            "refusals": refusals,
        }
        return TemplateResponse(self.request, "orders/pick_start.html", shown, status=422 if refusals else 200)


@dataclass
class Item:
    """What is taken from one place of the shelves, and the boxes it goes into."""

    name: str
    title: str
    lines: list[FulfilmentLine] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    walk: tuple[Any, ...] = ()

    @property
    def picked(self) -> int:
        return sum(line.picked for line in self.lines)

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def variant(self) -> int | None:
        return self.lines[0].order_line.variant_id

    @property
    def open_lines(self) -> list[FulfilmentLine]:
        return [line for line in self.lines if line.to_pick]

    @property
    def tap(self) -> str:
        """The code of what has nothing to scan; "" for the rest."""
        line = next(iter(self.open_lines), None)
        has_code = line is None or line.order_line.variant_id or line.order_line.sku
        return "" if has_code else f"={line.pk}"

    key: UUID = field(default_factory=uuid4)


def items_of(lines: Iterable[FulfilmentLine]) -> list[Item]:
    """Lines of one article together."""
    items: dict[Any, Item] = {}
    for line in lines:
        key = line.order_line.variant_id or f"{line.order_line_id}"
        items.setdefault(key, Item(line.name, line.order_line.title)).lines.append(line)
    return list(items.values())


def in_walking_order(
    items: list[Item], location: Location, planned: Mapping[int, list[PickPart]] | None = None
) -> list[Item]:
    """The items with the places they are taken from, as one walks to them: what is not put away lies where goods come in.

    Of lines in no parcel yet nothing is planned: the places are those that pieces would leave now.
    """
    if planned is None:
        planned = services.parts_of([line for item in items for line in item.lines if line.pk])
    parts = [[part for line in item.open_lines for part in planned.get(line.pk, []) if part.to_pick] for item in items]
    rest = {key: item for item, some in zip(items, parts, strict=True) if not some and (key := item.variant)}
    proposed = _proposed(rest, location) if rest else {}
    for item, some in zip(items, parts, strict=True):
        found = sorted(some or proposed.get(item.variant or 0, []), key=_way)
        item.walk = _way(found[0]) if found else ()
        item.places = list(dict.fromkeys(part.place for part in found))
    return sorted(items, key=lambda item: (item.walk, item.name.upper()))


def _proposed(items: Mapping[int, Item], location: Location) -> dict[int, list[PickPart]]:
    """Places, as they would be planned now, by variant."""
    shelves = inventory.on_shelves(location, items)
    places = {place for shelf in shelves.values() for place in shelf}
    bins = Bin.objects.in_bulk([bin for bin, _lot in places if bin])
    lots = Lot.objects.in_bulk([lot for _bin, lot in places if lot])
    found: dict[int, list[PickPart]] = {}
    for variant, shelf in shelves.items():
        left = items[variant].quantity - items[variant].picked
        found[variant] = []
        for (bin, lot), there in shelf.items():
            some = min(there, left)
            if some > 0:
                found[variant].append(PickPart(bin=bins.get(bin or 0), lot=lots.get(lot or 0), quantity=some, picked=0))
                left -= some
    return found


def _way(part: PickPart) -> tuple[Any, ...]:
    """What one sorts by to walk from bin to bin."""
    return (part.bin.position, part.bin.code) if part.bin else ()


class PickPage(ScanPage):
    """Every scan is a piece into a box; the page says which."""

    model = PickWave
    form_class = forms_picking.PickScanForm
    permission = FULFIL
    progress_template = "orders/_pick.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("location", "picker")

    def has_permission(self) -> bool:
        return super().has_permission() and self.user.has_perm("orders.view_pickwave")

    def record(self, form: Any) -> Scan:
        return services.pick(
            self.document, form.scanned(), bin=form.cleaned_data["bin"], lot=form.cleaned_data["lot"], by=self.user
        )

    def initial(self) -> dict[str, Any]:
        """Bins are asked for where something lies in one, and lots where something has any."""
        parts = [part for some in self.planned[1].values() for part in some]
        return {
            "bin": self.request.GET.get("bin", ""),
            "asks_bins": any(part.bin_id for part in parts),
            "asks_lots": any(part.lot_id for part in parts),
        }

    def other_page(self, form: Any) -> str:
        """A scanned bin says where the next pieces come from."""
        return bin_page(self.request.path, self.document.location, form.cleaned_data["code"])

    @cached_property
    def planned(self) -> tuple[list[FulfilmentLine], dict[int, list[PickPart]]]:
        """The lines of the list, and where their pieces are taken from."""
        lines = services.lines_to_pick(self.document)
        return lines, services.parts_of(lines)

    def takes_scans(self) -> bool:
        return self.document.status == PickWave.Status.PICKING and self.document.picker_id == self.user.pk

    def trail(self) -> list[tuple[str, str]]:
        return [warehouse(), (_("Pick"), reverse("orders:picking"))]

    def shown(self) -> dict[str, Any]:
        lines, parts = self.planned
        items = in_walking_order(items_of(lines), self.document.location, parts)
        parcels = self.document.parcels.select_related("order").order_by("box")
        return {
            "title": _("Pick %(wave)s") % {"wave": self.document},
            "subtitle": f"{self.document.location} · {self.document.picker}",
            "open_items": [item for item in items if item.picked < item.quantity],
            "done_items": [item for item in items if item.picked == item.quantity],
            "left": sum(item.quantity - item.picked for item in items),
            "parcels": list(parcels),
            "is_picking": self.document.status == PickWave.Status.PICKING,
        }


class PickStep(generic.ActionView):
    model = PickWave
    slug_field = "number"
    permission = FULFIL


class PickFinish(PickStep):
    service = services.finish_picking
    title = gettext_lazy("Everything is in its box")
    done = gettext_lazy("%s is picked. Now pack it.")

    def get_success_url(self, obj: PickWave) -> str:
        return reverse("orders:packing")


class PickStop(PickStep):
    service = services.stop_picking
    form_class = forms.ReasonForm
    title = gettext_lazy("Stop picking")
    confirm = gettext_lazy(
        "Whole boxes go on to be packed. Put back what is in the others: their orders are free for others."
    )
    done = gettext_lazy("%s is stopped.")
    danger = True

    def get_success_url(self, obj: PickWave) -> str:
        return reverse("orders:picking")


class PickMissing(generic.ActionView):
    """Pieces are not where they should be."""

    model = FulfilmentLine
    permission = FULFIL
    form_class = forms_picking.MissingForm
    title = gettext_lazy("Not there")

    def get_queryset(self) -> Any:
        waves = PickWave.objects.visible_to(self.request.user).filter(number=self.kwargs["number"])
        rows = FulfilmentLine.objects.visible_to(self.request.user).filter(fulfilment__wave__in=waves)
        return rows.select_related("fulfilment__wave", "order_line")

    def get_form(self, obj: FulfilmentLine, data: Any = None, files: Any = None) -> Any:
        self.form = super().get_form(obj, data, files)
        return self.form

    def get_success_url(self, obj: FulfilmentLine) -> str:
        return reverse("orders:pick", args=[self.kwargs["number"]])

    def perform(self, obj: FulfilmentLine, fields: dict[str, Any]) -> Any:
        messages.success(self.request, services.report_missing(obj, by=self.request.user, **self.form.arguments()))
        return obj

    def ask(self, obj: FulfilmentLine, form: Any) -> HttpResponseBase:
        sentence = _("%(sku)s: %(pieces)s of %(all)s for box %(box)s.")
        facts = {"sku": obj.name, "pieces": obj.to_pick, "all": obj.quantity, "box": obj.fulfilment.box}
        self.confirm = sentence % facts  # type: ignore[misc]
        return super().ask(obj, form)


class Packing(ChoosePage):
    permission = (FULFIL, "orders.view_fulfilment")
    title = gettext_lazy("Pack")
    hint = gettext_lazy("Scan a parcel, an order or an item")
    empty = gettext_lazy("No box waits to be packed.")
    address = "orders:pack"

    def documents(self) -> Any:
        return to_pack(self.user).select_related("order", "wave", "location").order_by("wave__finished_at", "box")

    def by_number(self, wanted: str) -> Any:
        """Any parcel that nobody is picking, picked or not."""
        waiting = Fulfilment.objects.visible_to(self.user).filter(status=Fulfilment.Status.PENDING)
        waiting = waiting.exclude(wave__status=PickWave.Status.PICKING)
        parcel = waiting.filter(number__iexact=wanted).first()
        return parcel or waiting.filter(order__number__iexact=wanted).order_by("hold_reason", "pk").first()

    def with_variant(self, documents: Any, variant: Variant) -> Any:
        return documents.filter(lines__order_line__variant=variant).distinct()

    def choice(self, parcel: Fulfilment) -> Choice:
        about = _("Box %(box)s of %(wave)s") % {"box": parcel.box, "wave": parcel.wave}
        return Choice(parcel.number, self.url_of(parcel), f"{about} · {parcel.location}")


class PackPage(ScanPage):
    """Every piece is scanned into the parcel; the last one packs it."""

    model = Fulfilment
    form_class = forms_picking.PackScanForm
    permission = (FULFIL, "orders.view_fulfilment")
    progress_template = "orders/_pack.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("order", "location", "wave")

    def record(self, form: Any) -> Scan:
        return services.pack_scanned(self.document, form.scanned(), lot=form.cleaned_data["lot"], by=self.user)

    def initial(self) -> dict[str, Any]:
        return {"asks_lots": any(is_tracked(line) for line in self.lines)}

    @cached_property
    def lines(self) -> list[FulfilmentLine]:
        rows = self.document.lines.select_related("order_line__variant")
        return list(rows.order_by("order_line__position", "pk"))

    def takes_scans(self) -> bool:
        return self.document.status == Fulfilment.Status.PENDING and not self.document.hold_reason

    def takes_back(self) -> bool:
        """Until the parcel has left."""
        return self.takes_scans() or self.document.status == Fulfilment.Status.PACKED

    def next_page(self) -> str:
        """A packed parcel is shipped next."""
        if self.document.status != Fulfilment.Status.PACKED:
            return ""
        address = reverse("orders:fulfilment-ship", args=[self.document.number])
        return f"{address}?{urlencode({'next': reverse('orders:packing')})}"

    def trail(self) -> list[tuple[str, str]]:
        return [warehouse(), (_("Pack"), reverse("orders:packing"))]

    def shown(self) -> dict[str, Any]:
        parcel = self.document
        lines = self.lines
        parts = services.parts_of(lines) if any(map(is_tracked, lines)) else {}
        place = (
            _("Box %(box)s of %(wave)s") % {"box": parcel.box, "wave": parcel.wave} if parcel.wave else parcel.location
        )
        return {
            "title": _("Pack %(parcel)s") % {"parcel": parcel},
            "subtitle": str(place),
            "lines": [(line, uuid4(), parts.get(line.pk, [])) for line in lines],
            "left": sum(line.quantity - line.packed for line in lines),
            "next": self.next_page(),
        }


def is_tracked(line: FulfilmentLine) -> bool:
    """Whether the article has lots or serial numbers."""
    variant = line.order_line.variant
    return variant is not None and variant.tracking != Variant.Tracking.NONE


def to_pack(user: Any) -> Any:
    """Parcels whose boxes are full."""
    return Fulfilment.objects.visible_to(user).to_pack()


tiles.register(gettext_lazy("Pick"), "orders:picking", permission=FULFIL, icon="cart", order=30)
tiles.register(gettext_lazy("Pack"), "orders:packing", permission=FULFIL, icon="box", order=40, waiting=to_pack)
