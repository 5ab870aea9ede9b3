"""The pool, one's own customers, and what is done about the owner of one."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from backoffice.generic.actions import add_error, summary
from customers import forms, services
from customers.filters import OwnedFilter, PoolFilter
from customers.models import Customer, Ownership, OwnershipSettings
from customers.services import ownership

CLAIM = "customers.claim_customer"


class Pool(generic.ListPage):
    """Customers whom nobody looks after."""

    model = Customer
    key = "customers:pool"
    title = gettext_lazy("Claim pool")
    permission = ("customers.view_customer", "customers.view_ownership")
    filterset_class = PoolFilter
    columns = [
        generic.Column("name", link=True),
        generic.Column("number"),
        generic.Column("company"),
        generic.Column("kind"),
        generic.Column("tags", get=lambda customer: ", ".join(customer.tags), sql=generic.joined("tags")),
        generic.Column("created_at", kind="date"),
    ]
    ordering = {"newest": ("-created_at", "-id"), "oldest": ("created_at", "id")}
    bulk_actions = [generic.BulkAction("claim", gettext_lazy("Claim"), services.claim, permission=CLAIM, limit=50)]
    empty_title = gettext_lazy("Nobody waits for an owner")
    empty_text = gettext_lazy("Customers come here when they are new, given back, or idle for too long.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(owner=None, status=Customer.Status.ACTIVE)


class MyCustomers(generic.ListPage):
    """What one owns, the longest idle first."""

    model = Ownership
    key = "customers:mine"
    title = gettext_lazy("My customers")
    permission = ("customers.view_customer", "customers.view_ownership")
    filterset_class = OwnedFilter
    columns = [
        generic.Column("customer.name", gettext_lazy("Customer"), link="customer"),
        generic.Column("customer.number", gettext_lazy("Number")),
        generic.Column("began_at", kind="date"),
        generic.Column("source", kind="badge"),
        generic.Column("active_at", kind="relative"),
        generic.Column("idle_days", gettext_lazy("Idle days"), kind="number", reads=("active_at",)),
        generic.Column(
            "recycled_at", gettext_lazy("Back to the pool"), kind="date", reads=("active_at", "protected_until")
        ),
        generic.Column("protected_until", kind="date"),
    ]
    ordering = {"idle": ("active_at", "id"), "-idle": ("-active_at", "-id")}
    ordering_labels = {"idle": gettext_lazy("Longest idle first"), "-idle": gettext_lazy("Latest activity first")}
    tabs = [generic.Tab(gettext_lazy("Back to the pool soon"), "soon=true")]
    empty_title = gettext_lazy("You own no customers")
    empty_text = gettext_lazy("Claim some from the pool, or ask a lead to give you some.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().running().filter(user=self.request.user).select_related("customer")

    def get_columns(self) -> list[generic.Column]:
        """The rules are read once for all rows."""
        rules = OwnershipSettings.current()

        def back(row: Ownership) -> Any:
            row.rules = rules
            return row.recycled_at

        return [replace(one, get=back) if one.accessor == "recycled_at" else one for one in super().get_columns()]


class GiveCustomer(generic.ActionView):
    model = Customer
    slug_field = "number"
    permission = "customers.transfer_customer"
    service = services.give
    form_class = forms.GiveForm
    title = gettext_lazy("Give to somebody")
    confirm = gettext_lazy("Both the present owner and the new one are told.")
    done = gettext_lazy("%s has another owner.")

    def get_form_kwargs(self, obj: Customer) -> dict[str, Any]:
        return {"initial": {"owner": obj.owner_id}}


class ReleaseCustomer(generic.ActionView):
    model = Customer
    slug_field = "number"
    permission = CLAIM
    service = services.release
    form_class = forms.ReasonForm
    title = gettext_lazy("Give back to the pool")
    confirm = gettext_lazy("Everybody else may claim the customer then, and you only after a pause.")
    done = gettext_lazy("%s is in the pool again.")


class DisputeOwner(generic.ActionView):
    model = Customer
    slug_field = "number"
    permission = CLAIM
    service = ownership.open_dispute
    form_class = forms.ClaimForm
    title = gettext_lazy("Claim against the owner")
    confirm = gettext_lazy(
        "The owner answers first; then a third person decides. Until then the customer stays where it is."
    )
    done = gettext_lazy("Your claim is with the owner.")


class Rules(generic.Page):
    """Caps, idle days, protection: one form for the one row."""

    permission = "customers.change_ownershipsettings"
    template_name = "customers/ownership_rules.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.show(forms.RulesForm(instance=OwnershipSettings.current()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = forms.RulesForm(request.POST, instance=OwnershipSettings.current())
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            ownership.save_rules(by=self.user, **form.cleaned_data)
        except ValidationError as error:
            add_error(form, error)
            return self.show(form, status=422)
        messages.success(request, _("Rules saved. They apply from now on."))
        return HttpResponseRedirect(reverse("customers:pool"))

    def show(self, form: Any, *, status: int = 200) -> HttpResponseBase:
        shown = {"title": _("Rules of ownership"), "form": form, "summary": summary(form)}
        return TemplateResponse(self.request, self.template_name, shown, status=status)


@require_POST
@permission_required(CLAIM, raise_exception=True)
def claim(request: HttpRequest, number: str) -> HttpResponse:
    customer = get_object_or_404(Customer.objects.visible_to(request.user), number=number)
    return generic.act(request, services.claim, customer, done=_("%s is yours."))


def ownership_actions(user: Any, customer: Customer) -> list[generic.Action]:
    """What `user` may do about the owner of `customer`."""
    actions = []
    address = [customer.number]
    if user.has_perm(CLAIM) and customer.status == Customer.Status.ACTIVE:
        if customer.owner_id is None:
            actions.append(generic.Action(_("Claim"), reverse("customers:claim", args=address), icon="user"))
        elif customer.owner_id == user.pk:
            link = reverse("customers:release", args=address)
            actions.append(generic.Action(_("Give back to the pool"), link, method="get", icon="undo"))
        else:
            link = reverse("customers:dispute", args=address)
            actions.append(generic.Action(_("Claim against the owner"), link, method="get", icon="flag"))
    if user.has_perm("customers.transfer_customer"):
        link = reverse("customers:give", args=address)
        actions.append(generic.Action(_("Give to somebody"), link, method="get", icon="users"))
    return actions
