"""Finds the files of a Hugging Face model: the one in the package, a folder, a GGUF file, or one from the hub."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from frostformer.errors import InputError
from frostformer.models.backbones.hub import hub_folder
from frostformer.models.backbones.shapes import known_shape

EMBEDDED = "embedded"
_PART_OF_A_FOLDER = (".safetensors", ".json", ".bin", ".pt", ".pth")


@dataclass(frozen=True)
class Source:
    """Where a model lies on this machine."""

    folder: Path

    gguf_file: str | None = None
    """Name of the one file in the folder that holds configuration and weights; None for a usual model folder."""

    def arguments(self) -> dict[str, Any]:
        """What tells `transformers` to read it, to ask no network and to run no code that came with it."""
        gguf = {} if self.gguf_file is None else {"gguf_file": self.gguf_file}
        alone = {"local_files_only": True, "trust_remote_code": False}
        return {"pretrained_model_name_or_path": str(self.folder)} | gguf | alone


def find_model(name: str, revision: str | None, *, weights: bool) -> Source:
    """Where the model is; it is downloaded only if it is not on this machine yet.

    Args:
        name: `embedded`, a folder, a `.gguf` file, a name of `shapes.KNOWN`, or a hub id.
        revision: branch, tag or commit on the hub.
        weights: whether the weights are needed besides the configuration.

    Raises:
        InputError: it is nowhere, or a revision is given although nothing is read from the hub.
    """
    if name == EMBEDDED:
        refuse_revision(name, revision, "it is a part of this package")
        return Source(Path(str(files("frostformer.models.backbones") / "embedded")))
    path = Path(name)
    if is_there(path):
        kind = "folder" if path.is_dir() else "file"
        refuse_revision(name, revision, f"it is a {kind} on this machine")
        return Source(path) if path.is_dir() else _file(path)
    if name.startswith((".", "/", "~")) or "\\" in name or name.count("/") > 1:
        raise InputError(f"backbone '{name}': there is no such folder; give one that exists, or a hub id")
    shape = known_shape(name)
    return Source(hub_folder(name, shape.hub_id if shape else name, revision, weights=weights))


def is_there(path: Path) -> bool:
    """Whether a file or folder exists; False for what no path can be, such as a name of 300 letters."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def refuse_revision(name: str, revision: str | None, why: str) -> None:
    """Refuse a revision that would have no effect, since its user believes that it has one."""
    if revision is not None:
        raise InputError(f"backbone '{name}' has no revision '{revision}', since {why}: leave the revision out")


def _file(path: Path) -> Source:
    if path.suffix.lower() == ".gguf":
        return Source(path.parent, path.name)
    part = path.suffix.lower() in _PART_OF_A_FOLDER
    remedy = f"give its folder, `{path.parent}`" if part else "give a model folder, or a .gguf file"
    raise InputError(f"backbone '{path}' is a file, wanted a folder with config.json and safetensors weights: {remedy}")
