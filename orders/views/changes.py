"""Changing, splitting and merging placed orders: each page shows what would become of money, stock and papers first."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import context, generic
from backoffice.generic.actions import add_error
from backoffice.generic.base import error_texts
from backoffice.money import format_money
from inventory import services as inventory
from orders import forms_changes as forms
from orders import services
from orders.forms import address_fieldsets
from orders.models import Invoice, Order, OrderChange, OrderLine
from orders.services import Wanted, changes
from orders.views.actions import OrderAction

PERMISSION = "orders.change_placed_order"


class ChangePage(generic.FormPage):
    """Edit a placed order. "Preview" shows what would happen, "Save for later" keeps the change, "Apply" carries it out."""

    model = Order
    form_class = forms.ChangeForm
    slug_field = "number"
    permission = PERMISSION
    template_name = "orders/change.html"
    version_field = ""
    title = gettext_lazy("Change %s")

    wanted: Wanted | None = None

    def get_queryset(self) -> models.QuerySet:
        """Placed orders; what is sent for one that was canceled meanwhile is refused with a sentence, and kept."""
        orders = super().get_queryset().select_related("customer")
        changing = Exists(OrderChange.objects.open().filter(order=OuterRef("pk")))
        orders = orders.annotate(is_changing=changing, is_invoiced=Exists(Invoice.objects.filter(order=OuterRef("pk"))))
        return orders if self.request.method == "POST" else orders.filter(status=Order.Status.PLACED)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.kept is not None:
            self.wanted = changes.wanted_of(self.kept)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_form(request.POST)
        self.formset = self.prepared_formset(request.POST)
        valid = all([form.is_valid(), self.formset.is_valid()])
        if not valid or "more" in request.POST:
            return self.show(form, 200 if {"preview", "more"} & set(request.POST) else 422)
        try:
            self.wanted = self.read(form)
            if "preview" in request.POST:
                return self.show(form, 200)
            order = self.carry_out(form, self.wanted)
        except services.OrderMoved as error:
            return self.show_moved(error)
        except ValidationError as error:
            add_error(form, error)
            return self.show(form, 422)
        return self.form_done(form, order)

    def read(self, form: Any) -> Wanted:
        """What was typed, beside how the order was when the page was opened."""
        lines = forms.wanted_lines(self.formset, form.cleaned_data["opened"]["order"], self.object)
        return Wanted(lines, form.header(), form.cleaned_data["reason"])

    def carry_out(self, form: Any, wanted: Wanted) -> Order:
        """Keep the change, or apply it at once."""
        opened = form.cleaned_data["opened"]
        facts = {"by": self.user, "seen": opened["order"], "version": opened["version"]}
        context.say_why(wanted.reason)
        if "apply" in self.request.POST:
            return services.change_order(self.object, wanted, **facts)
        services.save_change(self.object, wanted, **facts)
        return self.object

    def form_done(self, form: Any, obj: Order) -> HttpResponseBase:
        self.done = self.said(obj) if "apply" in self.request.POST else _("The change of %s is kept.")
        return super().form_done(form, obj)

    def said(self, order: Order) -> str:
        """What was done, and what is left to do about money."""
        amount = format_money(abs(order.balance), order.currency)
        if order.balance < 0:
            return _("%(order)s is changed. %(amount)s is to be given back.") % {"order": order, "amount": amount}
        if order.balance:
            return _("%(order)s is changed. %(amount)s is still to be paid.") % {"order": order, "amount": amount}
        return _("%(order)s is changed.") % {"order": order}

    def get_success_url(self, obj: Order) -> str:
        """To the refund where something is to be given back."""
        if "apply" not in self.request.POST:
            return reverse("orders:change", args=[obj.number])
        if obj.balance < 0 and obj.refunded < obj.paid and generic.may(self.user, "orders.add_refund"):
            return reverse("orders:refund", args=[obj.number])
        return obj.get_absolute_url()

    # --- Drawing ----------------------------------------------------------------------------------

    @cached_property
    def kept(self) -> OrderChange | None:
        return changes.open_change(self.object) if self.object.is_changing else None

    @cached_property
    def read_now(self) -> changes.Seen:
        """What page and preview go by, read once."""
        return changes.Seen.now(self.object, is_invoiced=self.object.is_invoiced)

    @cached_property
    def lines(self) -> list[OrderLine]:
        return sorted(self.read_now.lines, key=lambda line: (line.position, line.pk))

    @property
    def editable(self) -> list[OrderLine]:
        """Lines that have not left as a whole."""
        return [line for line in self.lines if line.kept and (line.open_quantity or not line.fulfilled)]

    @cached_property
    def seen(self) -> dict[str, Any]:
        return self.read_now.snapshot

    def get_initial(self) -> dict[str, Any]:
        opened = forms.opened_as(self.seen, changes.version_of(self.kept))
        return {**forms.initial_header(self.wanted or Wanted()), "opened": opened}

    def get_formset(self, data: Any = None, files: Any = None) -> Any:
        if data is not None and "more" in data:
            data = data.copy()
            data["lines-TOTAL_FORMS"] = str(min(int(data.get("lines-TOTAL_FORMS") or 0) + 5, 500))
        rows = forms.initial_rows(self.editable, self.wanted or Wanted()) if data is None else []
        formset = forms.ChangeFormSet(data, prefix="lines", initial=rows)
        forms.find_variants(formset, self.user, (line.variant for line in self.lines if line.variant is not None))
        return formset

    def show(self, form: Any, status: int) -> HttpResponseBase:
        return TemplateResponse(self.request, self.template_name, self.get_context_data(form), status=status)

    def show_moved(self, error: ValidationError) -> HttpResponseBase:
        """The order as it is by now, with what was typed on top of it, and what somebody else did meanwhile."""
        for name in ("object", "kept", "read_now", "lines", "seen"):
            self.__dict__.pop(name, None)
        self.formset = self.prepared_formset()
        shown = self.get_context_data(self.get_form(), moved=error_texts(error))
        return TemplateResponse(self.request, self.template_name, shown, status=409)

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        shown = super().get_context_data(form, **{"moved": self.moved_since(), **extra})
        named = {name for _title, names in address_fieldsets() for name in names}
        return shown | self.foreseen() | {
            "kept": self.kept,
            "rows": [(row, self.about(row)) for row in self.formset],
            "shipped": [line for line in self.lines if line.fulfilled and not line.open_quantity],
            "head": [bound for bound in form.visible_fields() if bound.name not in named],
            "addresses": [(str(title), [form[name] for name in names]) for title, names in address_fieldsets()],
        }  # fmt: skip

    def moved_since(self) -> list[str]:
        """What became of the order since a kept change was saved."""
        if self.request.method == "POST" or self.kept is None:
            return []
        return changes.differences(self.kept.base, self.seen, self.object.currency)

    def foreseen(self) -> dict[str, Any]:
        """What would happen, or why it cannot."""
        if self.wanted is None:
            return {"outcome": None, "refusals": []}
        try:
            return {"outcome": services.foresee_change(self.object, self.wanted, self.read_now), "refusals": []}
        except ValidationError as error:
            return {"outcome": None, "refusals": error_texts(error)}

    def about(self, row: Any) -> str:
        """What is free of the row's article, and how many of its pieces are on their way."""
        known = self.seen["lines"].get(str(row["line"].value() or ""))
        if known is None:
            return ""
        said = []
        if known["variant"] in self.free:
            said.append(_("%(pieces)s free") % {"pieces": sum(self.free[known["variant"]].values())})
        if known["shipped"]:
            said.append(_("%(pieces)s shipped") % {"pieces": known["shipped"]})
        if known["packed"]:
            said.append(_("%(pieces)s in parcels") % {"pieces": known["packed"]})
        return " · ".join(said)

    @cached_property
    def free(self) -> dict[int, dict[int, int]]:
        variants = [line.variant_id for line in self.lines if line.variant is not None and line.variant.track_stock]
        return inventory.available(key for key in variants if key is not None)


