"""Where work waits: every queue of the reader with its count, and the way to its first document."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice import generic
from orders import queues


class WorkPage(generic.Page):
    """GET shows the queues; with `?counts=1` it answers with their counts alone, which the page asks for now and then."""

    permission = "orders.view_order"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        offered = queues.queues_of(request.user)
        counts = queues.counted(offered, request.user)
        if request.GET.get("counts"):
            return JsonResponse({key: str(count) for key, count in counts.items()})
        shown = [(queue, counts[queue.key]) for queue in offered]
        return TemplateResponse(request, "orders/work.html", {"title": _("Work"), "queues": shown})


class StartQueue(generic.Page):
    """Leads to the first document of a queue; from there one goes on to the next."""

    permission = "orders.view_order"

    def get(self, request: HttpRequest, key: str) -> HttpResponseBase:
        queue = queues.QUEUES.get(key)
        if queue is None or queue not in queues.queues_of(request.user):
            raise Http404
        first = queue.waiting(request.user).order_by(*queue.oldest).first()
        if first is None:
            messages.success(request, _("Nothing is left to do here: %(queue)s.") % {"queue": queue.label})
            return HttpResponseRedirect(reverse("orders:work"))
        return HttpResponseRedirect(f"{first.get_absolute_url()}?{urlencode({'from': queue.state})}")
