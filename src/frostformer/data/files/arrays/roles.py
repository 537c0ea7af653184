"""What each of several arrays is for, by its name: `x_train`, `labels`, `lengths`; and which axis is which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from frostformer.data.files.arrays.npy import Array, loaded
from frostformer.data.files.parsing.naming import is_called_group
from frostformer.data.files.parsing.parts import PARTS, Part
from frostformer.errors import InputError, unknown_name

Role = Literal["sequence", "target", "lengths", "id", "beside"]

_WORDS: dict[Role, str] = {
    "sequence": "x xs data values input inputs feature features series sequence sequences signal signals sample "
    "samples image images windows arr_0",
    "target": "y ys label labels target targets class classes output outputs answers arr_1",
    "lengths": "length lengths lens",
    "id": "id ids name names",
    "beside": "group groups subject subjects patient patients time times",
}
_NAMES = {word: role for role, words in _WORDS.items() for word in words.split()}
_PART = "|".join(PARTS)
_WITH_PART = (  # `x_train`, `train_x`; without a separator only the long words, since `values` begins with `val`
    re.compile(rf"(?P<name>.*)[_. -](?P<part>{_PART})", re.IGNORECASE),
    re.compile(rf"(?P<part>{_PART})[_. -](?P<name>.*)", re.IGNORECASE),
    re.compile(r"(?P<name>.*?)(?P<part>train|test)", re.IGNORECASE),
    re.compile(r"(?P<part>train|test)(?P<name>.*)", re.IGNORECASE),
)


def role_of(name: str) -> tuple[Role | None, Part | None]:
    """Role and split of an array, by its name; None where the name does not say."""
    found = next((match for pattern in _WITH_PART if (match := pattern.fullmatch(name))), None)
    part = PARTS[found["part"].lower()] if found else None
    own = (found["name"] if found else name).strip("_.- ")
    return _NAMES.get(own.lower(), "beside" if is_called_group(own) else None), part


@dataclass(frozen=True)
class Bundle:
    """The arrays of one split."""

    sequence: Array
    part: Part | None = None
    target: Array | None = None
    lengths: Array | None = None
    id: Array | None = None
    beside: Mapping[str, Array] = field(default_factory=dict)


def bundles(arrays: Mapping[str, Array], place: str, sequence: str | None, target: str | None) -> list[Bundle]:
    """One for each split; the training split first.

    Args:
        arrays: name -> array.
        place: the file, for sentences.
        sequence: name of the array of sequences, where the user gave it.
        target: name of the array of answers, where the user gave it.

    Raises:
        InputError: it is not clear which array holds the sequences.
    """
    for name in (sequence, target):
        if name and name not in arrays:
            raise unknown_name("array", name, arrays)
    if sequence:
        return [_bundle(arrays, sequence, role_of(sequence)[1], target)]
    free = [name for name in arrays if name != target and role_of(name)[0] in (None, "sequence")]
    if len(free) == 1:
        return [_bundle(arrays, free[0], role_of(free[0])[1], target)]
    parts: dict[Part | None, str] = {}
    for name in free:
        role, part = role_of(name)
        if role == "sequence" and parts.setdefault(part, name) != name:
            raise _unclear(arrays, place)
    if not parts:
        raise _unclear(arrays, place)
    order = ("train", None, "validation", "test")
    return [_bundle(arrays, parts[part], part, target) for part in order if part in parts]


def _bundle(arrays: Mapping[str, Array], sequence: str, part: Part | None, target: str | None) -> Bundle:
    found: dict[str, Array] = {}
    beside = {}
    for name, array in arrays.items():
        role, its_part = role_of(name)
        if name == sequence or its_part != part or role in (None, "sequence"):
            continue
        if role == "beside":
            beside[name] = array
        else:
            found.setdefault(role, array)
    if target:
        found["target"] = arrays[target]
    return Bundle(arrays[sequence], part, found.get("target"), found.get("lengths"), found.get("id"), beside)


def as_one_case(bundle: Bundle) -> Bundle:
    """A bundle whose array is one long recording, with an answer for each of its rows, or for the whole."""
    sequence, target = loaded(bundle.sequence.whole()[None], bundle.sequence.place), bundle.target
    return Bundle(sequence, bundle.part, target and loaded(target.whole().reshape(1, -1), target.place))


def _unclear(arrays: Mapping[str, Array], place: str) -> InputError:
    shapes = ", ".join(f"{name} {array.shape}" for name, array in list(arrays.items())[:20])
    return InputError(
        f"{place} has the arrays {shapes}: name the one with the sequences by --sequence, and the one with the "
        "answers by --target"
    )


def axes_of(shape: tuple[int, ...], cases: int | None, place: str, said: str | None) -> tuple[str, ...]:
    """What each axis is: `case`, `time` or `channel`.

    Not told, the cases are on the first axis, or on the one that is as long as there are answers; of the two others,
    the longer one is time.

    Raises:
        InputError: there are too many or too few axes, or `said` does not name them.
    """
    if said:
        axes = tuple(word.strip().lower() for word in said.split(","))
        if sorted(axes) not in (["case", "time"], ["case", "channel", "time"]) or len(axes) != len(shape):
            raise InputError(
                f"{place} has shape {shape}: give one of case, time and channel for each axis, such as "
                "--axes case,time,channel, or --axes time,channel for one long recording"
            )
        return axes
    if len(shape) not in (2, 3):
        hint = ", or give --axes time if it is one long recording" if len(shape) == 1 else ""
        raise InputError(f"{place} has shape {shape}: reshape it to (cases, steps) or (cases, steps, channels){hint}")
    at = 0 if cases in (None, shape[0]) or cases not in shape else shape.index(cases)
    rest = [axis for axis in range(len(shape)) if axis != at]
    longest = max(rest, key=lambda axis: (shape[axis], -axis))
    return tuple("case" if axis == at else "time" if axis == longest else "channel" for axis in range(len(shape)))
