"""What the module itself knows to have happened with a customer: kinds of the timeline."""

from collections.abc import Mapping
from typing import Any

from django.db.models import CharField, DateTimeField, F, Q, QuerySet
from django.db.models.functions import Cast, Coalesce, Left
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import verbs
from backoffice.models import AuditEvent
from customers.models import (
    Consent,
    Customer,
    CustomerNote,
    FollowUp,
    Message,
    Ownership,
    Segmented,
    SegmentSnapshot,
    Ticket,
)
from customers.services.timeline import Kind, Line, person, register

EXCERPT = 300
LIFECYCLES = dict(Segmented.Lifecycle.choices)
# Verbs whose rows are shown by a kind of their own.
TOLD_ELSEWHERE = Q(
    verb__in=[
        "customer.followed_up",
        "customer.follow_up_canceled",
        "customer.follow_up_changed",
        "customer.follow_up_planned",
        "customer.claimed",
        "customer.given",
        "customer.consent_given",
        "customer.consent_withdrawn",
    ]
) | Q(verb="customer.noted", reason="")


def events(user: Any, customer: Customer) -> QuerySet:
    return AuditEvent.objects.about(customer).exclude(TOLD_ELSEWHERE)


def word_event(facts: Mapping[str, Any]) -> Line:
    text, icon = verbs.words(facts["verb"])
    return Line(text, note=facts["reason"], by=facts["by"] or verbs.source_words(facts["source"]), icon=icon)


def word_ticket(facts: Mapping[str, Any]) -> Line:
    text = _("Ticket %(number)s opened") % facts
    return Line(text, note=facts["subject"], url=reverse("tickets:ticket", args=[facts["number"]]))


def word_message(facts: Mapping[str, Any]) -> Line:
    kinds = {
        "customer": _("Message in %(number)s"),
        "reply": _("Answer in %(number)s"),
        "note": _("Internal note in %(number)s"),
    }
    return Line(
        kinds.get(facts["kind"], kinds["note"]) % facts,
        note=facts["text"],
        by=facts["by"] or "",
        url=reverse("tickets:ticket", args=[facts["number"]]),
        is_internal=facts["kind"] == "note",
    )


def word_owner(facts: Mapping[str, Any]) -> Line:
    """A period of ownership, by how it began; that it ended without another is an event."""
    source = dict(Ownership.Source.choices).get(facts["source"], facts["source"])
    return Line(
        _("%(owner)s became the owner: %(how)s") % {"owner": facts["owner"], "how": source},
        note=facts["reason"],
        by=facts["by"] or "",
    )


def word_note(facts: Mapping[str, Any]) -> Line:
    return Line(_("Note"), note=facts["text"], by=facts["by"] or "", is_internal=True)


def word_follow_up(facts: Mapping[str, Any]) -> Line:
    texts = {"open": _("Follow-up planned"), "done": _("Followed up"), "canceled": _("Follow-up canceled")}
    due = parse_date(facts["due_on"])
    said = facts["outcome"] or (_("due %(day)s") % {"day": date_format(due, "SHORT_DATE_FORMAT")} if due else "")
    return Line(
        texts[facts["status"]],
        note=f"{facts['what']}: {said}" if said else facts["what"],
        by=facts["by"] or "",
        url=reverse("followups:followup", args=[facts["pk"]]),
    )


def word_consent(facts: Mapping[str, Any]) -> Line:
    text = _("Consent given") if facts["granted"] else _("Consent withdrawn")
    channel = str(Consent.CHANNELS.get(facts["channel"], facts["channel"]))
    return Line(text, note=f"{facts['purpose']} · {channel} · {facts['source']}")


def word_segment(facts: Mapping[str, Any]) -> Line:
    rfm = f"{facts['recency']}{facts['frequency']}{facts['monetary']}" if facts["recency"] else "–"
    text = _("Now %(lifecycle)s, class %(class)s, RFM %(rfm)s") % {
        "lifecycle": LIFECYCLES[facts["lifecycle"]],
        "class": facts["abc"],
        "rfm": rfm,
    }
    return Line(text)


def _of(model: Any, **more: Any) -> Any:
    return lambda user, customer: model.objects.visible_to(user).filter(customer=customer, **more)


def _messages(user: Any, customer: Customer) -> QuerySet:
    tickets = Ticket.objects.visible_to(user).filter(customer=customer)
    return Message.objects.visible_to(user).filter(ticket__in=tickets.order_by().values("pk"))


def _named(*fields: str) -> dict[str, Any]:
    return {name: F(name) for name in fields}


register(
    Kind(
        "event",
        gettext_lazy("Changes"),
        "edit",
        "customers.view_customer",
        events,
        F("at"),
        {**_named("verb", "reason", "source"), "by": person("actor")},
        word_event,
    )
)
register(
    Kind(
        "ticket",
        gettext_lazy("Tickets"),
        "ticket",
        "customers.view_ticket",
        _of(Ticket),
        F("created_at"),
        _named("number", "subject"),
        word_ticket,
    )
)
register(
    Kind(
        "message",
        gettext_lazy("Messages"),
        "message",
        "customers.view_message",
        _messages,
        F("created_at"),
        {
            **_named("kind"),
            "number": F("ticket__number"),
            "text": Left("body", EXCERPT),
            "by": Coalesce(person("author"), "author_name", output_field=CharField()),
        },
        word_message,
    )
)
register(
    Kind(
        "note",
        gettext_lazy("Notes"),
        "message",
        "customers.view_customernote",
        _of(CustomerNote),
        F("created_at"),
        {**_named("text"), "by": person("author")},
        word_note,
    )
)
register(
    Kind(
        "follow_up",
        gettext_lazy("Follow-ups"),
        "clock",
        "customers.view_followup",
        _of(FollowUp),
        Coalesce("ended_at", "created_at"),
        {**_named("pk", "status", "what", "outcome", "due_on"), "by": person("assignee")},
        word_follow_up,
    )
)
register(
    Kind(
        "consent",
        gettext_lazy("Consents"),
        "check",
        "customers.view_consent",
        _of(Consent),
        F("at"),
        _named("granted", "channel", "purpose", "source"),
        word_consent,
    )
)
register(
    Kind(
        "owner",
        gettext_lazy("Owners"),
        "user",
        "customers.view_ownership",
        _of(Ownership),
        F("began_at"),
        {**_named("source", "reason"), "owner": person("user"), "by": person("given_by")},
        word_owner,
    )
)
register(
    Kind(
        "segment",
        gettext_lazy("Segments"),
        "chart",
        "customers.view_segmentsnapshot",
        _of(SegmentSnapshot),
        Cast("as_of", DateTimeField()),
        _named("lifecycle", "abc", "recency", "frequency", "monetary"),
        word_segment,
    )
)
