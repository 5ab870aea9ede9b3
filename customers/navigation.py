"""Entries of the side navigation."""

from django.utils.translation import gettext_lazy as _

from backoffice import navigation

navigation.register(
    "customers", _("Customers"), "customers:list", "customers.view_customer", order=10, icon="users", jump="c"
)
navigation.register("support", _("Tickets"), "tickets:list", "customers.view_ticket", order=10, icon="ticket", jump="t")
navigation.register(
    "support", _("Incoming mail"), "tickets:mails", "customers.view_incomingmail", order=30, icon="mail"
)
navigation.register(
    "content", _("Articles"), "articles:list", "customers.view_article", order=20, icon="book", jump="a"
)
