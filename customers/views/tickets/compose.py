"""What the composer sends: answers and notes, drafts, prepared texts, and answers taken back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backoffice import editing, generic
from backoffice.generic.actions import add_error
from customers import forms, services
from customers.models import Macro, Message
from customers.views.tickets.handling import ticket_of
from customers.views.tickets.record import TicketRecord


class Compose(TicketRecord):
    """Receives what the composer sends; a refusal shows the conversation again with the text kept.

    `use` names a macro whose text is put into the composer, `keep` keeps the draft; neither sends anything.
    """

    permission = ("customers.view_ticket", "customers.change_ticket")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return HttpResponseRedirect(self.object.get_absolute_url())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "use" in request.POST:
            return self.show_macro(_macro(request, request.POST["use"]))
        if "keep" in request.POST:
            services.keep_draft(self.object, by=self.user, **_typed(request))
            messages.success(request, _("Draft kept."))
            return HttpResponseRedirect(self.object.get_absolute_url())
        form = self.get_composer(request.POST, request.FILES)
        if not form.is_valid():
            return self.show_again(form, status=422)
        fields = dict(form.cleaned_data)
        write = services.reply if fields.pop("mode") == Message.Kind.REPLY else services.note
        if write is services.reply and not request.user.has_perm("customers.reply_ticket"):
            raise PermissionDenied
        onward = self.next_url()
        try:
            write(self.object, by=request.user, **fields)
        except services.ThreadMoved as moved:
            return self.show_moved(form, moved)
        except ValidationError as error:
            add_error(form, error)
            return self.show_again(form, status=422)
        messages.success(request, _("Sent.") if write is services.reply else _("Note kept."))
        return HttpResponseRedirect(onward)

    def show_macro(self, macro: Macro) -> HttpResponseBase:
        """The composer with the macro's text after what was typed, and what it will do besides."""
        found = filled(macro, self.object, self.user)
        data = self.request.POST.copy()
        data["body"] = "\n\n".join(part for part in (data.get("body", "").strip(), found["body"]) if part)
        data["mode"], data["macro"] = found["mode"], str(macro.pk)
        if found["status"]:
            data["status"] = found["status"]
        form = self.get_composer(data)
        form.errors.clear()
        return self.show_again(form, status=200, macro_actions=found["actions"])

    def show_moved(self, form: forms.ComposeForm, moved: services.ThreadMoved) -> HttpResponseBase:
        """The thread with what is new marked, and the text ready to be sent again."""
        form.add_error(None, moved)
        del self.thread  # read before somebody wrote
        form.data = form.data.copy()
        for name, value in self.read.items():
            form.data[name] = str(value)
        return self.show_again(form, status=409, newer={message.pk for message in moved.newer})

    def show_again(self, form: forms.ComposeForm, *, status: int, **extra: Any) -> HttpResponseBase:
        context = self.get_context_data(composer=form, **extra)
        return TemplateResponse(self.request, self.template_name, context, status=status)

    def next_url(self) -> str:
        """Back to the ticket, or on to what comes next in the list now: writing moves the ticket in it, or out of it."""
        if "on" in self.request.POST and self.around is not None and self.around.next:
            return self.around.next
        return generic.safe_next(self.request, self.object.get_absolute_url())


def _typed(request: HttpRequest) -> dict[str, str]:
    mode = request.POST.get("mode", "")
    return {
        "body": request.POST.get("body", "")[: forms.LONGEST],
        "mode": mode if mode in (Message.Kind.REPLY, Message.Kind.NOTE) else Message.Kind.REPLY.value,
    }


def _macro(request: HttpRequest, key: Any) -> Macro:
    found = Macro.objects.visible_to(request.user).select_related("queue", "assignee").filter(is_active=True)
    return get_object_or_404(found, pk=int(key) if str(key).isdigit() and len(str(key)) < 19 else 0)


def filled(macro: Macro, ticket: Any, user: Any) -> dict[str, Any]:
    """What the macro puts into the composer, and in words what it does besides."""
    legal = dict(forms.next_statuses(ticket))
    return {
        "body": services.rendered(macro, ticket, by=user),
        "mode": macro.mode,
        "status": macro.status if macro.status in legal else "",
        "actions": [f"{what}: {to}" for what, to in services.actions_of(macro, ticket, by=user)],
    }


@require_GET
@permission_required(("customers.view_ticket", "customers.change_ticket"), raise_exception=True)
def macro_text(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The same for the script of the composer."""
    return JsonResponse(filled(_macro(request, pk), ticket_of(request, number), request.user))


@require_POST
@permission_required("customers.change_ticket", raise_exception=True)
def draft(request: HttpRequest, number: str) -> HttpResponse:
    """Keep what is in the composer, which its script sends every few seconds and on leaving; `drop` forgets it."""
    ticket, user = ticket_of(request, number), request.user
    if "drop" in request.POST:
        services.drop_draft(ticket, by=user)  # type: ignore[arg-type]
        messages.success(request, _("Draft deleted."))
        return HttpResponseRedirect(ticket.get_absolute_url())
    if "body" in request.POST:
        last = request.POST.get("last_message_id", "")
        known = int(last) if last.isdigit() and len(last) < 19 else None
        services.keep_draft(ticket, by=user, last_message_id=known, **_typed(request))  # type: ignore[arg-type]
    if "leaving" in request.POST:
        editing.closed(ticket, user)  # type: ignore[arg-type]
    return HttpResponse(status=204)


@require_POST
@permission_required("customers.reply_ticket", raise_exception=True)
def take_back(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Undo: the answer becomes a draft again, if it has not left."""
    ticket = ticket_of(request, number)
    message = get_object_or_404(Message.objects.visible_to(request.user), pk=pk, ticket=ticket)
    done = _("Taken back: your answer is a draft again.")
    return generic.act(request, services.take_back, message, done=done, back=f"{ticket.get_absolute_url()}#composer")
