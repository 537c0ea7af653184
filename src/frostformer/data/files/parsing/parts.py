"""The parts of a data set, as people name them, and the file of the test part that stands beside one for training."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from frostformer.files import is_file

Part = Literal["train", "validation", "test"]
_WORDS: tuple[tuple[Part, str], ...] = (
    ("train", "train training learn tr trn fit"),
    ("validation", "validation valid val dev development eval tune"),
    ("test", "test testing tst holdout held-out heldout"),
)
PARTS = {word: part for part, words in _WORDS for word in words.split()}
"""Name, in small letters -> part."""

_MARKED = (("_TRAIN", "_TEST"), ("_train", "_test"), ("_Train", "_Test"))
_BARE = (("train", "test"), ("Train", "Test"))


def beside_for_test(path: Path, *, bare: bool = True) -> Path | None:
    """`GunPoint_TEST.ts` for `GunPoint_TRAIN.ts`, if there is one; with `bare` also `test.ts` for `train.ts`."""
    for train, test in (*_MARKED, *(_BARE if bare else ())):
        start, found, end = path.name.rpartition(train)
        if found and is_file(beside := path.with_name(start + test + end)):
            return beside
    return None
