"""What the search finds, and the references CU-… and TK-…."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from backoffice import references, search
from backoffice.rows import containing
from customers import masking
from customers.models import Article, Customer, OwnershipDispute, Ticket, holding
from customers.services.saying import said_in_messages

NEWEST = ("-last_message_at", "-id")

references.register(prefix="CU", model=Customer, instead=lambda rows, number: rows.survivor_of(number))  # type: ignore[attr-defined]
references.register(prefix="DP", model=OwnershipDispute)
references.register(prefix="TK", model=Ticket)


@search.register
class CustomerSearch(search.Provider):
    key = "customers"
    label = _("Customers")
    permission = "customers.view_customer"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        """By name, company, e-mail and phone; who may not see those does not find by them."""
        if not masking.may_see(user):
            return []
        found = Customer.objects.visible_to(user).search(text)[:limit]
        return [
            search.Hit(c.name, " · ".join(filter(None, [c.number, c.company])), c.get_absolute_url()) for c in found
        ]


@search.register
class TicketSearch(search.Provider):
    key = "tickets"
    label = _("Tickets")
    permission = "customers.view_ticket"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        """By number, subject and who asked, then by words of the messages; who may not see people finds by subjects alone."""
        rows = Ticket.objects.visible_to(user).order_by(*NEWEST)
        if masking.may_see(user):
            found = list(rows.filter(holding(text))[:limit])
            if len(found) < limit:
                others = rows.exclude(pk__in=[ticket.pk for ticket in found])
                found += said_in_messages(text, user).page(others, "newest", NEWEST, limit - len(found)).rows
        elif masking.CONTACTS.search(text):
            found = []
        else:
            found = list(rows.filter(holding(text), subject__icontains=text)[:limit])
        return [search.Hit(t.subject, f"{t.number} · {t.get_status_display()}", t.get_absolute_url()) for t in found]


@search.register
class ArticleSearch(search.Provider):
    key = "articles"
    label = _("Articles")
    permission = "customers.view_article"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        found = Article.objects.visible_to(user).filter(containing(text))[:limit]
        return [search.Hit(str(a), a.get_status_display(), a.get_absolute_url()) for a in found]
