"""The conversation: the thread with its composer, and beside it who handles it and who asks."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, JSONObject, Left, NullIf
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from backoffice import editing, generic
from backoffice.generic.forms import EDITING
from backoffice.rows import told_along
from customers import forms, masking, services
from customers.models import (
    Attachment,
    Collaborator,
    ContactPoint,
    Draft,
    Macro,
    Message,
    SegmentRun,
    Ticket,
    TicketEvent,
    TicketWatcher,
)
from customers.services import promises
from customers.views import surroundings
from customers.views.bodies import WithPictures
from customers.views.tickets.lists import TicketList, priority_word
from customers.views.tickets.words import in_words

ALIVE = timedelta(seconds=30)  # three signs of life that did not come
WRITING = timedelta(minutes=1)
MOST = 5
MOST_MACROS = 100


class TicketRecord(WithPictures, generic.RecordPage):
    """The conversation: the thread with its composer, and beside it who handles it and who asks."""

    model = Ticket
    permission = "customers.view_ticket"
    slug_field = "number"
    list_url = "tickets:list"
    list_page = TicketList
    template_name = "tickets/ticket_record.html"

    def get_queryset(self) -> QuerySet:
        """The ticket with what stands around it, in one statement; its handling record oldest first."""
        happened = TicketEvent.objects.visible_to(self.request.user).filter(ticket=OuterRef("pk")).order_by("pk")
        by = Coalesce(NullIf("actor__name", Value("")), "actor__email")
        fields = JSONObject(
            **{name: name for name in ("field", "old", "new", "reason", "at")},
            actor=by,
            actor_id=Cast("actor_id", TextField()),
        )
        rows = (
            super()
            .get_queryset()
            .select_related("assignee", "queue", "customer__owner", "customer__segment", "follows", "merged_into")
        )
        rows = promises.with_promises(rows, self.request.user)
        return with_surroundings(rows, self.user).annotate(happened=ArraySubquery(happened.values(json=fields)))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.show_presence() if EDITING in request.GET else super().get(request, *args, **kwargs)

    def get_title(self) -> str:
        return str(self.object.subject)

    def get_subtitle(self) -> str:
        return ""

    def get_badges(self) -> list[generic.Badge]:
        word = priority_word(self.object)
        badges = super().get_badges()
        return [*badges, generic.Badge(self.object.get_priority_display(), _tone(word))] if word != "normal" else badges

    def get_actions(self) -> list[generic.Action]:
        user, ticket = self.request.user, self.object
        if not user.has_perm("customers.change_ticket"):
            return []
        actions = []
        if (
            ticket.assignee_id is None
            and ticket.status not in services.FINAL
            and user.has_perm("customers.reply_ticket")
        ):
            link = reverse("tickets:take", args=[ticket.number])
            actions.append(generic.Action(_("Take"), link, primary=True, icon="user"))
        for status, label in forms.next_statuses(ticket):
            link = reverse("tickets:status", args=[ticket.number, status])
            is_end = status in services.FINAL
            text = _("Status: %(status)s") % {"status": label}
            actions.append(generic.Action(text, link, method="get" if is_end else "post", danger=is_end))
        return [*actions, *self.bonds()]

    def bonds(self) -> list[generic.Action]:
        """What ties this ticket to others, and parts them."""
        ticket = self.object

        def action(name: str, label: str, icon: str) -> generic.Action:
            return generic.Action(label, reverse(f"tickets:{name}", args=[ticket.number]), method="get", icon=icon)

        if ticket.status == Ticket.Status.MERGED:
            return [action("unmerge", _("Undo the merge"), "undo")]
        actions = [action("rename", _("Change subject"), "")]
        if ticket.status not in services.FINAL:
            actions += [action("merge", _("Merge into another ticket"), "merge"), action("split", _("Split"), "layers")]
        elif self.user.has_perm("customers.add_ticket"):
            link = f"{reverse('tickets:new')}?follows={ticket.number}"
            actions.append(generic.Action(_("Follow-up ticket"), link, method="get", icon="plus"))
        return actions

    @cached_property
    def thread(self) -> list[Message]:
        """The messages, oldest first, each with its `files`."""
        files = Attachment.objects.visible_to(self.request.user).filter(message=OuterRef("pk")).order_by("pk")
        fields = JSONObject(
            **{name: name for name in ("pk", "name", "size", "sha256", "content_type", "verdict", "verdict_reason")}
        )
        rows = (
            Message.objects.visible_to(self.request.user)
            .filter(ticket=self.object)
            .select_related("author", "moved_from", "mail")
        )
        return self.prepared(rows.annotate(files=ArraySubquery(files.values(json=fields))))

    @cached_property
    def composer(self) -> forms.ComposeForm | None:
        takes_notes = self.object.status != Ticket.Status.MERGED and self.user.has_perm("customers.change_ticket")
        return self.get_composer() if takes_notes else None

    def get_composer(self, data: Any = None, files: Any = None) -> forms.ComposeForm:
        """The composer, with what was begun before."""
        draft = next(iter(self.object.begun or ()), {})
        return forms.ComposeForm(
            data,
            files,
            ticket=self.object,
            user=self.user,
            initial={**self.read, **{name: draft[name] for name in ("mode", "body") if name in draft}},
            kept=draft.get("files") or [],
            auto_id="compose_%s",
        )

    @property
    def read(self) -> dict[str, int]:
        """What the reader sees of the thread: its newest message, which merged ones may stand after, and how many there are."""
        return {"last_message_id": max((message.pk for message in self.thread), default=0), "seen": len(self.thread)}

    # --- Who else is here -----------------------------------------------------------------------

    @cached_property
    def editors(self) -> list[editing.Editor]:
        return editing.opened(self.object, self.user, alive=ALIVE)

    def show_presence(self) -> HttpResponseBase:
        """The notice alone, which the open page asks for every ten seconds: who is here, who writes, what is new."""
        told, last = self.request.GET, self.read["last_message_id"]
        seen = (told.get("seen", str(last)), told.get("count", str(self.read["seen"])))
        newer = last if seen != (str(last), str(self.read["seen"])) else 0
        others = Draft.objects.filter(ticket=self.object, updated_at__gt=timezone.now() - WRITING).exclude(body="")
        writers = [draft.user for draft in others.exclude(user=self.user).select_related("user")]
        shown = {"editors": self.editors, "writers": writers, "newer": newer, "object": self.object}
        return TemplateResponse(self.request, "tickets/_presence.html", shown, headers={"Cache-Control": "no-store"})

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        user, ticket = self.user, self.object
        promised = promises.promised_to(ticket, user)
        handling = None
        if user.has_perm("customers.change_ticket") and ticket.status not in services.FINAL:
            handling = forms.HandleForm(ticket=ticket, user=user, auto_id="handle_%s")
        return super().get_context_data(
            **{
                "thread": self.thread,
                "composer": self.composer,
                "handling": handling,
                "events": sorted([*in_words(ticket, handling), *promised.moments], key=_at, reverse=True),
                "promised": promised,
                "contacts": contacts_of(ticket, user),
                "reasons": surroundings.segments_beside(ticket, user),
                "others": tickets_from(ticket.others, ticket),
                "followed_by": tickets_from(ticket.later, ticket),
                "merged": tickets_from(ticket.taken_in, ticket),
                "watchers": ticket.watching or [],
                "watches": any(one["pk"] == user.pk for one in ticket.watching or []),
                "macros": [Macro(**row) for row in ticket.macros or ()] if self.composer else [],
                "editors": self.editors,
                "undoable": self.undoable,
                "seconds": settings.UNDO_SEND_SECONDS,
                "newer": set(),
                "may_open_quarantine": user.has_perm("customers.change_attachment"),
                **extra,
            }
        )

    @property
    def undoable(self) -> set[int]:
        """Answers of the reader that have not left yet."""
        mine = (one for one in self.thread if one.kind == Message.Kind.REPLY and one.author_id == self.user.pk)
        return {one.pk for one in mine if services.may_be_taken_back(one)}

    @property
    def timeline(self) -> list[generic.Moment]:  # type: ignore[override]
        """The thread and the handling record say it all."""
        return []


def _tone(word: str) -> str:
    return {"urgent": "bad", "high": "warn"}.get(word, "neutral")


def _at(event: dict[str, Any]) -> Any:
    return event["at"]


def with_surroundings(tickets: QuerySet, user: Any) -> QuerySet:
    """The ticket with its customer's contacts and other tickets, those tied to it, who watches, and what the reader may use."""
    seen = Ticket.objects.visible_to(user).order_by("-last_message_at", "-pk")
    others = seen.filter(customer=OuterRef("customer")).exclude(pk=OuterRef("pk"))
    contacts = ContactPoint.objects.visible_to(user).filter(customer=OuterRef("customer"), ended_at=None).order_by("pk")
    macros = Macro.objects.visible_to(user).filter(Q(for_queue=None) | Q(for_queue=OuterRef("queue")), is_active=True)
    watchers = TicketWatcher.objects.filter(ticket=OuterRef("pk")).order_by("pk")
    copied = Collaborator.objects.visible_to(user).filter(ticket=OuterRef("pk")).order_by("pk")
    asked = Message.objects.visible_to(user).filter(ticket=OuterRef("pk"), kind=Message.Kind.CUSTOMER).order_by("-pk")
    draft = Draft.objects.filter(ticket=OuterRef("pk"), user=user)
    fields = {name: name for name in ("pk", "number", "subject", "status", "last_message_at")}
    return tickets.annotate(
        others=told_along(others[:MOST], **fields),
        later=told_along(seen.filter(follows=OuterRef("pk"))[:MOST], **fields),
        taken_in=told_along(seen.filter(merged_into=OuterRef("pk")), **fields),
        reached=told_along(contacts, kind="kind", raw="raw", bounced_at="bounced_at"),
        watching=told_along(watchers, pk="user_id", name=Coalesce(NullIf("user__name", Value("")), "user__email")),
        words=Subquery(asked.values(text=Left("body", 200))[:1]),
        copied_in=ArraySubquery(copied.values("email")),
        macros=told_along(macros.order_by("name", "pk")[:MOST_MACROS], pk="pk", name="name", name_zh="name_zh"),
        begun=told_along(draft, mode="mode", body="body", files="files"),
        segmented=told_along(SegmentRun.objects.order_by("-as_of")[:1], as_of="as_of", limits="limits"),
    )


def tickets_from(rows: list[dict[str, Any]] | None, beside: Ticket) -> list[Ticket]:
    """Tickets as they were read along with the one `beside` them, masked where that one is."""
    found = [Ticket(**{**row, "last_message_at": parse_datetime(row["last_message_at"])}) for row in rows or ()]
    return [masking.mask(one) for one in found] if beside.is_masked else found  # type: ignore[misc]


def contacts_of(ticket: Any, user: Any) -> list[ContactPoint]:
    """How the customer is reached, masked for those who may not see it."""
    found = [ContactPoint(**row) for row in ticket.reached or ()]
    return found if masking.may_see(user) else [masking.mask(one) for one in found]  # type: ignore[misc]
