"""What the sizes and the order of the classes, and the size of the test, make impossible to learn or to see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.finding import Finding
from frostformer.data.files.traps.tables import majority
from frostformer.data.files.traps.times import label_blocks
from frostformer.words import counted, few_of, percent

IMBALANCED = 0.9  # share of the largest class
DISCORDANT = 6  # pairs of answers, all one way, that McNemar's test needs for p < 0.05: 2 / 2**6 = 0.03
SMALL_TEST = 60  # sequences; with fewer, less than 10 points are never seen


def look_at_classes(evidence: Evidence, drawn: bool) -> Iterator[Finding]:
    """Imbalance, and labels that are sorted in the file, which matters where parts are drawn."""
    targets, labels = evidence.targets, evidence.labels
    if targets is not None and targets.scoring == "classification" and labels is not None:
        share, name = majority(labels), targets.names[int(np.bincount(labels).argmax())]
        if IMBALANCED < share < 1:
            others = len(labels) - int(np.bincount(labels).max())
            yield Finding(
                "imbalance",
                f"always '{name}' scores {percent(share)} ({counted(others, 'sequence')} of other classes): judged by "
                "balanced accuracy",
            )
    if drawn and label_blocks(evidence):
        sides = evidence.sides
        assert sides is not None
        is_sorted = int((np.diff(sides) != 0).sum()) == len(np.unique(sides)) - 1
        what = "label" if labels is not None else "answer"
        rows = f"{evidence.noun}s"
        how = f"{rows} are sorted by the {what}" if is_sorted else f"{rows} of like {what}s come in blocks"
        yield Finding("sorted", f"{how}: drawn in another order for the division", weight="note")


def tiny(test: int, scored_by_class: bool) -> Finding | None:
    """What cannot be seen with so many test sequences."""
    if not scored_by_class or not 0 < test < SMALL_TEST:
        return None
    if test < DISCORDANT:
        sentence = f"with {counted(test, 'test sequence')} no difference between models can be seen"
        return Finding("tiny", sentence, cannot_tell=True)
    points = 100 * DISCORDANT / test
    return Finding(
        "tiny",
        f"with {counted(test, 'test sequence')} no difference between models below {points:.0f} points can be seen",
    )


def rare(counts: dict[str, int], needed: int) -> Finding | None:
    """Classes with fewer sequences than there are parts that need one."""
    few = {name: count for name, count in counts.items() if count < needed}
    if not few:
        return None
    each = [f"class '{name}' has {counted(count, 'example')}" for name, count in few.items()]
    return Finding(
        "rare",
        f"{few_of(each)}, and {needed} are needed for training, validation and test: give --drop-rare or --merge-rare",
        weight="refusal",
    )


def absent(names: Sequence[str], present: dict[str, set[int]]) -> Iterator[Finding]:
    """Classes that a part of the division lacks; part -> classes that are there."""
    for part, classes in present.items():
        if gone := [name for number, name in enumerate(names) if number not in classes]:
            done = "cannot be learned" if part == "train" else "is not judged there"
            which = "classes" if len(gone) > 1 else "class"
            said = f"{part} has no sequence of {which} {few_of([f'{one!r}' for one in gone])}: it {done}"
            yield Finding("absent", said, cannot_tell=part == "test" and len(classes) == 1)
