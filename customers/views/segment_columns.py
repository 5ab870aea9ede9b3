"""What the list of customers shows of segments and follow-ups."""

from typing import Any

from django.db.models import Case, CharField, F, OuterRef, Subquery, Value, When
from django.db.models.functions import Cast, Concat
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.templatetags.houtai import badge
from customers.models import Customer, CustomerSegment, FollowUp, Segmented

SEEN_BY = "customers.view_customersegment"
LIFECYCLES = dict(Segmented.Lifecycle.choices)
RISKS = dict(Segmented.Risk.choices)
NOTHING = mark_safe("")


def segment_of(customer: Customer) -> CustomerSegment | None:
    """What the latest run says; None of who came after it."""
    return getattr(customer, "segment", None)


def _value(name: str) -> Any:
    return lambda customer: getattr(segment_of(customer), name, None)


def rfm(customer: Customer) -> str:
    segment = segment_of(customer)
    return segment.rfm if segment else ""


def draw_lifecycle(customer: Customer, value: Any) -> SafeString:
    return badge(LIFECYCLES[value], value) if value else NOTHING


def draw_risk(customer: Customer, value: Any) -> SafeString:
    return badge(RISKS[value], value) if value and value != Segmented.Risk.NONE else NOTHING


def draw_revenue(customer: Customer, value: Any) -> SafeString:
    """Amounts are of one currency, which the heading of the overview names."""
    return NOTHING if value is None else generic.display(value, "number")


def draw_planned(customer: Customer, value: Any) -> SafeString:
    return generic.display(value, "date") if value else NOTHING


def planned() -> Subquery:
    """The day of the next follow-up."""
    return Subquery(FollowUp.objects.open().filter(customer=OuterRef("pk")).order_by("due_on").values("due_on")[:1])


RFM = Case(
    When(
        segment__recency__gt=0,
        then=Concat(*(Cast(f"segment__{name}", CharField()) for name in ("recency", "frequency", "monetary"))),
    ),
    default=Value(""),
    output_field=CharField(),
)
COLUMNS = [
    generic.Column(
        "lifecycle",
        gettext_lazy("Lifecycle"),
        get=_value("lifecycle"),
        draw=draw_lifecycle,
        sql=F("segment__lifecycle"),
        permission=SEEN_BY,
    ),
    generic.Column("abc", gettext_lazy("ABC"), get=_value("abc"), sql=F("segment__abc"), permission=SEEN_BY),
    generic.Column("rfm", gettext_lazy("RFM"), get=rfm, sql=RFM, permission=SEEN_BY),
    generic.Column(
        "risk",
        gettext_lazy("Churn risk"),
        get=_value("risk"),
        draw=draw_risk,
        sql=F("segment__risk"),
        permission=SEEN_BY,
    ),
    generic.Column(
        "revenue",
        gettext_lazy("Revenue"),
        kind="number",
        get=_value("revenue"),
        draw=draw_revenue,
        sql=F("segment__revenue"),
        permission=SEEN_BY,
    ),
    generic.Column(
        "last_order",
        gettext_lazy("Last order"),
        kind="date",
        get=_value("last_order_on"),
        sql=F("segment__last_order_on"),
        permission=SEEN_BY,
    ),
    generic.Column(
        "planned", gettext_lazy("Follow-up"), kind="date", draw=draw_planned, permission="customers.view_followup"
    ),
]
