"""ListOps: compute the value of a nested list operation (Tay et al. 2021, section 2.1.1; Lu et al. 2021, section 2.1).

Two tasks:

- `listops` is the task as Long Range Arena defines it: closing brackets are kept and no expression is cut.
- `listops-lu2021` is what the official code of Lu et al. trained on. It loses the closing brackets, so nothing says
  which operator an argument belongs to, and it cuts expressions at 512 tokens.

Both generate their own expressions (called trees below) unless Long Range Arena's files are given. The whole set of
100,000 trees is generated once, checked against a known SHA-256 and kept in the folder `listops` of the data folder.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np

from frostformer.data.downloads import data_folder
from frostformer.data.readers.lra import Row, read_lra
from frostformer.data.sequences import Sequences
from frostformer.errors import InputError, check_range
from frostformer.files import write_whole
from frostformer.tasks.listops_language import CLOSE, FIRST_DIGIT, PAD, WORDS, Expressions, encode, evaluate
from frostformer.tasks.listops_trees import GENERATOR_VERSION, LONGEST, SHORTEST, generate_trees
from frostformer.tasks.readings import PaddedWords, Words
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import Task, majority_class

log = logging.getLogger(__name__)

_SIZES = {"train": 96_000, "validation": 2000, "test": 2000}  # trees in each split of Long Range Arena
_LRA_FILES = {"train": "basic_train.tsv", "validation": "basic_val.tsv", "test": "basic_test.tsv"}

CHECKSUMS = {
    (500, 1024): "8afafbff5e57d4122e44761d67531c89178c6642cd1c0c0fbd27d712b9806f1c",
    (500, 2000): "2e8da8bf62368ff10a86705d943479ceb65a3eefd1dfe21f71a3af60bb69a0cb",
}
"""SHA-256 of the file of all 100,000 trees, by (shortest, longest). Every machine must generate exactly these trees."""


def listops(
    shortest: int = SHORTEST,
    longest: int = 1024,
    train: int = 96_000,
    validation: int = 2000,
    test: int = 2000,
    folder: Path | None = None,
) -> Task:
    """ListOps with its closing brackets; every tree is whole and has more than `shortest` and at most `longest` tokens.

    Long Range Arena's trees have more than 500 and fewer than 2,000 tokens, so `longest` 2000 leaves none of them out.
    `train`, `validation` and `test` are the numbers of trees; smaller numbers take the first trees of a split. Without
    `folder` the trees are generated. With `folder` they come from its files `basic_train.tsv`, `basic_val.tsv` and
    `basic_test.tsv`, and trees that are too short or too long are left out.
    """
    sizes = _checked_sizes(train, validation, test)
    check_range("shortest", shortest, 10, LONGEST - 20)
    check_range("longest", longest, shortest + 20, LONGEST)
    if folder is None:
        splits, source = _generated_splits(shortest, longest, sizes), "generated"
    else:
        published = _published_splits(folder)
        fitting = {name: _of_length(trees, shortest, longest, name) for name, trees in published.items()}
        left_out = 1 - len(fitting["train"]) / len(published["train"])
        source = f"from files; {left_out:.1%} of their training trees do not fit and are left out"
        splits = _first(fitting, sizes)
    sequences = {name: _sequences(list(trees), trees, longest) for name, trees in splits.items()}
    return _task(
        "listops", Words(WORDS), longest, sequences, f"{shortest} < tokens <= {longest}; {source}; no tree is cut"
    )


def listops_lu2021(
    positions: int = 512,
    train: int = 96_000,
    validation: int = 2000,
    test: int = 2000,
    folder: Path | None = None,
) -> Task:
    """ListOps as Lu et al. 2021 trained on it: without closing brackets, cut at 512 tokens, padding read as a token.

    Their code passes no mask and reads position 512 even where that is padding. So here every sequence is `positions`
    long, and padding is a real token with id 0. Their word ids differed from process to process; here they are fixed.
    The trees have Long Range Arena's lengths. They are generated, or read from `folder` as in `listops`.
    """
    sizes = _checked_sizes(train, validation, test)
    check_range("positions", positions, 2, LONGEST)
    splits = _generated_splits(SHORTEST, LONGEST, sizes) if folder is None else _first(_published_splits(folder), sizes)
    sequences, cut = {}, {}
    for name, trees in splits.items():
        without_brackets = [tree.replace(bytes([CLOSE]), b"") for tree in trees]
        cut[name] = sum(len(tree) > positions for tree in without_brackets) / len(trees)
        shown = [tree[:positions].ljust(positions, bytes([PAD])) for tree in without_brackets]
        sequences[name] = _sequences(shown, trees, positions)
    note = f"closing brackets are left out and {cut['test']:.1%} of the test trees are cut at {positions} tokens"
    note += f"; every sequence is padded to {positions} and read there"
    return _task("listops-lu2021", PaddedWords(WORDS[:CLOSE], positions), positions, sequences, note)


def _task(name: str, reading: Words, length: int, splits: dict[str, Sequences], note: str) -> Task:
    train, test = splits["train"], splits["test"]
    return Task(
        name=name,
        version=1,
        shape=TaskShape("tokens", channels=len(reading.vocabulary), length=length, classes=10),
        train=train,
        validation=splits["validation"],
        test=test,
        trivial=majority_class(train, test) | _root_operator(train, test),
        note=note,
        reading=reading,
    )


def _root_operator(train: Sequences, test: Sequences) -> dict[str, float]:
    """Test accuracy of a rule that sees only the first token, the root operator.

    It answers the value that is most common in training for that operator.
    """
    counts = np.zeros((len(WORDS), 10), np.int64)
    np.add.at(counts, (train.inputs[:, 0], train.targets.ravel()), 1)
    answers = counts.argmax(axis=1)[test.inputs[:, 0]]
    return {"root operator": float((answers == test.targets.ravel()).mean())}


def _sequences(shown: list[bytes], trees: Expressions, width: int) -> Sequences:
    """The tokens that a model sees of each tree, padded to `width`, and the value of the tree as its target.

    One byte a token, since 96,000 rows of 1,024 bytes already take 98 MB.
    """
    inputs = np.full((len(shown), width), PAD, np.uint8)  # (N, T)
    for row, tokens in zip(inputs, shown, strict=True):
        row[: len(tokens)] = np.frombuffer(tokens, np.uint8)
    lengths = np.array([len(tokens) for tokens in shown])
    return Sequences(inputs, lengths, np.array(list(trees.values()), np.int64)[:, None, None])


def _generated_splits(shortest: int, longest: int, sizes: dict[str, int]) -> dict[str, Expressions]:
    """Cut the splits out of one row of trees: test first, then validation, then training.

    In this order the test and validation trees are the same for every number of training trees.
    """
    begins = {"test": 0, "validation": _SIZES["test"], "train": _SIZES["test"] + _SIZES["validation"]}
    trees = _load_trees(shortest, longest, begins["train"] + sizes["train"])
    return {name: dict(islice(trees.items(), begins[name], begins[name] + sizes[name])) for name in _SIZES}


def _load_trees(shortest: int, longest: int, count: int) -> Expressions:
    """The first `count` trees, from the cache file where there is one.

    Without a cache file, a part of the set is generated and not kept; the whole set is generated and written to it.
    """
    path = data_folder() / "listops" / f"trees-v{GENERATOR_VERSION}-{shortest}-{longest}.bin"
    whole = sum(_SIZES.values())
    if count < whole and not path.is_file():
        return generate_trees(count, shortest, longest)
    content = _read_cache(path, CHECKSUMS.get((shortest, longest)))
    if content is None:
        content = _pack(generate_trees(whole, shortest, longest))
        checksum = hashlib.sha256(content).hexdigest()
        if checksum != CHECKSUMS.get((shortest, longest), checksum):
            raise RuntimeError(
                f"the generated ListOps trees have the SHA-256 {checksum} instead of the known one, so scores on them "
                "cannot be compared with others: report this together with the versions of Python and NumPy"
            )
        _write_cache(path, content, checksum)
    return dict(islice(_unpack(content).items(), count))


def _read_cache(path: Path, known: str | None) -> bytes | None:
    """The content of a cache file; None if there is no file, and with a warning None if it is damaged.

    It is damaged if its SHA-256 is not the one in the file beside it, or not the `known` one where that is given.
    """
    if not path.is_file():
        return None
    content = path.read_bytes()
    beside = _checksum_file(path)
    noted = beside.read_text(encoding="utf-8", errors="replace").split()[:1] if beside.is_file() else []
    found = hashlib.sha256(content).hexdigest()
    if noted == [found] and found == (known or found):
        return content
    log.warning("%s is damaged (its SHA-256 is %s); it is generated again", path, found)
    return None


def _write_cache(path: Path, content: bytes, checksum: str) -> None:
    try:
        write_whole(path, content)
        write_whole(_checksum_file(path), f"{checksum}  {path.name}\n")  # the format of `sha256sum --check`
    except InputError as error:
        log.warning("cannot keep the ListOps trees in %s (%s); each run generates them again", path.parent, error)


def _checksum_file(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _pack(trees: Expressions) -> bytes:
    """The content of a cache file: for each tree its token ids, the token id of its value, and a zero byte."""
    return b"".join(tree + bytes([FIRST_DIGIT + value, PAD]) for tree, value in trees.items())


def _unpack(content: bytes) -> Expressions:
    return {record[:-1]: record[-1] - FIRST_DIGIT for record in content.split(bytes([PAD]))[:-1]}


def _published_splits(folder: Path) -> dict[str, Expressions]:
    """The trees of Long Range Arena's three files; no tree may be in two of them."""
    splits = {name: _checked_trees(folder / file) for name, file in _LRA_FILES.items()}
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        if shared := len(splits[one].keys() & splits[other].keys()):
            raise InputError(
                f"{folder}: {_LRA_FILES[one]} and {_LRA_FILES[other]} share {shared} expressions, so training and "
                "scoring would overlap: get the files again"
            )
    return splits


