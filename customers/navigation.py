"""Entries of the side navigation."""

from django.utils.translation import gettext_lazy as _

from backoffice import navigation

navigation.register(
    "customers", _("Customers"), "customers:list", "customers.view_customer", order=10, icon="users", jump="c"
)
navigation.register("customers", _("My customers"), "customers:mine", "customers.claim_customer", order=20, icon="user")
navigation.register("customers", _("Claim pool"), "customers:pool", "customers.view_ownership", order=30, icon="inbox")
navigation.register(
    "customers", _("Disputes"), "disputes:list", "customers.view_ownershipdispute", order=40, icon="scale"
)
navigation.register(
    "customers", _("Possible duplicates"), "duplicates:list", "customers.view_duplicatepair", order=50, icon="copy"
)
navigation.register("support", _("Tickets"), "tickets:list", "customers.view_ticket", order=10, icon="ticket", jump="t")
navigation.register(
    "content", _("Articles"), "articles:list", "customers.view_article", order=20, icon="book", jump="a"
)
