"""One look at a user's file: what was read, what the answers are, which traps are in it, and how it is divided.

Nothing is trained, scaled or encoded here; `from_file.py` makes a task of it. N sequences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from frostformer.data.files.case import Case
from frostformer.data.files.options import FileOptions
from frostformer.data.files.reading import read_cases
from frostformer.data.files.schema import Format, Schema
from frostformer.data.files.targets import Targets, read_targets
from frostformer.data.files.traps.classes import absent, rare, tiny
from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.finding import Finding, Order, Traps
from frostformer.data.files.traps.look import find_traps
from frostformer.data.files.unused import unused
from frostformer.errors import InputError
from frostformer.files import is_folder
from frostformer.tasks.positions import Positions, positions_of
from frostformer.tasks.splits import Division, divide_cases
from frostformer.tasks.task import SPLITS
from frostformer.words import counted, few_of, quoted

MERGED = "other"


@dataclass
class Look:
    """What was found of a file."""

    path: Path
    options: FileOptions
    schema: Schema
    cases: Sequence[Case]
    """All sequences that could be read, those of a second file last."""

    own: int
    """Sequences of the file itself."""

    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """Those of the warnings that say what was not read as it stands in the file."""

    refusals: list[str] = field(default_factory=list)
    """Why no task can be made of it, a sentence each."""

    kept: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """(M,) numbers of the sequences that a task is made of."""

    targets: Targets | None = None
    """Answers of these."""

    positions: Positions = field(default_factory=Positions)
    """How the steps of these become positions."""

    traps: Traps = field(default_factory=lambda: Traps((), Order()))
    division: Division | None = None
    """Parts of these, counted from 0 to M - 1."""

    cannot_tell: list[str] = field(default_factory=list)
    """Why no score can say what was learned."""

    @property
    def named(self) -> np.ndarray:
        """(N,) whether a sequence is of the file that was named; of a folder with several parts, of its training."""
        rows = np.arange(len(self.cases)) < self.own
        trains = np.array([case.part not in ("validation", "test") for case in self.cases])
        return rows & trains if is_folder(self.path) and trains.any() else rows

    def describe(self) -> dict[str, Any]:
        """All of it as plain values, for a program; numbers are those of the file that was named."""
        named = [self.cases[row] for row in self.named.nonzero()[0].tolist()]
        lengths = [len(case.values) for case in named]
        tokens = self.schema.kind == "tokens"
        return {
            "n": len(named),
            "lengths": lengths[:1] if len(set(lengths)) == 1 else lengths,
            "channels": 1 if tokens else named[0].values.shape[1],
            "kind": self.schema.kind,
            "missing": 0 if tokens else int(sum(np.isnan(case.values).sum() for case in named)),
            **self._answers(),
            "splits": self._splits(),
            "notes": self.notes,
            "warnings": [*self.refusals, *self.warnings, *self.left_out],
            "left_out": self.left_out,
            "cannot_tell": self.cannot_tell,
        }

    def _splits(self) -> dict[str, int]:
        """Part -> sequences; where no division was made, those of which the file says it."""
        if self.division is not None:
            return {part: len(self.division.rows[part]) for part in SPLITS}
        return dict(Counter(case.part for case in self.cases if case.part is not None))

    def _answers(self) -> dict[str, Any]:
        """`labels`, class -> count, or `target_range`; of labels at once also `known`, label -> count."""
        if self.targets is None:
            return {}
        targets = self.targets.of(self.named[self.kept].nonzero()[0])
        if targets.scoring == "classification":
            empty = [self.cases[row] for row in self.named.nonzero()[0].tolist() if not len(self.cases[row].values)]
            theirs = Counter(case.target[0] for case in empty if case.target)
            return {"labels": {name: count + theirs[name] for name, count in targets.counts().items()}}
        columns = [one.reshape(-1, len(targets.names)) for one in targets.values]
        found = np.concatenate(columns or [np.full((1, len(targets.names)), np.nan)])
        known = [one[~np.isnan(one)].tolist() for one in found.T]
        if targets.scoring == "multilabel":
            counts = {name: (int(sum(one)), len(one)) for name, one in zip(targets.names, known, strict=True)}
            return {
                "labels": {name: there for name, (there, _) in counts.items()},
                "known": {name: of for name, (_, of) in counts.items()},
            }
        ranges = [[min(one), max(one)] if one else [] for one in known]
        return {"target_range": ranges[0] if len(ranges) == 1 else dict(zip(targets.names, ranges, strict=True))}


def look_at(path: Path, options: FileOptions | None = None, *, seed: int = 0, format_: Format | None = None) -> Look:
    """Read a file or a folder and find out all that is to be said of it.

    Args:
        path: the file or folder.
        options: how to read it.
        seed: of the division.
        format_: its kind; recognised if not given.

    Raises:
        InputError: no sequence can be read. That no task can be made of them is in `refusals` and no error.
    """
    options = options or FileOptions()
    read = read_cases(path, options, format_)
    understood = read.understood
    look = Look(path, options, understood.schema, read.cases, read.own)
    look.notes += understood.notes
    look.warnings += [*understood.warnings, *read.faults, *read.changed]
    look.changed = read.changed
    look.left_out += understood.left_out
    look.refusals += unused(options, look.schema)
    try:
        _answer(look, understood.unanswered)
        _trap(look)
        _divide(look, seed)
        _position(look)
    except InputError as error:
        look.refusals.append(str(error))
    return look


def _answer(look: Look, unanswered: str) -> None:
    """Find out what the answers are, and leave out sequences that have none or are empty.

    Raises:
        InputError: there are no answers; the sentence is the reader's where it has one.
    """
    empty = np.array([len(case.values) == 0 for case in look.cases], bool)
    _leave_out(look, empty, "is empty", "are empty")
    look.kept = (~empty).nonzero()[0]
    schema = look.schema
    if unanswered and not schema.targets:
        raise InputError(unanswered)
    targets = read_targets(
        [look.cases[row] for row in look.kept.tolist()],
        schema.targets,
        schema.settings["scoring"],
        schema.per_position,
    )
    look.notes += targets.notes
    look.warnings += targets.warnings
    known = targets.known
    unknown = np.zeros(len(look.cases), bool)
    unknown[look.kept[~known]] = True
    noun = "label" if targets.scoring != "regression" else "answer"
    _leave_out(look, unknown, f"has no {noun}", f"have no {noun}")
    look.kept, look.targets = look.kept[known], targets.of(known.nonzero()[0])
    if look.options.test and look.own < len(look.cases) and not (look.kept >= look.own).any():
        raise InputError(f"--test {look.options.test}: none of its sequences has a known answer and a value: mend it")
    _rare(look)


def _leave_out(look: Look, gone: np.ndarray, one: str, several: str) -> None:
    places = [_named(look.cases[row]) for row in gone.nonzero()[0].tolist()]
    if places:
        verb, is_are = (one, "is") if len(places) == 1 else (several, "are")
        look.left_out.append(f"{counted(len(places), 'sequence')} {verb} and {is_are} left out: {few_of(places)}")


def _named(case: Case) -> str:
    """Where a sequence stands, with its name where the place does not say it."""
    return case.place if case.name.isdigit() or case.name in case.place else f"'{case.name}' ({case.place})"


def _rare(look: Look) -> None:
    """Leave out or merge the classes that cannot be in every part, or refuse them."""
    targets = look.targets
    assert targets is not None
    if targets.scoring != "classification" or (classes := targets.labels()) is None:
        return
    parts = [look.cases[row].part for row in look.kept.tolist()]
    pool = np.array([part in (None, "train") for part in parts], bool)
    needed = 3 - len({"validation", "test"} & set(parts))
    counts = np.bincount(classes[pool], minlength=len(targets.names))
    counts = np.where(np.bincount(classes, minlength=len(counts)) > 0, counts, needed)  # a class of nobody is no class
    few = {targets.names[row]: int(counts[row]) for row in (counts < needed).nonzero()[0]}
    if not few or needed == 1:
        return
    is_rare = np.isin(classes, [targets.names.index(name) for name in few])
    if look.options.merge_rare:
        look.targets = _merged(targets, classes, is_rare)
        look.notes.append(f"the rare classes {quoted(few)} are one class, '{look.targets.names[-1]}'")
        few = {} if is_rare[pool].sum() >= needed else {look.targets.names[-1]: int(is_rare[pool].sum())}
    elif look.options.drop_rare and is_rare.all():
        raise InputError(f"every class has fewer than the {needed} examples that are needed: give more of each")
    elif look.options.drop_rare:
        which = "class" if len(few) == 1 else "classes"
        look.left_out.append(f"{counted(int(is_rare.sum()), 'sequence')} of the rare {which} {quoted(few)} left out")
        look.kept = look.kept[~is_rare]
        look.targets = _renumbered(targets, classes, ~is_rare)
        few = {}
    if finding := rare(few, needed):
        look.refusals.append(finding.sentence)


def _merged(targets: Targets, classes: np.ndarray, is_rare: np.ndarray) -> Targets:
    name = MERGED
    while name in targets.names:
        name += "_"
    names = [*(one for row, one in enumerate(targets.names) if row not in set(classes[is_rare].tolist())), name]
    numbers = [names.index(name if gone else targets.names[row]) for row, gone in zip(classes, is_rare, strict=True)]
    return replace(targets, names=tuple(names), values=tuple(np.array([float(one)]) for one in numbers))


def _renumbered(targets: Targets, classes: np.ndarray, kept: np.ndarray) -> Targets:
    left, numbers = np.unique(classes[kept], return_inverse=True)
    names = tuple(targets.names[row] for row in left)
    return replace(targets, names=names, values=tuple(np.array([float(one)]) for one in numbers))


def _trap(look: Look) -> None:
    """Find the traps, and say them."""
    cases = [look.cases[row] for row in look.kept.tolist()]
    look.traps = find_traps(Evidence(cases, look.targets, look.schema, look.options))
    for finding in look.traps.findings:
        _say(look, finding)


def _say(look: Look, finding: Finding) -> None:
    """Say what was found; of a column of which the reader has said something, the weightier of both."""
    said = [one for one in look.left_out if finding.column and one.startswith(f"column '{finding.column}' ")]
    if said and finding.weight == "note":
        return
    look.left_out = [one for one in look.left_out if one not in said]
    (look.notes if finding.weight == "note" else look.warnings).append(finding.sentence)
    if finding.cannot_tell:
        look.cannot_tell.append(finding.sentence)


def _divide(look: Look, seed: int) -> None:
    """Divide the sequences, and say what the parts cannot show."""
    targets = look.targets
    assert targets is not None
    classes = targets.labels()
    if targets.scoring == "classification" and sum(count > 0 for count in targets.counts().values()) < 2:
        raise InputError(
            f"all answers are of one class, {quoted(targets.names)}: give sequences of two classes or more"
        )
    parts = [look.cases[row].part for row in look.kept.tolist()]
    division = divide_cases(parts, look.traps.order, classes, seed)
    look.division = division
    look.notes.append(division.sentence)
    if division.torn:
        look.warnings.append(division.torn)
    if classes is not None and not look.refusals:
        found = {part: set(classes[rows].tolist()) for part, rows in division.rows.items()}
        for finding in absent(targets.names, found):
            _say(look, finding)
    if few := tiny(len(division.rows["test"]), classes is not None):
        _say(look, few)


def _position(look: Look) -> None:
    """Decide how steps become positions."""
    lengths = [len(look.cases[row].values) for row in look.kept.tolist()]
    tokens, per_position = look.schema.kind == "tokens", look.schema.per_position
    look.positions = positions_of(look.options, lengths, tokens=tokens, per_position=per_position)
    if said := look.positions.sentence(lengths):
        look.notes.append(said)
