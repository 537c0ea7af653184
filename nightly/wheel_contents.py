"""Says what a wheel lacks, or holds too much: `python wheel_contents.py WHEEL`."""

from __future__ import annotations

import sys
import zipfile

NEEDED = (
    "frostformer/py.typed",
    "frostformer/report/template.html.j2",
    "frostformer/report/page.css",
    "frostformer/report/page.js",
    "frostformer/models/backbones/embedded/config.json",
    "frostformer/models/backbones/embedded/model.safetensors",
    "frostformer/models/backbones/embedded/tokenizer.json",
)


def complaints(names: list[str]) -> list[str]:
    """One sentence for each file that is missing or out of place."""
    missing = [f"{name} is missing" for name in NEEDED if name not in names]
    outside = [
        f"{name} is outside the package" for name in names if not name.startswith(("frostformer/", "frostformer-"))
    ]
    tests = [f"{name} is not for users" for name in names if {"tests", "benchmarks", "nightly"} & set(name.split("/"))]
    return missing + outside + tests


if __name__ == "__main__":
    sys.exit("\n".join(complaints(zipfile.ZipFile(sys.argv[1]).namelist())) or None)
