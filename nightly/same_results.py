"""Compares the test accuracies of two folders of runs: `python same_results.py NEW KEPT`.

They must be equal where both were made with the same versions on the same processor. Prints one sentence; status 1 when
accuracies differ or a run is missing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def results(folder: Path) -> dict[str, dict[str, Any]]:
    """Name of the run -> its result.json."""
    return {path.parent.name: json.loads(path.read_text()) for path in sorted(folder.glob("*/result.json"))}


def conditions(environment: dict[str, Any]) -> dict[str, Any]:
    """What has to be equal before two runs can be expected to give equal numbers."""
    versions = {name: version for name, version in environment["versions"].items() if name != "frostformer"}
    return {"processor": environment["processor"], "python": environment["python"], **versions}


def difference(one: dict[str, Any], other: dict[str, Any]) -> str | None:
    """The first of the conditions that both name and that is not equal."""
    unequal = (name for name in one.keys() & other.keys() if one[name] != other[name])
    return next((f"{name} {one[name]}, there {other[name]}" for name in sorted(unequal)), None)


def compare(new: dict[str, dict[str, Any]], kept: dict[str, dict[str, Any]]) -> str:
    """A sentence on the comparison; exits where it fails."""
    if not kept or new.keys() != kept.keys():
        sys.exit(f"different runs: {sorted(new)} and {sorted(kept)}")
    for name, result in new.items():
        differs = difference(conditions(result["environment"]), conditions(kept[name]["environment"]))
        if differs is not None:
            return f"numbers not compared with results/demo: {differs}"
    accuracies = {
        name: (r["metrics"]["test"]["accuracy"], kept[name]["metrics"]["test"]["accuracy"]) for name, r in new.items()
    }
    unequal = [
        f"{name}: {here}, in results/demo {there}" for name, (here, there) in accuracies.items() if here != there
    ]
    if unequal:
        sys.exit("test accuracies differ: " + "; ".join(unequal))
    return f"{len(new)} test accuracies equal to those of results/demo"


if __name__ == "__main__":
    sys.stdout.write(compare(*(results(Path(folder)) for folder in sys.argv[1:3])) + "\n")
