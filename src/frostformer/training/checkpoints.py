"""Stores where a run stands in one safetensors file, whole even after a kill: all that it needs to go on bit for bit.

Tensors go in as they are; everything else (step, curve, seconds) goes into the header as one JSON text.
safetensors keeps no order among several header keys, so there is exactly one: equal states give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from frostformer.errors import InputError
from frostformer.files import write_whole

_HEADER_KEY = "frostformer"


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor], header: dict[str, Any]) -> None:
    """Write tensors and header to `path`, whole or not at all."""
    content = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_whole(path, save(content, {_HEADER_KEY: json.dumps(header, sort_keys=True)}))


def read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The tensors and the header that `write_tensors` wrote.

    Raises:
        InputError: the file is missing, damaged, or not one of ours.
    """
    if not path.is_file():
        raise InputError(f"no file at {path}: give a path that `frostformer run --out` wrote")
    try:
        with safe_open(path, framework="pt") as file:
            header = (file.metadata() or {}).get(_HEADER_KEY)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except SafetensorError as error:
        raise InputError(f"{path} is not a readable safetensors file ({error}): make it again") from error
    if header is None:
        raise InputError(f"{path} was not written by frostformer: its header has no '{_HEADER_KEY}' entry")
    return tensors, json.loads(header)
