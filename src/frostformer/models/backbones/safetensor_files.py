"""What the safetensors files of a model folder hold, read from their headers before any tensor is read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from frostformer.errors import InputError

SINGLE = "model.safetensors"
INDEX = f"{SINGLE}.index.json"
FLOATS = ("F16", "BF16", "F32", "F64")
_MOST_TEXT = 2**27  # bytes of a JSON file; the largest index that is known has 2**24


@dataclass(frozen=True)
class Stored:
    """A tensor as a file holds it."""

    dtype: str
    """The format's name, such as `BF16`."""

    shape: tuple[int, ...]

    @property
    def is_float(self) -> bool:
        """Whether its numbers are the weights themselves, and not to be multiplied by a scale beside them."""
        return self.dtype in FLOATS


def stored_tensors(folder: Path, name: str) -> dict[str, Stored]:
    """Every tensor of the folder's weights, by its name there.

    Raises:
        InputError: there are no safetensors weights, a shard is missing or lies elsewhere, or a file is damaged.
    """
    if (folder / SINGLE).is_file():
        return _header(folder / SINGLE, name)
    if not (folder / INDEX).is_file():
        pickled = next((path.name for path in sorted(folder.iterdir()) if path.suffix in (".bin", ".pt", ".pth")), None)
        why = (
            f"only {pickled}, a format that can run code and is never read"
            if pickled
            else f"neither {SINGLE} nor {INDEX}"
        )
        raise InputError(f"backbone '{name}' has no safetensors weights, {why}: get the model in safetensors")
    tensors: dict[str, Stored] = {}
    for shard in shards_of(folder, name):
        if not (folder / shard).is_file():
            raise InputError(f"backbone '{name}' lacks {shard}, which {INDEX} names: download the model again")
        tensors |= _header(folder / shard, name)
    return tensors


def shards_of(folder: Path, name: str) -> list[str]:
    """Names of the shards that the folder's index lists.

    Raises:
        InputError: the index is damaged, or names a file outside the folder.
    """
    weight_map = read_json(folder / INDEX, name).get("weight_map")
    if (
        not weight_map
        or not isinstance(weight_map, dict)
        or not all(isinstance(shard, str) for shard in weight_map.values())
    ):
        raise InputError(f"backbone '{name}': {INDEX} has no table `weight_map` of file names: get the file again")
    shards = sorted(set(weight_map.values()))
    for shard in shards:
        if not shard.endswith(".safetensors") or not _stays_inside(folder, shard):
            raise InputError(
                f"backbone '{name}': {INDEX} names '{shard}', which is not a safetensors file in the model's folder: "
                "get the model from a source that you trust"
            )
    return shards


def read_json(path: Path, name: str) -> dict[str, Any]:
    """A JSON object from a file of the model `name`, with a limit on its size."""
    try:
        if path.stat().st_size > _MOST_TEXT:
            raise ValueError(f"it has {path.stat().st_size:,} bytes")
        content = json.loads(path.read_bytes())
        if not isinstance(content, dict):
            raise ValueError(f"it is a {type(content).__name__}, not an object")
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"backbone '{name}': {path.name} is not a JSON object ({reason}): get it again") from error
    return content


def _stays_inside(folder: Path, shard: str) -> bool:
    """Whether a shard lies in the folder. In the hub's cache, a file is a link to the blobs beside its snapshot."""
    kinds = (PurePosixPath, PureWindowsPath)
    if "\0" in shard or any(kind(shard).is_absolute() or ".." in kind(shard).parts for kind in kinds):
        return False
    allowed = [folder.resolve()]
    if folder.parent.name == "snapshots":
        allowed.append((folder.parent.parent / "blobs").resolve())
    return any((folder / shard).resolve().is_relative_to(place) for place in allowed)


def _header(path: Path, name: str) -> dict[str, Stored]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:  # refuses a header that does not fit the file's size
            slices = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118 (the file itself is no mapping)
            return {key: Stored(one.get_dtype(), tuple(one.get_shape())) for key, one in slices.items()}
    except (OSError, SafetensorError) as error:
        raise InputError(f"backbone '{name}': {path.name} is not whole ({error}): get it again") from error
