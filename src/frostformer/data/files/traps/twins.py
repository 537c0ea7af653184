"""Sequences that stand in a file more than once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.finding import Finding
from frostformer.data.files.traps.tables import codes
from frostformer.words import counted, percent

_FAR = 1e-3  # the range of a channel over its middle, below which float32 would lose digits that matter


def twin_sets(evidence: Evidence) -> np.ndarray | None:
    """(N,) number of the set of sequences that are equal to a model; None where all differ."""
    sets = codes([(one.shape, one.tobytes()) for one in _as_a_model_sees(evidence)])
    return sets if len(sets) and int(sets.max()) + 1 < len(sets) else None


def _as_a_model_sees(evidence: Evidence) -> list[np.ndarray]:
    """In float32, and around its middle where a channel is far from zero: coordinates that move by little differ."""
    if evidence.schema.kind == "tokens" or not evidence.arrays:
        return evidence.arrays
    with np.errstate(over="ignore", invalid="ignore"):
        least, most = (ends.reduce([ends.reduce(one, 0) for one in evidence.arrays], 0) for ends in (np.fmin, np.fmax))
        middle = least / 2 + most / 2  # (C,)
        centre = np.where(most - least < _FAR * np.abs(middle), middle, 0.0)
        return [(one - centre + 0.0).astype(np.float32) for one in evidence.arrays]  # + 0.0: of -0.0 makes 0.0


def look_at_twins(evidence: Evidence, sets: np.ndarray) -> Iterator[Finding]:
    """What is to be said of equal sequences: copies, copies across given parts, and copies with other answers."""
    rows: dict[int, list[int]] = {}
    for row, one in enumerate(sets.tolist()):
        rows.setdefault(one, []).append(row)
    several = [each for each in rows.values() if len(each) > 1]
    across = list(_across(evidence, sets))
    yield from across
    within = sum(len(each) - len({evidence.cases[row].part for row in each}) for each in several)
    if within:
        pair = next(_same_part(evidence, each) for each in several if _same_part(evidence, each))
        done = "" if across else ": copies are kept on one side of the division where groups allow it"
        twice = all(len(each) == 2 for each in several)
        copies = f"{_stand(within)} twice" if twice else f"{counted(within, 'sequence')} repeat earlier ones"
        yield Finding("twins", f"{copies} (first: {_places(evidence, pair)}){done}")
    yield from _contradictions(evidence, several)


def _same_part(evidence: Evidence, rows: list[int]) -> list[int]:
    """The first two rows of one part; empty if there are none."""
    parts = [evidence.cases[row].part for row in rows]
    return next(
        (
            [first for first, one in zip(rows, parts, strict=True) if one == part][:2]
            for part in parts
            if parts.count(part) > 1
        ),
        [],
    )


def _stand(count: int) -> str:
    return f"{counted(count, 'sequence')} {'stands' if count == 1 else 'stand'}"


def _places(evidence: Evidence, rows: list[int]) -> str:
    return " and ".join(evidence.cases[row].place for row in rows[:2])


def _across(evidence: Evidence, sets: np.ndarray) -> Iterator[Finding]:
    """Sequences of a given test or validation part that are also in another part."""
    scored = evidence.targets is not None and evidence.targets.scoring != "regression"
    parts = np.array([case.part or "train" for case in evidence.cases])
    for later, earlier in (("test", ("train", "validation")), ("validation", ("train",))):
        for part in earlier:
            theirs = dict(zip(sets[parts == part].tolist(), (parts == part).nonzero()[0].tolist(), strict=True))
            own = (parts == later).nonzero()[0]
            both = [row for row in own.tolist() if int(sets[row]) in theirs]
            if both:
                name = "train" if part == "train" else part
                pair = f"{evidence.cases[both[0]].place} and {evidence.cases[theirs[int(sets[both[0]])]].place}"
                score = "; the score without them is given beside" if later == "test" and scored else ""
                is_are = "is" if len(both) == 1 else "are"
                yield Finding(
                    "twins-across",
                    f"{len(both):,} of {counted(len(own), f'{later} sequence')} {is_are} also in {name} (first pair: "
                    f"{pair}){score}",
                )


def _unlike(rows: list[int], answers: list[bytes]) -> list[int]:
    """The first row and the first that has another answer."""
    return [rows[0], next(row for row, answer in zip(rows, answers, strict=True) if answer != answers[0])]


def _contradictions(evidence: Evidence, several: list[list[int]]) -> Iterator[Finding]:
    """Equal sequences with different answers, and the score that they leave possible."""
    if evidence.targets is None:
        return
    values = evidence.targets.values
    torn = [rows for rows in several if len({values[row].tobytes() for row in rows}) > 1]
    if not torn:
        return
    labels = evidence.labels
    first = _unlike(torn[0], [values[row].tobytes() for row in torn[0]])
    answers = list(dict.fromkeys("/".join(text or "" for text in evidence.cases[row].target) for row in first))
    ceiling = ""
    if labels is not None:
        lost = sum(len(rows) - int(np.bincount(labels[rows]).max()) for rows in torn)
        ceiling = f"; at most {percent(1 - lost / len(labels))} can be right"
    often = "twice" if all(len(rows) == 2 for rows in torn) else "several times"
    answered = " and ".join(answers[:2]) if all(len(one) <= 40 for one in answers[:2]) else "different answers"
    nouns = "labels" if labels is not None else "answers"
    said = f"{_stand(len(torn))} {often} with different {nouns} (first: {answered} at {_places(evidence, first)})"
    yield Finding("contradiction", f"{said}: no model can get both right{ceiling}")
