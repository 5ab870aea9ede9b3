"""The audit: every verb, who carried it out, on what, through what, why."""

from typing import Any

import django_filters
from django.apps import apps
from django.db.models import QuerySet
from django.urls import NoReverseMatch
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice import exports, generic
from backoffice.apps import named_models, own_apps
from backoffice.generic.records import verb_text
from backoffice.models import AuditEvent, User
from backoffice.verbs import SOURCES, source_words


def kinds() -> list[tuple[str, str]]:
    """Models that audit events can be about: those of ours, by their name for people."""
    ours = [model for config in own_apps() for model in named_models(config)]
    found = [(model._meta.label_lower, capfirst(str(model._meta.verbose_name))) for model in ours]
    return sorted(found, key=lambda pair: pair[1])


class AuditFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="subject", label=_("Subject, exactly"))
    verb = django_filters.CharFilter(lookup_expr="startswith", label=_("Verb begins with"))
    actor = generic.LookupFilter(model=User, label=_("By"))
    subject_type = django_filters.ChoiceFilter(label=_("Kind"), choices=kinds)
    source = django_filters.ChoiceFilter(lookup_expr="startswith", label=_("Through"), choices=SOURCES.items)
    at = django_filters.DateFromToRangeFilter(label=_("Period"))

    class Meta:
        model = AuditEvent
        fields: list[str] = []


def subject_kind(event: AuditEvent) -> str:
    try:
        return capfirst(str(apps.get_model(event.subject_type)._meta.verbose_name))
    except (LookupError, ValueError):
        return event.subject_type


class AuditList(generic.ListPage):
    model = AuditEvent
    key = "audit:events"
    title = _("Audit")
    permission = "backoffice.view_auditevent"
    filterset_class = AuditFilter
    columns = [
        generic.Column("at", kind="datetime"),
        generic.Column("what", _("What"), get=lambda event: verb_text(event.verb), link=True),
        generic.Column("subject", secondary=generic.Column("kind", get=subject_kind)),
        generic.Column("actor.name", _("By")),
        generic.Column("source", get=lambda event: source_words(event.source)),
        generic.Column("reason", kind="text", personal=True),
        generic.Column("verb"),
        generic.Column("request_id", _("Request")),
    ]
    default_columns = ["at", "what", "subject", "actor.name", "source", "reason"]
    ordering = {"newest": ("-at", "-pk"), "oldest": ("at", "pk")}
    ordering_labels = {"newest": _("Newest first"), "oldest": _("Oldest first")}

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("actor")


class AuditRecord(generic.RecordPage):
    model = AuditEvent
    permission = "backoffice.view_auditevent"
    list_url = "audit:events"
    template_name = "audit/event_record.html"
    context_object_name = "event"
    status_fields = ()
    facts = [
        generic.Column("at", kind="datetime"),
        generic.Column("actor", _("By")),
        generic.Column("subject"),
        generic.Column("kind", _("Kind"), get=subject_kind),
        generic.Column("source", get=lambda event: source_words(event.source)),
        generic.Column("reason"),
        generic.Column("request_id", _("Request")),
        generic.Column("verb"),
    ]

    @property
    def history_url(self) -> str:
        return ""

    def get_title(self) -> str:
        return verb_text(self.object.verb)

    def get_object(self) -> Any:
        """Reasons and details are words about people: who may not see names reads that there were some."""
        event = super().get_object()
        if not self.request.user.has_perm(exports.PERSONAL):  # type: ignore[union-attr]
            event.reason, event.data = event.reason and exports.MASK, {}
        return event

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(
            details=[(key.replace("_", " "), plain(value)) for key, value in sorted(self.object.data.items())],
            subject_url=subject_url(self.object, self.request.user),
            **extra,
        )


def plain(value: Any) -> str:
    """A value of the details as text: "roles: owner, auditor; scopes: –"."""
    if isinstance(value, dict):
        return "; ".join(f"{key}: {plain(part)}" for key, part in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(plain(part) for part in value) or "–"
    return "–" if value in (None, "") else str(value)


def subject_url(event: AuditEvent, user: Any) -> str:
    """The page of what the event is about, when it still exists and the user may see it."""
    try:
        manager = apps.get_model(event.subject_type)._default_manager
    except (LookupError, ValueError):
        return ""
    if not hasattr(manager, "visible_to"):
        return ""
    subject = manager.visible_to(user).filter(pk=event.subject_id).first()
    try:
        return str(subject.get_absolute_url()) if hasattr(subject, "get_absolute_url") else ""
    except NoReverseMatch:
        return ""
