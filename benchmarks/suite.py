"""Runs all measurements or some, writes them to one JSON file row by row, and shows them as one table.

python -m benchmarks steps peak --out runs/bench
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from benchmarks.measurements import MEASUREMENTS
from benchmarks.rows import Row, Setup
from benchmarks.table import cells, print_table
from frostformer.config import Device
from frostformer.errors import InputError, unknown_name
from frostformer.files import write_whole
from frostformer.provenance import environment
from frostformer.training.devices import choose_device

FILE_NAME = "bench.json"
DIGITS = 5  # of every number in the file


def run_suite(names: Sequence[str], out: Path, seconds: float, device: Device) -> None:
    """Measure and write `out/bench.json` anew, whole after each row.

    Args:
        names: of `MEASUREMENTS`; all if empty.
        out: a folder.
        seconds: for each comparison; slow steps take longer.
        device: where to train.

    Raises:
        InputError: a name is not known, or the device not there.
    """
    for name in names:
        if name not in MEASUREMENTS:
            raise unknown_name("measurement", name, MEASUREMENTS)
    if not 0 < seconds < float("inf"):
        raise InputError(f"seconds is {seconds}: give a number above 0")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0  # Windows does not say
    setup, about = _look_around(seconds, device, load)
    progress = Console(stderr=True, highlight=False)
    rows: dict[str, list[Row]] = {}
    try:
        for name in dict.fromkeys(names or MEASUREMENTS):
            progress.print(f"{name}: {titles()[name]}", soft_wrap=True)
            rows[name] = []
            for row in MEASUREMENTS[name](setup):
                rows[name].append(row)
                write_whole(out / FILE_NAME, to_json(about, rows))
                progress.print("  " + ", ".join(filter(None, (*cells(row), row.skipped))), soft_wrap=True)
    finally:  # an interruption loses nothing
        print_table(rows, titles(), load)


def titles() -> dict[str, str]:
    """What each measurement is, from its docstring."""
    return {name: (inspect.getdoc(measure) or "").splitlines()[0] for name, measure in MEASUREMENTS.items()}


def to_json(about: Mapping[str, Any], rows: Mapping[str, Sequence[Row]]) -> str:
    """JSON with one row on each line, so that differences between two files can be read."""
    parts = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in about.items()]
    for name, found in rows.items():
        lines = ",\n".join(f"    {json.dumps(_filled(asdict(row)))}" for row in found)
        parts.append(f"  {json.dumps(name)}: [\n{lines}\n  ]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _look_around(seconds: float, device: Device, load: float) -> tuple[Setup, dict[str, Any]]:
    found = choose_device(device)[0]
    described = f"cuda ({torch.cuda.get_device_name(found)})" if found.type == "cuda" else found.type
    about = {
        "environment": environment(described, processes=1),
        "threads": torch.get_num_threads(),
        "load": load,
        "seconds": seconds,
    }
    kind: Any = found.type
    return Setup(seconds, kind), about


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are not empty, with numbers rounded."""
    return {name: _rounded(value) for name, value in fields.items() if value not in (None, "", 0, {})}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