class DiscardChange(OrderAction):
    permission = PERMISSION
    service = services.discard_change
    title = gettext_lazy("Discard change")
    confirm = gettext_lazy("The order stays as it is. What was typed for the change is gone.")
    done = gettext_lazy("The change of %s is discarded.")
    danger = True


# --- Two orders -----------------------------------------------------------------------------------


class Foreseen(OrderAction):
    """A verb whose page shows what it would do: "Preview" asks for that, with what is typed."""

    permission = PERMISSION
    outcome: Any = None

    def get_queryset(self) -> models.QuerySet:
        orders = super().get_queryset()
        return orders if self.request.method == "POST" else orders.filter(status=Order.Status.PLACED)

    def get_form(self, obj: Any, data: Any = None, files: Any = None) -> Any:
        self.form = super().get_form(obj, data, files)
        return self.form

    def foresee(self, obj: Order) -> Any:
        raise NotImplementedError

    def show_outcome(self, obj: Order) -> HttpResponseBase:
        try:
            self.outcome = self.foresee(obj)
        except ValidationError as error:
            add_error(self.form, error)
            return self.ask(obj, self.form)
        answer = self.ask(obj, self.form)
        answer.status_code = 200
        return answer

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "preview" not in request.POST:
            return super().post(request, *args, **kwargs)
        obj = self.get_object()
        form = self.get_form(obj, request.POST)
        return self.show_outcome(obj) if form.is_valid() else self.ask(obj, form)


