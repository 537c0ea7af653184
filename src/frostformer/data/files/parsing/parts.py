"""The parts of a data set, as people name them, and the file of the test part that stands beside one for training."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from frostformer.data.files.parsing.numbers import MISSING
from frostformer.errors import CannotRead
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


def part_in(text: str, column: str, place: str) -> Part | None:
    """The part to which a row says that it belongs, by the text of its split column.

    Raises:
        CannotRead: it is another word.
    """
    if text.casefold() in MISSING:
        return None
    if text.casefold() not in PARTS:
        raise CannotRead(f"{place}: column '{column}' has '{text[:60]}': write train, validation or test")
    return PARTS[text.casefold()]
