"""Why a customer is what the segmentation says, in the reader's language: made of stored facts when it is shown."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.money import format_money
from customers.models import Segmented, SegmentLimits


@dataclass(frozen=True)
class Reason:
    """A value with what it follows from. `key`: abc, rfm, lifecycle, risk; `value` gives the colour of the badge."""

    key: str
    label: str
    value: str
    text: str


def reasons(segment: Segmented, limits: SegmentLimits, as_of: date) -> list[Reason]:
    """Every value of a customer with its reason."""
    facts = _Facts(segment, limits, as_of)
    found = [
        Reason("lifecycle", segment.get_lifecycle_display(), segment.lifecycle, facts.lifecycle()),
        Reason("abc", _("Class %(class)s") % {"class": segment.abc}, segment.abc, facts.abc()),
    ]
    if segment.recency:
        rfm = Reason("rfm", _("RFM %(scores)s") % {"scores": segment.rfm}, "", facts.rfm())
        risk = _("Churn risk: %(risk)s") % {"risk": segment.get_risk_display()}
        found += [rfm, Reason("risk", risk, segment.risk, facts.risk())]
    return found


class _Facts:
    def __init__(self, segment: Any, limits: SegmentLimits, as_of: date) -> None:
        self.segment, self.limits, self.as_of = segment, limits, as_of

    def ago(self, day: date) -> int:
        return (self.as_of - day).days

    def abc(self) -> str:
        segment, limits = self.segment, self.limits
        money = format_money(segment.revenue, limits.currency)
        if segment.revenue <= 0:
            text = _("No revenue in the last %(days)s days.") % {"days": limits.window_days}
        else:
            text = _(
                "%(revenue)s in the last %(days)s days; better customers bring %(share)s %% of the revenue, and class A ends at %(a)s %%, B at %(b)s %%."
            ) % {
                "revenue": money,
                "days": limits.window_days,
                "share": number_format(segment.share_before * 100, 1),
                "a": _short(limits.a_percent),
                "b": _short(limits.b_percent),
            }
        if segment.uncounted:
            text += " " + ngettext(
                "%(count)s order in another currency is not in it.",
                "%(count)s orders in other currencies are not in it.",
                segment.uncounted,
            ) % {"count": segment.uncounted}
        return text

    def rfm(self) -> str:
        segment = self.segment
        orders = ngettext("%(count)s order", "%(count)s orders", segment.window_orders) % {
            "count": segment.window_orders
        }
        return _("Last order %(ago)s (%(r)s of 5); in %(days)s days %(orders)s (%(f)s) and %(revenue)s (%(m)s).") % {
            "ago": _days_ago(self.ago(segment.last_order_on)),
            "r": segment.recency,
            "days": self.limits.window_days,
            "orders": orders,
            "f": segment.frequency,
            "revenue": format_money(segment.revenue, self.limits.currency),
            "m": segment.monetary,
        }

    def risk(self) -> str:
        segment = self.segment
        ago = _days_ago(self.ago(segment.last_order_on))
        facts = {"ago": ago, "usual": _short(segment.usual_gap), "limit": _short(segment.limit_gap)}
        if segment.gap_is_own:
            return _("Last order %(ago)s; usually every %(usual)s days, at risk after %(limit)s.") % facts
        return (
            _("Last order %(ago)s; customers here usually order again after %(usual)s days, few after %(limit)s.")
            % facts
        )

    def lifecycle(self) -> str:
        segment, limits = self.segment, self.limits
        if segment.lifecycle == Segmented.Lifecycle.NEW:
            since = date_format(segment.started_on, "SHORT_DATE_FORMAT")
            return _("Customer since %(day)s, less than %(days)s days.") % {"day": since, "days": limits.new_days}
        if segment.lifecycle == Segmented.Lifecycle.CHURNING:
            return self.risk()
        seen = self._seen()
        if segment.lifecycle == Segmented.Lifecycle.LOST:
            return _("%(seen)s; lost after %(days)s days without either.") % {"seen": seen, "days": limits.lost_days}
        if segment.lifecycle == Segmented.Lifecycle.SILENT:
            return _("%(seen)s; silent after %(days)s days without either.") % {
                "seen": seen,
                "days": limits.silent_days,
            }
        return _("%(seen)s; silent only after %(days)s days without either.") % {
            "seen": seen,
            "days": limits.silent_days,
        }

    def _seen(self) -> str:
        """When there was an order and a contact last."""
        segment = self.segment
        order = (
            _("Last order %(ago)s") % {"ago": _days_ago(self.ago(segment.last_order_on))}
            if segment.last_order_on
            else _("No order yet")
        )
        contact = (
            _("last contact %(ago)s") % {"ago": _days_ago(self.ago(segment.last_contact_on))}
            if segment.last_contact_on
            else _("no contact")
        )
        return _("%(order)s, %(contact)s") % {"order": order, "contact": contact}


def _days_ago(days: int) -> str:
    if days < 1:
        return _("today")
    return ngettext("%(count)s day ago", "%(count)s days ago", days) % {"count": days}


def _short(number: Decimal) -> str:
    """Without decimals that say nothing."""
    number = Decimal(number)
    whole = number == number.to_integral_value()
    return str(number_format(int(number) if whole else number.normalize()))
