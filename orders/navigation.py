"""Entries of the side navigation."""

from django.utils.translation import gettext_lazy as _

from backoffice import navigation

navigation.register(
    "orders", _("Orders"), "orders:list", permission="orders.view_order", order=10, icon="cart", jump="o"
)
navigation.register(
    "orders", _("Work"), "orders:work", permission="orders.view_order", order=15, icon="clipboard-check", jump="q"
)
navigation.register(
    "orders",
    _("Fulfilments"),
    "orders:fulfilments",
    permission="orders.view_fulfilment",
    order=20,
    icon="truck",
    jump="f",
)
navigation.register(
    "orders", _("Returns"), "orders:returns", permission="orders.view_return", order=30, icon="return", jump="r"
)
navigation.register(
    "orders", _("Refunds"), "orders:refunds", permission="orders.view_refundgrant", order=35, icon="undo"
)
navigation.register(
    "orders", _("Invoices"), "orders:invoices", permission="orders.view_invoice", order=40, icon="receipt", jump="i"
)
navigation.register(
    "orders",
    _("Mails to customers"),
    "orders:mails",
    permission="orders.view_sentmail",
    order=90,
    icon="mail",
)
navigation.register("orders", _("Reports"), "reports:index", permission="orders.view_salesrow", order=50, icon="chart")
