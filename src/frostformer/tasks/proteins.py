"""Remote homology: the fold of a protein from its amino acids (TAPE, Rao et al. 2019; Lu et al. 2021, section 2.1).

A sequence is read as TAPE reads it: a start token, one token per amino acid, an end token. There are 1,195 folds.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from frostformer.data.downloads import data_folder
from frostformer.data.readers.tape import AMINO_ACIDS, FOLDS, SOURCE, Protein, read_tape
from frostformer.data.sequences import Sequences
from frostformer.errors import InputError, unknown_name
from frostformer.tasks.readings import PaddedWords, Words
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import SPLITS, Task, majority_class

_VOCABULARY = ("<pad>", "<mask>", "<cls>", "<sep>", "<unk>", *AMINO_ACIDS)  # TAPE's "iupac" numbering
_PAD, _START, _END = map(_VOCABULARY.index, ("<pad>", "<cls>", "<sep>"))
_TOKEN_OF_BYTE = np.zeros(256, np.uint8)
_TOKEN_OF_BYTE[list(AMINO_ACIDS.encode())] = [_VOCABULARY.index(letter) for letter in AMINO_ACIDS]

_FILES = {
    "train": ("remote_homology.train.csv", "remote_homology_train.json"),
    "validation": ("remote_homology.valid.csv", "remote_homology_valid.json"),
    "fold": ("remote_homology.test.csv", "remote_homology_test_fold_holdout.json"),
    "superfamily": ("remote_homology_test_superfamily_holdout.json",),
    "family": ("remote_homology_test_family_holdout.json",),
}
_HOLDOUTS = ("fold", "superfamily", "family")

Parts = dict[str, list[Protein]]  # train, validation, test


def remote_homology(folder: Path | None = None, length: int = 1024, holdout: str = "fold") -> Task:
    """Remote homology (TAPE) with every protein; one that does not fit `length` positions loses its end.

    The end is cut, so that the rest keeps its positions; the end token follows the rest, since the answer is read
    there. `holdout` chooses the test split: `fold` (the official one), `superfamily` or `family`. Reads TAPE's JSON
    files, or `remote_homology.{train,valid,test}.csv`, in `folder` (default: `remote_homology` in the data folder).
    """
    parts, room = _read(folder, holdout), _room(length)
    cut = {name: [Protein(one.sequence[:room], one.fold) for one in part] for name, part in parts.items()}
    return _task("remote-homology", cut, length, "cut" + _too_long(parts, length))


def remote_homology_lu2021(folder: Path | None = None, length: int = 1024) -> Task:
    """Remote homology (TAPE) as in the official code of Lu et al. 2021, which reads the answer behind the padding.

    That code passes no mask, pads a batch to its longest protein and reads the last position, so there a prediction
    depends on the other proteins of its batch. It also leaves out every batch whose longest protein does not fit
    1,024 positions, so what is missing depends on the batch size. Here batch mates never matter: each protein is padded
    to `length`, as in a batch of theirs with a protein of `length`, padding is a token like any other, and proteins
    that do not fit are left out one by one. Its 1,200 classes are 1,195 folds and five that never occur. Reads the same
    files as `remote-homology`.
    """
    parts, room = _read(folder, "fold"), _room(length)
    fitting = {name: [one for one in part if len(one.sequence) <= room] for name, part in parts.items()}
    note = f"every protein is padded to {length:,} positions and read there; left out{_too_long(parts, length)}"
    task = _task("remote-homology-lu2021", fitting, length, note)
    train, validation, test = (_all_real(getattr(task, name), length) for name in SPLITS)
    # version 1 read the answer at the end of the protein
    reading = PaddedWords(_VOCABULARY, length)
    return replace(task, version=2, train=train, validation=validation, test=test, reading=reading)


def _all_real(split: Sequences, length: int) -> Sequences:
    """The proteins padded to `length`, with the padding as real tokens."""
    missing = length - split.inputs.shape[1]
    inputs = np.pad(split.inputs, ((0, 0), (0, missing)), constant_values=_PAD)
    return replace(split, inputs=inputs, lengths=np.full(len(split), length))


def _read(folder: Path | None, holdout: str) -> Parts:
    if holdout not in _HOLDOUTS:
        raise unknown_name("holdout", holdout, _HOLDOUTS)
    folder = folder or data_folder() / "remote_homology"
    wanted = {"train": _FILES["train"], "validation": _FILES["validation"], "test": _FILES[holdout]}
    found = {part: [folder / name for name in names if (folder / name).exists()] for part, names in wanted.items()}
    if missing := [" or ".join(names) for part, names in wanted.items() if not found[part]]:
        raise InputError(
            f"{folder} lacks {', '.join(missing)}: put there the JSON files of {SOURCE}; "
            "the LMDB form holds pickles and is not read"
        )
    return {part: read_tape(paths[0]) for part, paths in found.items()}


def _room(length: int) -> int:
    """Amino acids that fit beside the start and the end token."""
    if length < 3:
        raise InputError(f"length is {length}: give a whole number from 3 on")
    return length - 2


def _too_long(parts: Parts, length: int) -> str:
    shares = {name: np.mean([len(one.sequence) > _room(length) for one in part]) for name, part in parts.items()}
    listed = ", ".join(f"{100 * share:.2f} % of {name}" for name, share in shares.items())
    return f" as longer than {length:,} positions with start and end token: {listed}"


def _task(name: str, parts: Parts, length: int, note: str) -> Task:
    disjoint = _disjoint(parts)
    if overlap := sum(map(len, parts.values())) - sum(map(len, disjoint.values())):
        note += f"; left out of train or validation as also in a later split: {overlap}"
    train, validation, test = (_sequences(part, name) for part in disjoint.values())
    unseen = int((~np.isin(test.targets, train.targets)).sum())
    return Task(
        name=name,
        version=1,
        shape=TaskShape("tokens", channels=len(_VOCABULARY), length=length, classes=FOLDS),
        train=train,
        validation=validation,
        test=test,
        trivial=majority_class(train, test),
        note=f"{note}; test sequences of a fold that is not in train: {unseen} of {len(test)}",
        reading=Words(_VOCABULARY),
    )


def _disjoint(parts: Parts) -> Parts:
    """Each split without the sequences that are also in a later one, so that the test split stays whole."""
    kept: Parts = {}
    later: set[str] = set()
    for name in reversed(parts):
        kept[name] = [one for one in parts[name] if one.sequence not in later]
        later |= {one.sequence for one in parts[name]}
    return {name: kept[name] for name in parts}


def _sequences(proteins: list[Protein], name: str) -> Sequences:
    if not proteins:
        raise InputError(f"{name}: a split has no protein left; give a greater length or other files")
    lengths = np.array([len(one.sequence) + 2 for one in proteins])
    inputs = np.full((len(proteins), lengths.max()), _PAD, np.uint8)  # (N, T)
    for row, one in zip(inputs, proteins, strict=True):
        end = len(one.sequence) + 1
        row[0], row[end] = _START, _END
        row[1:end] = _TOKEN_OF_BYTE[np.frombuffer(one.sequence.encode(), np.uint8)]
    folds = np.array([one.fold for one in proteins])
    return Sequences(inputs, lengths, folds[:, None, None])
