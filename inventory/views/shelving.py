"""Putting away with a handheld: a bin is scanned, then what goes into it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from inventory import forms_scanning, services, tiles
from inventory.models import Bin, Location, Scan, StockLevel, StockPart
from inventory.views.handheld import found
from inventory.views.scanning import ScanPage, warehouse

MOST = 30
MOVE_STOCK = "inventory.move_stock"


class PutAwayStart(generic.Page):
    """What is not put away yet at a location, and in which bins there is more of it."""

    permission = (MOVE_STOCK, "inventory.view_bin")

    @cached_property
    def places(self) -> list[Location]:
        return list(
            Location.objects.visible_to(self.user).stock().filter(Exists(Bin.objects.filter(location=OuterRef("pk"))))
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        wanted, at = request.GET.get("q", "").strip(), request.GET.get("at", "")
        place = next((one for one in self.places if one.code == at), next(iter(self.places), None))
        variant, refusal = None, ""
        if wanted and place:
            shelf = place.bins.filter(code__iexact=wanted).first()
            if shelf is not None:
                return HttpResponseRedirect(reverse("inventory:scan_put_away", args=[shelf.pk]))
            variant, refusal = found(wanted)
        levels = loose_at(place) if place and not refusal else StockLevel.objects.none()
        if variant is not None:
            levels = StockLevel.objects.filter(location=place, variant=variant)
        rows = list(levels[: MOST + 1])
        shown = {
            "title": _("Put away"),
            "trail": [warehouse()],
            "places": self.places,
            "place": place,
            "wanted": wanted,
            "refusal": refusal,
            "rows": [
                (level, level.on_hand - sum(part.quantity for part in level.shelves))
                for level in with_shelves(rows[:MOST])
            ],
            "more": len(rows) > MOST,
        }
        return TemplateResponse(request, "inventory/scan_put_away.html", shown)


def loose_at(location: Location) -> Any:
    """Levels with pieces in no bin, what came last first."""
    loose = StockPart.objects.filter(level=OuterRef("pk"), bin=None, quantity__gt=0)
    rows = StockLevel.objects.filter(location=location, on_hand__gt=0)
    rows = rows.filter(Q(is_tracked=False, on_hand__gt=F("placed")) | Q(Exists(loose), is_tracked=True))
    return rows.order_by("-updated_at", "-pk")


def with_shelves(levels: list[StockLevel]) -> list[Any]:
    """The levels with their variants and, as `shelves`, what lies in bins."""
    shelves = StockPart.objects.there().exclude(bin=None).select_related("bin").order_by("bin__position", "bin__code")
    rows = StockLevel.objects.filter(pk__in=[level.pk for level in levels]).select_related("variant")
    rows = rows.prefetch_related(Prefetch("parts", shelves, to_attr="shelves"))
    found_rows = {level.pk: level for level in rows}
    return [found_rows[level.pk] for level in levels]


class PutAway(ScanPage):
    """Pieces go into one bin; the code of another bin leads to that one."""

    model = Bin
    slug_field = "pk"
    permission = (MOVE_STOCK, "inventory.view_bin")
    form_class = forms_scanning.ShelfScanForm
    progress_template = "inventory/_put_away.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("location")

    def record(self, form: Any) -> Scan:
        return services.shelve(self.document, form.scanned(), out_of=form.cleaned_data["out_of"], by=self.user)

    def other_page(self, form: Any) -> str:
        try:
            shelf = services.bin_of(self.document.location, form.cleaned_data["code"])
        except ValidationError:
            return ""
        return reverse("inventory:scan_put_away", args=[shelf.pk])

    def takes_scans(self) -> bool:
        return self.document.is_active

    def subject(self) -> str:
        return services.shelf_name(self.document)

    def trail(self) -> list[tuple[str, str]]:
        start = f"{reverse('inventory:scan_put_aways')}?at={self.document.location.code}"
        return [warehouse(), (_("Put away"), start)]

    def shown(self) -> dict[str, Any]:
        parts = StockPart.objects.there().filter(bin=self.document).select_related("level__variant", "lot")
        rows = list(parts.order_by("level__variant__sku", "pk")[: MOST + 1])
        return {
            "title": _("Into bin %(bin)s") % {"bin": self.document},
            "subtitle": str(self.document.location),
            "parts": rows[:MOST],
            "more": len(rows) > MOST,
        }


tiles.register(gettext_lazy("Put away"), "inventory:scan_put_aways", permission=MOVE_STOCK, icon="layers", order=20)
