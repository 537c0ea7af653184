"""JSON as the files of results have it: readable line by line, and without infinities. It imports no torch."""

from __future__ import annotations

import json
import math
from typing import Any


def without_infinities(value: Any) -> Any:
    """The numbers of a diverged run that are not finite become null: JSON has no word for them."""
    if isinstance(value, dict):
        return {key: without_infinities(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_infinities(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def in_lines(fields: dict[str, Any]) -> str:
    """One line per top-level entry or list item, so that diffs are readable."""
    lines = []
    for key, value in fields.items():
        if isinstance(value, (list, tuple)) and value:
            items = ",\n".join(f"    {json.dumps(item, allow_nan=False)}" for item in value)
            lines.append(f"  {json.dumps(key)}: [\n{items}\n  ]")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value, allow_nan=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
