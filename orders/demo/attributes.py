"""What is told about the demonstration shop's products: definitions by category, and values that suit them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from backoffice.models import User
from catalog.models import Category
from catalog.services import save_definition
from orders.demo.catalogue import Item


def _choices(*names: tuple[str, str, str]) -> list[dict[str, str]]:
    return [{"code": code, "label": label, "label_zh": chinese} for code, label, chinese in names]


SEASONS = _choices(
    ("spring", "Spring", "春"), ("summer", "Summer", "夏"), ("autumn", "Autumn", "秋"), ("winter", "Winter", "冬")
)
MATERIALS = _choices(
    ("stoneware", "Stoneware", "炻器"),
    ("porcelain", "Porcelain", "瓷"),
    ("glass", "Glass", "玻璃"),
    ("clay", "Clay", "陶"),
    ("cast-iron", "Cast iron", "铸铁"),
)
FIBRES = _choices(("linen", "Linen", "亚麻"), ("cotton", "Cotton", "棉"), ("wool", "Wool", "羊毛"))
# Path of the category ("" for all products), code, name, Chinese name, kind, and what else is set.
DEFINITIONS: list[tuple[str, str, str, str, str, dict[str, Any]]] = [
    ("", "country", "Country of origin", "原产国", "text", {}),
    ("Tea & Coffee", "net_weight", "Net weight", "净重", "number", {"unit": "g", "is_required": True}),
    ("Tea & Coffee", "organic", "Organic", "有机", "boolean", {"help": "Only with a certificate."}),
    ("Tea & Coffee", "best_before", "Best before", "最佳赏味期", "date", {}),
    ("Tea & Coffee > Oolong", "season", "Season", "采摘季", "choice", {"choices": SEASONS}),
    ("Tableware", "material", "Material", "材质", "choice", {"choices": MATERIALS}),
    ("Tableware", "dishwasher", "Safe in the dishwasher", "可机洗", "boolean", {}),
    ("Wear", "fibres", "Fibres", "面料成分", "choices", {"choices": FIBRES}),
]


def define(categories: Mapping[str, Category], owner: User) -> None:
    for path, code, name, name_zh, kind, more in DEFINITIONS:
        category = categories[path] if path else None
        save_definition(by=owner, category=category, code=code, name=name, name_zh=name_zh, kind=kind, **more)


def values_of(number: int, item: Item, today: date) -> dict[str, Any]:
    """Attributes of the product that stands at `number` in the catalogue, by its category."""
    found: dict[str, Any] = {"country": ("China", "Japan", "Germany")[number % 3]}
    if item.category.startswith("Tea & Coffee"):
        found |= {"net_weight": 50 + 25 * (number % 5), "organic": number % 3 == 0}
        found["best_before"] = (today + timedelta(days=200 + 17 * number)).isoformat()
        if item.category.endswith("Oolong"):
            found["season"] = SEASONS[number % 4]["code"]
    elif item.category.startswith("Tableware"):
        found |= {"material": MATERIALS[number % 5]["code"], "dishwasher": number % 2 == 0}
    elif item.category.startswith("Wear"):
        found["fibres"] = [one["code"] for one in FIBRES[: 1 + number % 3]]
    return dict(sorted(found.items()))
