"""Pages of approvals: what waits for me, what I asked for, what was decided."""

from typing import Any

import django_filters
from django import forms
from django.apps import apps
from django.db import models
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import approvals, generic
from backoffice.dashboard import Card, capped, card
from backoffice.models import Approval, ApprovalQuerySet

Status = Approval.Status


def kind_choices() -> list[tuple[str, Any]]:
    return [(kind.key, kind.label) for kind in approvals.every()]


class ApprovalFilter(django_filters.FilterSet):
    for_me = django_filters.BooleanFilter(method="narrow_for_me", label=gettext_lazy("Waiting for me"))
    mine = django_filters.BooleanFilter(method="narrow_mine", label=gettext_lazy("Asked for by me"))
    status = generic.AnyOfFilter(choices=Status, label=gettext_lazy("Status"))
    kind = django_filters.ChoiceFilter(choices=kind_choices, label=gettext_lazy("Kind"))

    class Meta:
        model = Approval
        fields: list[str] = []

    def narrow_for_me(self, queryset: ApprovalQuerySet, name: str, value: bool | None) -> QuerySet:
        return queryset.for_decision(self.request.user) if value else queryset

    def narrow_mine(self, queryset: QuerySet, name: str, value: bool | None) -> QuerySet:
        return queryset.filter(requested_by=self.request.user.pk) if value else queryset


def kind_text(approval: Approval) -> str:
    return str(approvals.get(approval.kind).label)


class ApprovalPage:
    """Approvals as the reader may see them: one's own, and those one may decide."""

    model = Approval
    slug_field = "number"
    permission = "backoffice.view_approval"
    request: Any

    def get_queryset(self) -> QuerySet:
        return Approval.objects.visible_to(self.request.user).select_related("requested_by", "decided_by")


class ApprovalList(ApprovalPage, generic.ListPage):
    key = "approvals"
    filterset_class = ApprovalFilter
    columns = [
        generic.Column("number", link=True),
        generic.Column("kind", get=kind_text),
        generic.Column("subject"),
        generic.Column("status", kind="badge"),
        generic.Column("requested_by", gettext_lazy("Requested by"), sql=generic.named("requested_by")),
        generic.Column("requested_at", kind="relative"),
        generic.Column("expires_at", kind="relative"),
        generic.Column("decided_by", gettext_lazy("Decided by"), sql=generic.named("decided_by")),
        generic.Column("decided_at", kind="relative"),
    ]
    default_columns = ["number", "kind", "subject", "status", "requested_by", "requested_at", "decided_by"]
    tabs = [
        generic.Tab(gettext_lazy("Waiting for me"), "for_me=true"),
        generic.Tab(gettext_lazy("Asked for by me"), "mine=true"),
        generic.Tab(gettext_lazy("Decided"), "status=approved&status=rejected"),
    ]
    empty_title = gettext_lazy("No approvals")
    empty_text = gettext_lazy("What goes above a limit and needs a second person stands here.")


class ApprovalRecord(ApprovalPage, generic.RecordPage):
    list_url = "approvals:approvals"
    list_page = ApprovalList
    template_name = "approvals/approval_record.html"

    def get_subtitle(self) -> str:
        return f"{kind_text(self.object)}: {self.object.subject}"

    def get_actions(self) -> list[generic.Action]:
        approval, user = self.object, self.request.user
        if approval.status != Status.WAITING:
            return []
        if approval.requested_by_id == user.pk:
            return [generic.Action(_("Withdraw"), self._at("withdraw"), method="get", icon="undo")]
        if approval.kind not in Approval.objects.all().kinds_of(user):
            return []
        return [
            generic.Action(_("Approve"), self._at("approve"), method="get", primary=True, icon="check"),
            generic.Action(_("Reject"), self._at("reject"), method="get", icon="x", danger=True),
        ]

    def _at(self, verb: str) -> str:
        return reverse(f"approvals:{verb}", args=[self.object.number])

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        approval = self.object
        return super().get_context_data(
            lines=approvals.get(approval.kind).describe(approval, self.request.user),
            kind_label=kind_text(approval),
            subject_url=subject_url(approval, self.request.user),
            **extra,
        )


def subject_url(approval: Approval, user: Any) -> str:
    """Where the reader finds what the proposal is about; "" where it is gone or not theirs to see."""
    model: Any = apps.get_model(approval.subject_type)
    found: models.Model | None = model._default_manager.visible_to(user).filter(pk=approval.subject_id).first()
    return str(found.get_absolute_url()) if found is not None else ""  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


class RejectionForm(DecisionForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Whoever asked reads it."),
    )


class Approve(ApprovalPage, generic.ActionView):
    service = approvals.approve
    title = gettext_lazy("Approve")
    confirm = gettext_lazy("It is carried out at once.")
    done = gettext_lazy("%s approved.")
    form_class = DecisionForm


class Reject(ApprovalPage, generic.ActionView):
    service = approvals.reject
    title = gettext_lazy("Reject")
    done = gettext_lazy("%s rejected.")
    form_class = RejectionForm
    danger = True


class Withdraw(ApprovalPage, generic.ActionView):
    service = approvals.withdraw
    title = gettext_lazy("Withdraw")
    done = gettext_lazy("%s withdrawn.")


@card(permission="backoffice.view_approval", order=15)
def waiting(user: Any) -> Card | None:
    number = capped(Approval.objects.all().for_decision(user))
    if number == "0":
        return None
    return Card(_("Approvals waiting for me"), number, f"{reverse('approvals:approvals')}?for_me=true", tone="warn")
