"""Files of attribute definitions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.imports.cells import CellReader
from backoffice.imports.mapping import Mapping
from backoffice.resources import BooleanColumn, ChoiceColumn, CodeColumn, Column, TextColumn
from catalog.models import AttributeDefinition, Category, Product
from catalog.resources.categories import PathColumn, PositionColumn
from catalog.services import upsert_definitions
from catalog.services.attributes import clean_choices

KINDS = {
    "text": "text", "string": "text", "single line text": "text", "文本": "text", "文字": "text",
    "number": "number", "decimal": "number", "integer": "number", "数字": "number", "数值": "number",
    "boolean": "boolean", "bool": "boolean", "yes or no": "boolean", "是否": "boolean", "布尔": "boolean",
    "choice": "choice", "select": "choice", "dropdown": "choice", "单选": "choice",
    "choices": "choices", "multi-choice": "choices", "multiselect": "choices", "multi select": "choices", "多选": "choices",
    "date": "date", "日期": "date",
}  # fmt: skip


class ChoicesColumn(Column):
    """Choices: a JSON list of codes with labels, or names between bars."""

    kind = gettext_lazy("list")

    def read(self, text: str, decimal: str = ".") -> Any:
        text = resources.plain(text.strip())
        resources.refuse_error(text)
        if text.startswith("["):
            try:
                found = json.loads(text)
            except ValueError as error:
                raise ValidationError(_("This is not JSON: %(error)s.") % {"error": error}) from error
            rows = [one if isinstance(one, dict) else {"code": str(one)} for one in found]
        else:
            names = [name.strip() for name in text.replace("｜", "|").split("|") if name.strip()]
            rows = [{"code": slugify(name, allow_unicode=True), "label": name} for name in names]
        try:
            return clean_choices(rows)
        except ValidationError as error:
            raise ValidationError(error.messages) from error

    def empty(self) -> Any:
        return None


@resources.register
class AttributeResource(resources.BaseResource):
    """Attribute definitions, by category path and code. A definition of a category holds for everything below it."""

    key = "attributes"
    label = gettext_lazy("Attributes")
    permission = "catalog.change_category"
    service = staticmethod(upsert_definitions)
    models = (Product, AttributeDefinition, Category)

    category = PathColumn(
        gettext_lazy("Category"),
        aliases=["Category path", "类目", "分类", "类目路径", "分类路径"],
        max_length=600,
        help=gettext_lazy("Path of the category; what is missing of it is created. Blank for all products."),
        example="Kitchen > Tea",
    )
    code = CodeColumn(
        gettext_lazy("Code"),
        aliases=["Attribute code", "Attribute", "Key", "属性编码", "编码"],
        required=True,
        max_length=60,
        help=gettext_lazy("Names the attribute in its category; products have their value under it."),
        example="net_weight",
    )
    name = TextColumn(
        gettext_lazy("Name"),
        aliases=["Attribute name", "Label", "属性名称", "名称"],
        max_length=120,
        blank="keep",
        help=gettext_lazy("Needed to create an attribute."),
        example="Net weight",
    )
    name_zh = TextColumn(gettext_lazy("Chinese name"), aliases=["中文名称", "中文名"], max_length=120)
    kind = ChoiceColumn(
        gettext_lazy("Kind"),
        aliases=["Type", "Attribute type", "类型", "属性类型"],
        words=KINDS,
        blank="keep",
        example="number",
        help=gettext_lazy("Values that products have are converted; where one cannot be, the row is refused."),
    )
    unit = TextColumn(gettext_lazy("Unit"), aliases=["单位"], max_length=20, example="g")
    choices = ChoicesColumn(
        gettext_lazy("Choices"),
        aliases=["Options", "Values", "可选值", "选项"],
        blank="keep",
        help=gettext_lazy('Names between bars, or JSON: [{"code": "summer", "label": "Summer", "label_zh": "夏"}].'),
    )
    is_required = BooleanColumn(gettext_lazy("Required"), aliases=["必填"])
    is_filterable = BooleanColumn(gettext_lazy("In filters"), aliases=["Filterable", "可筛选"])
    position = PositionColumn(gettext_lazy("Position"), aliases=["Sort order", "排序"], blank="keep", example="1")
    help = TextColumn(gettext_lazy("Help"), aliases=["Description", "说明"], max_length=255)

    def staged(self, rows: Iterator[tuple[int, list[str]]], mapping: Mapping) -> tuple[Sequence[str], Iterator[Any]]:
        names = list(dict.fromkeys(match.target for match in mapping.used))
        reader = CellReader(mapping, self.columns(), pads=mapping.pads)

        def lines() -> Iterator[tuple[Any, ...]]:
            for number, values, problems in reader.read(rows):
                yield (number, problems or None, *((values or {}).get(name) for name in names))

        return names, lines()

    def rewind(self, run: Any, work: Any, *, by: Any, backwards: bool) -> None:
        """Values that were converted go back together with their definition."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS definition_fits_values DEFERRED")
            super().rewind(run, work, by=by, backwards=backwards)
            cursor.execute("SET CONSTRAINTS definition_fits_values IMMEDIATE")

    def export_queryset(self, where: dict[str, str]) -> Any:
        return (
            AttributeDefinition.objects.filter(**where)
            .select_related("category")
            .order_by("category__path", "position", "pk")
        )

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return [
            ExportColumn("category.path", "category"),
            *(ExportColumn(name, name) for name in ("code", "name", "name_zh", "kind", "unit")),
            ExportColumn(
                "choices", "choices", get=lambda one: json.dumps(one.choices, ensure_ascii=False) if one.choices else ""
            ),
            ExportColumn("is_required", "is_required", kind="bool"),
            ExportColumn("is_filterable", "is_filterable", kind="bool"),
            ExportColumn("position", "position", kind="number"),
            ExportColumn("help", "help"),
        ]
