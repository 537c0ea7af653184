"""Peak memory of a recipe in a process of its own, since a process never gives back what a library once took.

python -m benchmarks.memory RECIPE CASE (as JSON) prints bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from benchmarks.cases import Case
from benchmarks.recipes import RECIPES
from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.tasks.shape import TaskShape

LIBRARIES = "libraries alone"
STEPS = 3


def peak_memory(recipe: str, case: Case) -> dict[str, float]:
    """Most megabytes that a few steps of a recipe took: resident, and on a GPU allocated there.

    Args:
        recipe: a name of `RECIPES`, or `LIBRARIES`: what is taken before there is a model.
        case: what the recipe works on.

    Raises:
        InputError: it cannot be run here.
    """
    command = [sys.executable, "-m", "benchmarks.memory", recipe, json.dumps(asdict(case))]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"]
        raise InputError(reason[-1])
    found: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return {f"{where}_megabytes": taken / 1e6 for where, taken in found.items()}


def _main(recipe: str, case_json: str) -> None:
    fields = json.loads(case_json)
    case = Case(RunConfig(**fields["config"]), TaskShape(**fields["shape"]), fields["gigabytes"])
    if recipe in RECIPES:
        RECIPES[recipe](case)(STEPS)
    else:
        import transformers  # noqa: F401 (to be counted)
    found = {"resident": resident_peak()}
    if case.config.device == "cuda":
        found["device"] = torch.cuda.max_memory_allocated()
    print(json.dumps(found))


def resident_peak() -> int:
    """Peak in bytes. Linux's `ru_maxrss` is not used: it is at least what the parent had when it started this one."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource  # Windows has none

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    _main(*sys.argv[1:])
