"""The names that tags of products have."""

from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Func, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet
from catalog.models.products import Product


class TagQuerySet(VisibleQuerySet):
    def with_product_count(self, cap: int = 1000) -> "TagQuerySet":
        """Annotate `product_count`: products with the tag, counted to one more than `cap` on the index of tags."""
        tagged = Product.objects.filter(
            tags__contains=Func(OuterRef("name"), function="ARRAY", template="%(function)s[%(expressions)s]::varchar[]")
        )
        some = tagged.order_by().values("pk")[: cap + 1]
        return self.annotate(
            product_count=Func(ArraySubquery(some), function="CARDINALITY", output_field=models.IntegerField())
        )


class Tag(models.Model):
    """A tag that some product has or had. Triggers of the product add what is new; use is counted when it is asked for."""

    name = models.CharField(_("name"), max_length=120, primary_key=True)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The products that have it."""
        return f"{reverse('catalog:products')}?{urlencode({'tag': self.name})}"
