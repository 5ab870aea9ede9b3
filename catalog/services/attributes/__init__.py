"""Attributes of products: definitions by category, and values that fit them."""

from catalog.services.attributes.definitions import (
    DefinitionFields,
    clean_choices,
    move_definition,
    remove_definition,
    save_definition,
    usage,
)
from catalog.services.attributes.products import FIELD, attributes_explained, clean_attributes, missing_attributes
from catalog.services.attributes.values import canonical, exact, expected, read, text_of

__all__ = [
    "FIELD",
    "DefinitionFields",
    "attributes_explained",
    "canonical",
    "clean_attributes",
    "clean_choices",
    "exact",
    "expected",
    "missing_attributes",
    "move_definition",
    "read",
    "remove_definition",
    "save_definition",
    "text_of",
    "usage",
]
