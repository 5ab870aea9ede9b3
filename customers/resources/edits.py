"""What may be edited in bulk of customers, tickets and the help centre. A status has verbs of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.db import connection
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.bulk_edit import Attribute, EditResource
from backoffice.bulk_edit.operations import EditField
from backoffice.models import User
from customers.masking import PERMISSION
from customers.models import Article, Customer, CustomField, Queue, Ticket
from customers.services import assignable
from customers.services.ownership import follow_owners
from customers.services.upsert.edits import ArticleEditBatch, CustomerEditBatch, TicketEditBatch
from customers.services.upsert.tickets import correct_events


@resources.register_edit
class CustomerEdit(EditResource):
    key = "customers"
    label = gettext_lazy("Customers")
    permission = "customers.change_customer"
    batch = CustomerEditBatch
    models = (Customer,)
    permissions = {"owner": "customers.transfer_customer"}
    editable = ("tags", "owner", "kind", "language", "tax_exempt", "price_group", "company", "tax_id", "note")

    @classmethod
    def attributes(cls) -> Sequence[Attribute]:
        """Custom fields."""
        return [
            Attribute(one.code, one.title, one.kind, tuple(one.labels.items()), one.column)
            for one in CustomField.objects.live()
        ]

    @classmethod
    def every_field(cls) -> list[EditField]:
        """Personal custom fields are for those who may see them; those that are needed are not cleared."""
        needed = set(CustomField.objects.live().filter(is_required=True).values_list("code", flat=True))
        return [
            replace(
                one,
                permission=PERMISSION if one.column == "custom_personal" else one.permission,
                may_be_empty=one.may_be_empty and (one.model_field is not None or one.code not in needed),
            )
            for one in super().every_field()
        ]

    def value_field(self, field: EditField, user: Any) -> Any:
        return forms.ModelChoiceField(User.objects.active()) if field.name == "owner" else None

    def settle(self, run: Any, *, backwards: bool) -> None:
        """Owners that were set back, or again, have periods like any others."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM rewind_customers_customer")
            follow_owners([key for (key,) in cursor.fetchall()], by=None)


@resources.register_edit
class TicketEdit(EditResource):
    key = "tickets"
    label = gettext_lazy("Tickets")
    permission = "customers.change_ticket"
    batch = TicketEditBatch
    models = (Ticket,)
    permissions = {"assignee": "customers.assign_ticket"}
    editable = ("priority", "queue", "assignee", "tags", "about", "language", "due_on")

    def value_field(self, field: EditField, user: Any) -> Any:
        if field.name == "assignee":
            return forms.ModelChoiceField(assignable())
        if field.name == "queue":
            return forms.ModelChoiceField(Queue.objects.in_scope(user).filter(is_active=True))
        return None

    def settle(self, run: Any, *, backwards: bool) -> None:
        correct_events(run.number)


@resources.register_edit
class ArticleEdit(EditResource):
    key = "articles"
    label = gettext_lazy("Articles")
    permission = "customers.change_article"
    batch = ArticleEditBatch
    models = (Article,)
    editable = ("topic", "title", "title_zh", "body", "body_zh")
