"""What article files hold: pages of the help centre, or questions with answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.imports.cells import CellReader, error
from backoffice.resources import ChoiceColumn, Column, TextColumn
from customers.models import Article
from customers.services.upsert import upsert_articles

NOT_KEPT = gettext_lazy("not kept")
STATUS = {
    **dict.fromkeys(["draft", "unpublished", "hidden", "草稿"], "draft"),
    **dict.fromkeys(["published", "public", "active", "visible", "已发布", "发布"], "published"),
    **dict.fromkeys(["archived", "已归档"], "archived"),
    **dict.fromkeys(["in_review", "in review", "审核中"], "in_review"),
    **dict.fromkeys(["scheduled", "已排期"], "scheduled"),
}


class SlugColumn(TextColumn):
    """The end of an address: Latin letters, digits and hyphens."""

    kind = gettext_lazy("address")

    def read(self, text: str, decimal: str = ".") -> Any:
        typed = super().read(text, decimal)
        try:
            validate_slug(typed)
        except ValidationError:
            typed = slugify(typed)
        if not typed:
            raise ValidationError(_("An address has Latin letters, digits and hyphens."))
        return typed


@resources.register
class ArticleResource(resources.BaseResource):
    """Articles, by address."""

    key = "articles"
    label = gettext_lazy("Articles")
    permission = "customers.change_article"
    service = staticmethod(upsert_articles)
    models = (Article,)

    slug = SlugColumn(
        gettext_lazy("Address"), aliases=["URL", "Handle", "Permalink", "ID", "Article ID", "网址", "编号"], max_length=120, blank="keep",
        help=gettext_lazy("Names the article. Without one it is made of the title."), example="returns",
    )  # fmt: skip
    topic = TextColumn(
        gettext_lazy("Topic"),
        aliases=["Category", "Section", "Folder", "主题", "分类", "栏目"],
        max_length=80,
        example="Orders",
    )
    title = TextColumn(
        gettext_lazy("Title"), aliases=["Question", "Subject", "Headline", "标题", "问题"], max_length=200, blank="keep", required=True,
        example="How do I send something back?",
    )  # fmt: skip
    title_zh = TextColumn(gettext_lazy("Chinese title"), aliases=["中文标题"], max_length=200)
    body = Column(
        gettext_lazy("Text"), aliases=["Answer", "Content", "Description", "Article", "内容", "正文", "答案", "回答"], blank="keep", required=True,
        help=gettext_lazy("Plain text; a blank line begins a paragraph."), example="Write to us within 30 days.",
    )  # fmt: skip
    body_zh = Column(gettext_lazy("Chinese text"), aliases=["中文内容", "中文正文"])
    status = ChoiceColumn(
        gettext_lazy("Status"), aliases=["State", "Published", "状态"], words=STATUS, blank="keep", example="draft",
        help=gettext_lazy("published asks for a review; draft or archived takes down, and counts for those who may publish."),
    )  # fmt: skip

    ignored = dict.fromkeys(
        [
            "Author",
            "Created at",
            "Updated at",
            "Published at",
            "add_time",
            "update_time",
            "deleted",
            "Locale",
            "Views",
            "Votes",
        ],
        NOT_KEPT,
    )

    def staged(
        self, rows: Iterator[tuple[int, list[str]]], mapping: Any
    ) -> tuple[Sequence[str], Iterator[tuple[Any, ...]]]:
        names = list(dict.fromkeys(["slug", *(match.target for match in mapping.used)]))
        return names, self._rows(CellReader(mapping, self.columns(), pads=mapping.pads), rows, names)

    def _rows(
        self, reader: CellReader, rows: Iterator[tuple[int, list[str]]], names: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        nothing = (None,) * len(names)
        for number, values, problems in reader.read(rows):
            if values is None:
                yield (number, problems, *nothing)
                continue
            title = values.get("title") or ""
            if not values.get("slug") and title and not problems:
                values["slug"] = slugify(title)[:120]
                if not values["slug"]:
                    sentence = _("Give the address in Latin letters: it cannot be made from this title.")
                    problems.append(error("slug", title, sentence))
            yield (number, problems or None, *(values.get(name) for name in names))

    def export_queryset(self, where: dict[str, str]) -> Any:
        return Article.objects.filter(**where).order_by("pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return [
            ExportColumn(name, name) for name in ("slug", "topic", "title", "title_zh", "body", "body_zh", "status")
        ]
