"""RecordPage: one record with its state, next action, sections, panels and timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst

from backoffice import panels, verbs
from backoffice.generic.actions import Action, OnePage
from backoffice.generic.columns import Column
from backoffice.generic.lists import Around, ListPage
from backoffice.models import AuditEvent
from backoffice.templatetags.houtai import tone_of

TIMELINE_LENGTH = 30


@dataclass(frozen=True)
class Fact:
    """A label with its value, drawn in the facts list."""

    label: Any
    value: Any
    url: str = ""


@dataclass(frozen=True)
class Badge:
    text: Any
    tone: str = "neutral"


@dataclass(frozen=True)
class Moment:
    """One entry of the timeline."""

    at: Any
    text: Any
    by: Any = None
    note: Any = ""
    icon: str = "dot"
    kind: str = "event"  # event, comment, internal


class RecordPage(OnePage):
    """Shows one record. A module's template extends "generic/record.html" and fills its blocks.

    facts: columns drawn as label and value in the first section.
    status_fields: fields with choices drawn as badges beside the title.
    list_url, list_page: name of the list's address, and its class, for the way back and to the neighbours in it.
    """

    template_name: ClassVar[str] = "generic/record.html"
    list_url: ClassVar[str] = ""
    list_page: ClassVar[type[ListPage] | None] = None
    facts: ClassVar[Sequence[Column]] = ()
    status_fields: ClassVar[Sequence[str]] = ("status",)
    context_object_name: ClassVar[str] = ""

    # --- What modules override ------------------------------------------------------------------

    def get_title(self) -> str:
        return str(self.object)

    def get_subtitle(self) -> str:
        return ""

    def get_badges(self) -> list[Badge]:
        return [badge for name in self.status_fields if (badge := status_badge(self.object, name))]

    def get_actions(self) -> list[Action]:
        """Legal next actions, the primary one first; the others stand in the menu."""
        return []

    def get_facts(self) -> list[Fact]:
        return [Fact(column.title(self.model), column.cell(self.object)) for column in self.facts]

    def get_moments(self) -> list[Moment]:
        """Entries of the timeline besides the audit events: comments, messages."""
        return []

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        actions = self.get_actions()
        primary = next((action for action in actions if action.primary), None)
        beside = next((action for action in actions if action.icon == "edit" and not action.primary), None)
        return {
            "page": self,
            "object": self.object,
            self.context_object_name or str(self.model._meta.model_name): self.object,
            "title": self.get_title(),
            "subtitle": self.get_subtitle(),
            "badges": self.get_badges(),
            "primary": primary,
            "beside": beside,
            "actions": [action for action in actions if action is not primary and action is not beside],
            "facts": self.get_facts(),
            "panels": panels.panels_for(self.request.user, self.object),
            "moments": self.timeline,
            "history_url": self.history_url,
            "list_link": self.list_link,
            "neighbours": self.around,
            "shortcuts": [(action.key, action.label) for action in actions if action.key],
            **extra,
        }

    # --- Request --------------------------------------------------------------------------------

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return TemplateResponse(request, self.template_name, self.get_context_data())

    @cached_property
    def object(self) -> Any:
        return self.get_object()

    @property
    def kind(self) -> str:
        return capfirst(str(self.model._meta.verbose_name))

    @property
    def list_link(self) -> tuple[str, str] | None:
        """Label and address of the list, for the breadcrumbs."""
        if not self.list_url:
            return None
        query = f"?{self.around.query}" if self.around and self.around.query else ""
        return capfirst(str(self.model._meta.verbose_name_plural)), reverse(self.list_url) + query

    @cached_property
    def around(self) -> Around | None:
        """Where the record stands in the list that the reader came from."""
        return self.list_page.around(self.request, self.object) if self.list_page else None

    @property
    def history_url(self) -> str:
        try:
            return reverse("history", args=[self.model._meta.label_lower, self.object.pk])
        except NoReverseMatch:
            return ""

    @cached_property
    def timeline(self) -> list[Moment]:
        """Audit events of this record and what the module adds, newest first."""
        events = AuditEvent.objects.about(self.object).select_related("actor")[:TIMELINE_LENGTH]
        moments = [event_moment(event) for event in events]
        return sorted([*moments, *self.get_moments()], key=lambda moment: moment.at, reverse=True)


def status_badge(obj: models.Model, name: str) -> Badge | None:
    """The badge of a field with choices, None where the model has no such field or no value."""
    value = getattr(obj, name, None)
    if value in (None, ""):
        return None
    shown = getattr(obj, f"get_{name}_display", None)
    return Badge(shown() if shown else value, tone_of(value))


def event_moment(event: AuditEvent) -> Moment:
    text, icon = verbs.words(event.verb)
    by = event.actor or verbs.source_words(event.source)
    return Moment(at=event.at, text=text, by=by, note=event.reason, icon=icon)


def verb_text(verb: str) -> str:
    """ "order.placed" as a person reads it."""
    return verbs.words(verb)[0]
