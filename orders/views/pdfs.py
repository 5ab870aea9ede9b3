"""Invoices and credit notes as files: one PDF, or several in a zip that is sent while it is made."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import generic
from orders import pdf
from orders.models import Invoice
from orders.views.prints import SEES_BUYERS, chosen_invoices


class Pdf(generic.OnePage):
    """One document, opened by the browser; `?paper=` is "a4" or "letter"."""

    model = Invoice
    permission = ("orders.view_invoice", SEES_BUYERS)
    slug_field = "number"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        invoice = self.get_object()
        size = request.GET.get("paper", "")
        made = pdf.document(invoice, size if size in pdf.SIZES else "")
        response = HttpResponse(made, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{pdf.file_name(invoice)}"'
        return response


class Pdfs(generic.Page):
    """Several, as `chosen_invoices` finds them: a zip of files, or with `?bound=1` one file to print."""

    permission = ("orders.view_invoice", SEES_BUYERS)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        invoices = chosen_invoices(request)
        if not invoices:
            raise Http404(_("There is nothing to print."))
        if "bound" in request.GET:
            size = request.GET.get("paper", "")
            made = pdf.bound(invoices, size if size in pdf.SIZES else "")
            return HttpResponse(made, content_type="application/pdf")
        response = StreamingHttpResponse(pdf.archive(invoices), content_type="application/zip")
        name = f"invoices-{timezone.localdate().isoformat()}.zip"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
