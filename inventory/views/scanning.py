"""The one shape of pages for handhelds: a field that scanners type into, a large yes or no, and how far the work is.

Every scan is sent at once and answered for good: a page of scripts sends it again under the same key until it has the
answer, one without scripts shows the answer by the key in its address.
"""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice import generic
from backoffice.errors import Busy
from backoffice.generic.base import error_texts, safe_next
from backoffice.models import User
from catalog.models import Variant
from inventory import services
from inventory.forms_scanning import ScanForm
from inventory.models import Location, Scan

LAST = 5


@dataclass(frozen=True)
class Verdict:
    """The large yes or no: `tone` is "yes", "no" or "ready"."""

    tone: str
    said: str
    code: str = ""


class ScanPage(generic.OnePage):
    """Scans about one document. `record` calls the service; `shown` says how far the work is."""

    form_class: type[ScanForm] = ScanForm
    template_name = "inventory/scan.html"
    progress_template = ""
    slug_field = "number"

    def record(self, form: Any) -> Scan:
        raise NotImplementedError

    def shown(self) -> dict[str, Any]:
        """Title, subtitle and rows of the page, as they are now."""
        raise NotImplementedError

    def initial(self) -> dict[str, Any]:
        return {}

    def subject(self) -> str:
        """What the scans of this page are filed under."""
        return str(self.document.number)

    def trail(self) -> list[tuple[str, str]]:
        """The pages above this one: (label, address)."""
        return [warehouse()]

    def takes_scans(self) -> bool:
        """Whether there is anything left to scan."""
        return True

    def takes_back(self) -> bool:
        """Whether the last scan may still be taken back."""
        return self.takes_scans()

    def other_page(self, form: Any) -> str:
        """The page that a code leads to, where it names no goods; "" where it is to be recorded."""
        return ""

    def next_page(self) -> str:
        """Where the work goes on once nothing is left to scan; "" stays here."""
        return ""

    @cached_property
    def document(self) -> Any:
        return self.get_object()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.page(self.blank(), self.recorded(request.GET.get("recorded", "")))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.form_class(request.POST)
        self.document  # noqa: B018 - 404 before anything else
        try:
            if not form.is_valid():
                raise ValidationError([text for errors in form.errors.values() for text in errors])
            if other := self.other_page(form):
                return JsonResponse({"said": "", "next": other}) if self.speaks_json() else HttpResponseRedirect(other)
            scan = self.record(form)
        except ValidationError as error:
            return self.refuse(form, error)
        del self.document  # what it is now
        if not self.speaks_json():
            here = f"{request.path}?recorded={scan.key}"
            return HttpResponseRedirect(self.next_page() or here)
        return JsonResponse({"said": scan.said, "next": self.next_page(), "progress": self.progress(self.context())})

    def refuse(self, form: Any, error: ValidationError) -> HttpResponse:
        """Say no. Only what others hold locked may come again by itself."""
        said = " ".join(error_texts(error))
        asked = getattr(error, "code", None) or ""
        if self.speaks_json():
            answer = {"said": said, "ask": asked if asked in form.fields else ""}
            return JsonResponse(answer, status=503 if isinstance(error, Busy) else 422)
        again = self.blank()
        again.initial |= {name: form.data.get(name) for name in again.fields if form.data.get(name)}
        code = again.initial["code"] if asked in form.fields else again.initial.pop("code", "")
        return self.page(again, Verdict("no", said, code), 422)

    def recorded(self, key: str) -> Verdict:
        """What the scan of this key said; it is looked up, so that the page never claims what is not there."""
        try:
            wanted = UUID(key)
        except ValueError:
            return Verdict("ready", "")
        scan = Scan.objects.filter(key=wanted, by=self.user.pk).first()
        return Verdict("yes", scan.said, scan.code) if scan else Verdict("ready", "")

    def blank(self) -> Any:
        return self.form_class(initial={"key": uuid4(), "pieces": 1, **self.initial()})

    def page(self, form: Any, verdict: Verdict, status: int = 200) -> TemplateResponse:
        context = self.context()
        context |= {"form": form, "verdict": verdict, "trail": self.trail(), "progress": self.progress(context)}
        return TemplateResponse(self.request, self.template_name, context, status=status)

    def progress(self, context: dict[str, Any]) -> str:
        return render_to_string(self.progress_template, context, self.request)

    def context(self) -> dict[str, Any]:
        subject = self.subject()
        mine = Scan.objects.filter(subject=subject, by=self.user.pk).select_related("variant").order_by("-pk")
        scans = list(mine[:LAST])
        last = next((scan for scan in scans if scan.undone_at is None), None)
        return {
            "page": self,
            "object": self.document,
            "scans": scans,
            "last_scan": last if self.takes_back() else None,
            **self.shown(),
        }

    def speaks_json(self) -> bool:
        return self.request.get_preferred_type(["text/html", "application/json"]) == "application/json"


@require_POST
@permission_required("inventory.add_scan", raise_exception=True)
def undo_scan(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's last scan back, and lead to the page it was made on."""
    scan = get_object_or_404(Scan.objects.visible_to(request.user), pk=pk)
    try:
        services.undo_scan(scan, by=cast(User, request.user))
        messages.success(request, _("Taken back: %(said)s") % {"said": scan.said})
    except ValidationError as error:
        for text in error_texts(error):
            messages.error(request, text)
    return HttpResponseRedirect(safe_next(request, reverse("inventory:warehouse")))


def bin_page(path: str, location: Location, code: str) -> str:
    """The page at `path` for the bin that a code names; "" where it names none, or an article as well."""
    shelf = location.bins.filter(code__iexact=code.strip()).first()
    if shelf is None or Variant.objects.named(code.strip()).exists():
        return ""
    return f"{path}?{urlencode({'bin': shelf.code})}"


def warehouse() -> tuple[str, str]:
    return _("Warehouse work"), reverse("inventory:warehouse")
