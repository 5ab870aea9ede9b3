"""Pages of products: list, record, form, verbs, pictures."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.utils import ErrorDict, ErrorList
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from backoffice import generic
from backoffice.generic.records import TIMELINE_LENGTH, event_moment
from backoffice.models import AuditEvent
from backoffice.money import format_money
from catalog import forms, services
from catalog.attribute_exports import list_columns
from catalog.attribute_filters import definitions_for
from catalog.filters import ProductFilter
from catalog.models import AttributeDefinition, Category, Media, Product, Variant
from catalog.services.media import CONTENT_TYPES
from catalog.views.attributes import Told, plainly, told

SHOWN_VARIANTS = 100
NAMED = 3
EDITED_VARIANTS = 50


def price_range(product: Any) -> str:
    """ "€9.00", or "€9.00 – €12.00", of the active variants; "" without any."""
    low, high = product.lowest_price, product.highest_price
    currency = Variant().currency
    if low is None:
        return ""
    return (
        format_money(low, currency)
        if low == high
        else f"{format_money(low, currency)} – {format_money(high, currency)}"
    )


class ProductList(generic.ListPage):
    model = Product
    key = "products"
    permission = "catalog.view_product"
    filterset_class = ProductFilter
    template_name = "catalog/product_list.html"
    columns = [
        generic.Column("title", gettext_lazy("Product"), link=True, template="catalog/_product_cell.html"),
        generic.Column("status", kind="badge"),
        generic.Column("category.title", gettext_lazy("Category"), link="category"),
        generic.Column("brand.name", gettext_lazy("Brand")),
        generic.Column("variant_count", gettext_lazy("Variants"), kind="number"),
        generic.Column(
            "lowest_price",
            gettext_lazy("Price"),
            kind="number",
            get=price_range,
            reads=("lowest_price", "highest_price"),
        ),
        generic.Column("product_type"),
        generic.Column("tags", get=lambda product: ", ".join(product.tags), sql=generic.joined("tags")),
        generic.Column("handle"),
        generic.Column("published_at", kind="datetime"),
        generic.Column("updated_at", kind="relative"),
    ]
    default_columns = ["title", "status", "category.title", "brand.name", "variant_count", "lowest_price", "updated_at"]
    ordering = {
        "newest": ("-pk",),
        "oldest": ("pk",),
        "title": ("title", "pk"),
        "-title": ("-title", "-pk"),
        "changed": ("-updated_at", "-pk"),
        "unchanged": ("updated_at", "pk"),
    }
    ordering_labels = {
        "newest": gettext_lazy("Newest first"),
        "oldest": gettext_lazy("Oldest first"),
        "title": gettext_lazy("Title, A to Z"),
        "-title": gettext_lazy("Title, Z to A"),
        "changed": gettext_lazy("Last changed first"),
        "unchanged": gettext_lazy("Longest unchanged first"),
    }
    tabs = [
        generic.Tab(gettext_lazy("Drafts"), "status=draft"),
        generic.Tab(gettext_lazy("Published"), "status=published"),
        generic.Tab(gettext_lazy("Archived"), "status=archived"),
        generic.Tab(gettext_lazy("Without a picture"), "picture=false"),
    ]
    bulk_actions = [
        generic.BulkAction("publish", gettext_lazy("Publish"), services.publish, "catalog.publish_product", batch=True),
        generic.BulkAction(
            "unpublish", gettext_lazy("Unpublish"), services.unpublish, "catalog.publish_product", batch=True
        ),
        generic.BulkAction(
            "archive",
            gettext_lazy("Archive"),
            services.archive,
            "catalog.publish_product",
            batch=True,
            confirm=gettext_lazy("Archived products leave the shop and the daily lists; nothing is lost."),
        ),
        generic.BulkAction(
            "tag",
            gettext_lazy("Add tag"),
            services.add_tag,
            "catalog.change_product",
            batch=True,
            form_class=forms.TagForm,
        ),
    ]
    create_url = "catalog:product_new"
    create_permission = "catalog.add_product"
    empty_title = gettext_lazy("No products yet")
    empty_text = gettext_lazy("Create the first one here, or import a whole file of them.")

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("category", "brand").with_summary()

    def get_columns(self) -> Sequence[generic.Column]:
        """With one for each attribute of the category that the list is filtered by."""
        return [*super().get_columns(), *list_columns(list(self.definitions.values()), plainly)]

    @cached_property
    def definitions(self) -> dict[str, AttributeDefinition]:
        return definitions_for(self.request.GET)


class ProductRecord(generic.RecordPage):
    model = Product
    slug_field = "handle"
    permission = "catalog.view_product"
    list_url = "catalog:products"
    list_page = ProductList
    template_name = "catalog/product_record.html"

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("category", "brand")

    def get_subtitle(self) -> str:
        """The title in the other language."""
        other = {self.object.title, self.object.title_zh} - {str(self.object), ""}
        return next(iter(other), "")

    def get_actions(self) -> list[generic.Action]:
        product, user = self.object, self.request.user
        actions = []
        if generic.may(user, "catalog.publish_product"):
            actions += [verb.action(product) for verb in VERBS.values() if product.may_become(verb.status)]
        if generic.may(user, "catalog.change_product"):
            actions.append(
                generic.Action(_("Edit"), reverse("catalog:product_edit", args=[product.pk]), method="get", icon="edit")
            )
        return actions

    @cached_property
    def variants(self) -> list[Variant]:
        """The first variants, and one more where there are too many to show."""
        return list(Variant.objects.visible_to(self.request.user).filter(product=self.object)[: SHOWN_VARIANTS + 1])

    @cached_property
    def timeline(self) -> list[generic.Moment]:
        """What happened to the product and its variants, newest first; one query."""
        of_variants = AuditEvent.objects.filter(
            subject_type=Variant._meta.label_lower, subject_id__in=[variant.pk for variant in self.variants]
        )
        newest = [
            events.order_by("-at", "-pk").values("pk")[:TIMELINE_LENGTH]
            for events in (AuditEvent.objects.about(self.object), of_variants)
        ]
        events = AuditEvent.objects.filter(pk__in=newest[0].union(newest[1], all=True)).select_related("actor")
        groups = groupby(
            events[:TIMELINE_LENGTH], lambda event: (event.verb, event.actor_id, event.at.replace(microsecond=0))
        )
        return [_together(list(group)) for _key, group in groups]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        user, product = self.request.user, self.object
        return super().get_context_data(
            variants=self.variants[:SHOWN_VARIANTS],
            more_variants=len(self.variants) > SHOWN_VARIANTS,
            pictures=list(Media.objects.visible_to(user).filter(product=product).select_related("variant")),
            **dict(zip(("attributes", "other_attributes"), told(product), strict=True)),
            may_see_cost=generic.may(user, "catalog.view_cost"),
            may_edit=generic.may(user, "catalog.change_product"),
            may_add_variant=generic.may(user, "catalog.add_variant"),
            may_add_picture=generic.may(user, "catalog.add_media"),
            may_change_picture=generic.may(user, "catalog.change_media"),
            **extra,
        )


def _together(events: list[AuditEvent]) -> generic.Moment:
    """One moment of what happened at once; events of variants name them."""
    moment = event_moment(events[0])
    if events[0].subject_type != Variant._meta.label_lower:
        return moment
    names = [event.subject for event in reversed(events[-NAMED:])]
    more = len(events) - len(names)
    return replace(moment, text=f"{moment.text}: {', '.join(names)}{f' +{more}' if more else ''}")


class Verb:
    """A change of status: its button, and the view behind it."""

    def __init__(
        self,
        key: str,
        status: str,
        label: Any,
        done: Any,
        service: Callable[..., Any],
        icon: str,
        primary: bool = False,
    ) -> None:
        self.key, self.status, self.label, self.done = key, status, label, done
        self.service, self.icon, self.primary = service, icon, primary

    def action(self, product: Product) -> generic.Action:
        label = (
            _("Back to draft") if self.key == "unpublish" and product.status == Product.Status.ARCHIVED else self.label
        )
        url = reverse("catalog:product_verb", args=[product.pk, self.key])
        return generic.Action(label, url, primary=self.primary, icon=self.icon)


VERBS = {
    verb.key: verb
    for verb in (
        Verb(
            "publish",
            Product.Status.PUBLISHED,
            gettext_lazy("Publish"),
            gettext_lazy("%s published."),
            services.publish,
            "globe",
            True,
        ),
        Verb(
            "unpublish",
            Product.Status.DRAFT,
            gettext_lazy("Unpublish"),
            gettext_lazy("%s is a draft again."),
            services.unpublish,
            "eye-off",
        ),
        Verb(
            "archive",
            Product.Status.ARCHIVED,
            gettext_lazy("Archive"),
            gettext_lazy("%s archived."),
            services.archive,
            "folder",
        ),
    )
}


@login_required
@require_POST
@permission_required("catalog.publish_product", raise_exception=True)
def move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Publish, unpublish or archive one product."""
    if verb not in VERBS:
        raise Http404
    product = get_object_or_404(Product.objects.visible_to(request.user), pk=pk)
    service = VERBS[verb].service

    def one(product: Product, *, by: Any) -> None:
        service([product], by=by)

    return generic.act(request, one, product, done=VERBS[verb].done)


