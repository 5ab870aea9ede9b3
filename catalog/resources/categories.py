"""Category files: by path, or by name and parent as databases of other shops write them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.imports.cells import CellReader, Values
from backoffice.imports.mapping import Mapping
from backoffice.imports.reading import Unreadable
from backoffice.resources import TextColumn, WholeColumn
from catalog.models import Category
from catalog.services import upsert_categories
from catalog.services.categories import SEPARATOR

NOT_KEPT = gettext_lazy("not kept")
NULL = "NULL"


class BlanksColumn(TextColumn):
    """Text in which blanks stand alone; the word NULL of database dumps is nothing."""

    def read(self, text: str, decimal: str = ".") -> Any:
        value = " ".join(text.split())
        return "" if value == NULL else super().read(value, decimal)


class PathColumn(BlanksColumn):
    """Names from the top down, between > or ->."""

    kind = gettext_lazy("path")
    between = re.compile(r" -> ")

    def read(self, text: str, decimal: str = ".") -> Any:
        return self.between.sub(SEPARATOR, super().read(text, decimal))


class SlashedColumn(PathColumn):
    """Odoo writes a slash with blanks around it between the names."""

    between = re.compile(r" (?:->|/) ")


class PositionColumn(WholeColumn):
    digits = 9


class CategoryNumberColumn(BlanksColumn):
    """A number of a category. AdventureWorks counts its two levels apart: those of the upper one are told as C1, C2."""

    above = ""

    def for_file(self, mapping: Mapping) -> Self:
        column = copy.copy(self)
        header = next((match.header for match in mapping.used if match.target == self.name), "")
        column.above = "C" if (mapping.layout, header) == ("adventureworks", "ProductCategoryID") else ""
        return column

    def read(self, text: str, decimal: str = ".") -> Any:
        value = super().read(text, decimal)
        return self.above + value if value else value


class ParentColumn(CategoryNumberColumn, SlashedColumn):
    """A parent by its path, its name or its number."""


@resources.register
class CategoryResource(resources.BaseResource):
    """Categories, in any order: a row may name a parent that stands further below."""

    key = "categories"
    label = gettext_lazy("Categories")
    permission = "catalog.change_category"
    service = staticmethod(upsert_categories)
    needs = (("name", "path", "complete_name"),)
    models = (Category,)
    headless = {
        "AdventureWorks categories": ("ProductCategoryID", "Name", "rowguid", "ModifiedDate"),
        "AdventureWorks subcategories": (
            "ProductSubcategoryID",
            "ProductCategoryID",
            "Name",
            "rowguid",
            "ModifiedDate",
        ),
    }

    path = PathColumn(
        gettext_lazy("Path"),
        aliases=["Category path", "Full name", "full_path", "pretty_name", "Breadcrumb", "Product category", "Categories",
                 "类目路径", "分类路径", "路径"],
        max_length=1000,
        help=gettext_lazy("Names the category by what it is called now; what is missing of the path is created."),
        example="Kitchen > Tea",
    )  # fmt: skip
    complete_name = SlashedColumn(gettext_lazy("Complete name (Odoo)"), aliases=["Display name"], max_length=1000)
    name = BlanksColumn(
        gettext_lazy("Name"),
        aliases=[
            "Category",
            "Category name",
            "categoryName",
            "Title",
            "Taxon",
            "分类名称",
            "类目名称",
            "分类",
            "类目",
            "名称",
        ],
        max_length=1000,
        help=gettext_lazy("Its own name; beside a path, the name that it gets."),
        example="Tea",
    )
    name_zh = TextColumn(gettext_lazy("Chinese name"), aliases=["中文名称", "中文名"], max_length=120)
    parent = ParentColumn(
        gettext_lazy("Parent"),
        aliases=["Parent category", "Parent ID", "parent_id", "parentId", "parentCategoryID", "pid", "Parent name", "Parent path",
                 "上级分类", "上级类目", "父级", "父级分类", "父分类", "父类目", "父ID"],
        help=gettext_lazy("Name, path or number of the category that it stands below. Blank is the top, beside a path what the path says; / moves to the top."),
        blank="keep",
        example="Kitchen",
    )  # fmt: skip
    number = CategoryNumberColumn(
        gettext_lazy("Number in the file"),
        aliases=[
            "id",
            "Category ID",
            "categoryID",
            "Term ID",
            "External ID",
            "分类ID",
            "分类编号",
            "类目编号",
            "类目ID",
            "编号",
        ],
        max_length=60,
        help=gettext_lazy("What the parents of other rows refer to, and product files of the same system."),
    )
    position = PositionColumn(
        gettext_lazy("Position"),
        aliases=["Sort order", "sort_order", "Sort", "Sequence", "Rank", "Menu order", "排序", "顺序"],
        blank="keep",
        example="1",
    )

    ignored = dict.fromkeys(
        ["Description", "desc", "Keywords", "Picture", "icon_url", "pic_url", "Image", "level", "Slug", "Handle", "URL", "permalink",
         "add_time", "update_time", "deleted", "created_at", "updated_at", "描述", "关键字", "图标", "图片", "级别", "层级"],
        NOT_KEPT,
    )  # fmt: skip

    def layout(self, headers: Sequence[str]) -> tuple[str, dict[str, str]]:
        """AdventureWorks has a table for each of its two levels; its products are of the lower one."""
        if "productsubcategoryid" in headers:
            return "adventureworks", {"productsubcategoryid": "number", "productcategoryid": "parent"}
        if {"productcategoryid", "rowguid"} <= set(headers):
            return "adventureworks", {"productcategoryid": "number"}
        return "", {}

    def staged(
        self, rows: Iterator[tuple[int, list[str]]], mapping: Mapping
    ) -> tuple[Sequence[str], Iterator[tuple[Any, ...]]]:
        used = {match.target for match in mapping.used}
        if not used & {"path", "complete_name", "name"}:
            raise Unreadable(_("No column of the file names the categories."))
        names = ["path", "name", *(name for name in ("name_zh", "parent", "number", "position") if name in used)]
        return names, _lines(CellReader(mapping, self.columns(), pads=mapping.pads).read(rows), names)

    def export_queryset(self, where: dict[str, str]) -> Any:
        return Category.objects.filter(**where).select_related("parent").order_by("path")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return [
            *(ExportColumn(name, name) for name in ("path", "name", "name_zh")),
            ExportColumn("parent.path", "parent"),
            ExportColumn("position", "position", kind="number"),
            ExportColumn("number", "number"),
        ]


def _lines(records: Iterator[tuple[int, Values | None, Any]], names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    nothing = (None,) * len(names)
    for number, values, problems in records:
        if values is None:
            yield (number, problems, *nothing)
            continue
        values["path"] = values.get("path") or values.get("complete_name") or ""
        values["name"] = values.get("name") or ""
        if SEPARATOR in values["name"] and not values["path"]:
            values["path"], values["name"] = values["name"], ""
        yield (number, problems or None, *(values[name] for name in names))
