"""What stands against customers, tickets and articles that are edited in bulk."""

# The statements are put together from constants and never from input.
# ruff: noqa: S608

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy

from backoffice.bulk_edit import EditBatch
from backoffice.imports.tables import Lookup
from backoffice.models import User
from customers.models import FREEZING, Customer
from customers.services.ownership import follow_owners
from customers.services.tickets import FINAL, assignable
from customers.services.upsert.articles import ArticleBatch
from customers.services.upsert.tickets import TicketBatch


class CustomerEditBatch(EditBatch):
    resource = "customers"
    model = Customer
    key = ("number",)
    names = (
        "number", "kind", "company", "tax_id", "language", "tags", "owner", "tax_exempt", "price_group", "note", "custom",
        "custom_personal",
    )  # fmt: skip
    lookups = {"owner": Lookup(User, "email", "lower")}
    messages = {
        **EditBatch.messages,
        "disputed": gettext_lazy("%(dispute)s waits for a decision; until then the customer stays with the owner."),
        "owner_left": gettext_lazy("%(user)s is no longer active."),
        "unfit": gettext_lazy("“%(field)s” does not take this value."),
    }

    def find_problems(self) -> None:
        super().find_problems()
        self._check_custom()
        if "owner" in self.present:
            self._check_owner()

    def _check_custom(self) -> None:
        """What became of a value, such as a text put behind it or a number that grew, is still one of its field."""
        for field in {field.name: field for field, _change in self.edit.changes if field.model_field is None}.values():
            value = f"r.{field.column} -> f.code"
            self.told(
                "unfit",
                f"""SELECT r.row, %s::text, ({value})::text, jsonb_build_object('field', %s::text) FROM import_record r
                    JOIN customers_customfield f ON f.code = %s
                    WHERE r.changed AND r.{field.column} ? f.code AND NOT customers_custom_fits(f.kind, f.choices, {value})""",
                [field.name, field.label, field.code],
            )

    def _check_owner(self) -> None:
        record = "FROM import_record r JOIN customers_customer t ON t.id = r.id"
        waits = ", ".join(f"'{status.value}'" for status in FREEZING)
        self.told(
            "disputed",
            f"""SELECT r.row, 'owner', '', jsonb_build_object('dispute', d.number) {record}
                JOIN customers_ownershipdispute d ON d.customer_id = t.id AND d.status IN ({waits})
                WHERE r.owner_id IS DISTINCT FROM t.owner_id""",
        )
        self.told(
            "owner_left",
            f"""SELECT r.row, 'owner', u.email, jsonb_build_object('user', coalesce(nullif(u.name, ''), u.email)) {record}
                JOIN backoffice_user u ON u.id = r.owner_id AND NOT u.is_active WHERE r.owner_id IS DISTINCT FROM t.owner_id""",
        )

    def write(self) -> None:
        super().write()
        if "owner" in self.present:
            self.cursor.execute("SELECT id FROM import_record WHERE changed")
            follow_owners([key for (key,) in self.cursor.fetchall()], by=self.by)


class ArticleEditBatch(EditBatch, ArticleBatch):  # type: ignore[misc]
    """What is public of an article stays until its change is reviewed, as after a file."""

    is_narrow = False
    messages = {**EditBatch.messages, **ArticleBatch.messages}


class TicketEditBatch(EditBatch, TicketBatch):  # type: ignore[misc]
    """Every change of queue, assignee or priority has its event, as in a file; a ticket is given to who can work on it."""

    is_narrow = False
    keeps: ClassVar[frozenset[str]] = frozenset(TicketBatch.keeps - {"assignee", "about", "due_on"})
    messages = {
        **EditBatch.messages,
        **TicketBatch.messages,
        "final": gettext_lazy("The ticket is closed; nobody works on it any more."),
        "cannot_take": gettext_lazy("%(user)s cannot work on tickets of the queue %(queue)s."),
        "queue_inactive": gettext_lazy("The queue %(queue)s is not in use."),
    }

    def find_problems(self) -> None:
        super().find_problems()
        if not self.present & {"queue", "assignee"}:
            return
        record = (
            "FROM import_record r JOIN customers_ticket t ON t.id = r.id JOIN customers_queue q ON q.id = r.queue_id"
        )
        final = ", ".join(f"'{status.value}'" for status in FINAL)
        self.told(
            "final",
            f"SELECT r.row, 'assignee', '', '{{}}'::jsonb {record} WHERE r.assignee_id IS DISTINCT FROM t.assignee_id AND t.status IN ({final})",
        )
        self.told(
            "queue_inactive",
            f"""SELECT r.row, 'queue', q.slug, jsonb_build_object('queue', q.name) {record}
                WHERE r.queue_id <> t.queue_id AND NOT q.is_active""",
        )
        self._check_able(record)

    def _check_able(self, record: str) -> None:
        """Whoever is given a ticket, or keeps it in another queue, answers tickets and works there."""
        able, params = assignable().order_by().values("pk").query.sql_with_params()
        self.told(
            "cannot_take",
            f"""SELECT r.row, 'assignee', u.email, jsonb_build_object('user', coalesce(nullif(u.name, ''), u.email), 'queue', q.name)
                {record} JOIN backoffice_user u ON u.id = r.assignee_id
                WHERE (r.assignee_id IS DISTINCT FROM t.assignee_id OR r.queue_id <> t.queue_id) AND (
                    r.assignee_id NOT IN ({able})
                    OR EXISTS (SELECT 1 FROM backoffice_scope c WHERE c.user_id = u.id AND c.kind = 'queue')
                       AND NOT EXISTS (SELECT 1 FROM backoffice_scope c WHERE c.user_id = u.id AND c.kind = 'queue' AND c.value = q.slug))""",
            params,
        )

    def _write_openings(self, by: int | None, reason: str) -> None:
        """Nothing is opened."""
