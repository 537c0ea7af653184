"""Damages files in ways that a seed decides: one edit of a JSON value, or some bytes of a file."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

HOSTILE = (
    *(None, True, False, 0, 1, -1, 2.5, -0.1, 1e308, -1e308, 10**30, 2**63, -(2**63), "", "one", "0.5", "é" * 300),
    *([], {}, [[]], [None], ["x"], {"x": 1}, [1, 2, 3], float("nan"), float("inf"), [[1], [1, 2]], [[[0.5, 0.5]]]),
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) inside a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    found = [(value, key) for key in keys]
    return found + [place for key in keys for place in places(value[key])]


def edited(value: Any, generator: np.random.Generator) -> Any:
    """A copy in which one entry is another value, is missing, or stands there twice."""
    value = copy.deepcopy(value)
    candidates = places(value)
    container, key = candidates[generator.integers(len(candidates))]
    match generator.integers(8):
        case 0:
            del container[key]
        case 1 if isinstance(container, list):
            container.append(container[key])
        case 1:
            container["new"] = container.pop(key)
        case _:
            container[key] = HOSTILE[generator.integers(len(HOSTILE))]
    return value


def damaged(content: bytes, generator: np.random.Generator) -> bytes:
    """A flipped bit, some other bytes, a cut, or something behind the end."""
    place = int(generator.integers(len(content)))
    match generator.integers(5):
        case 0:
            return content[:place]
        case 1:
            return content + generator.bytes(9)
        case 2:
            return content[:place] + generator.bytes(4) + content[place + 4 :]
        case _:
            bit = 1 << int(generator.integers(8))
            return content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]
