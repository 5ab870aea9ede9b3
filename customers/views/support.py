"""The public side of tickets: the form, and the page where a customer reads and answers."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.generic.actions import add_error
from backoffice.generic.forms import summary
from customers import forms, services
from customers.models import Attachment, Message, Ticket
from customers.services.mail.quoting import split_quote
from customers.views.tickets import download

PER_ADDRESS, PER_EMAIL, PER_TICKET = 20, 5, 20
SALT = "customers.sent"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form; what is sent becomes a ticket in the language of the page, and a receipt goes out by mail."""
    if request.method != "POST":
        about = request.GET.get("about", "").replace("\x00", "")[:60]
        subject = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:200]
        return _form_page(request, forms.SupportForm(initial={"about": about, "subject": subject}), subject=subject)
    form = forms.SupportForm(request.POST, request.FILES)
    ticket = _guarded(form, lambda fields: _open(request, form, fields))
    if ticket is None:
        return _form_page(request, form, status=422, subject=request.POST.get("subject", "").replace("\x00", "")[:200])
    return redirect("support:sent", signing.dumps(ticket.number, salt=SALT))


def _open(request: HttpRequest, form: forms.PublicForm, fields: dict[str, Any]) -> Ticket:
    services.count_visitor("ip", client_address(request), PER_ADDRESS)
    services.count_use(f"email:{fields['email']}", PER_EMAIL)
    form.spend()
    return services.receive(
        name=fields["name"],
        email=fields["email"],
        subject=fields["subject"],
        body=fields["body"],
        about=fields["about"],
        language=get_language() or settings.LANGUAGE_CODE,
        attachments=fields["attachments"],
    )


def _guarded(form: forms.PublicForm, perform: Callable[[dict[str, Any]], Any]) -> Any:
    """What `perform` returns for a right form; None when the form or a service refused."""
    if not form.is_valid():
        return None
    try:
        return perform(form.cleaned_data)
    except ValidationError as error:
        form.renew()
        add_error(form, error)
        return None


def _form_page(request: HttpRequest, form: forms.SupportForm, status: int = 200, subject: str = "") -> HttpResponse:
    """The form, with articles that may answer what it is about; a script looks for them while somebody types."""
    suggested = services.suggested_articles(subject) if subject else []
    shown = {
        "form": form,
        "summary": summary(form),
        "title": _("Contact us"),
        "suggested": suggested,
        "subject": subject,
    }
    return TemplateResponse(request, "support/ask.html", shown, status=status)


@never_cache
@require_GET
def sent(request: HttpRequest, signed: str) -> HttpResponse:
    """Says the number of the request. The link to the conversation goes to the mailbox, whose owner alone may read it."""
    try:
        number = signing.loads(signed, salt=SALT, max_age=24 * 3600)
    except signing.BadSignature as error:
        raise Http404 from error
    return TemplateResponse(request, "support/sent.html", {"number": number, "title": _("Thank you")})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ticket(request: HttpRequest, token: str) -> HttpResponse:
    """The conversation as its customer sees it; an answer goes into the ticket. An old link is renewed by mail."""
    found, works = services.find_by_link(token)
    if found is None:
        raise Http404
    if not works:
        shown = {"token": token, "title": _("This link has expired")}
        return TemplateResponse(request, "support/expired.html", shown, status=410)
    if request.method != "POST":
        if found.merged_into and services.same_requester(found, found.merged_into):
            return redirect("support:ticket", token=found.merged_into.token)
        return _ticket_page(request, found, forms.PublicReplyForm())
    form = forms.PublicReplyForm(request.POST, request.FILES)
    written = _guarded(form, lambda fields: _answer(request, found, form, fields))
    if written is None:
        return _ticket_page(request, found, form, status=422)
    messages.success(request, _("Thank you. We have your answer."))
    # What came late opened a ticket of its own; one that was merged shows nothing of what others asked.
    is_new = written.ticket.follows_id == found.pk
    return redirect(f"{reverse('support:ticket', args=[written.ticket.token if is_new else token])}#last")


def _answer(request: HttpRequest, found: Ticket, form: forms.PublicForm, fields: dict[str, Any]) -> Message:
    services.count_visitor("ip", client_address(request), PER_ADDRESS)
    services.count_use(f"ticket:{found.pk}", PER_TICKET)
    form.spend()
    return services.customer_writes(found, **fields)


def _ticket_page(request: HttpRequest, found: Ticket, form: forms.PublicReplyForm, status: int = 200) -> HttpResponse:
    shown = {
        "ticket": found,
        "token": request.resolver_match.kwargs["token"] if request.resolver_match else found.token,
        "thread": [_folded(message) for message in found.messages.public().prefetch_related("attachments")],
        "form": None if found.status in services.FINAL else form,
        "summary": summary(form),
        "state": PUBLIC_STATES.get(found.status, "open"),
        "title": found.subject,
    }
    return TemplateResponse(request, "support/ticket.html", shown, status=status)


def _folded(message: Message) -> Message:
    """A message with what the page shows: `fresh`, and `quoted`, which is folded away."""
    is_theirs = message.kind == Message.Kind.CUSTOMER
    message.fresh, message.quoted = split_quote(message.body) if is_theirs else (message.body, "")  # type: ignore[attr-defined]
    return message


PUBLIC_STATES = {"pending": "waiting", "solved": "solved", "closed": "closed", "merged": "closed", "spam": "closed"}


@never_cache
@require_POST
def renew(request: HttpRequest, token: str) -> HttpResponse:
    """Mail a new link; the answer is the same whoever asks."""
    found, _works = services.find_by_link(token)
    if found is None:
        raise Http404
    try:
        services.mail_fresh_link(found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("A new link is on its way to your mailbox."))
    return redirect("support:ask")


@never_cache
@require_GET
def attachment(request: HttpRequest, token: str, pk: int) -> HttpResponseBase:
    """A file out of a public message; nothing out of notes or quarantine."""
    found, works = services.find_by_link(token)
    if found is None or not works:
        raise Http404
    files = Attachment.objects.filter(verdict=Attachment.Verdict.SAFE).exclude(message__kind=Message.Kind.NOTE)
    return download(get_object_or_404(files, pk=pk, message__ticket=found), by=None)


def client_address(request: HttpRequest) -> str:
    """The address of the sender; behind a proxy the one that the proxy saw."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded
    return str(request.META.get("REMOTE_ADDR", ""))
