"""Prints the lowest versions that pyproject.toml allows, as pip constraints: `python floors.py SOURCE`.

The extra `dev` is left out, since its tools promise nothing to users. The first line names the other extras; `python==`
has the lowest Python.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def floor(requirement: str) -> str:
    """`numpy>=2.0` -> `numpy==2.0`."""
    match = re.fullmatch(r"([\w.-]+)(?:\[[^]]*\])?\s*>=\s*([\w.]+)", requirement)
    if match is None:
        sys.exit(f"floors: {requirement!r} has no lowest version; write name>=version")
    return f"{match[1]}=={match[2]}"


def floors(source: Path) -> list[str]:
    """Lines of a constraints file."""
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    extras = {name: needs for name, needs in project["optional-dependencies"].items() if name != "dev"}
    python = floor("python" + project["requires-python"])
    requirements = project["dependencies"] + [need for needs in extras.values() for need in needs]
    return [f"# extras: {','.join(extras)}", python, *map(floor, requirements)]


if __name__ == "__main__":
    sys.stdout.write("\n".join(floors(Path(sys.argv[1]))) + "\n")
