"""What the list of orders does to many of them at once; each order succeeds or says why not."""

from django.utils.translation import gettext_lazy as _

from backoffice import generic
from orders import forms, services

PARCELS = "orders.view_fulfilment"
ADDRESSED, RETURNS, INVOICES = (
    (name, "customers.view_personal_data") for name in (PARCELS, "orders.view_return", "orders.view_invoice")
)

ORDER_ACTIONS = [
    generic.BulkAction(
        "place",
        _("Place"),
        services.place,
        permission="orders.place_order",
        confirm=_("Stock is allocated for each order."),
    ),
    generic.BulkAction(
        "settle",
        _("Mark as paid"),
        services.settle,
        permission="orders.add_payment",
        form_class=forms.SettleForm,
        confirm=_("For each order a payment of what is outstanding is written down."),
    ),
    generic.BulkAction(
        "fulfil",
        _("Create fulfilments"),
        services.fulfil_ready,
        permission="orders.fulfil_order",
        confirm=_("Each order gets a parcel at every place where something lies ready."),
    ),
    generic.print_action("slips", _("Packing slips"), "orders:packing-slips", ADDRESSED, "orders"),
    generic.print_action("pick-lists", _("Pick lists"), "orders:pick-lists", PARCELS, "orders"),
    generic.print_action("print-invoices", _("Print invoices"), "orders:invoice-papers", INVOICES, "orders"),
    generic.BulkAction(
        "invoice",
        _("Issue invoices"),
        services.issue_invoice,
        permission="orders.add_invoice",
        confirm=_("Invoices cannot be changed once they are issued."),
        is_rare=True,
    ),
    generic.BulkAction(
        "close",
        _("Close"),
        services.close,
        permission="orders.change_order",
        confirm=_("Closed orders can be opened again."),
        is_rare=True,
    ),
    generic.BulkAction(
        "tag", _("Add tag"), services.add_tag, permission="orders.change_order", form_class=forms.TagForm, is_rare=True
    ),
    generic.BulkAction(
        "untag",
        _("Remove tag"),
        services.remove_tag,
        permission="orders.change_order",
        form_class=forms.TagForm,
        is_rare=True,
    ),
    generic.BulkAction(
        "cancel",
        _("Cancel"),
        services.cancel,
        permission="orders.cancel_order",
        form_class=forms.ReasonForm,
        confirm=_("What is allocated becomes free again. What was paid can then be refunded."),
        danger=True,
        is_rare=True,
    ),
]
