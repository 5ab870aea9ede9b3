"""Verbs on one ticket: opening it, its state, who works on it, who watches it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from customers import forms, services
from customers.models import Queue, Ticket


class NewTicket(generic.FormPage):
    model = Ticket
    form_class = forms.NewTicketForm
    permission = "customers.add_ticket"
    service = services.open_ticket
    title = gettext_lazy("New ticket")
    submit_label = gettext_lazy("Open ticket")
    done = gettext_lazy("%s opened.")
    version_field = ""
    fieldsets = [
        (gettext_lazy("Who asks"), ["customer", "requester_name", "requester_email"]),
        (gettext_lazy("What it is about"), ["subject", "about", "body", "kind", "attachments"]),
        (gettext_lazy("Who answers"), ["queue", "priority"]),
    ]

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    @cached_property
    def earlier(self) -> Ticket | None:
        """The ticket that the new one follows, by `?follows=TK-1`."""
        number = self.request.GET.get("follows", "")
        return Ticket.objects.visible_to(self.user).filter(number=number).first() if number else None

    def get_initial(self) -> dict[str, Any]:
        if (earlier := self.earlier) is None:
            return super().get_initial()
        who = {"customer": f"#{earlier.customer_id}"} if earlier.customer_id else {}
        if not who and not earlier.is_masked:
            who = {"requester_name": earlier.requester_name, "requester_email": earlier.requester_email}
        return {**who, "subject": earlier.subject, "about": earlier.about}

    def perform(self, form: Any) -> Ticket:
        return services.open_ticket(by=self.user, follows=self.earlier, **form.cleaned_data)


class SetStatus(generic.ActionView):
    """POST moves the ticket along its transitions; GET asks first, with a reason."""

    model = Ticket
    slug_field = "number"
    permission = "customers.change_ticket"
    form_class = forms.ReasonForm
    title = gettext_lazy("Change status")
    done = gettext_lazy("%s changed.")

    def perform(self, obj: Ticket, fields: dict[str, Any]) -> Ticket:
        return services.set_status(obj, status=self.kwargs["status"], by=self.request.user, **fields)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if kwargs["status"] not in Ticket.Status.values:
            raise Http404
        label = Ticket.Status(kwargs["status"]).label
        self.title = _("Status: %(status)s") % {"status": label}  # type: ignore[misc]
        if kwargs["status"] == Ticket.Status.CLOSED:
            self.confirm = _("A closed ticket takes no more messages.")  # type: ignore[misc]
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if kwargs["status"] not in Ticket.Status.values:
            raise Http404
        return super().post(request, *args, **kwargs)


def ticket_of(request: HttpRequest, number: str) -> Ticket:
    return get_object_or_404(Ticket.objects.visible_to(request.user), number=number)


@require_POST
@permission_required("customers.reply_ticket", raise_exception=True)
def take(request: HttpRequest, number: str) -> HttpResponse:
    return generic.act(request, services.take, ticket_of(request, number), done=_("%s is yours."))


@require_POST
@permission_required("customers.change_ticket", raise_exception=True)
def handle(request: HttpRequest, number: str) -> HttpResponse:
    """Set assignee, queue, priority and tags; a ticket that leaves one's queues leaves one's sight."""
    ticket = ticket_of(request, number)
    form = forms.HandleForm(request.POST, ticket=ticket, user=request.user)  # type: ignore[arg-type]
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(errors))
        return HttpResponseRedirect(ticket.get_absolute_url())
    stays = Queue.objects.in_scope(request.user).filter(pk=form.cleaned_data["queue"].pk).exists()
    back = ticket.get_absolute_url() if stays else reverse("tickets:list")
    return generic.act(request, services.handle, ticket, done=_("%s changed."), back=back, **form.cleaned_data)


@require_POST
@permission_required("customers.view_ticket", raise_exception=True)
def watch(request: HttpRequest, number: str) -> HttpResponse:
    """Be told of what happens in the ticket, or no more."""
    if request.POST.get("on") == "0":
        return generic.act(request, services.unwatch, ticket_of(request, number), done=_("You watch %s no more."))
    return generic.act(request, services.watch, ticket_of(request, number), done=_("You watch %s now."))


class Rename(generic.ActionView):
    model = Ticket
    slug_field = "number"
    permission = "customers.change_ticket"
    service = services.rename
    form_class = forms.SubjectForm
    title = gettext_lazy("Change subject")
    done = gettext_lazy("%s changed.")

    def get_form_kwargs(self, obj: Ticket) -> dict[str, Any]:
        return {"initial": {"subject": "" if obj.is_masked else obj.subject}}
