"""Texts of product files: lists in one cell, addresses of pictures, handles and SKUs made of other texts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

from django.utils.text import slugify
from django.utils.translation import gettext as _

from backoffice.imports.cells import Problems, warning

ADDRESS = re.compile(r"https?://[^\s\"<>]+\Z", re.IGNORECASE)


def listed(text: str) -> list[str]:
    """Values between commas; `\\,` is a comma in a value. Addresses may also stand between blanks."""
    if not text:
        return []
    if "," not in text and text.count("://") < 2:
        return [text.strip()] if text.strip() else []
    if text.count("://") > 1:
        return [part.strip(" ,") for part in re.split(r"[\s,]+(?=https?://)", text)]
    parts = re.split(r"(?<!\\),\s*", text)
    return [part.replace("\\,", ",").strip() for part in parts if part.strip()]


def addresses(texts: Sequence[str], problems: Problems) -> list[str]:
    """Those that are web addresses, each once; a warning for every other."""
    urls = []
    for text in texts:
        url = (text or "").strip()
        if not url:
            continue
        if len(url) > 1000 or not ADDRESS.match(url):
            problems.append(warning("image", url, _("This is not a web address; the picture is left out.")))
        else:
            urls.append(url)
    return list(dict.fromkeys(urls))


@lru_cache(20_000)
def handle_of(text: str) -> str:
    return slugify(text, allow_unicode=True)[:200]


def sku_of(handle: str, options: Sequence[str]) -> str:
    """A SKU made of handle and options: the same for the same row of every file."""
    text = _joined(handle, *filter(None, options))
    if len(text) <= 100:
        return text
    digest = hashlib.sha256("\0".join([handle, *options]).encode()).hexdigest()[:8].upper()
    return f"{text[:91]}-{digest}"


@lru_cache(20_000)
def _joined(*names: str) -> str:
    return slugify(" ".join(names), allow_unicode=True).upper()