class Split(Foreseen):
    form_class = forms.SplitForm
    template_name = "orders/split.html"
    title = gettext_lazy("Split order")
    confirm = gettext_lazy("Choose how many pieces of each line go to a new order of the same customer.")
    done = gettext_lazy("%s is the new order.")

    def get_form_kwargs(self, obj: Order) -> dict[str, Any]:
        lines = services.lines_of(obj)
        left = services.splittable(obj, lines)
        return {"rows": [(line.pk, line.title, left[line.pk], 0) for line in lines if left[line.pk]]}

    def foresee(self, obj: Order) -> Any:
        return services.foresee_split(obj, self.form.quantities())

    def perform(self, obj: Order, fields: dict[str, Any]) -> Order:
        self.new = services.split_order(
            obj, quantities=self.form.quantities(), by=self.request.user, reason=fields["reason"]
        )
        return self.new

    def get_success_url(self, obj: Order) -> str:
        return self.new.get_absolute_url()


class Merge(Foreseen):
    """The other order stands in the address, so that what would happen can be looked at."""

    form_class = forms.MergeForm
    template_name = "orders/merge.html"
    title = gettext_lazy("Merge orders")
    confirm = gettext_lazy("The older order gets lines, promises and money of the other one, which is canceled.")
    done = gettext_lazy("The orders are merged into %s.")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        obj = self.get_object()
        if self.other is None:
            return self.ask(obj, self.get_form(obj))
        self.get_form(obj, {})
        return self.show_outcome(obj)

    @cached_property
    def candidates(self) -> list[Order]:
        """Placed orders of the same customer that are not shipped."""
        order = self.get_object()
        if order.customer_id is None:
            return []
        same = Order.objects.visible_to(self.request.user).placed().filter(customer=order.customer_id)
        fitting = same.filter(currency=order.currency, fulfilment_status__in=["unfulfilled", "none"])
        return list(fitting.exclude(pk=order.pk).order_by("-placed_at", "-pk")[:20])

    @cached_property
    def other(self) -> Order | None:
        number = self.request.GET.get("with", "")
        return Order.objects.visible_to(self.request.user).filter(number=number).first() if number else None

    def foresee(self, obj: Order) -> Any:
        return services.foresee_merge(obj, self.chosen)

    @property
    def chosen(self) -> Order:
        if self.other is None:
            raise ValidationError(_("Choose the other order."))
        return self.other

    def perform(self, obj: Order, fields: dict[str, Any]) -> Order:
        self.merged = services.merge_orders(obj, self.chosen, by=self.request.user, reason=fields["reason"])
        return self.merged

    def get_success_url(self, obj: Order) -> str:
        return self.merged.get_absolute_url()
