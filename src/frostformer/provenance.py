"""Describes where a result was made: versions, hardware, the source and its commit."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent
_LIBRARIES = ("frostformer", "torch", "transformers", "peft", "numpy")
_GIT_SECONDS = 60  # git answers at once; a file system that hangs must not stop a run


def environment(device: str, processes: int) -> dict[str, Any]:
    """Versions, hardware, device, processes, threads and source, as plain values for a result file.

    Args:
        device: in words, such as `cpu` or `cuda:0 (NVIDIA H100)`.
        processes: that share each batch.
    """
    import torch

    cuda = {"cuda": torch.version.cuda} if device.startswith("cuda") else {}
    return {
        "python": platform.python_version(),
        "versions": {name: version_of(name) for name in _LIBRARIES},
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": device,
        **cuda,
        "processes": processes,
        "source": source_hash(PACKAGE),
        "git": git_state(PACKAGE),
    }


def version_of(package: str) -> str | None:
    """The version that is installed; None if none is."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@cache
def source_hash(package: Path) -> str:
    """SHA-256 of the names and contents of a package's modules, wherever it lies."""
    digest = hashlib.sha256()
    for name in sorted(_modules(package)):
        content = (package / name).read_bytes()
        digest.update(os.fsencode(f"{name}\0{len(content)}\0") + content)
    return digest.hexdigest()


def git_state(package: Path) -> str | None:
    """Commit of the repository that a package's modules are tracked in, or None if there is none.

    `-dirty` stands behind it if a tracked file was changed or a module is not tracked.
    """
    listed = _git(package, "ls-files", "-z")
    modules = _modules(package)
    if listed is None or not (tracked := modules & set(listed.split("\0"))):
        return None
    described = _git(package, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    if not described:
        return None
    commit = described.strip()
    return commit if tracked == modules or commit.endswith("-dirty") else f"{commit}-dirty"


def _modules(package: Path) -> set[str]:
    """Every module's path in the package, with slashes."""
    return {path.relative_to(package).as_posix() for path in package.rglob("*.py")}


def _git(folder: Path, *arguments: str) -> str | None:
    """What git says of the repository around a folder; None if there is none, or no git."""
    around = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}  # a hook's repository
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=around, capture_output=True, text=True, timeout=_GIT_SECONDS
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout if done.returncode == 0 else None


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
