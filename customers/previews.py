"""How the public would see an article that is not public yet."""

from collections.abc import Mapping
from typing import Any

from backoffice import previews
from backoffice.rows import in_reader_language


@previews.register("customers.article", template="help/preview.html")
def facts(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "title": in_reader_language(content["title"], content["title_zh"]),
        "body": in_reader_language(content["body"], content["body_zh"]),
    }
