"""Pictures of a product: the page where they are added, described and put in order; the files themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from backoffice import generic
from backoffice.generic.base import error_texts
from catalog import forms, services
from catalog.models import Media, Product, Variant
from catalog.services.pictures import CONTENT_TYPES, SIZES, thumbnail

OFFERED_VARIANTS = 300


@dataclass
class Row:
    """A picture in the form, with what is said about it: as stored, or as typed."""

    media: Media
    alt: str
    alt_zh: str
    sku: str

    @classmethod
    def of(cls, media: Media, data: Mapping[str, str]) -> "Row":
        sku = media.variant.sku if media.variant else ""
        stored = {"alt": media.alt, "alt_zh": media.alt_zh, "sku": sku}
        return cls(media, **{name: data.get(f"{name}-{media.pk}", value) for name, value in stored.items()})


class ProductPictures(generic.OnePage):
    """One form: descriptions, order and new files are sent together, so that no button loses what was typed."""

    model = Product
    permission = ("catalog.add_media", "catalog.change_media")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.show(self.get_object(), forms.NewPictureForm())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        product = self.get_object()
        form = forms.NewPictureForm(request.POST)
        try:
            with transaction.atomic():
                self.describe(product)
                self.take_off(product)
        except ValidationError as error:
            return self.show(product, form, error_texts(error), typed=True)
        added, remarks, refusals = services.attach_files(product, request.FILES.getlist("files"), by=self.user)
        refusals += self.attach_address(product, form)
        for remark in remarks:
            messages.warning(request, remark)
        if refusals:
            return self.show(product, form, refusals, added=len(added))
        messages.success(request, _("Pictures of %(product)s saved.") % {"product": product})
        return HttpResponseRedirect(self.address(product))

    def address(self, product: Product) -> str:
        url = reverse("catalog:product_pictures", args=[product.pk])
        return url if self.request.POST.keys() & {"up", "down", "remove"} else f"{product.get_absolute_url()}#pictures"

    def describe(self, product: Product) -> None:
        """Write what was typed, in the order of the rows, one of them moved by its button."""
        data = self.request.POST
        known = {str(media.pk): media for media in product.media.select_related("variant")}  # type: ignore[attr-defined]
        order = [key for key in dict.fromkeys(data.getlist("picture")) if key in known]
        for name, step in (("up", -1), ("down", 1)):
            if (key := data.get(name)) in order:
                place = order.index(key)
                order.insert(min(max(place + step, 0), len(order) - 1), order.pop(place))
        rows = [Row.of(known[key], data) for key in order]
        variants = self.variants(product, {row.sku.strip() for row in rows} - {""})
        services.save_pictures(
            product,
            [
                {
                    "id": row.media.pk,
                    "alt": row.alt,
                    "alt_zh": row.alt_zh,
                    "variant": variants[row.sku.strip().upper()] if row.sku.strip() else None,
                }
                for row in rows
            ],
            by=self.user,
        )

    def variants(self, product: Product, skus: set[str]) -> dict[str, Variant]:
        """The product's variants with these SKUs, by SKU in capitals. Raises ValidationError for one that is missing."""
        if not skus:
            return {}
        found = {variant.sku.upper(): variant for variant in product.variants.all()}  # type: ignore[attr-defined]
        if missing := next((sku for sku in sorted(skus) if sku.upper() not in found), None):
            raise ValidationError(_("The product has no variant “%(sku)s”.") % {"sku": missing})
        return found

    def take_off(self, product: Product) -> None:
        key = self.request.POST.get("remove", "")
        if key.isascii() and key.isdigit():
            for media in product.media.filter(pk=int(key)):  # type: ignore[attr-defined]
                services.remove_media(media, by=self.user)

    def attach_address(self, product: Product, form: Any) -> list[str]:
        """Sentences about what is wrong with the address, where one was given."""
        if not form.is_valid():
            return [str(sentence) for sentences in form.errors.values() for sentence in sentences]
        if not form.cleaned_data["url"]:
            return []
        try:
            services.attach_media(product, by=self.user, url=form.cleaned_data["url"])
        except ValidationError as error:
            return error_texts(error)
        return []

    def show(
        self, product: Product, form: Any, refusals: list[str] | None = None, *, added: int = 0, typed: bool = False
    ) -> HttpResponseBase:
        pictures = list(product.media.select_related("variant"))  # type: ignore[attr-defined]
        data = self.request.POST if typed else {}
        if added:
            said = ngettext("%(number)s picture was added.", "%(number)s pictures were added.", added)
            messages.success(self.request, said % {"number": added})
        context = {
            "object": product,
            "title": _("Pictures of %(product)s") % {"product": product},
            "form": form,
            "rows": [Row.of(media, data) for media in pictures],
            "skus": list(product.variants.values_list("sku", flat=True)[:OFFERED_VARIANTS]),  # type: ignore[attr-defined]
            "summary": [("", "", [sentence]) for sentence in refusals or []],
            "back_url": product.get_absolute_url(),
        }
        status = 422 if refusals else 200
        return TemplateResponse(self.request, "catalog/product_pictures.html", context, status=status)


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
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    picture = _picture(request, pk)
    return generic.act(request, services.remove_media, picture, done=_("Picture removed."), back=_home(picture))


@login_required
@require_GET
def show(request: HttpRequest, pk: int, size: int = 0) -> HttpResponseBase:
    """The file of a picture, or the picture within `size` pixels. Neither ever changes, so browsers may keep it."""
    media = _picture(request, pk)
    name = media.file.name if media.file else ""
    if (size and size not in SIZES) or not name or not media.file.storage.exists(name):
        raise Http404
    if size:
        name = thumbnail(name, size)
    kind = name.rpartition(".")[2].lower()
    if kind not in CONTENT_TYPES:
        raise Http404
    return FileResponse(
        media.file.storage.open(name, "rb"),
        filename=f"picture-{media.pk}.{kind}",
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
