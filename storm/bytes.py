"""Damages the content of a file in a way that is drawn."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

_NUMBERS = (b"0", b"-1", b"1e999", b"999999999999", b"2.5", b"NaN", b"null", b'"1"', b"[]")
_VALUES: tuple[Any, ...] = (None, True, 0, -1, 2.5, 10**12, 1e308, "", "gpt2", "1", [], [1, 2], {}, {"a": 1})


def damaged(content: bytes, generator: np.random.Generator) -> tuple[bytes, str]:
    """The content with a fault, and the fault in words."""
    place, other = sorted(int(number) for number in generator.integers(len(content), size=2))
    numbers = [match.span() for match in re.finditer(rb"(?<![\w.])-?\d+(\.\d+)?(e-?\d+)?", content[:100_000])]
    match generator.integers(8):
        case 0:
            return content[:place], f"cut at {place}"
        case 1:
            return content + generator.bytes(9), "with more at its end"
        case 2:
            return content[:place] + generator.bytes(4) + content[place + 4 :], f"other bytes at {place}"
        case 3:
            half = (other - place) // 2
            middle = content[place + half : other] + content[place : place + half]
            return content[:place] + middle + content[other:], f"swapped from {place} to {other}"
        case 4 if numbers:
            first, last = numbers[generator.integers(len(numbers))]
            value = _NUMBERS[generator.integers(len(_NUMBERS))]
            return content[:first] + value + content[last:], f"{value.decode()} at {first}"
        case 5 | 6 if isinstance(values := _parsed(content), dict):
            return _edited(values, generator)
        case _:
            bit = 1 << int(generator.integers(8))
            return content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :], f"bit at {place}"


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _edited(values: dict[str, Any], generator: np.random.Generator) -> tuple[bytes, str]:
    """A JSON object in which one entry is missing or another value."""
    places = _places(values)
    container, key = places[generator.integers(len(places))]
    if generator.random() < 0.2:
        del container[key]
        return json.dumps(values).encode(), f"without {key}"
    container[key] = _VALUES[generator.integers(len(_VALUES))]
    return json.dumps(values).encode(), f"{key} is {json.dumps(container[key])}"


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) inside a JSON value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in ((value, key), *_places(value[key]))]
