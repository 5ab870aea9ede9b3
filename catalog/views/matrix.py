"""Options of a product, the variants that their values make, and all of its variants as one table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice import generic
from backoffice.generic.actions import add_error, summary
from backoffice.generic.base import error_texts
from backoffice.generic.bulk import keys
from backoffice.generic.forms import formset_summary
from catalog import forms, services
from catalog.models import Product, Variant
from catalog.services.matrix import Combination, Plan
from catalog.views.variants import tell_of_twins

A_PAGE = 25


class ProductOptions(generic.FormPage):
    """Name options, rename their values everywhere, put them in order."""

    model = Product
    permission = ("catalog.change_product", "catalog.change_variant")
    form_class = forms.OptionsForm
    template_name = "catalog/product_options.html"
    title = gettext_lazy("Options of %s")
    done = gettext_lazy("Options of %s saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        product = self.object
        rows = list(product.variants.order_by("position", "pk").values_list("option1", "option2", "option3"))
        columns: list[list[str]] = [list(dict.fromkeys(column)) for column in zip(*rows, strict=True)] or [[], [], []]
        return {"product": product, "values": columns}

    def perform(self, form: Any) -> Product:
        return services.save_options(self.object, form.options(), by=self.user)

    def get_success_url(self, obj: Product) -> str:
        return f"{obj.get_absolute_url()}#variants"


@dataclass
class Line:
    """A combination in the table. `key`: places of its values in the lists; `sku`, `is_chosen`: as proposed or typed."""

    key: str
    combination: Combination
    sku: str
    is_chosen: bool
    errors: Sequence[str] = ()


class ProductMatrix(generic.OnePage):
    """Make the variants that are missing: values first, then the list of what they make, to choose from."""

    model = Product
    permission = "catalog.add_variant"

    @cached_property
    def object(self) -> Product:
        return self.get_object()

    @cached_property
    def like(self) -> Variant | None:
        """The variant whose price and cost the new ones get."""
        return self.object.variants.order_by("-is_active", "position", "pk").first()  # type: ignore[attr-defined,no-any-return]

    def get_form(self, data: Any = None) -> Any:
        return forms.MatrixForm(
            data,
            product=self.object,
            values=services.values_of(self.object),
            like=self.like,
            may_see_cost=generic.may(self.user, "catalog.view_cost"),
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.show(self.get_form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_form(request.POST)
        if not form.is_valid():
            return self.show(form)
        try:
            plan = services.plan_variants(self.object, form.values, form.cleaned_data["pattern"])
        except ValidationError as error:
            add_error(form, error)
            return self.show(form)
        lines = self.lines(plan, form.values)
        return self.make(form, plan, lines) if request.POST.get("step") == "make" else self.show(form, plan, lines)

    def lines(self, plan: Plan, values: Sequence[Sequence[str]]) -> list[Line]:
        """The table: proposed SKUs, or those that were sent with it."""
        data = self.request.POST
        is_sent = data.get("step") == "make"
        chosen = set(data.getlist("make"))
        found = []
        for one in plan.combinations:
            key = "-".join(str(column.index(value)) for column, value in zip(values, one.values, strict=False))
            sku = data.get(f"sku-{key}", one.sku).strip() if is_sent else one.sku
            problems = [one.problem] if one.problem and not is_sent else []
            found.append(Line(key, one, sku, key in chosen if is_sent else not one.problem, problems))
        return found

    def make(self, form: Any, plan: Plan, lines: list[Line]) -> HttpResponseBase:
        chosen = [line for line in lines if line.is_chosen]
        try:
            made = services.generate_variants(
                self.object,
                [(line.combination.values, line.sku) for line in chosen],
                by=self.user,
                price=form.cleaned_data["price"],
                cost=form.cleaned_data.get("cost", self.like.cost if self.like else None),
                order=form.values,
            )
        except services.VariantsRefused as refusal:
            for place, error in refusal.rows.items():
                chosen[place].errors = error_texts(error)
            return self.show(form, plan, lines, [_("Some variants cannot be made like this.")])
        except ValidationError as error:
            return self.show(form, plan, lines, error_texts(error))
        said = ngettext("%(number)s variant made.", "%(number)s variants made.", len(made))
        messages.success(self.request, said % {"number": len(made)})
        return HttpResponseRedirect(f"{self.object.get_absolute_url()}#variants")

    def show(
        self, form: Any, plan: Plan | None = None, lines: Sequence[Line] = (), refusals: Sequence[str] = ()
    ) -> HttpResponseBase:
        context = {
            "object": self.object,
            "title": _("Make variants of %(product)s") % {"product": self.object},
            "form": form,
            "plan": plan,
            "lines": lines,
            "like": self.like,
            "summary": [*summary(form), *(("", "", [sentence]) for sentence in refusals)],
            "back_url": self.object.get_absolute_url(),
        }
        status = 422 if form.is_bound and (form.errors or refusals) else 200
        return TemplateResponse(self.request, "catalog/product_matrix.html", context, status=status)


VERBS = {
    "activate": (services.activate_variants, gettext_lazy("Put on sale: %s.")),
    "deactivate": (services.deactivate_variants, gettext_lazy("Taken off sale: %s.")),
    "delete": (services.delete_variants, gettext_lazy("Deleted: %s.")),
}
STATES = {"": {"is_active": True}, "off": {"is_active": False}, "all": {}}


class ProductVariants(generic.OnePage):
    """The variants of a product as a table to type in, some at a time; each button saves what was typed."""

    model = Product
    permission = "catalog.change_variant"

    @cached_property
    def object(self) -> Product:
        return self.get_object()

    @cached_property
    def state(self) -> str:
        state = self.request.GET.get("state", "")
        return state if state in STATES else ""

    @cached_property
    def page(self) -> Any:
        rows = Variant.objects.visible_to(self.user).filter(product=self.object, **STATES[self.state])
        return Paginator(rows.order_by("position", "pk"), A_PAGE).get_page(self.request.GET.get("page"))

    def get_formset(self, data: Any = None) -> Any:
        """The rows on show; those that were sent, wherever they have gone meanwhile."""
        rows = list(self.page)
        if data is not None:
            rows = list(self.object.variants.filter(pk__in=keys(data.getlist("row"))).order_by("position", "pk"))  # type: ignore[attr-defined]
        kwargs = {"product": self.object, "may_see_cost": generic.may(self.user, "catalog.view_cost")}
        return forms.variant_rows(0)(data, variants=rows, form_kwargs=kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.show(self.get_formset())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        formset = self.get_formset(request.POST)
        if not formset.is_valid():
            return self.show(formset)
        try:
            with transaction.atomic():
                changed = services.save_variants(self.object, formset.rows(), by=self.user)
                said = self.carry_out()
        except services.VariantsRefused as refusal:
            formset.show(refusal.rows)
            return self.show(formset)
        except ValidationError as error:
            return self.show(formset, error_texts(error))
        for sentence in said:
            messages.success(request, sentence)
        tell_of_twins(request, changed)
        return HttpResponseRedirect(request.get_full_path())

    def carry_out(self) -> list[str]:
        """Do to the selected variants what the pressed button says; sentences about what was done."""
        verb = self.request.POST.get("verb", "")
        if verb not in VERBS:
            return [_("Variants of %(product)s saved.") % {"product": self.object}]
        selected = self.object.variants.filter(pk__in=keys(self.request.POST.getlist("selected")))  # type: ignore[attr-defined]
        service, sentence = VERBS[verb]
        done = service(list(selected), by=self.user)
        if not done:
            raise ValidationError(_("Select the variants first."))
        more = len(done) - 5
        return [sentence % (", ".join(map(str, done[:5])) + (f" +{more}" if more > 0 else ""))]

    def show(self, formset: Any, refusals: Sequence[str] = ()) -> HttpResponseBase:
        context = {
            "object": self.object,
            "title": _("Variants of %(product)s") % {"product": self.object},
            "formset": formset,
            "page": self.page,
            "state": self.state,
            "states": [("", _("On sale")), ("off", _("Off sale")), ("all", _("All"))],
            "selected": set(keys(self.request.POST.getlist("selected"))),
            "summary": [*formset_summary(formset), *(("", "", [sentence]) for sentence in refusals)],
            "back_url": self.object.get_absolute_url(),
            "here": reverse("catalog:product_variants", args=[self.object.pk]),
        }
        is_refused = bool(refusals) or (formset.is_bound and any(form.errors for form in formset.forms))
        return TemplateResponse(
            self.request, "catalog/product_variants.html", context, status=422 if is_refused else 200
        )
