"""Set-up of customers and tickets: one queue always takes what nobody has sorted yet."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        post_migrate.connect(create_default_queue, sender=self)


def create_default_queue(sender: CustomersConfig, using: str, **_more: Any) -> None:
    """Create the queue "Support" where there is no queue at all."""
    queue = sender.get_model("Queue")
    if queue._meta.db_table not in connections[using].introspection.table_names():
        return
    queues = queue.objects.using(using)
    if not queues.exists():
        queues.create(slug="support", name="Support", name_zh="客服", is_default=True)
