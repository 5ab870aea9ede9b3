"""Pages of products: list, record, form, verbs, pictures."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import JSONObject
from django.forms.utils import ErrorDict, ErrorList
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic, publishing
from backoffice.generic.records import TIMELINE_LENGTH, event_moment
from backoffice.models import AuditEvent
from backoffice.money import format_money
from backoffice.publishing import pages
from backoffice.rows import told_along
from backoffice.templatetags.houtai import icon
from catalog import forms, services
from catalog.attribute_exports import list_columns
from catalog.filters import ProductFilter
from catalog.models import AttributeDefinition, Category, Check, Media, Product, ProductRedirect, Relation, Variant
from catalog.models.products import lost_in_address
from catalog.views.attributes import Told, plainly, told
from catalog.views.categories import above
from catalog.views.price_changes import tell_waiting
from catalog.views.variants import tell_of_twins

SHOWN_VARIANTS = 100
NAMED = 3
PICTURE = {
    **{name: name for name in ("id", "file", "url", "alt", "alt_zh")},
    "variant": JSONObject(id="variant_id", sku="variant__sku"),
}
ENDS = {
    end: JSONObject(**{name: f"{end}__{name}" for name in ("id", "handle", "title", "title_zh", "status")})
    for end in ("product", "other")
}
EDITED_VARIANTS = 50


def price_range(product: Any) -> str:
    """ "€9.00", or "€9.00 – €12.00", of the active variants; "" without any."""
    low, high, currency = product.lowest_price, product.highest_price, settings.DEFAULT_CURRENCY
    if low is None:
        return ""
    return (
        format_money(low, currency)
        if low == high
        else f"{format_money(low, currency)} – {format_money(high, currency)}"
    )


def with_thumb(product: Product, title: Any = "") -> SafeString:
    """The product's name behind its first picture, small."""
    if product.cover:  # type: ignore[attr-defined]
        address = reverse("catalog:thumbnail", args=[product.cover, 96])  # type: ignore[attr-defined]
        thumb = format_html('<img class="thumb" src="{}" alt="" width="36" height="36" loading="lazy">', address)
    else:
        thumb = format_html('<span class="thumb blank">{}</span>', icon("image"))
    return format_html('<span class="with-thumb">{}<span>{}</span></span>', thumb, product)


def score_of(product: Product) -> int | None:
    """How complete it is, in percent; None while nobody has looked."""
    assessed = getattr(product, "completeness", None)
    return assessed.score if assessed is not None and assessed.is_assessed else None


