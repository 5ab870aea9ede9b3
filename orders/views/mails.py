"""Mails to customers: those that were sent, and what each kind says."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from backoffice import generic
from backoffice.generic.actions import add_error, summary
from orders import mail_texts, mails, services
from orders.filters_mails import SentMailFilter
from orders.forms_mails import MailTextForm
from orders.models import Invoice, MailKind, MailText, Order, SentMail

SEES_BUYERS = "customers.view_personal_data"
WRITES = ("orders.change_mailtext", "orders.view_order", SEES_BUYERS)


class SentMailList(generic.ListPage):
    model = SentMail
    key = "orders:mails"
    title = gettext_lazy("Mails to customers")
    permission = ("orders.view_sentmail", SEES_BUYERS)
    filterset_class = SentMailFilter
    columns = [
        generic.Column("number", link=True),
        generic.Column("kind"),
        generic.Column("order.number", pgettext_lazy("sale", "Order"), link="order"),
        generic.Column("to"),
        generic.Column("subject"),
        generic.Column("sent_at", kind="datetime"),
    ]
    ordering = {"newest": ("-sent_at", "-pk"), "oldest": ("sent_at", "pk")}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    empty_title = gettext_lazy("No mails yet")
    empty_text = gettext_lazy("Customers with an e-mail address are told when an order is placed, shipped or refunded.")
    template_name = "orders/mails.html"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("order")


class SentMailRecord(generic.RecordPage):
    """A mail as it was sent."""

    model = SentMail
    permission = ("orders.view_sentmail", SEES_BUYERS)
    slug_field = "number"
    list_url = "orders:mails"
    list_page = SentMailList
    template_name = "orders/mail.html"
    status_fields = ()
    facts = [
        generic.Column("order.number", pgettext_lazy("sale", "Order"), link="order"),
        generic.Column("kind"),
        generic.Column("to"),
        generic.Column("sent_at", kind="datetime"),
        generic.Column("files", get=lambda mail: ", ".join(mail.files)),
    ]

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("order")


class MailTexts(generic.Page):
    """Every kind of mail, whether it is sent, and whether the shop has its own text."""

    permission = WRITES

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        own = {text.kind: text for text in MailText.objects.visible_to(request.user)}
        texts = [own.get(kind) or MailText(kind=kind) for kind in MailKind.values]
        rows = [(text, any((text.subject, text.body, text.subject_zh, text.body_zh))) for text in texts]
        return TemplateResponse(request, "orders/mail_texts.html", {"title": _("Texts of mails"), "rows": rows})


class MailTextPage(generic.Page):
    """The editor of one kind: both languages, the placeholders, and how it reads for a real order.

    POST with "preview" shows what was typed and stores nothing; with "reset" the texts of Houtai come back.
    """

    permission = WRITES

    @cached_property
    def text(self) -> MailText:
        kind = self.kwargs["kind"]
        if kind not in MailKind.values:
            raise Http404
        return mails.text_of(kind)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.page(MailTextForm(text=self.text), self.text)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "reset" in request.POST:
            return self.save(is_on=self.text.is_on, attaches=self.text.attaches)
        form = MailTextForm(request.POST, text=self.text)
        if not form.is_valid():
            return self.page(form, self.text, status=422)
        fields = form.cleaned_data
        about = fields.pop("about")
        if "preview" in request.POST:
            return self.page(form, form.typed(), about)
        try:
            return self.save(**fields)
        except ValidationError as error:
            add_error(form, error)
            return self.page(form, self.text, status=422)

    def save(self, **fields: Any) -> HttpResponseBase:
        saved = services.save_mail_text(self.text.kind, by=self.user, **fields)
        messages.success(self.request, _("The mail “%(kind)s” is saved.") % {"kind": saved})
        return HttpResponseRedirect(saved.get_absolute_url())

    def page(self, form: MailTextForm, text: MailText, about: str = "", status: int = 200) -> HttpResponseBase:
        order = self.order(about)
        shown = {
            "title": str(self.text),
            "text": self.text,
            "form": form,
            "summary": summary(form),
            "placeholders": mail_texts.placeholders(text.kind).items(),
            "order": order,
            "missing": about if order is None else "",
            "previews": self.previews(text, order),
        }
        return TemplateResponse(self.request, "orders/mail_text.html", shown, status=status)

    def order(self, number: str) -> Order | None:
        """The order to preview with: the one of this number, or the newest that was placed."""
        orders = Order.objects.visible_to(self.user)
        if number:
            return orders.filter(number=number.strip().upper()).first()  # type: ignore[no-any-return]
        return orders.exclude(status=Order.Status.DRAFT).order_by("-placed_at", "-pk").first()  # type: ignore[no-any-return]

    def previews(self, text: MailText, order: Order | None) -> list[tuple[str, str, mail_texts.Written]]:
        if order is None:
            return []
        given = mail_texts.example(text.kind, order)
        languages = (("en", "English"), ("zh-hans", "简体中文"))
        return [(code, name, mail_texts.write(text, order, given, code)) for code, name in languages]


class MailDocument(generic.ActionView):
    model = Invoice
    slug_field = "number"
    permission = ("orders.add_invoice", SEES_BUYERS)
    service = services.mail_document
    title = gettext_lazy("Send %s by mail")
    confirm = gettext_lazy("The customer gets the document as PDF.")
    done = gettext_lazy("%s is on its way to the customer.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("order")
