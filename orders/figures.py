"""What stands behind a figure of a report: which orders, parcels or returns were added up, as text in the address of their list."""

from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Left, NullIf, TruncDate, Upper
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.reports.words import days_between
from catalog.models import Category, Product
from customers.models import Customer
from inventory.models import Location
from orders.models import Fulfilment, FulfilmentLine, Order, OrderLine, ProductPlace, Return
from orders.services import start_of

SOLD = ("placed", "closed")
# What `orders.services.summary_sources` calls COUNTRY.
GOES_TO = Upper(
    Left(
        Coalesce(
            NullIf(KT("shipping_address__country"), Value("")), KT("billing_address__country"), Value(""),
            output_field=models.TextField(),
        ),
        2,
    )
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """Days of the shop from `first` to `last`, and what narrows them; None narrows nothing.

    `late`: not shipped within so many days; `cohort`: by customers whose first order was in the month that begins then.
    """

    first: date
    last: date
    currency: str | None = None
    source: str | None = None
    country: str | None = None
    product: int | None = None
    category: int | None = None
    customer: int | None = None
    location: int | None = None
    rate: Decimal | None = None
    reason: str | None = None
    late: int | None = None
    cohort: date | None = None

    @classmethod
    def parse(cls, text: str) -> "Figure":
        """Raises ValueError where the text is none."""
        given = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))
        kinds = {field.name: str(field.type) for field in fields(cls)}
        if given.keys() - kinds.keys() or not {"first", "last"} <= given.keys():
            raise ValueError(text)
        return cls(**{name: _read(kinds[name], value) for name, value in given.items()})

    @property
    def text(self) -> str:
        return urlencode({name: value for name, value in asdict(self).items() if value is not None})

    def __str__(self) -> str:
        parts = [days_between(self.first, self.last), self.currency, *self._names()]
        return ", ".join(part for part in parts if part)

    def _names(self) -> list[str]:
        named = [
            str(model._default_manager.filter(pk=key).first() or _("none"))
            for model, key in (
                (Product, self.product), (Category, self.category), (Customer, self.customer), (Location, self.location),
            )
            if key is not None
        ]  # fmt: skip
        words = [self.source, self.country, self.reason]
        named += [word or _("none") for word in words if word is not None]
        if self.rate is not None:
            named.append(_("%(number)s%%") % {"number": f"{float(self.rate) * 100:g}"})
        if self.late is not None:
            named.append(_("not shipped within %(days)s days") % {"days": self.late})
        if self.cohort is not None:
            named.append(_("first order in %(month)s") % {"month": date_format(self.cohort, "YEAR_MONTH_FORMAT")})
        return named

    # --- What it narrows ------------------------------------------------------------------------

    def on(self, field: str) -> Q:
        """Rows whose moment is on the days."""
        return Q(**{f"{field}__gte": start_of(self.first), f"{field}__lt": start_of(self.last + timedelta(days=1))})

    def orders(self, rows: QuerySet) -> QuerySet:
        """Orders that were added up."""
        rows = self._of_place(rows.filter(self.on("placed_at"), status__in=SOLD), "")
        if self.customer is not None:
            rows = rows.filter(customer=self.customer or None)
        if self.product is not None or self.category is not None:
            rows = rows.filter(Exists(self._lines()))
        if self.rate is not None:
            rows = self._taxed(rows, self.rate)
        if self.late is not None:
            rows = self._late(rows)
        return rows if self.cohort is None else self._of_cohort(rows, self.cohort)

    def parcels(self, rows: QuerySet) -> QuerySet:
        """Parcels that left."""
        rows = rows.filter(self.on("shipped_at"), status__in=["shipped", "delivered"])
        rows = self._of_place(rows, "order__")
        if self.location is not None:
            rows = rows.filter(location=self.location)
        if self.product is not None:
            product = {"order_line__variant__product": self.product or None}
            rows = rows.filter(Exists(FulfilmentLine.objects.filter(fulfilment=OuterRef("pk"), **product)))
        return rows

    def returns(self, rows: QuerySet) -> QuerySet:
        """Returns that were announced."""
        rows = rows.filter(self.on("created_at")).exclude(status=Return.Status.CANCELED)
        if self.reason is not None:
            rows = rows.filter(reason=self.reason)
        return self._of_place(rows, "order__")

    def _of_place(self, rows: QuerySet, way: str) -> QuerySet:
        """Narrowed by currency, channel and country of the order, to which `way` leads."""
        if self.currency is not None:
            rows = rows.filter(**{f"{way}currency": self.currency})
        if self.source is not None:
            rows = rows.filter(**{f"{way}source": self.source})
        if self.country is None:
            return rows
        there = Order.objects.alias(goes_to=GOES_TO).filter(goes_to=self.country)
        return rows.filter(Exists(there.filter(pk=OuterRef("order" if way else "pk"))))

    def _lines(self) -> QuerySet:
        lines = OrderLine.objects.filter(order=OuterRef("pk"), quantity__gt=F("canceled"))
        if self.product is not None:
            lines = lines.filter(variant__product=self.product or None)
        if self.category is not None:
            place = ProductPlace.objects.filter(product=OuterRef("variant__product"))
            within = Exists(place.filter(categories__contains=[self.category]))
            lines = lines.filter(within if self.category else ~Exists(place.exclude(categories=[])))
        return lines

    def _taxed(self, rows: QuerySet, rate: Decimal) -> QuerySet:
        """With a line at this rate, or shipping: what the total is beyond the lines. Counted order by order, by the index of lines."""
        kept = OrderLine.objects.filter(order=OuterRef("pk"), quantity__gt=F("canceled")).order_by().values("order")
        gross = kept.annotate(sum=models.Sum("gross")).values("sum")
        at_rate = kept.filter(tax_rate=rate).annotate(number=models.Count("pk")).values("number")
        rows = rows.alias(
            of_lines=Coalesce(Subquery(gross), Value(0), output_field=models.DecimalField()),
            at_rate=Coalesce(Subquery(at_rate), Value(0)),
        )
        return rows.filter(Q(at_rate__gt=0) | (Q(shipping_tax_rate=rate) & ~Q(total=F("of_lines"))))

    def _late(self, rows: QuerySet) -> QuerySet:
        zone = timezone.get_default_timezone()
        sent = Fulfilment.objects.filter(order=OuterRef("pk"), status__in=["shipped", "delivered"])
        last = sent.order_by().values("order").annotate(last=Max("shipped_at")).values("last")
        shipped = TruncDate(Coalesce(Subquery(last), F("placed_at")), tzinfo=zone)
        until = Case(
            When(fulfilment_status="fulfilled", then=shipped), default=Value(timezone.localdate(timezone=zone))
        )
        limit = timedelta(days=min(self.late or 0, 9999))
        placed = TruncDate("placed_at", tzinfo=zone)
        rows = rows.exclude(fulfilment_status="none").alias(until=until, placed=placed)
        return rows.filter(until__gt=models.ExpressionWrapper(F("placed") + Value(limit), models.DateTimeField()))

    def _of_cohort(self, rows: QuerySet, month: date) -> QuerySet:
        begin = start_of(month)
        end = start_of((month + timedelta(days=31)).replace(day=1))
        theirs = Order.objects.filter(customer=OuterRef("customer"), status__in=SOLD)
        return rows.filter(
            ~Exists(theirs.filter(placed_at__lt=begin)),
            Exists(theirs.filter(placed_at__gte=begin, placed_at__lt=end)),
        )


def _read(kind: str, value: str) -> Any:
    """The value of a field; ValueError for what is none, or beyond all reason."""
    if "\x00" in value:
        raise ValueError(value)
    if "date" in kind:
        day = date.fromisoformat(value)
        if not 1900 <= day.year < 3000:
            raise ValueError(value)
        return day
    if "int" in kind:
        number = int(value)
        if not 0 <= number < 2**63:
            raise ValueError(value)
        return number
    if "Decimal" in kind:
        try:
            return Decimal(value)
        except InvalidOperation as error:
            raise ValueError(value) from error
    return value


class FigureField(forms.CharField):
    """A figure as its text."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return Figure.parse(text)
        except ValueError as error:
            raise ValidationError(gettext_lazy("This address is of no report that there is.")) from error
