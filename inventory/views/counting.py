"""Counting itself: by scanning on a handheld, by keying in at a desk, on paper."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db.models import OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from backoffice import generic
from backoffice.generic.actions import summary
from backoffice.generic.base import error_texts
from catalog.models import Variant
from inventory import forms, services
from inventory.models import CountEntry, CountLine, StockCount, StockPart
from inventory.views.counts import COUNT_STOCK, CountPages, bins_text

LAST, NEXT, FITS = 8, 5, 8
DESK_LINES, PAPER_LINES = 50, 200


class CountingPage(CountPages, generic.OnePage):
    """A page about one stocktake on which people count."""

    permission = COUNT_STOCK
    template_name = ""

    @cached_property
    def stock_count(self) -> StockCount:
        return self.get_object()

    @property
    def lines(self) -> Any:
        """Lines of the sheet: counters may see them, though not what the books say where they count blind."""
        return CountLine.objects.filter(count=self.stock_count).select_related("variant")

    @property
    def hidden(self) -> bool:
        return self.stock_count.hides_expected_from(self.request.user)

    def after(self, size: int) -> tuple[list[CountLine], int]:
        """A page of lines behind the key in the address, and the key that the next page begins behind, or 0."""
        start = self.request.GET.get("after", "")
        start_key = int(start) if start.isascii() and start.isdigit() and len(start) < 19 else 0
        rows = self.lines.filter(pk__gt=start_key)
        if self.request.GET.get("show") == "uncounted":
            rows = rows.filter(counted=None)
        found = list(rows.order_by("pk")[: size + 1])
        return found[:size], found[size - 1].pk if len(found) > size else 0

    def page(self, status: int = 200, **shown: Any) -> HttpResponseBase:
        context = {"object": self.stock_count, "page": self, "hidden": self.hidden, **shown}
        return TemplateResponse(self.request, self.template_name, context, status=status)

    def address(self, name: str, **query: Any) -> str:
        url = reverse(f"inventory:count_{name}", args=[self.stock_count.number])
        return f"{url}?{urlencode(query)}" if query else url


class CountSheet(CountingPage):
    """One after the other: scan, type the pieces, save. The scan field has the focus whenever the page comes back."""

    template_name = "inventory/count_sheet.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.show(request.GET.get("q", "").strip())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = forms.CountEntryForm(request.POST)
        wanted = request.POST.get("q", "").strip()
        if not form.is_valid():
            return self.show(wanted, form)
        try:
            entry = services.enter_counts(self.stock_count, [form.entry(self.stock_count.location)], by=request.user)[0]
        except ValidationError as error:
            form.add_error(None, error)
            return self.show(wanted, form)
        said = _("%(sku)s: %(pieces)s counted.")
        line = CountLine.objects.select_related("variant").get(pk=entry.line_id)
        messages.success(request, said % {"sku": line.variant.sku, "pieces": line.counted})
        following = request.POST.get("following", "").strip()
        return HttpResponseRedirect(self.address("sheet", **({"q": following} if following else {})))

    def show(self, wanted: str, form: Any = None) -> HttpResponseBase:
        variants: Any = Variant.objects.visible_to(self.request.user)
        fits = list(variants.named(wanted)[:FITS]) if wanted else []
        fits = fits or (list(variants.search(wanted)[:FITS]) if wanted else [])
        chosen = fits[0] if len(fits) == 1 else None
        line = self.lines.filter(variant=chosen).first() if chosen else None
        if chosen and form is None:
            form = forms.CountEntryForm(
                initial={"variant": chosen.pk, "key": uuid4(), "bin": self.stock_count.only_bin}
            )
        total = services.result_of(self.stock_count)
        return self.page(
            422 if form is not None and form.is_bound else 200,
            title=_("Count %(count)s") % {"count": self.stock_count},
            wanted=wanted,
            bins=bins_text(self.stock_count) if self.stock_count.is_of_bins else "",
            scanned="look" not in self.request.GET,
            fits=fits if chosen is None else [],
            chosen=chosen,
            line=line,
            form=form,
            total=total,
            left=total.lines - total.counted,
            again=self.lines.filter(recount=True).order_by("pk")[:NEXT],
            following=self.lines.filter(counted=None).order_by("pk")[:NEXT],
            entries=self.last_entries(),
            asks_bins=chosen is not None and self.stock_count.location.bins.open().exists(),
            asks_lots=chosen is not None and chosen.tracking != Variant.Tracking.NONE,
        )

    def last_entries(self) -> Any:
        mine = CountEntry.objects.live().filter(line__count=self.stock_count, by=self.request.user.pk)
        return mine.select_related("line__variant", "bin", "lot").order_by("-pk")[:LAST]


class CountDesk(CountingPage):
    """Sheets that were filled in on paper are keyed in, fifty lines at a time."""

    template_name = "inventory/count_desk.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        lines, following = self.after(DESK_LINES)
        return self.show(forms.CountDeskForm(lines=lines), following)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        sent = {int(name[5:]) for name in request.POST if name.startswith("line_") and name[5:].isdigit()}
        lines = list(self.lines.filter(pk__in=list(sent)[:DESK_LINES]).order_by("pk"))
        following = request.POST.get("following", "")
        form = forms.CountDeskForm(request.POST, lines=lines)
        if not form.is_valid():
            return self.show(form, following)
        entries = form.entries()
        try:
            services.enter_counts(self.stock_count, [one for some in entries.values() for one in some], by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
            return self.show(form, following)
        said = ngettext("%(lines)s line recorded.", "%(lines)s lines recorded.", len(entries))
        messages.success(request, said % {"lines": len(entries)})
        more = {"show": "uncounted"} if request.GET.get("show") == "uncounted" else {}
        if following.isdigit() and following != "0":
            return HttpResponseRedirect(self.address("desk", after=following, **more))
        return HttpResponseRedirect(self.stock_count.get_absolute_url())

    def show(self, form: Any, following: Any) -> HttpResponseBase:
        return self.page(
            422 if form.is_bound else 200,
            title=_("Key in %(count)s") % {"count": self.stock_count},
            form=form,
            rows=form.rows(),
            following=following or 0,
            summary=summary(form),
            only_uncounted=self.request.GET.get("show") == "uncounted",
        )


class CountPaper(CountingPage):
    """The sheet on paper, with room for what is counted."""

    template_name = "inventory/count_paper.html"

    @property
    def lines(self) -> Any:
        """With the codes of the bins in which the books have them, as one walks."""
        there = StockPart.objects.there().filter(
            level__location=self.stock_count.location_id, level__variant=OuterRef("variant"), bin__isnull=False
        )
        if self.stock_count.is_of_bins:
            there = there.filter(bin__in=self.stock_count.bins.order_by().values("pk"))
        codes = there.order_by("bin__position", "bin__code").values("bin__code")
        return super().lines.annotate(bin_codes=ArraySubquery(codes))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        lines, following = self.after(PAPER_LINES)
        more = self.address("paper", after=following) if following else ""
        for line in lines:
            line.bin_codes = list(dict.fromkeys(line.bin_codes))  # once, however many lots lie there
        bins = any(line.bin_codes for line in lines)
        return self.page(title=_("Sheet of %(count)s") % {"count": self.stock_count}, lines=lines, more=more, bins=bins)


@require_POST
@permission_required(COUNT_STOCK, raise_exception=True)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an entry back, and return to the sheet."""
    entry = get_object_or_404(CountEntry.objects.visible_to(request.user).select_related("line__count"), pk=pk)
    try:
        services.undo_entry(entry, by=request.user)
    except ValidationError as error:
        for text in error_texts(error):
            messages.error(request, text)
    return HttpResponseRedirect(reverse("inventory:count_sheet", args=[entry.line.count.number]))