class ProductList(generic.ListPage):
    model = Product
    key = "products"
    permission = "catalog.view_product"
    filterset_class = ProductFilter
    template_name = "catalog/product_list.html"
    columns = [
        generic.Column("title", gettext_lazy("Product"), link=True, draw=with_thumb),
        generic.Column("status", kind="badge"),
        generic.Column("category.title", gettext_lazy("Category"), link="category"),
        generic.Column("brand.title", gettext_lazy("Brand")),
        generic.Column("variant_count", gettext_lazy("Variants"), kind="number"),
        generic.Column(
            "lowest_price",
            gettext_lazy("Price"),
            kind="number",
            get=price_range,
            reads=("lowest_price", "highest_price"),
        ),
        generic.Column(
            "completeness.place",
            gettext_lazy("Complete"),
            kind="percent",
            get=score_of,
            reads=("completeness__score", "completeness__missing"),
        ),
        generic.Column("product_type"),
        generic.Column("tags", get=lambda product: ", ".join(product.tags), sql=generic.joined("tags")),
        generic.Column("handle"),
        generic.Column("published_at", kind="datetime"),
        generic.Column("updated_at", kind="relative"),
    ]
    default_columns = [
        "title",
        "status",
        "category.title",
        "brand.title",
        "variant_count",
        "lowest_price",
        "completeness.place",
        "updated_at",
    ]
    unread = [
        *Product.UNLISTED,
        *(f"category__{name}" for name in ("position", "number", "created_at", "updated_at")),
        *(f"brand__{name}" for name in ("created_at", "updated_at")),
    ]
    ordering = {
        "newest": ("-pk",),
        "oldest": ("pk",),
        "title": ("title", "pk"),
        "-title": ("-title", "-pk"),
        "changed": ("-updated_at", "-pk"),
        "unchanged": ("updated_at", "pk"),
        "incomplete": ("completeness__place",),
        "complete": ("-completeness__place",),
        generic.BEST: ("-pk",),
    }
    ordering_labels = {
        "newest": gettext_lazy("Newest first"),
        "oldest": gettext_lazy("Oldest first"),
        "title": gettext_lazy("Title, A to Z"),
        "-title": gettext_lazy("Title, Z to A"),
        "changed": gettext_lazy("Last changed first"),
        "unchanged": gettext_lazy("Longest unchanged first"),
        "incomplete": gettext_lazy("Least complete first"),
        "complete": gettext_lazy("Most complete first"),
        generic.BEST: gettext_lazy("Best match first"),
    }
    tabs = [
        generic.Tab(gettext_lazy("Drafts"), "status=draft"),
        generic.Tab(gettext_lazy("In review"), "status=in_review"),
        generic.Tab(gettext_lazy("Scheduled"), "status=scheduled"),
        generic.Tab(gettext_lazy("Published"), "status=published"),
        generic.Tab(gettext_lazy("Unpublished changes"), "changes=true"),
        generic.Tab(gettext_lazy("Archived"), "status=archived"),
        generic.Tab(gettext_lazy("Incomplete"), "completeness_max=99&sort=incomplete"),
        generic.Tab(gettext_lazy("Without a picture"), "picture=false"),
        generic.Tab(gettext_lazy("Translation missing"), "translated=false"),
    ]
    bulk_actions = [
        *pages.bulk_actions(publishing.of(Product)),
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
    imported_as = "products"
    empty_title = gettext_lazy("No products yet")
    empty_text = gettext_lazy("Create the first one here, or import a whole file of them.")

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("category", "brand", "completeness").with_summary()

    @cached_property
    def matching(self) -> models.QuerySet:
        """Every product has a score: said so, its index gives the order."""
        rows = super().matching
        return rows.filter(completeness__place__gte=0) if self.sort in {"incomplete", "complete"} else rows

    def get_columns(self) -> Sequence[generic.Column]:
        """With one for each attribute of the category that the list is filtered by."""
        return [*super().get_columns(), *list_columns(list(self.definitions.values()), plainly)]

    @cached_property
    def definitions(self) -> dict[str, AttributeDefinition]:
        return self.filterset.definitions  # type: ignore[union-attr]


class ProductRecord(generic.RecordPage):
    model = Product
    slug_field = "handle"
    permission = "catalog.view_product"
    list_url = "catalog:products"
    list_page = ProductList
    template_name = "catalog/product_record.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A former handle of a product leads to its page."""
        try:
            return super().get(request, *args, **kwargs)
        except Http404:
            former = ProductRedirect.objects.filter(handle__iexact=kwargs.get("handle", "")).select_related("product")
            if not (redirect := former.first()):
                raise
            return HttpResponseRedirect(redirect.product.get_absolute_url())

    def get_queryset(self) -> models.QuerySet:
        """With what belongs to the product and is told in a few words: pictures, relations, what is public."""
        user, here = self.request.user, models.OuterRef("pk")
        rows = super().get_queryset().select_related(*above("category"), "brand", "completeness")
        return pages.with_live(rows).annotate(
            told_pictures=told_along(Media.objects.visible_to(user).filter(product=here), **PICTURE),
            told_relations=told_along(Relation.objects.visible_to(user).around(here), kind="kind", **ENDS),
        )

    def get_subtitle(self) -> str:
        """The title in the other language."""
        other = {self.object.title, self.object.title_zh} - {str(self.object), ""}
        return next(iter(other), "")

    @cached_property
    def standing(self) -> pages.Standing:
        return pages.Standing(self.object)

    def get_badges(self) -> list[generic.Badge]:
        return [*super().get_badges(), *self.standing.badges()]

    def get_actions(self) -> list[generic.Action]:
        product, user = self.object, self.request.user
        actions = self.standing.actions(user, "catalog:product_", product.pk)
        if generic.may(user, "catalog.change_product"):
            actions.append(
                generic.Action(_("Edit"), reverse("catalog:product_edit", args=[product.pk]), method="get", icon="edit")
            )
        address = self.standing.address
        if address and not lost_in_address(address):
            shop = reverse("public:product", args=[address])
            actions.append(generic.Action(_("See it in the shop"), shop, method="get", icon="external"))
        return actions

    @cached_property
    def variants(self) -> list[Variant]:
        """The first variants, those on sale before the others, and one more where there are too many to show."""
        mine = Variant.objects.visible_to(self.request.user).filter(product=self.object).with_bundling()
        return list(mine.order_by("-is_active", "position", "pk")[: SHOWN_VARIANTS + 1])

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
            variants=[variant for variant in self.variants[:SHOWN_VARIANTS] if variant.is_active],
            off_sale=[variant for variant in self.variants[:SHOWN_VARIANTS] if not variant.is_active],
            relations=self.related(),
            more_variants=len(self.variants) > SHOWN_VARIANTS,
            pictures=self.pictures(),
            **dict(zip(("attributes", "other_attributes"), told(product), strict=True)),
            may_see_cost=generic.may(user, "catalog.view_cost"),
            may_edit=generic.may(user, "catalog.change_product"),
            preview=self.standing.preview_for(user),
            score=score_of(product),
            missing=missing_of(product, user),
            may_add_variant=generic.may(user, "catalog.add_variant"),
            may_change_variants=generic.may(user, "catalog.change_variant"),
            may_add_picture=generic.may(user, ("catalog.add_media", "catalog.change_media")),
            may_change_picture=generic.may(user, "catalog.change_media"),
            **extra,
        )

    def pictures(self) -> list[Media]:
        """In their order, each with the variant that it shows."""
        found = []
        for one in self.object.told_pictures or ():
            variant = Variant(**one["variant"]) if one["variant"]["id"] else None
            found.append(Media(**one | {"variant": variant}))
        return found

    def related(self) -> list[tuple[str, list[Product]]]:
        """What the product points at by kind, then what points at it, each with its heading."""
        found: dict[str, list[Product]] = {}
        for one in self.object.told_relations or ():
            heading = str(Relation.Kind(one["kind"]).label)
            other = one["other"]
            if other["id"] == self.object.pk:
                heading, other = _("%(kind)s of") % {"kind": heading}, one["product"]
            found.setdefault(heading, []).append(Product(**other))
        return sorted(found.items())


