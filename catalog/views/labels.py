"""Labels of variants: the barcode, or the SKU where there is none."""

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from backoffice import generic
from catalog.models import Variant


class VariantLabels(generic.PaperPage):
    """Of chosen variants (`?ids=1,2`), in the order asked for."""

    permission = "catalog.view_variant"
    title = gettext_lazy("Labels")
    labels = "tag"
    back = (gettext_lazy("Variants"), "catalog:variants")

    def get_documents(self) -> list[SafeString]:
        asked = generic.keys(self.request.GET.get("ids", ""))
        rows = Variant.objects.visible_to(self.user).filter(pk__in=asked)
        template = "catalog/paper/variant_label.html"
        return [
            generic.in_readers_language(template, {"variant": one, "code": one.barcode or one.sku})
            for one in generic.as_asked(rows, asked)
        ]
