"""What two folders must have in common to be the outcome of the same commands: every byte but times and places."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

_FREE = {"seconds", "environment", "wall_seconds", "hardware"}  # entries of JSON files that may differ
_MADE_FROM_OTHERS = (".html", ".md")  # pages, which show seconds; only that they are there


def contents(folder: Path) -> dict[str, Any]:
    """Relative path -> what must be equal, of every file, hidden ones too."""
    return {str(path.relative_to(folder)): _content(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def differences(folder: Path, *wanted: dict[str, Any]) -> str:
    """The first file that is missing, left over or other than in each of `wanted`; nothing if there is none."""
    found = contents(folder)
    for name in sorted(found.keys() | wanted[0].keys()):
        if name not in found:
            return f"{name} is missing"
        if name not in wanted[0]:
            return f"{name} is left over"
        if all(found[name] != one[name] for one in wanted):
            return f"{name} differs"
    return ""


def _content(path: Path) -> Any:
    content = path.read_bytes()
    if path.suffix in _MADE_FROM_OTHERS:
        return bool(content)
    if path.name.endswith((".json", ".json.new")):
        with suppress(ValueError):  # torn
            return _without_times(json.loads(content))
    if path.name == "checkpoint.safetensors":  # its header has the seconds, and a checksum over them
        return content[8 + int.from_bytes(content[:8], "little") :]
    return content


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_times(item) for key, item in value.items() if key not in _FREE}
    return [_without_times(item) for item in value] if isinstance(value, list) else value
