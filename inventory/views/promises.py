"""Promises that somebody has to look after."""

from typing import Any

from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.generic import BulkAction, Column, in_reader_language
from inventory import filters, services
from inventory.models import Allocation


class LeftBehind(generic.ListPage):
    """What is promised at closed warehouses and no other could serve so far."""

    model = Allocation
    key = "inventory:left_behind"
    title = gettext_lazy("Promised at closed warehouses")
    permission = "inventory.view_allocation"
    filterset_class = filters.PromiseFilter
    columns = [
        Column("cause", gettext_lazy("Document"), kind="references"),
        Column("variant.sku", gettext_lazy("SKU"), secondary=Column("variant.title")),
        Column("quantity", gettext_lazy("Pieces"), kind="number"),
        Column("location", gettext_lazy("Location"), sql=in_reader_language("location__name")),
        Column("created_at", gettext_lazy("Since"), kind="relative"),
    ]
    ordering = {"oldest": ("pk",), "newest": ("-pk",)}
    ordering_labels = {"oldest": gettext_lazy("Oldest first"), "newest": gettext_lazy("Newest first")}
    bulk_actions = [
        BulkAction("reallocate", gettext_lazy("Serve from elsewhere"), services.reallocate_promise, permission="inventory.change_allocation", confirm=gettext_lazy("What other warehouses have now is promised instead."))
    ]  # fmt: skip
    empty_title = gettext_lazy("Nothing is left behind")
    empty_text = gettext_lazy(
        "When a warehouse closes, its promises move to others. What these cannot serve waits here for goods."
    )

    def get_queryset(self) -> Any:
        return super().get_queryset().left_behind().select_related("variant", "location")
