"""The file of the test split that stands beside the file of the training split, known by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from frostformer.files import is_file

_PAIRS = (("_TRAIN", "_TEST"), ("_train", "_test"), ("_Train", "_Test"), ("train", "test"), ("Train", "Test"))

Part = Literal["train", "validation", "test"]

PARTS: dict[str, Part] = {
    "train": "train", "training": "train", "test": "test", "testing": "test",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
}  # fmt: skip
"""How people name the parts of a data set, in small letters."""


def test_beside(path: Path) -> Path | None:
    """`GunPoint_TEST.ts` for `GunPoint_TRAIN.ts`, if there is one."""
    for train, test in _PAIRS:
        start, found, end = path.name.rpartition(train)
        if found and is_file(beside := path.with_name(start + test + end)):
            return beside
    return None
