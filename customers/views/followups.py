"""Pages of follow-ups, and the notes on customers."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from backoffice.generic.columns import display
from backoffice.templatetags.houtai import badge
from customers import forms, services
from customers.filters_followups import FollowUpFilter
from customers.models import CustomerNote, FollowUp

CHANGE = "customers.change_followup"
ADD = ("customers.add_followup", "customers.view_personal_data")


def due(follow_up: FollowUp, value: Any) -> SafeString:
    """The day, and whether it has passed."""
    shown = display(value, "date")
    return format_html("{} {}", shown, badge(_("Overdue"), "bad")) if follow_up.is_overdue else shown


class FollowUpList(generic.ListPage):
    model = FollowUp
    key = "followups"
    permission = "customers.view_followup"
    filterset_class = FollowUpFilter
    columns = [
        generic.Column("what", link=True),
        generic.Column("customer.name", gettext_lazy("Customer"), link="customer"),
        generic.Column("due_on", kind="date", draw=due),
        generic.Column("assignee", gettext_lazy("Assignee"), sql=generic.named("assignee")),
        generic.Column("status", kind="badge"),
        generic.Column("outcome"),
        generic.Column("ticket.number", gettext_lazy("Ticket"), link="ticket"),
        generic.Column("created_at", kind="datetime"),
        generic.Column("ended_at", kind="datetime"),
    ]
    default_columns = ["what", "customer.name", "due_on", "assignee", "status", "outcome"]
    ordering = {
        "due": ("due_on", "id"),
        "-due": ("-due_on", "-id"),
    }
    tabs = [
        generic.Tab(gettext_lazy("Mine, overdue"), "assignee=me&due=overdue"),
        generic.Tab(gettext_lazy("Mine, today"), "assignee=me&due=today"),
        generic.Tab(gettext_lazy("Mine, later"), "assignee=me&due=later"),
        generic.Tab(gettext_lazy("Open"), "status=open"),
        generic.Tab(gettext_lazy("Done"), "status=done&sort=-due"),
    ]
    create_url = "followups:new"
    create_permission = "customers.add_followup"
    imported_as = "follow_ups"
    empty_title = gettext_lazy("No follow-ups yet")
    empty_text = gettext_lazy("They are planned from a customer, a ticket, or a list of customers.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("customer", "assignee", "ticket")


class FollowUpRecord(generic.RecordPage):
    model = FollowUp
    permission = "customers.view_followup"
    list_url = "followups:list"
    list_page = FollowUpList
    facts = [
        generic.Column("customer.name", gettext_lazy("Customer"), link="customer"),
        generic.Column("due_on", kind="date", draw=due),
        generic.Column("assignee", gettext_lazy("Assignee")),
        generic.Column("ticket", gettext_lazy("Ticket"), link="ticket"),
        generic.Column("outcome"),
        generic.Column("after", gettext_lazy("Tried before"), link="after"),
        generic.Column("created_by", gettext_lazy("Planned by")),
        generic.Column("created_at", kind="datetime"),
        generic.Column("ended_at", kind="datetime"),
    ]

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("customer", "assignee", "ticket", "after", "created_by")

    def get_actions(self) -> list[generic.Action]:
        if self.object.status != FollowUp.Status.OPEN or not generic.may(self.user, CHANGE):
            return []
        key = [self.object.pk]
        return [
            generic.Action(_("Done"), reverse("followups:done", args=key), method="get", primary=True, icon="check"),
            generic.Action(_("Edit"), reverse("followups:edit", args=key), method="get", icon="edit"),
            generic.Action(_("Cancel"), reverse("followups:cancel", args=key), method="get", icon="x", danger=True),
        ]


class NewFollowUp(generic.FormPage):
    model = FollowUp
    form_class = forms.NewFollowUpForm
    permission = ADD
    done = gettext_lazy("Follow-up planned.")
    submit_label = gettext_lazy("Plan")

    def get_title(self) -> str:
        return _("New follow-up")

    def perform(self, form: Any) -> FollowUp:
        return services.plan_follow_up(by=self.user, **form.cleaned_data)

    def get_success_url(self, obj: FollowUp) -> str:
        return obj.customer.get_absolute_url()


class EditFollowUp(generic.FormPage):
    model = FollowUp
    form_class = forms.FollowUpForm
    permission = (CHANGE, "customers.view_personal_data")
    service = services.change_follow_up
    version_field = ""
    done = gettext_lazy("Follow-up saved.")


class CompleteFollowUp(generic.ActionView):
    model = FollowUp
    permission = CHANGE
    service = services.complete_follow_up
    form_class = forms.OutcomeForm
    title = gettext_lazy("Done")
    done = gettext_lazy("Followed up.")


class CancelFollowUp(generic.ActionView):
    model = FollowUp
    permission = CHANGE
    service = services.cancel_follow_up
    form_class = forms.ReasonForm
    title = gettext_lazy("Cancel the follow-up")
    confirm = gettext_lazy("It is not to be done any more. It stays in the customer's timeline.")
    done = gettext_lazy("Follow-up canceled.")
    danger = True


# --- Notes ----------------------------------------------------------------------------------------


class EditNote(generic.ActionView):
    """Only who wrote a note changes it."""

    model = CustomerNote
    permission = ("customers.change_customer", "customers.view_customernote", "customers.view_personal_data")
    service = services.edit_note
    form_class = forms.EditNoteForm
    title = gettext_lazy("Edit the note")
    done = gettext_lazy("Note kept.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("customer")

    def get_object(self) -> CustomerNote:
        note: CustomerNote = super().get_object()
        if not note.may_edit(self.user):
            raise PermissionDenied
        return note

    def get_form_kwargs(self, obj: CustomerNote) -> dict[str, Any]:
        return {"initial": {"text": obj.text}}


@require_POST
@permission_required(("customers.change_customer", "customers.view_customernote"), raise_exception=True)
def pin(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a note stand first, or, with `off`, no longer."""
    note = get_object_or_404(CustomerNote.objects.visible_to(request.user).select_related("customer"), pk=pk)
    return generic.act(request, services.pin_note, note, pinned="off" not in request.POST)