class ProductFormPage(generic.FormPage):
    """The product and, where there are not too many, its variants."""

    model = Product
    form_class = forms.ProductForm
    template_name = "catalog/product_form.html"
    reason = True
    empty_lines = 1
    fieldsets = [
        (gettext_lazy("Description"), ["description", "description_zh"]),
        (gettext_lazy("Search engines and addresses"), ["handle", "seo_title", "seo_description"]),
    ]

    def get_formset(self, data: Any = None, files: Any = None) -> Any:
        user = self.request.user
        if not generic.may(user, ("catalog.add_variant", "catalog.change_variant")):
            return None
        variants = list(self.object.variants.all()[: EDITED_VARIANTS + 1]) if self.object else []
        if len(variants) > EDITED_VARIANTS:
            return None
        kwargs = {"product": self.object, "may_see_cost": generic.may(user, "catalog.view_cost")}
        return forms.variant_rows(self.empty_lines)(data, variants=variants, form_kwargs=kwargs)

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        form = super().get_form(data, files)
        form.take_attributes(self.category_of(form))
        return form

    def category_of(self, form: Any) -> Category | None:
        """The category that the form speaks of, as far as it can be told."""
        typed = form["category"].value()
        try:
            return form.fields["category"].clean(form.fields["category"].prepare_value(typed) or "")  # type: ignore[no-any-return]
        except ValidationError:
            return self.object.category if self.object else None

    def groups(self, form: Any) -> list[tuple[str, list[Any]]]:
        """Without the attributes, which have a section of their own."""
        return [
            (title, [bound for bound in fields if not bound.name.startswith(services.FIELD)])
            for title, fields in super().groups(form)
        ]

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        names = {services.FIELD + definition.code for definition in form.definitions}
        kept = [
            (name, value)
            for name, values in self.request.POST.lists()
            if name.startswith(services.FIELD) and name not in names
            for value in values
        ]
        defined = {definition.code for definition in form.definitions}
        rest = {code: value for code, value in self.stored_attributes.items() if code not in defined}
        return super().get_context_data(
            form,
            attribute_fields=[form[name] for name in form.fields if name in names],
            kept_fields=kept,
            other_attributes=[Told(code, services.text_of(value)) for code, value in sorted(rest.items())],
            **extra,
        )

    @property
    def stored_attributes(self) -> dict[str, Any]:
        return self.object.attributes if self.object else {}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """With `show_fields` nothing is saved: the fields of the chosen category are shown, and all that was typed is kept."""
        if "show_fields" not in request.POST:
            return super().post(request, *args, **kwargs)
        form = unjudged(self.get_form(request.POST, request.FILES))
        self.formset = self.prepared_formset(request.POST, request.FILES)
        if self.formset is not None:
            self.formset._errors = [unjudged(row).errors for row in self.formset.forms]
            self.formset._non_form_errors = ErrorList()
        part = request.POST["show_fields"] == "fragment"
        template = "catalog/_attribute_fields.html" if part else self.template_name
        return TemplateResponse(request, template, self.get_context_data(form))

    def perform(self, form: Any) -> Product:
        fields = {name: value for name, value in form.cleaned_data.items() if not name.startswith(services.FIELD)}
        fields["attributes"] = form.clean_attributes(self.stored_attributes)
        rows = self.formset.rows() if self.formset else []
        try:
            return self.save(fields, rows)
        except services.VariantsRefused as refusal:
            self.formset.show(refusal.rows)
            raise ValidationError(_("Some variants cannot be saved like this.")) from refusal

    def save(self, fields: dict[str, Any], rows: list[Any]) -> Product:
        raise NotImplementedError


