"""The content of a working copy as it is now."""

import json
from typing import Any

from backoffice.publishing.registry import Publishable
from backoffice.publishing.rows import query


def working_content(publishable: Publishable, key: int) -> dict[str, Any]:
    """What would be captured now of the row with this key; empty where there is none."""
    function = f"{publishable.kind.replace('.', '_')}_contents"
    rows = query(f"SELECT content::text FROM {function}(%s)", [[key]])  # noqa: S608 - the name of a registered model
    return json.loads(rows[0][0]) if rows else {}
