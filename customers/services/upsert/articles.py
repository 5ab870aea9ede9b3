"""Many articles of the help centre at once."""

# The statements are put together from constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.imports.batch import Rows, Staged, carry_out
from backoffice.imports.tables import TableBatch
from backoffice.publishing import files
from customers.models import Article

KIND = "customers.article"
WANTED = f"s.status IN {files.WANTED}"


class ArticleBatch(TableBatch):
    """A row is about the article of its address. What the file calls published is submitted for review."""

    resource = "articles"
    model = Article
    key = ("slug",)
    names = ("slug", "topic", "title", "title_zh", "body", "body_zh", "status")
    rules = {"status": Staged("text", "", files.status("t.status"), files.status("'draft'"))}
    messages = {
        "reserved": gettext_lazy("The address “new” is in use by Houtai itself."),
    }

    def stage(self, rows: Rows) -> None:
        super().stage(rows)
        files.settle_rights(
            self, KIND, _("Draft and archived in the status column are left out: you may not publish articles.")
        )

    def compare(self) -> None:
        super().compare()
        if self.by is not None:
            self.run("UPDATE import_record SET author_id = %s WHERE is_new", [self.by.pk])

    def find_problems(self) -> None:
        super().find_problems()
        record = "SELECT r.row, 'slug', s.slug, '{}'::jsonb FROM import_record r JOIN import_stage s ON s.row = r.row"
        self.told("reserved", f"{record} WHERE r.is_new AND s.slug = 'new'")
        if "status" in self.present:
            files.say_submitted(
                self,
                f"""FROM import_record r JOIN import_stage s ON s.row = r.row LEFT JOIN customers_article t ON t.id = r.id
                    WHERE {WANTED} AND coalesce(t.status, 'draft') NOT IN {files.STANDING}""",
            )

    def write(self) -> None:
        self.run("DELETE FROM import_record r USING import_refused f WHERE f.row = r.row")
        self.lock(self.table, "import_record")
        if "status" not in self.present:
            super().write()
            return
        joined = "FROM import_record r JOIN import_stage s ON s.row = r.row JOIN customers_article t ON t.id = r.id"
        files.leave(
            self,
            KIND,
            f"""SELECT t.id {joined} WHERE r.changed AND r.status IN ('draft', 'archived') AND t.status IN {files.STANDING} ORDER BY 1""",
        )
        # What was archived becomes a draft on its way to being published.
        self.run(
            f"""UPDATE customers_article t SET status = 'draft' FROM import_record r JOIN import_stage s ON s.row = r.row
                WHERE r.changed AND t.id = r.id AND {WANTED} AND t.status = 'archived'"""
        )
        super().write()
        files.submit(
            self,
            KIND,
            new=f"SELECT t.id {joined} WHERE {WANTED} AND r.is_new ORDER BY 1",
            known=f"SELECT t.id {joined} WHERE {WANTED} AND NOT r.is_new AND t.status = 'draft' ORDER BY 1",
        )

    def _set(self, name: str) -> str:
        """In review is what is submitted, once it is written."""
        updated = super()._set(name)
        return (
            f"CASE WHEN ({updated}) = 'in_review' THEN t.status ELSE ({updated}) END" if name == "status" else updated
        )


upsert_articles = partial(carry_out, ArticleBatch)
