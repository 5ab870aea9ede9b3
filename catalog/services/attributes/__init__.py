"""Attributes of products: definitions by category, and values that fit them."""

from backoffice.attributes.values import canonical, clean_choices, exact, expected, read, text_of
from catalog.services.attributes.definitions import (
    DefinitionFields,
    move_definition,
    remove_definition,
    save_definition,
    usage,
)
from catalog.services.attributes.products import FIELD, attributes_explained, clean_attributes, missing_attributes

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
