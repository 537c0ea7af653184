"""Stores tensors and plain values in one safetensors file, whole even after a kill, and sees every damage to it.

Tensors go in as they are; everything else (step, curve, seconds) goes into the header as one JSON text, behind a
checksum over this text and all tensors. safetensors keeps no order among several header keys, so there is exactly one:
equal states give equal bytes. Files of older versions have no checksum and are still read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from frostformer.errors import InputError
from frostformer.files import is_file, write_whole
from frostformer.models.finite import refuse_non_finite

CHECKPOINT_NAME = "checkpoint.safetensors"  # of a training that has not ended
_REMEDY = "delete its folder, and make it again"
_HEADER_KEY = "frostformer"
_DIGITS = 64  # of the checksum
_DTYPES = {torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8}


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor], header: dict[str, Any]) -> None:
    """Write tensors and header to `path`, whole or not at all."""
    content = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    text = json.dumps(header, sort_keys=True)
    write_whole(path, save(content, {_HEADER_KEY: f"{_checksum(content, text)} {text}"}))


def read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The tensors and the header that `write_tensors` wrote.

    Raises:
        InputError: the file is missing, damaged, or not one of ours, or holds a number that is not finite.
    """
    if not is_file(path):
        raise InputError(f"no file at {path}: give a path that `frostformer run --out` wrote")
    try:
        with safe_open(path, framework="pt") as file:  # it refuses sizes that the file does not have
            stored = (file.metadata() or {}).get(_HEADER_KEY)
            if stored is None:
                raise InputError(f"{path} was not written by frostformer: its header has no '{_HEADER_KEY}' entry")
            # a copy, since the file could not be replaced on every system while it is mapped into memory
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 (not a dict)
    except InputError:
        raise
    except (SafetensorError, OSError, ValueError, TypeError, RuntimeError, AttributeError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{path} is not a readable safetensors file ({reason}): {_REMEDY}") from error
    header = _header(path, tensors, stored)
    for name, tensor in tensors.items():
        if tensor.dtype not in _DTYPES:
            raise InputError(f"{path} is damaged: '{name}' has values of type {tensor.dtype}; {_REMEDY}")
    refuse_non_finite(tensors, str(path), "its training diverged; train it again with a lower learning rate")
    return tensors, header


def _header(path: Path, tensors: Mapping[str, torch.Tensor], stored: str) -> dict[str, Any]:
    """The plain values, once the checksum in front of them was compared."""
    has_checksum = not stored.startswith("{")
    checksum, text = (stored[:_DIGITS], stored[_DIGITS + 1 :]) if has_checksum else ("", stored)
    if has_checksum and (checksum != _checksum(tensors, text) or stored[_DIGITS] != " "):
        raise InputError(f"{path} is damaged: its checksum is not that of its content; {_REMEDY}")
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: its header is not JSON ({error}); {_REMEDY}") from error
    if not isinstance(header, dict):
        raise InputError(f"{path} is damaged: its header is no object; {_REMEDY}")
    return header


def _checksum(tensors: Mapping[str, torch.Tensor], text: str) -> str:
    """SHA-256 of the header's text and of every tensor's name, type, shape and bytes."""
    digest = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, str(tensor.dtype), tuple(tensor.shape)]).encode())
        digest.update(tensor.contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
