"""The timeline of a customer: on the page of the record its newest part, on a page of its own all of it."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from backoffice import generic
from customers.models import Customer
from customers.services import timeline


def moment(one: timeline.Happening, *, masked: bool) -> generic.Moment:
    """A happening as it is drawn. What people wrote is hidden from those who may not see names."""
    line = one.line
    return generic.Moment(
        at=one.at,
        text=format_html('<a href="{}">{}</a>', line.url, line.text) if line.url else line.text,
        by="" if masked and one.kind.key == "message" else line.by,
        note="" if masked else line.note,
        icon=line.icon or one.kind.icon,
        kind="internal" if line.is_internal else "event",
    )


def moments(user: Any, customer: Customer, **chosen: Any) -> tuple[list[generic.Moment], str]:
    """A page of a customer's timeline, and where the next one begins."""
    found, after = timeline.page(user, customer, **chosen)
    return [moment(one, masked=customer.is_masked) for one in found], after


class CustomerTimeline(generic.OnePage):
    """Everything, the newest first; `?kind=order&kind=ticket` narrows it."""

    model = Customer
    permission = "customers.view_customer"
    slug_field = "number"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        customer = self.get_object()
        kinds = request.GET.getlist("kind")
        shown, after = moments(request.user, customer, kinds=kinds, after=request.GET.get("after", ""))
        older = request.GET.copy()
        older["after"] = after
        context = {
            "title": _("Timeline"),
            "customer": customer,
            "list_url": reverse("customers:list"),
            "moments": shown,
            "kinds": [(one.key, one.label, one.key in kinds) for one in timeline.kinds_for(request.user)],
            "older_url": f"?{older.urlencode()}" if after else "",
            "is_later_page": bool(request.GET.get("after")),
        }
        return TemplateResponse(request, "customers/timeline.html", context)
