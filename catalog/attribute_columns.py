"""Which columns of product files hold attributes, and under which name their cells are told to the service."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backoffice.imports.cells import Values
from backoffice.imports.mapping import CAPITALS, Mapping, simplify
from catalog.models import AttributeDefinition

TARGET = "attribute_value"
PATTERNS = (  # over simplified headers
    r"attributes? (.+)",
    r"属性 ?(.+)",
    r"(?:.+ )?product metafields .+",
    r"metafield (?!namespace$|key$|value$|value type$).+",
)
METAFIELD = re.compile(r"(?P<label>.*?)\(?product\.metafields\.(?P<key>[^)\s]+)\)?\s*\Z", re.IGNORECASE)
MATRIXIFY = re.compile(r"metafield:\s*(?P<key>[^\[\s]+)", re.IGNORECASE)
PREFIX = re.compile(r"(?:attributes?|属性)\s*[.:：_ ]?\s*(?P<name>\S.*)", re.IGNORECASE)


def known_names() -> dict[str, str]:
    """Simplified names of the definitions in both languages -> the column of attributes."""
    rows = AttributeDefinition.objects.values_list("name", "name_zh")
    return {text: TARGET for row in rows for name in row if (text := simplify(name))}


def name_of(header: str, known: frozenset[str]) -> str:
    """The name that a header gives an attribute: a metafield's key unless its label is the name of a definition."""
    header = header.strip()
    if found := METAFIELD.fullmatch(header):
        label = found["label"].strip()
        return label if simplify(label) in known else found["key"]
    if found := MATRIXIFY.match(header):
        return found["key"]
    parted = CAPITALS.sub(" ", header)  # "shelfLife" of databases is "shelf Life"
    if simplify(header) not in known and simplify(parted) in known:
        return parted
    if simplify(header) not in known and (found := PREFIX.fullmatch(header)):
        return found["name"].strip()
    return header


class AttributeReader:
    """Takes the attributes out of the values of a row.

    Several rows of one product may each carry one metafield, as older exports of Shopify have them; only the row of the
    product counts, as for everything that is the product's.
    """

    def __init__(self, mapping: Mapping) -> None:
        used = {match.target for match in mapping.used}
        self.is_used = bool(used & {TARGET, "metafield_value", "attribute"})
        known = frozenset(known_names()) if mapping.all(TARGET) else frozenset()
        self.names: Sequence[str] = [name_of(match.header, known) for match in mapping.all(TARGET)]
        self.notation = f"{mapping.decimal or '.'}{mapping.dates}"

    def texts(self, values: Values) -> dict[str, str]:
        """Name of each attribute that the row speaks of -> its text."""
        cells = values.get(TARGET, [])
        found = {name: text.strip() for name, (_parts, text) in zip(self.names, cells, strict=False)}
        if key := values.get("metafield_key"):
            namespace = values.get("metafield_namespace")
            found[f"{namespace}.{key}" if namespace else key] = values.get("metafield_value") or ""
        return found
