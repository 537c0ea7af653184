"""What this installation has, what it lacks, and how to get it.

frostformer doctor
frostformer doctor --json
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import requires
from pathlib import Path

from frostformer.cli.terminal import say
from frostformer.data.downloads import data_folder
from frostformer.provenance import version_of

_LIBRARIES = ("frostformer", "torch", "transformers", "numpy", "scikit-learn")
_DATA = {"mnist": "mnist", "cifar10": "cifar10", "remote-homology": "remote_homology", "listops": "listops"}
_EXTRA = re.compile(r"^([\w.-]+).*extra\s*==\s*['\"](\w+)['\"]")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    about: str
    is_there: bool
    detail: str
    """What it is; or what cannot be done without it, and how to get it."""


def findings() -> Iterator[Finding]:
    """Versions, device, kernels, compiler, extras, data and models; nothing is downloaded and no network is asked."""
    yield Finding("Python", True, f"{platform.python_version()} on {platform.platform()}")
    for name in _LIBRARIES:
        found = version_of(name)
        yield Finding(name, found is not None, found or f"pip install {name}")
    yield from _computing()
    yield from _extras()
    yield from _stored()


def print_findings(found: list[Finding]) -> None:
    """A line each; what is missing is marked."""
    width = max(len(one.about) for one in found)
    for one in found:
        say(f"{'  ' if one.is_there else '- '}{one.about.ljust(width)}  {one.detail}")


def _computing() -> Iterator[Finding]:
    import torch

    from frostformer.models.kernels.int8 import int8_available
    from frostformer.training.devices import choose_device, choose_precision, has_compiler

    device, why = choose_device("auto")
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    yield Finding("device", True, f"{name}: {why}; {torch.get_num_threads()} threads on {os.cpu_count()} cores")
    precision, _ = choose_precision("auto", device)
    yield Finding("precision", True, f"{precision} where --backbone-precision is not given")
    fast = int8_available()
    lacking = "int8 needs a CPU with AVX-512 VNNI and a torch with oneDNN"
    yield Finding("8-bit products", fast, "for --backbone-precision int8" if fast else lacking)
    compiles = has_compiler(device)
    yield Finding("compiler", compiles, "for --compile" if compiles else "for --compile: install g++ or clang++")


def _extras() -> Iterator[Finding]:
    """The optional packages, by the extra that brings them."""
    needed: dict[str, list[str]] = {}
    for line in requires("frostformer") or []:
        if (found := _EXTRA.match(line)) and found[2] != "dev":
            needed.setdefault(found[2], []).append(found[1])
    for extra, packages in needed.items():
        missing = [name for name in packages if version_of(name) is None]
        there = ", ".join(f"{name} {version_of(name)}" for name in packages)
        yield Finding(f"extra {extra}", not missing, f"pip install 'frostformer[{extra}]'" if missing else there)


def _stored() -> Iterator[Finding]:
    """Data and models on this disk."""
    from huggingface_hub import constants

    folder = data_folder()
    yield Finding("data folder", folder.is_dir(), f"{folder} (the variable FROSTFORMER_DATA names another one)")
    for task, name in _DATA.items():
        is_there = (folder / name).is_dir()
        yield Finding(f"data of {task}", is_there, "there" if is_there else "comes with the first run of the task")
    cache = Path(constants.HF_HUB_CACHE)
    models = sorted(one.name.removeprefix("models--").replace("--", "/") for one in cache.glob("models--*"))
    names = f": {', '.join(models)}" if models else "; models come with their first use, the embedded one needs none"
    yield Finding("model cache", bool(models), f"{cache}{names}")
    free = shutil.disk_usage(Path.cwd()).free
    yield Finding("free disk here", True, f"{free / 1e9:,.1f} GB")
