"""Whom to get in touch with, as addresses of the list of customers. Who is followed up already stands in none of them."""

from django.utils.translation import gettext_lazy as _

WORKLISTS = [
    (_("Silent A customers"), "abc=A&lifecycle=silent&status=active&follow_up=none"),
    (_("Churn risk A and B"), "abc=A&abc=B&lifecycle=churning&status=active&follow_up=none"),
    (_("New, no second order"), "lifecycle=new&orders=one&status=active&follow_up=none"),
]