def missing_of(product: Product, user: Any) -> list[tuple[str, str]]:
    """What the product lacks, and where to mend it; "" for those who may not."""
    assessed = getattr(product, "completeness", None)
    return [(Check(code).label, mended_at(product, code, user)) for code in assessed.missing] if assessed else []


def mended_at(product: Product, code: str, user: Any) -> str:
    """Address of the page, and of the control there where it is one, at which a check can be met."""
    name, permission, control = {
        Check.PICTURE: ("product_pictures", ("catalog.add_media", "catalog.change_media"), ""),
        Check.ALT: ("product_pictures", ("catalog.add_media", "catalog.change_media"), ""),
        Check.PRICE: ("product_variants", "catalog.change_variant", ""),
        Check.BARCODE: ("product_variants", "catalog.change_variant", ""),
        Check.ATTRIBUTES: ("product_edit", "catalog.change_product", "attributes"),
        Check.SEO: ("product_edit", "catalog.change_product", "id_seo_title"),
    }.get(Check(code), ("product_edit", "catalog.change_product", f"id_{code}"))
    if not generic.may(user, permission):
        return ""
    return reverse(f"catalog:{name}", args=[product.pk]) + (f"#{control}" if control else "")


def _together(events: list[AuditEvent]) -> generic.Moment:
    """One moment of what happened at once; events of variants name them."""
    moment = event_moment(events[0])
    if events[0].subject_type != Variant._meta.label_lower:
        return moment
    names = [event.subject for event in reversed(events[-NAMED:])]
    more = len(events) - len(names)
    return replace(moment, text=f"{moment.text}: {', '.join(names)}{f' +{more}' if more else ''}")


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
            product = self.save(fields, rows)
        except services.VariantsRefused as refusal:
            self.formset.show(refusal.rows)
            raise ValidationError(_("Some variants cannot be saved like this.")) from refusal
        if any(row.get("barcode") for row in rows):
            tell_of_twins(self.request, product.variants.exclude(barcode=""))  # type: ignore[attr-defined]
        return product

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
        since = timezone.now()
        product = services.update_product(self.object, by=self.request.user, variants=rows, **fields)
        if rows:
            mine = Variant.objects.filter(product=product)
            tell_waiting(self.request, services.proposed_since(mine, since, by=self.user))
        return product
