"""Filters of the list of incoming mail."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from customers.models import IncomingMail, Mailbox, Ticket


class IncomingMailFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    verdict = generic.AnyOfFilter(choices=IncomingMail.Verdict.choices)
    mailbox = django_filters.ModelChoiceFilter(queryset=lambda request: Mailbox.objects.visible_to(request.user))
    received_at = generic.DateRangeFilter(label=_("Received"))

    class Meta:
        model = IncomingMail
        fields: list[str] = []

    def search(self, rows: QuerySet, name: str, text: str) -> QuerySet:
        """By the whole address of the sender, the Message-ID, or the number of the ticket."""
        text = text.replace("\x00", "").strip()
        ticket = Ticket.objects.filter(number=text.upper()).values("pk")[:1]
        return rows.filter(Q(sender=text.lower()) | Q(identifier=text) | Q(ticket_id=ticket))
