"""Describes where a result was made: versions, hardware, the commit of the source. It imports no torch."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import frostformer

_LIBRARIES = ("torch", "transformers", "peft", "numpy")


def environment(device: str, processes: int) -> dict[str, Any]:
    """Versions, hardware, device, processes and source commit, as plain values for a result file."""
    return {
        "python": platform.python_version(),
        "versions": {"frostformer": frostformer.__version__} | {name: _version(name) for name in _LIBRARIES},
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "device": device,
        "processes": processes,
        "git": _git_state(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _git_state() -> str | None:
    """Commit of the source tree, `-dirty` when it has uncommitted changes; null for an installed package."""
    folder = Path(__file__).parent
    if "site-packages" in folder.parts:
        return None
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip() or None