def unjudged(form: Any) -> Any:
    """The form with what was typed, and no word about it yet."""
    form._errors, form.cleaned_data = ErrorDict(), {}
    return form


class NewProduct(ProductFormPage):
    permission = "catalog.add_product"
    reason = False
    empty_lines = 3
    done = gettext_lazy("%s created as a draft.")

    def save(self, fields: dict[str, Any], rows: list[Any]) -> Product:
        return services.create_product(by=self.request.user, variants=rows, **fields)


class EditProduct(ProductFormPage):
    permission = "catalog.change_product"

    def save(self, fields: dict[str, Any], rows: list[Any]) -> Product:
        return services.update_product(self.object, by=self.request.user, variants=rows, **fields)


class AddPicture(generic.ActionView):
    model = Product
    permission = "catalog.add_media"
    title = gettext_lazy("Add picture")
    done = gettext_lazy("Picture added.")
    form_class = forms.PictureForm

    def get_form_kwargs(self, obj: Product) -> dict[str, Any]:
        return {"product": obj}

    def perform(self, obj: Product, fields: dict[str, Any]) -> Any:
        return services.attach_media(obj, by=self.request.user, **fields)


@login_required
@require_POST
@permission_required("catalog.change_media", raise_exception=True)
def make_cover(request: HttpRequest, pk: int) -> HttpResponse:
    picture = _picture(request, pk)
    return generic.act(
        request, services.make_cover, picture, done=_("This picture stands first now."), back=_home(picture)
    )


@login_required
@require_POST
@permission_required("catalog.change_media", raise_exception=True)
def remove_picture(request: HttpRequest, pk: int) -> HttpResponse:
    picture = _picture(request, pk)
    return generic.act(request, services.remove_media, picture, done=_("Picture removed."), back=_home(picture))


@login_required
@require_GET
def picture(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file of a picture. Its name never changes its content, so browsers may keep it."""
    media = _picture(request, pk)
    kind = media.file.name.rpartition(".")[2].lower() if media.file else ""
    if kind not in CONTENT_TYPES or not media.file.storage.exists(media.file.name):
        raise Http404
    return FileResponse(
        media.file.open("rb"),
        content_type=CONTENT_TYPES[kind],
        headers={
            "Cache-Control": "private, max-age=31536000, immutable",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


def _picture(request: HttpRequest, pk: int) -> Media:
    return get_object_or_404(Media.objects.visible_to(request.user).select_related("product"), pk=pk)


def _home(picture: Media) -> str:
    return f"{picture.product.get_absolute_url()}#pictures"
