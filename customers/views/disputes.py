"""Disputes about who owns a customer."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from customers import forms, masking
from customers.filters import DisputeFilter
from customers.models import DisputeFile, DisputeStatus, OwnershipDispute
from customers.services import ownership

DECIDE = "customers.decide_ownershipdispute"
CLAIM = "customers.claim_customer"


class DisputeList(generic.ListPage):
    model = OwnershipDispute
    key = "customers:disputes"
    permission = "customers.view_ownershipdispute"
    filterset_class = DisputeFilter
    columns = [
        generic.Column("number", link=True),
        generic.Column("customer.name", gettext_lazy("Customer"), link="customer"),
        generic.Column("claimant"),
        generic.Column("holder"),
        generic.Column("status", kind="badge"),
        generic.Column("winner"),
        generic.Column("answer_due_at", kind="datetime"),
        generic.Column("created_at", kind="date"),
    ]
    ordering = {"newest": ("-created_at", "-id"), "oldest": ("created_at", "id")}
    tabs = [
        generic.Tab(gettext_lazy("To decide"), "waits=decision"),
        generic.Tab(gettext_lazy("To answer"), "waits=me"),
    ]
    empty_title = gettext_lazy("No disputes")
    empty_text = gettext_lazy("Who thinks that a customer is theirs claims it on the customer's page.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("customer", "claimant", "holder")


class DisputeRecord(generic.RecordPage):
    model = OwnershipDispute
    permission = "customers.view_ownershipdispute"
    slug_field = "number"
    list_url = "disputes:list"
    list_page = DisputeList
    template_name = "customers/dispute_record.html"
    facts = [
        generic.Column("customer.name", gettext_lazy("Customer"), link="customer"),
        generic.Column("claimant"),
        generic.Column("holder"),
        generic.Column("answer_due_at", kind="datetime"),
        generic.Column("decided_by"),
        generic.Column("winner"),
        generic.Column("appeal_until", kind="datetime"),
        generic.Column("final_by"),
        generic.Column("final_winner"),
    ]

    def get_queryset(self) -> QuerySet:
        people = ("claimant", "holder", "decided_by", "appealed_by", "final_by")
        return super().get_queryset().select_related("customer", *people)

    def get_actions(self) -> list[generic.Action]:
        dispute, user = self.object, self.request.user
        return [
            generic.Action(
                label, reverse(f"disputes:{name}", args=[dispute.number]), method=method, primary=primary, icon=icon
            )
            for name, label, method, primary, icon, may in (
                ("answer", _("Answer"), "get", True, "message", self._may_answer()),
                ("decide", _("Decide"), "get", True, "check", self._may_decide()),
                ("decide-appeal", _("Decide the appeal"), "get", True, "check", self._may_decide_appeal()),
                ("appeal", _("Appeal"), "get", False, "flag", self._may_appeal()),
                ("withdraw", _("Withdraw the claim"), "post", False, "undo", self._may_withdraw(user)),
            )
            if may
        ]

    def _may_answer(self) -> bool:
        return self.object.status == DisputeStatus.OPEN and self.object.holder_id == self.request.user.pk

    def _is_third(self) -> bool:
        return self.request.user.has_perm(DECIDE) and self.request.user.pk not in self.object.parties()

    def _may_decide(self) -> bool:
        return self.object.may_be_decided and self._is_third()

    def _may_decide_appeal(self) -> bool:
        is_appealed = self.object.status == DisputeStatus.APPEALED
        return is_appealed and self._is_third() and self.object.decided_by_id != self.request.user.pk

    def _may_appeal(self) -> bool:
        dispute = self.object
        if dispute.status != DisputeStatus.DECIDED or dispute.appeal_until < timezone.now():
            return False
        return bool(dispute.loser() == self.request.user)

    def _may_withdraw(self, user: Any) -> bool:
        return self.object.may_become(DisputeStatus.WITHDRAWN) and self.object.claimant_id == user.pk

    def get_facts(self) -> list[generic.Fact]:
        """What is known so far."""
        return [fact for fact in super().get_facts() if fact.value]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        evidence = DisputeFile.objects.filter(dispute=self.object).select_related("added_by")
        shown = list(evidence) if masking.may_see(self.request.user) else []
        return super().get_context_data(evidence=shown, **extra)


class DisputeAction(generic.ActionView):
    model = OwnershipDispute
    slug_field = "number"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("customer", "claimant", "holder")


class Answer(DisputeAction):
    permission = CLAIM
    service = ownership.answer
    form_class = forms.AnswerForm
    title = gettext_lazy("Answer")
    done = gettext_lazy("%s is answered.")


class Decide(DisputeAction):
    permission = DECIDE
    service = ownership.decide
    form_class = forms.DecisionForm
    title = gettext_lazy("Decide")
    confirm = gettext_lazy("The customer changes hands at once. Who loses may appeal once.")
    done = gettext_lazy("%s is decided.")


class DecideAppeal(DisputeAction):
    permission = DECIDE
    service = ownership.decide_appeal
    form_class = forms.DecisionForm
    title = gettext_lazy("Decide the appeal")
    confirm = gettext_lazy("This decision is final.")
    done = gettext_lazy("%s is closed.")


class Appeal(DisputeAction):
    permission = CLAIM
    service = ownership.appeal
    form_class = forms.AppealForm
    title = gettext_lazy("Appeal")
    confirm = gettext_lazy("Somebody else decides anew, and for good.")
    done = gettext_lazy("%s is appealed against.")


@require_POST
@permission_required(CLAIM, raise_exception=True)
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    dispute = get_object_or_404(OwnershipDispute.objects.visible_to(request.user), number=number)
    return generic.act(request, ownership.withdraw, dispute, done=_("%s is withdrawn."))


@permission_required(("customers.view_ownershipdispute", masking.PERMISSION), raise_exception=True)
def evidence(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """A file of evidence as a download that no browser runs; one that could run is for those who decide."""
    disputes = OwnershipDispute.objects.visible_to(request.user)
    found = get_object_or_404(DisputeFile, pk=pk, dispute__in=disputes, dispute__number=number)
    if not found.is_safe and not request.user.has_perm(DECIDE):
        return HttpResponse(_("This file could run as a program. Those who decide may open it."), status=403)
    response = FileResponse(
        found.file.open("rb"),
        as_attachment=True,
        filename=found.name,
        content_type=found.content_type if found.is_safe else "application/octet-stream",
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
