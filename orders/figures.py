"""What stands behind a figure of a report: which orders, parcels or returns were added up, as text in the address of their list."""

from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Greatest, Left, NullIf, TruncDate, Upper
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.reports.words import days_between
from catalog.models import Category, Product
from customers.models import Customer
from inventory.models import Location
from orders.models import Fulfilment, FulfilmentLine, Order, OrderLine, ProductPlace, Return, ReturnCause, ReturnLine
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

SAYS_IT_GOES_TO = Upper(
    Left(
        Coalesce(
            NullIf(KT("content__ship_to__country"), Value("")), KT("content__buyer__address__country"), Value(""),
            output_field=models.TextField(),
        ),
        2,
    )
)  # fmt: skip


class TaxedAt(models.Func):
    """Whether a document, of which the first expression is the content, has a tax of that rate."""

    template = "EXISTS (SELECT FROM jsonb_array_elements(%(expressions)s))"
    arg_joiner = " -> 'taxes') AS t WHERE (t->>'rate')::numeric = ("
    output_field = models.BooleanField()


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
    cause: int | None = None
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
                (ReturnCause, self.cause),
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
        if self.cause is not None:
            of_cause = {"reason": self.cause} if self.cause else {"reason__isnull": True}
            rows = rows.filter(Exists(ReturnLine.objects.filter(order_return=OuterRef("pk"), **of_cause)))
        return self._of_place(rows, "order__")

    def invoices(self, rows: QuerySet) -> QuerySet:
        """Invoices and credit notes that were issued; by what they say themselves."""
        rows = rows.filter(self.on("issued_at"))
        if self.currency is not None:
            rows = rows.filter(currency=self.currency)
        if self.country is not None:
            rows = rows.alias(goes_to=SAYS_IT_GOES_TO).filter(goes_to=self.country)
        if self.rate is None:
            return rows
        return rows.filter(TaxedAt(F("content"), Value(self.rate)))

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
        """As `orders.services.summary_sources` says with DELAY: a parcel's days begin when it may leave."""
        zone = timezone.get_default_timezone()
        limit = min(self.late or 0, 9999)
        began = Greatest(OuterRef("placed"), F("not_before"), output_field=models.DateField())
        parcels = Fulfilment.objects.filter(order=OuterRef("pk")).alias(began=began)
        due_by = models.ExpressionWrapper(F("began") + Value(timedelta(days=limit)), models.DateTimeField())
        left = parcels.filter(status__in=["shipped", "delivered"]).alias(left=TruncDate("shipped_at", tzinfo=zone))
        slow = left.filter(left__gt=due_by)
        waits = parcels.filter(status__in=["pending", "packed"])
        long_ago = timezone.localdate(timezone=zone) - timedelta(days=limit)
        due = waits.filter(began__lt=long_ago)
        lines = OrderLine.objects.filter(order=OuterRef("pk"), requires_shipping=True).order_by().values("order")
        packed = FulfilmentLine.objects.filter(
            fulfilment__order=OuterRef("pk"), fulfilment__status__in=["pending", "packed"]
        )
        rest = lines.annotate(rest=models.Sum(F("quantity") - F("canceled") - F("fulfilled"))).values("rest")
        pieces = packed.order_by().values("fulfilment__order").annotate(pieces=models.Sum("quantity")).values("pieces")
        rows = rows.exclude(fulfilment_status="none").alias(
            placed=TruncDate("placed_at", tzinfo=zone),
            rest=Coalesce(Subquery(rest), Value(0)),
            packing=Coalesce(Subquery(pieces), Value(0)),
        )
        shipped = Q(fulfilment_status="fulfilled")
        loose = Q(rest__gt=F("packing"), placed_at__lt=start_of(long_ago))
        return rows.filter((shipped & Exists(slow)) | (~shipped & (Exists(due) | loose)))

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
            raise ValidationError(gettext_lazy("This address belongs to no report.")) from error
