"""Pages of repricings: the rule, the preview, applying, undoing, and the rows."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.generic.addresses import rows_at
from backoffice.generic.lists import COUNT_CAP, Count
from backoffice.models import Approval
from catalog import forms
from catalog.filters import RepricingFilter, RepricingRowFilter
from catalog.models import Repricing, RepricingRow
from catalog.services import repricing

CHANGE = "catalog.change_repricing"
COST = "catalog.view_cost"
SHOWN_ROWS = 20
Status = Repricing.Status


def rule_text(run: Repricing) -> str:
    """ "Change by percent: −10"."""
    return f"{run.get_rule_display()}: {generic.display(run.value, 'number')}"


class Repricings(generic.ListPage):
    model = Repricing
    key = "repricings"
    permission = "catalog.view_repricing"
    filterset_class = RepricingFilter
    columns = [
        generic.Column("number", link=True),
        generic.Column("rule", get=rule_text),
        generic.Column("status", kind="badge"),
        generic.Column("matched", kind="number"),
        generic.Column("written", kind="number"),
        generic.Column("reason"),
        generic.Column("created_by", gettext_lazy("By"), sql=generic.named("created_by")),
        generic.Column("created_at", kind="relative"),
        generic.Column("applied_at", kind="relative"),
    ]
    default_columns = ["number", "rule", "status", "matched", "written", "created_by", "created_at"]
    ordering = {"newest": ("-pk",), "oldest": ("pk",)}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    tabs = [
        generic.Tab(gettext_lazy("Open"), "status=draft&status=checked&status=waiting&status=scheduled"),
        generic.Tab(gettext_lazy("Carried out"), "status=applied"),
    ]
    create_url = "catalog:repricing_new"
    create_permission = "catalog.add_repricing"
    empty_title = gettext_lazy("No repricings yet")
    empty_text = gettext_lazy(
        "Change many prices by one rule: look at what it would do, apply it, and undo it if need be."
    )

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("created_by")


class NewRepricing(generic.FormPage):
    model = Repricing
    form_class = forms.RepricingForm
    permission = "catalog.add_repricing"
    version_field = ""
    title = gettext_lazy("New repricing")
    submit_label = gettext_lazy("Work out the prices")
    template_name = "catalog/repricing_form.html"
    fieldsets = [
        (gettext_lazy("Variants"), ["category", "brand", "only_active"]),
        (gettext_lazy("Rule"), ["rule", "value", "rounding", "compare_at", "reason"]),
    ]

    @cached_property
    def address(self) -> str:
        """The list whose variants are meant; "" where they are chosen on the form."""
        return self.request.POST.get("list") or self.request.GET.get("list") or ""

    def get_form_kwargs(self) -> dict[str, Any]:
        may_see_cost = generic.may(self.request.user, COST)
        return {**super().get_form_kwargs(), "may_see_cost": may_see_cost, "address": self.address}

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        if self.address:
            extra |= self.chosen()
        return super().get_context_data(form, **extra)

    def chosen(self) -> dict[str, Any]:
        """How many variants of which list, for the head of the form."""
        try:
            page, rows = rows_at(self.address, self.user)
        except ValidationError as error:
            return {"list_error": " ".join(error.messages)}
        number = rows.order_by().values("pk")[: COUNT_CAP + 1].count()
        return {"list_url": self.address, "list_count": Count(number), "list_chips": page.chips}

    def perform(self, form: Any) -> Repricing:
        names = ("rule", "value", "rounding", "compare_at", "reason")
        fields = {name: form.cleaned_data[name] for name in names}
        return repricing.prepare(by=self.user, address=form.address(), **fields)


class RepricingRecord(generic.RecordPage):
    model = Repricing
    slug_field = "number"
    permission = "catalog.view_repricing"
    list_url = "catalog:repricings"
    list_page = Repricings
    template_name = "catalog/repricing_record.html"

    def get_subtitle(self) -> str:
        return rule_text(self.object)

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("created_by")

    @cached_property
    def is_working(self) -> bool:
        return bool(self.object.is_working)

    def get_facts(self) -> list[generic.Fact]:
        run = self.object
        facts = [
            generic.Fact(_("Rounding"), run.get_rounding_display()),
            generic.Fact(_("Compare-at price"), run.get_compare_at_display()),
            generic.Fact(_("By"), run.created_by),
            generic.Fact(_("Reason"), run.reason),
        ]
        for label, moment in ((_("Starts at"), run.due_at), (_("Until"), run.until), (_("Carried out"), run.applied_at), (_("Undone"), run.undone_at)):  # fmt: skip
            if moment:
                facts.append(generic.Fact(label, generic.display(moment)))
        return facts

    def get_actions(self) -> list[generic.Action]:
        run = self.object
        if self.is_working or not generic.may(self.request.user, CHANGE):
            return []
        if run.status == Status.APPLIED:
            return [self._action(_("Undo"), "undo", icon="undo", primary=True)]
        actions = []
        if run.status == Status.CHECKED and run.facts.get("changes"):
            actions.append(self._action(_("Apply now"), "apply", icon="check", primary=True))
            actions.append(self._action(_("Apply at a time"), "schedule", icon="clock"))
        if run.status == Status.CHECKED:
            actions.append(generic.Action(_("Change the rule"), self.again, method="get", icon="edit"))
        if run.may_become(Status.CANCELED):
            actions.append(self._action(_("Cancel the repricing"), "cancel", icon="x"))
        return actions

    def _action(self, label: str, verb: str, **more: Any) -> generic.Action:
        return generic.Action(
            label, reverse(f"catalog:repricing_{verb}", args=[self.object.number]), method="get", **more
        )

    @property
    def again(self) -> str:
        """The form with the same list and rule."""
        run = self.object
        fields = {"list": run.address, "rule": run.rule, "value": run.value.normalize(), "rounding": run.rounding}
        return f"{reverse('catalog:repricing_new')}?{urlencode({**fields, 'compare_at': run.compare_at, 'reason': run.reason})}"

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        run, user = self.object, self.request.user
        may_see_cost = generic.may(user, COST)
        rows = RepricingRow.objects.visible_to(user).filter(repricing=run).select_related("variant")
        waiting = run.status == Status.WAITING
        facts = run.facts
        return super().get_context_data(
            is_working=self.is_working,
            may_see_cost=may_see_cost,
            rows=[] if self.is_working else list(rows.order_by("variant_id")[:SHOWN_ROWS]),
            rows_url=reverse("catalog:repricing_rows", args=[run.number]),
            run_facts=facts,
            unchanged=run.matched
            - sum(facts.get(name) or 0 for name in ("changes", "no_base", "not_positive", "too_large")),
            approval=Approval.objects.about(run).waiting().first() if waiting else None,
            left_out=(facts.get("changes") or 0) - run.written if run.applied_at else 0,
            **extra,
        )


def outcome_of(row: RepricingRow) -> str:
    """What became of the price; until the run is applied, what would."""
    is_written = row.outcome == "" and row.repricing.applied_at is not None
    return _("Changed") if is_written else str(row.get_outcome_display())


class RepricingRows(generic.ListPage):
    model = RepricingRow
    key = "repricing_rows"
    permission = "catalog.view_repricing"
    filterset_class = RepricingRowFilter
    columns = [
        generic.Column("variant.sku", gettext_lazy("SKU"), link="variant"),
        generic.Column("variant.title", gettext_lazy("Title")),
        generic.Column("old_price", kind="money", currency="currency"),
        generic.Column("new_price", kind="money", currency="currency"),
        generic.Column("percent", gettext_lazy("Change"), kind="percent", reads=("old_price", "new_price")),
        generic.Column("old_compare_at", kind="money", currency="currency"),
        generic.Column("new_compare_at", kind="money", currency="currency"),
        generic.Column("variant.cost", gettext_lazy("Cost"), kind="money", currency="currency", permission=COST),
        generic.Column("below_cost", permission=COST),
        generic.Column("outcome", get=outcome_of),
    ]
    default_columns = ["variant.sku", "variant.title", "old_price", "new_price", "percent", "below_cost", "outcome"]
    ordering = {"variant": ("variant_id",), "-variant": ("-variant_id",)}
    ordering_labels = {"variant": gettext_lazy("Oldest first"), "-variant": gettext_lazy("Newest first")}
    tabs = [generic.Tab(gettext_lazy("Left out"), "left_out=true")]

    @cached_property
    def repricing(self) -> Repricing:
        return get_object_or_404(Repricing.objects.visible_to(self.request.user), number=self.kwargs["number"])

    @property
    def parent(self) -> Repricing:  # type: ignore[override]
        return self.repricing

    def get_title(self) -> str:
        return _("Rows of %(run)s") % {"run": self.repricing}

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(repricing=self.repricing).select_related("variant", "repricing")


class RunPage(generic.ActionView):
    model = Repricing
    slug_field = "number"
    permission = CHANGE


class ApplyRepricing(RunPage):
    title = gettext_lazy("Apply now")
    confirm = gettext_lazy("The new prices count at once. The run can be undone.")

    def perform(self, obj: Repricing, fields: dict[str, Any]) -> Repricing:
        run = repricing.apply(obj, by=self.user)
        tell(self.request, run)
        return run


class ScheduleRepricing(RunPage):
    title = gettext_lazy("Apply at a time")
    confirm = gettext_lazy("Prices that somebody changes until then stay as they are by then.")
    form_class = forms.ScheduleRunForm

    def perform(self, obj: Repricing, fields: dict[str, Any]) -> Repricing:
        run = repricing.schedule(obj, by=self.user, **fields)
        tell(self.request, run)
        return run


class UndoRepricing(RunPage):
    title = gettext_lazy("Undo")
    confirm = gettext_lazy(
        "The old prices come back, except where somebody changed the price since: those stay and are listed."
    )

    def perform(self, obj: Repricing, fields: dict[str, Any]) -> Repricing:
        run = repricing.take_back(obj, by=self.user)
        if run.status == Status.UNDONE:
            messages.success(self.request, _("%(run)s is undone.") % {"run": run})
        return run


class CancelRepricing(RunPage):
    service = repricing.cancel
    title = gettext_lazy("Cancel the repricing")
    confirm = gettext_lazy("The prices stay as they are.")
    done = gettext_lazy("%s is canceled.")


def tell(request: Any, run: Repricing) -> None:
    """Say what became of the run."""
    if run.status == Status.WAITING:
        messages.warning(request, _("%(run)s goes beyond the limit and waits for approval.") % {"run": run})
    elif run.status == Status.SCHEDULED:
        messages.success(request, _("%(run)s is planned.") % {"run": run})
    elif run.status == Status.APPLIED:
        messages.success(request, _("%(run)s is applied.") % {"run": run})
