"""Filters of the list of mails."""

import django_filters
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from orders.filters import DocumentSearch
from orders.models import MailKind, SentMail


class SentMailFilter(django_filters.FilterSet):
    q = DocumentSearch()
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=MailKind.choices)
    sent_at = generic.DateRangeFilter(label=_("Sent"))

    class Meta:
        model = SentMail
        fields: list[str] = []