def _checked_trees(path: Path) -> Expressions:
    """The trees of one file with their values, which must be those of the labels.

    Raises:
        InputError: the file is missing or damaged, a row is not an expression, or its label is wrong.
    """
    trees: Expressions = {}
    with closing(read_lra(path)) as rows:  # a refused row leaves the file open otherwise
        for row in rows:
            trees[_checked_tree(row)] = row.value
    return trees


def _checked_tree(row: Row) -> bytes:
    try:
        tree = encode(row.expression)
        value = evaluate(tree)
    except InputError as error:
        raise InputError(f"{row.where} is not an expression: {error}; get the file again") from None
    if value != row.value:
        raise InputError(
            f"{row.where} has the label {row.value}, but its expression is worth {value}: get the file again"
        )
    return tree


def _of_length(trees: Expressions, shortest: int, longest: int, split: str) -> Expressions:
    fitting = {tree: value for tree, value in trees.items() if shortest < len(tree) <= longest}
    if not fitting:
        raise InputError(
            f"{_LRA_FILES[split]} has no expression with {shortest} < tokens <= {longest}: "
            "give a smaller shortest or a larger longest"
        )
    return fitting


def _first(splits: dict[str, Expressions], sizes: dict[str, int]) -> dict[str, Expressions]:
    return {name: dict(islice(trees.items(), sizes[name])) for name, trees in splits.items()}


def _checked_sizes(train: int, validation: int, test: int) -> dict[str, int]:
    sizes = {"train": train, "validation": validation, "test": test}
    for name, size in sizes.items():
        check_range(name, size, 1, _SIZES[name])
    return sizes
