"""Many follow-ups, and many customers on lists, at once."""

# The statements are put together from the constants of this module and never from input.

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from django.utils.translation import gettext_lazy

from backoffice.imports.batch import Rows, Staged, carry_out
from backoffice.imports.checks import Lookup
from backoffice.imports.tables import TableBatch
from backoffice.models import User
from customers.models import Customer, FollowUp, ListMember, StaticList

STATUS = "CASE WHEN t.status = 'open' THEN coalesce(nullif(s.status, ''), t.status) ELSE t.status END"


class Found(Lookup):
    """A foreign key whose row is found while staging: the column's name and "_id" holds its key."""

    def same(self, alias: str, text: str) -> str:
        return f"{alias}.id = {text}_id"


class CareBatch(TableBatch):
    """Rows about a customer, named by number, number elsewhere, or e-mail address; who was merged is the survivor."""

    extra: ClassVar[Mapping[str, Staged]] = {"customer_id": Staged("bigint")}
    messages = {
        "customer_erased": gettext_lazy("The data of %(number)s were erased; nothing can be added."),
    }

    def stage(self, rows: Rows) -> None:
        super().stage(rows)
        if "customer" in self.present:
            self.run(
                """UPDATE import_stage s SET customer_id = customers_survivor(coalesce(
                       (SELECT n.id FROM customers_customer n WHERE n.number = upper(s.customer)),
                       (SELECT x.id FROM customers_customer x WHERE x.external_id <> '' AND upper(x.external_id) = upper(s.customer) LIMIT 1),
                       (SELECT c.customer_id FROM customers_contactpoint c
                        WHERE c.kind = 'email' AND c.normalized = lower(s.customer) AND c.ended_at IS NULL)
                   )) WHERE s.customer <> ''"""
            )

    def find_problems(self) -> None:
        super().find_problems()
        self.told(
            "customer_erased",
            """SELECT r.row, 'customer', s.customer, jsonb_build_object('number', c.number) FROM import_record r
               JOIN import_stage s ON s.row = r.row JOIN customers_customer c ON c.id = r.customer_id
               WHERE (r.is_new OR r.changed) AND c.status = 'erased'""",
        )


class FollowUpBatch(CareBatch):
    """A row is about what is planned for the customer in these words: what is open, else what was due that day."""

    resource = "follow_ups"
    model = FollowUp
    key = ("customer", "what")
    names = ("customer", "what", "due_on", "assignee", "status", "outcome", "ended_at")
    lookups: ClassVar[Mapping[str, Lookup]] = {
        "customer": Found(Customer, "number"),
        "assignee": Lookup(User, "email", "lower"),
    }
    keeps = frozenset(["assignee", "ended_at", "outcome"])
    rules: ClassVar[Mapping[str, Staged]] = {
        "due_on": Staged("date", "", "coalesce(s.due_on, t.due_on)", "coalesce(s.due_on, CURRENT_DATE)"),
        "status": Staged("text", "", STATUS, "coalesce(nullif(s.status, ''), 'open')"),
        "ended_at": Staged(
            "timestamptz",
            "",
            f"CASE WHEN ({STATUS}) <> 'open' THEN coalesce(t.ended_at, s.ended_at, now()) END",
            "CASE WHEN coalesce(nullif(s.status, ''), 'open') <> 'open' THEN coalesce(s.ended_at, now()) END",
        ),
    }
    extra: ClassVar[Mapping[str, Staged]] = {**CareBatch.extra, "found_id": Staged("bigint")}
    messages = {
        **CareBatch.messages,
        "ended_stays": gettext_lazy("This follow-up has ended already, and stays so."),
    }

    def stage(self, rows: Rows) -> None:
        super().stage(rows)
        self.run(
            """UPDATE import_stage s SET found_id = (
                   SELECT f.id FROM customers_followup f WHERE f.customer_id = s.customer_id AND upper(f.what) = upper(s.what)
                     AND (f.status = 'open' OR f.due_on = s.due_on)
                   ORDER BY f.due_on = s.due_on DESC NULLS LAST, f.status = 'open' DESC, f.id DESC LIMIT 1)"""
            if "due_on" in self.present
            else """UPDATE import_stage s SET found_id = (
                   SELECT f.id FROM customers_followup f WHERE f.customer_id = s.customer_id AND upper(f.what) = upper(s.what)
                     AND f.status = 'open')"""
        )
        if "status" in self.present and "ended_at" not in self.present:
            self.present.add("ended_at")
            self.written.append("ended_at")

    def _matches(self) -> str:
        return "t.id = s.found_id"

    def compare(self) -> None:
        super().compare()
        self.run(
            """UPDATE import_record r SET created_by_id = %s,
                      assignee_id = coalesce(r.assignee_id, (SELECT u.id FROM customers_customer c JOIN backoffice_user u ON u.id = c.owner_id
                                                             WHERE c.id = r.customer_id AND u.is_active), %s)
               WHERE r.is_new""",
            [self.by and self.by.pk, self.by and self.by.pk],
        )

    def _check_keys(self) -> None:
        """The same may be planned again for another day."""
        self.told(
            "key_missing",
            "SELECT s.row, 'customer', '', '{}'::jsonb FROM import_stage s WHERE NOT EXISTS (SELECT 1 FROM import_record r WHERE r.row = s.row)",
        )
        self.told(
            "key_twice",
            """SELECT d.row, 'what', s.what, jsonb_build_object('row', d.first) FROM (
                   SELECT r.row, min(r.row) OVER (PARTITION BY r.customer_id, upper(r.what), r.due_on) AS first FROM import_record r
               ) d JOIN import_stage s ON s.row = d.row WHERE d.row > d.first""",
        )

    def find_problems(self) -> None:
        super().find_problems()
        if "status" in self.present:
            self.problem(
                "ended_stays",
                """SELECT r.row, 'status', s.status, '{}'::jsonb FROM import_record r JOIN import_stage s ON s.row = r.row
                   WHERE NOT r.is_new AND s.status <> '' AND s.status <> r.status""",
                error=False,
            )


class ListMemberBatch(CareBatch):
    """A row puts a customer on a list: one's own of this name, else the shared one. Nobody is taken off."""

    resource = "customer_lists"
    model = ListMember
    key = ("list", "customer")
    names = ("list", "customer")
    lookups: ClassVar[Mapping[str, Lookup]] = {
        "list": Found(StaticList, "name"),
        "customer": Found(Customer, "number"),
    }
    extra: ClassVar[Mapping[str, Staged]] = {**CareBatch.extra, "list_id": Staged("bigint")}

    def stage(self, rows: Rows) -> None:
        super().stage(rows)
        self.run(
            """UPDATE import_stage s SET list_id = (
                   SELECT l.id FROM customers_staticlist l WHERE lower(l.name) = lower(s.list) AND (l.is_shared OR l.owner_id = %s)
                   ORDER BY l.is_shared, l.id LIMIT 1)""",
            [self.by and self.by.pk],
        )

    def folded(self, name: str, alias: str) -> str:
        return f"{alias}.{name}_id"

    def compare(self) -> None:
        super().compare()
        self.run("UPDATE import_record SET added_by_id = %s, added_at = now() WHERE is_new", [self.by and self.by.pk])

    def _check_rights(self) -> None:
        """Who may change lists, and sees this one, fills it."""


upsert_follow_ups = partial(carry_out, FollowUpBatch)
upsert_list_members = partial(carry_out, ListMemberBatch)
