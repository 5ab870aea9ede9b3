"""Many articles of the help centre at once."""

# The statements are put together from constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.imports.batch import carry_out, may
from backoffice.imports.tables import TableBatch
from backoffice.models import User
from customers.models import Article

PUBLISH = "customers.publish_article"


class ArticleBatch(TableBatch):
    """A row is about the article of its address. Who may not publish brings drafts, and leaves alone what is public."""

    resource = "articles"
    model = Article
    key = ("slug",)
    names = ("slug", "topic", "title", "title_zh", "body", "body_zh", "status")
    messages = {
        "public": gettext_lazy("This article is public. Ask somebody who may publish to withdraw it first."),
        "reserved": gettext_lazy("The address “new” is in use by Houtai itself."),
    }

    def __init__(self, cursor: Any, columns: Sequence[str], by: User | None, *, dry_run: bool = False) -> None:
        super().__init__(cursor, columns, by, dry_run=dry_run)
        if "status" in self.present and not may(by, PUBLISH):
            self.present.discard("status")
            self.written.remove("status")
            self.notes.append(_("The status column is left out: you may not publish articles."))

    def compare(self) -> None:
        super().compare()
        self.run("UPDATE import_record SET published_at = now() WHERE is_new AND status = 'published'")
        if self.by is not None:
            self.run("UPDATE import_record SET author_id = %s WHERE is_new", [self.by.pk])

    def find_problems(self) -> None:
        super().find_problems()
        record = "SELECT r.row, 'slug', s.slug, '{}'::jsonb FROM import_record r JOIN import_stage s ON s.row = r.row"
        self.told("reserved", f"{record} WHERE r.is_new AND s.slug = 'new'")
        if not may(self.by, PUBLISH):
            self.told(
                "public", f"{record} JOIN customers_article t ON t.id = r.id WHERE r.changed AND t.status = 'published'"
            )

    def write(self) -> None:
        self.run("DELETE FROM import_record r USING import_refused f WHERE f.row = r.row")
        self.lock(self.table, "import_record")
        becomes = "FROM import_record r WHERE r.changed AND t.id = r.id AND r.status = 'published'"
        # What was archived becomes a draft on its way to being published.
        self.run(f"UPDATE customers_article t SET status = 'draft' {becomes} AND t.status = 'archived'")
        self.run(f"UPDATE customers_article t SET published_at = now() {becomes} AND t.status <> 'published'")
        super().write()


upsert_articles = partial(carry_out, ArticleBatch)
