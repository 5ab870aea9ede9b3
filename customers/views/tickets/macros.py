"""Pages of macros: the list, one with its preview, the form."""

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from customers import forms, services
from customers.filters import MacroFilter
from customers.models import Macro, Ticket


def tags_of(macro: Macro) -> str:
    return ", ".join(macro.tags)


class MacroList(generic.ListPage):
    model = Macro
    key = "macros"
    permission = "customers.view_macro"
    filterset_class = MacroFilter
    columns = [
        generic.Column("name", link=True, secondary=generic.Column("name_zh")),
        generic.Column("mode"),
        generic.Column("for_queue", gettext_lazy("Queue"), sql=generic.in_reader_language("for_queue__name")),
        generic.Column("status"),
        generic.Column("tags", get=tags_of, sql=generic.joined("tags")),
        generic.Column("is_active"),
        generic.Column("updated_at", kind="relative"),
    ]
    ordering = {"name": ("name", "id"), "updated": ("-updated_at", "-id")}
    tabs = [generic.Tab(gettext_lazy("In use"), "is_active=true")]
    create_url = "tickets:macro_new"
    create_permission = "customers.add_macro"
    empty_title = gettext_lazy("No macros yet")
    empty_text = gettext_lazy("Write down once what you answer again and again.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("for_queue")


class MacroRecord(generic.RecordPage):
    """The macro, and what it would write into a ticket: the newest, or that of `?ticket=TK-1`."""

    model = Macro
    permission = "customers.view_macro"
    list_url = "tickets:macros"
    list_page = MacroList
    template_name = "tickets/macro_record.html"
    status_fields = ()
    facts = [
        generic.Column("mode"),
        generic.Column("for_queue"),
        generic.Column("status"),
        generic.Column("queue"),
        generic.Column("priority", get=lambda macro: macro.get_priority_display() or ""),
        generic.Column("takes"),
        generic.Column("assignee"),
        generic.Column("tags", get=tags_of),
        generic.Column("is_active"),
    ]

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("for_queue", "queue", "assignee")

    def get_actions(self) -> list[generic.Action]:
        if not self.user.has_perm("customers.change_macro"):
            return []
        return [
            generic.Action(_("Edit"), f"{self.object.get_absolute_url()}edit/", method="get", primary=True, icon="edit")
        ]

    @cached_property
    def ticket(self) -> Ticket | None:
        tickets = Ticket.objects.visible_to(self.user).select_related("customer", "queue")
        asked = self.request.GET.get("ticket", "").strip().upper()
        return (tickets.filter(number=asked) if asked else tickets.unsolved().order_by("-pk")[:1]).first()

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        asked = self.ticket.number if self.ticket else self.request.GET.get("ticket", "")
        shown: dict[str, Any] = {"ticket": self.ticket, "asked": asked}
        if self.ticket is not None:
            shown["preview"] = services.rendered(self.object, self.ticket, by=self.user)
            shown["macro_actions"] = services.actions_of(self.object, self.ticket, by=self.user)
        return super().get_context_data(**shown, **extra)


class MacroPage(generic.FormPage):
    model = Macro
    form_class = forms.MacroForm
    template_name = "tickets/macro_form.html"
    done = gettext_lazy("%s saved.")
    fieldsets = [
        (gettext_lazy("What it writes"), ["mode", "body", "body_zh"]),
        (gettext_lazy("What it does"), ["status", "queue", "priority", "takes", "assignee", "tags"]),
    ]

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(form, placeholders=forms.PLACEHOLDERS, **extra)


class NewMacro(MacroPage):
    permission = "customers.add_macro"


class EditMacro(MacroPage):
    permission = "customers.change_macro"
