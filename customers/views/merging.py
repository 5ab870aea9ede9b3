"""Customers who may be the same, side by side; merging two, and undoing it."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from backoffice.generic.actions import summary, tell_user
from customers import forms, masking, services
from customers.filters import PairFilter
from customers.models import Address, Consent, ContactPoint, Customer, CustomerMerge, DuplicatePair
from customers.services.merging import look, stands_against_undo

MERGE = ("customers.merge_customer", masking.PERMISSION)
MOVES = {
    "customers.contactpoint": gettext_lazy("contacts"),
    "customers.address": gettext_lazy("addresses"),
    "customers.ticket": gettext_lazy("tickets"),
    "customers.customernote": gettext_lazy("notes"),
    "customers.followup": gettext_lazy("follow-ups"),
    "orders.order": gettext_lazy("orders"),
}


def moves_in_words(moves: dict[str, int]) -> list[tuple[str, int]]:
    """(what, how many) of what moves, where there is any."""
    return [(str(MOVES.get(kind, kind)), number) for kind, number in moves.items() if number]


class PairList(generic.ListPage):
    model = DuplicatePair
    key = "customers:duplicates"
    permission = "customers.view_duplicatepair"
    filterset_class = PairFilter
    columns = [
        generic.Column("pair", gettext_lazy("Pair"), get=str, link=True, reads=("one", "other")),
        generic.Column("one.name", gettext_lazy("Customer"), link="one"),
        generic.Column("other.name", gettext_lazy("And"), link="other"),
        generic.Column("score", kind="number"),
        generic.Column(
            "why", gettext_lazy("Why"), get=lambda pair: services.in_words(pair.reasons), reads=("reasons",)
        ),
        generic.Column("status", kind="badge"),
        generic.Column("found_at", kind="date"),
    ]
    default_columns = ["pair", "one.name", "other.name", "score", "why", "status"]
    ordering = {"best": ("-score", "-id"), "newest": ("-id",)}
    ordering_labels = {"best": gettext_lazy("Surest first")}
    tabs = [
        generic.Tab(gettext_lazy("Suggested"), "status=suggested"),
        generic.Tab(gettext_lazy("Not the same"), "status=dismissed"),
    ]
    bulk_actions = [
        generic.BulkAction(
            "dismiss", gettext_lazy("Not the same"), services.dismiss_pair, permission="customers.merge_customer"
        )
    ]
    empty_title = gettext_lazy("No possible duplicates")
    empty_text = gettext_lazy("Customers are compared every night.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("one", "other")


class PairRecord(generic.RecordPage):
    model = DuplicatePair
    permission = "customers.view_duplicatepair"
    list_url = "duplicates:list"
    list_page = PairList
    template_name = "customers/pair_record.html"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("one", "other", "one__owner", "other__owner")

    def get_actions(self) -> list[generic.Action]:
        pair, user = self.object, self.request.user
        actions = []
        if user.has_perms(MERGE):
            link = reverse("customers:merge", args=[pair.one.number])
            actions.append(
                generic.Action(
                    _("Merge"), f"{link}?other={pair.other.number}", method="get", primary=True, icon="merge"
                )
            )
        if user.has_perm("customers.merge_customer") and pair.status == DuplicatePair.Status.SUGGESTED:
            actions.append(generic.Action(_("Not the same"), reverse("duplicates:dismiss", args=[pair.pk]), icon="x"))
        return actions

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        pair = self.object
        return super().get_context_data(
            reasons=[services.in_words([reason]) for reason in pair.reasons], sides=self._sides(pair), **extra
        )

    def _sides(self, pair: DuplicatePair) -> list[tuple[Any, Any, Any]]:
        """(label, value of the one, value of the other), line by line."""
        user, both = self.request.user, [pair.one, pair.other]
        names = ("number", "kind", "company", "external_id", "tax_id", "created_at")
        columns = [generic.Column(name, kind="date" if name == "created_at" else "text") for name in names]
        lines = [(column.title(Customer), *(column.cell(one) for one in both)) for column in columns]
        contacts = ContactPoint.objects.visible_to(user).filter(customer__in=both)
        addresses = Address.objects.visible_to(user).filter(customer__in=both)
        for label, rows in ((_("Contacts"), contacts), (_("Addresses"), addresses)):
            told = list(rows)
            lines.append((label, *("\n".join(str(r) for r in told if r.customer_id == one.pk) for one in both)))
        return lines


@require_POST
@permission_required("customers.merge_customer", raise_exception=True)
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    pair = get_object_or_404(DuplicatePair.objects.visible_to(request.user), pk=pk)
    return generic.act(
        request,
        services.dismiss_pair,
        pair,
        done=_("Remembered: they are not the same."),
        back=reverse("duplicates:list"),
    )


class MergeCustomers(generic.ActionView):
    """`?other=` becomes part of the customer of the address; without it, the other one is chosen first."""

    model = Customer
    slug_field = "number"
    permission = MERGE
    title = gettext_lazy("Merge customers")
    done = gettext_lazy("The customers are one now. The merge can be undone on this page.")
    template_name = "customers/merge.html"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("owner")

    def get_other(self, keep: Customer) -> Customer | None:
        number = self.request.GET.get("other", "")
        if not number:
            return None
        rows = self.get_queryset().exclude(pk=keep.pk)
        key = number.removeprefix("#")
        return (
            rows.filter(pk=int(key)).first()
            if number.startswith("#") and key.isdecimal()
            else rows.filter(number=number).first()
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        keep = self.get_object()
        other = self.get_other(keep)
        return self.choose_other(keep) if other is None else self.show(keep, other)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        keep = self.get_object()
        other = self.get_other(keep)
        return self.choose_other(keep) if other is None else super().post(request, *args, **kwargs)

    def choose_other(self, keep: Customer) -> HttpResponseBase:
        asked = "other" in self.request.GET
        form = tell_user(forms.OtherCustomerForm(self.request.GET if asked else None), self.request.user)
        form.keep = keep
        if asked and form.is_valid():
            return self.show(keep, form.cleaned_data["other"])
        shown = {
            "page": self,
            "object": keep,
            "title": _("Merge customers"),
            "form": form,
            "back_url": keep.get_absolute_url(),
        }
        return TemplateResponse(self.request, "customers/merge_other.html", shown, status=422 if asked else 200)

    def get_form(self, obj: Any, data: Any = None, files: Any = None) -> Any:
        return forms.MergeCustomersForm(data, preview=look(obj, self.get_other(obj)))

    def perform(self, obj: Customer, fields: dict[str, Any]) -> Any:
        form = self.get_form(obj, self.request.POST)
        form.is_valid()
        services.merge_customers(obj, self.get_other(obj), form.choices, by=self.request.user, reason=fields["reason"])
        return obj

    def ask(self, obj: Any, form: Any) -> HttpResponseBase:
        return self.show(obj, self.get_other(obj), form)

    def show(self, keep: Customer, other: Any, form: Any = None) -> HttpResponseBase:
        preview = look(keep, other)
        form = form or forms.MergeCustomersForm(preview=preview)
        swapped = reverse("customers:merge", args=[other.number])
        shown = {
            "page": self,
            "object": keep,
            "other": other,
            "title": _("Merge customers"),
            "form": form,
            "preview": preview,
            "moves": moves_in_words(preview.moves),
            "consents": [
                (Consent(channel=channel).get_channel_display(), purpose, granted)
                for channel, purpose, granted in preview.consents
            ],
            "action": f"{reverse('customers:merge', args=[keep.number])}?other={other.number}",
            "swap_url": f"{swapped}?other={keep.number}",
            "back_url": keep.get_absolute_url(),
            "summary": summary(form),
        }
        return TemplateResponse(self.request, self.template_name, shown, status=422 if form.is_bound else 200)


class UndoMerge(generic.ActionView):
    model = CustomerMerge
    permission = MERGE
    service = services.undo_merge
    form_class = forms.ReasonForm
    title = gettext_lazy("Undo the merge")
    done = gettext_lazy("The merge is undone.")
    template_name = "customers/unmerge.html"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("keep", "lose")

    def ask(self, obj: Any, form: Any) -> HttpResponseBase:
        response = super().ask(obj, form)
        moved = obj.rows.filter(before__has_key="customer_id")
        counts = dict(moved.order_by("kind").values_list("kind").annotate(Count("pk")))
        changed = [
            str(Customer._meta.get_field(name).verbose_name)
            for name, pair in obj.fields.items()
            if getattr(obj.keep, name) != pair[1]
        ]
        response.context_data |= {
            "moves": moves_in_words(counts),
            "against": stands_against_undo(obj),
            "stays": changed,
        }
        return response
