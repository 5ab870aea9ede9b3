"""Documents on paper: several at once, on A4, Letter or a roll of labels, each in its own language."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from backoffice.generic.base import Page
from backoffice.generic.bulk import BulkAction

MOST = 100
ROLL = "roll"
PAPERS = {"a4": "A4", "letter": "Letter", ROLL: gettext_lazy("Label printer")}


@dataclass(frozen=True)
class Choice:
    """A kind of paper that the page can be printed on, and the address that chooses it."""

    label: Any
    url: str
    chosen: bool


class PaperPage(Page):
    """A page of sheets or labels. `get_documents` draws them; `?paper=` chooses what they are printed on.

    labels: "" for sheets; "parcel" (100 x 150 mm) or "tag" (70 x 37 mm) for labels, which a roll takes one by one and a sheet in rows.
    back: label and name of the address of the list that the page belongs to.
    """

    title: ClassVar[Any] = ""
    labels: ClassVar[str] = ""
    back: ClassVar[tuple[Any, str]]
    template_name: ClassVar[str] = "generic/paper.html"

    def get_documents(self) -> list[SafeString]:
        raise NotImplementedError

    def get_title(self) -> str:
        return str(self.title)

    def get_context_data(self) -> dict[str, Any]:
        documents = self.get_documents()
        kind = f"{self.labels}s labels " if self.labels else "several " if len(documents) > 1 else ""
        return {
            "title": self.get_title(),
            "documents": documents,
            "back": self.back,
            "papers": self.papers,
            "sheets": f"{kind}on-{self.paper}",
        }

    @property
    def paper(self) -> str:
        """What was asked for, or what the shop prints on."""
        asked = self.request.GET.get("paper", "")
        return asked if asked in self.allowed else ROLL if self.labels else settings.PAPER

    @property
    def allowed(self) -> list[str]:
        return [name for name in PAPERS if self.labels or name != ROLL]

    @property
    def papers(self) -> list[Choice]:
        query = self.request.GET.copy()
        choices = []
        for name in self.allowed:
            query["paper"] = name
            choices.append(Choice(PAPERS[name], f"?{query.urlencode()}", name == self.paper))
        return choices

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        shown = self.get_context_data()
        return TemplateResponse(request, self.template_name, shown, status=200 if shown["documents"] else 404)


def print_action(
    name: str, label: Any, page: str, permission: str | tuple[str, ...], parameter: str = "ids"
) -> BulkAction:
    """Of a list: leads to the paper of the chosen rows."""

    def leads_to(keys: list[Any]) -> str:
        return f"{reverse(page)}?{parameter}={','.join(str(key) for key in keys)}"

    return BulkAction(name, label, permission=permission, limit=MOST, leads_to=leads_to)


def keys(text: str) -> list[int]:
    """Primary keys out of "1,2,3"; what is none is left out."""
    return [int(part) for part in text.split(",") if part.isascii() and part.isdigit() and len(part) < 19][:MOST]


def in_language(language: str, template: str, context: dict[str, Any]) -> SafeString:
    """Draw one document in the language of the customer, whatever the reader's."""
    with translation.override(language):
        return render_to_string(template, {**context, "language": language})


def in_readers_language(template: str, context: dict[str, Any]) -> SafeString:
    """Draw a document that stays in the house."""
    return render_to_string(template, {**context, "language": translation.get_language()})


def as_asked(rows: Any, order: list[int]) -> Iterator[Any]:
    """Rows in the order in which their keys were given."""
    by_key = {row.pk: row for row in rows}
    return (by_key[key] for key in dict.fromkeys(order) if key in by_key)
