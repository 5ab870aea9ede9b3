"""How the text of a message is shown: what is new, what is quoted, how it was formatted, and pictures on request."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from backoffice import generic
from customers.models import Attachment, IncomingMail, Message
from customers.services.attachments import PICTURES as PICTURE_TYPES
from customers.services.mail import formatted
from customers.services.mail.quoting import split_quote

PICTURES = "pictures"
SALT = "customers.pictures"
LARGEST_IN_THREAD = 20_000


class WithPictures(generic.Page):
    """A page that may show pictures of other servers, for one mail and one request.

    They are named in the address, signed for this reader, so that nobody can send a link that loads pictures; the
    answer allows the servers of that mail and no others.
    """

    origins: tuple[str, ...] = ()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        if self.origins:
            response._csp_update = {"img-src": list(self.origins)}  # type: ignore[attr-defined]
        return response

    def page_of(self, mail: IncomingMail, files: Iterable[Mapping[str, Any]]) -> tuple[SafeString, str]:
        """The HTML of a mail for this request, and the address that shows its pictures ("" without any, or when they show).

        files: what came with it (pk, sha256, verdict, content_type); the pictures among it are shown at once.
        """
        token = signing.Signer(salt=SALT).sign(f"{self.user.pk}:{mail.pk}")
        origins = formatted.picture_origins(mail.html)
        with_pictures = bool(origins) and self.request.GET.get(PICTURES) == token
        if with_pictures:
            self.origins = tuple(origins)
        own = {
            file["sha256"]: reverse("tickets:picture", args=[file["pk"]])
            for file in files
            if file["verdict"] == Attachment.Verdict.SAFE and file["content_type"] in PICTURE_TYPES
        }
        page = formatted.shown(mail.html, with_pictures=with_pictures, own=own)
        shown = mark_safe(page)  # noqa: S308 - nh3 made it
        query = self.request.GET.copy()
        query[PICTURES] = token
        return shown, "" if with_pictures or not origins else f"?{query.urlencode()}"

    def prepared(self, messages: Iterable[Message]) -> list[Message]:
        """Messages, each with its `files`, with what the template draws: `fresh`, `quoted`, `page`, `pictures_url`, `is_shown`."""
        rows = list(messages)
        for message in rows:
            mail = getattr(message, "mail", None)
            fresh, quoted = split_quote(message.body) if message.kind == Message.Kind.CUSTOMER else (message.body, "")
            page, pictures_url = ("", "")
            if mail is not None and mail.html and len(mail.html) <= LARGEST_IN_THREAD:
                page, pictures_url = self.page_of(mail, message.files)  # type: ignore[attr-defined]
            shown = {
                "fresh": fresh,
                "quoted": quoted,
                "page": page,
                "pictures_url": pictures_url,
                "is_shown": mail is not None
                and bool(self.origins)
                and f":{mail.pk}:" in self.request.GET.get(PICTURES, ""),
            }
            for name, value in shown.items():
                setattr(message, name, value)
        return rows
