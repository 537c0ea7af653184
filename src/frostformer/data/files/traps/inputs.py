"""What gives the label without being looked at as a sequence: its name, its length, what is missing, one step alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from frostformer.data.files.case import Text
from frostformer.data.files.parsing.numbers import plain_number
from frostformer.data.files.parsing.times import read_dates
from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.finding import Finding
from frostformer.data.files.traps.tables import AHEAD, ALMOST_ALL, by_neighbour, by_value, by_yes_or_no, codes, gives
from frostformer.words import counted, few_of, quoted

_PARTS = re.compile(r"[^\W\d_]+|\d+")
_LEAST_ROWS = 3  # with a part of a name, so that it may mean something
_MOST_CELLS = 4_000_000  # of a table that is looked at step by step
_SHOWN = 4  # lengths in a sentence
_CHANCE = 0.05  # that a step of noise, one of all steps, gives the label


def look_at_inputs(evidence: Evidence) -> Iterator[Finding]:
    """Whatever gives the label by itself, a finding each."""
    labels = evidence.labels
    if labels is None or len(np.unique(labels)) < 2:
        return
    by_folder = evidence.schema.settings.get("by_folder")  # then the name of the folder is the label
    names = {} if by_folder else {"names": [case.name for case in evidence.cases]}
    names |= {
        f"'{name}'": [text or "" for text in texts] for name, texts in evidence.columns.items() if _is_text(texts)
    }
    for what, texts in names.items():
        if len(set(texts)) > len(texts) / 2:
            yield from _name_parts(what, texts, labels, _class_names(evidence))
    yield from _lengths(evidence, labels)
    yield from _missing(evidence, labels)
    yield from _steps(evidence, labels)


def _is_text(texts: Sequence[Text]) -> bool:
    """Whether a column holds neither numbers nor dates."""
    return read_dates(texts) is None and any(text is not None and plain_number(text) is None for text in texts)


def _name_parts(what: str, texts: Sequence[str], labels: np.ndarray, classes: Sequence[str]) -> Iterator[Finding]:
    """Parts of names that stand in the names of one class, beside the class itself, as in `prot7|fold36`."""
    whole = [re.compile(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])") for name in classes]
    parts: Counter[str] = Counter()
    with_label: Counter[tuple[str, int]] = Counter()
    for text, label in zip(texts, labels.tolist(), strict=True):
        own = set(_PARTS.findall(whole[label].sub(" ", text)))
        parts.update(own)
        with_label.update((part, label) for part in own)
    count, sizes = len(labels), np.bincount(labels)
    telling = [
        part
        for (part, label), both in with_label.items()
        if both >= _LEAST_ROWS and _tells(parts[part] - both + int(sizes[label]) - both, int(sizes[label]), count)
    ]
    if telling:
        noun = "part" if len(telling) == 1 else "parts"
        verb = "tells" if len(telling) == 1 else "tell"
        text = f"the {noun} {quoted(sorted(telling)[:_SHOWN])} of {what} {verb} the label: names are no input"
        yield Finding("name", text)


def _tells(wrong: int, size: int, count: int) -> bool:
    """Whether being in a class of `size` rows is told with so many wrong rows of all."""
    return 1 - wrong / count >= max(ALMOST_ALL, max(size, count - size) / count + AHEAD)


def _lengths(evidence: Evidence, labels: np.ndarray) -> Iterator[Finding]:
    lengths = [len(one) for one in evidence.arrays]
    right = by_value(codes(lengths), labels)
    if len(set(lengths)) > 1 and gives(right, labels):
        names = _class_names(evidence)
        first = {length: names[label] for length, label in zip(lengths, labels, strict=True)}
        shown = few_of([f"{length:,}: {first[length]}" for length in sorted(first)], _SHOWN)
        yield Finding(
            "length",
            f"the length alone gives the label in {right:,} of {counted(len(labels), 'sequence')} ({shown}): compare "
            "every score with that",
        )


def _class_names(evidence: Evidence) -> Sequence[str]:
    targets, labels = evidence.targets, evidence.labels
    assert targets is not None
    assert labels is not None
    return targets.names if targets.scoring == "classification" else [str(one) for one in range(int(labels.max()) + 1)]


def _missing(evidence: Evidence, labels: np.ndarray) -> Iterator[Finding]:
    """Whether a step, or anything of a channel, is missing."""
    if evidence.schema.kind == "tokens":
        return
    found: dict[str, np.ndarray] = {}
    channels = [np.isnan(one).any(0) for one in evidence.arrays]  # (C,) each
    for channel, gone in enumerate(np.stack(channels).T):
        names = evidence.schema.channels
        found[f"'{names[channel]}'" if channel < len(names) and len(names) > 1 else "something"] = gone
    table = evidence.table
    if table is not None and np.isnan(table).any() and table.size <= _MOST_CELLS:
        gone = np.isnan(table)
        found |= {evidence.step(column): gone[:, column] for column in gone.any(0).nonzero()[0]}
    varied = {name: gone for name, gone in found.items() if gone.any() and not gone.all()}
    if not varied:
        return
    right = by_yes_or_no(np.stack(list(varied.values()), 1), labels)
    telling = [(int(rows), name) for rows, name in zip(right, varied, strict=True) if gives(rows, labels)]
    if telling:
        rows, name = max(reversed(telling), key=lambda one: one[0])  # of equals the last one is a single step
        yield Finding(
            "missing",
            f"whether {name} is missing gives the label in {rows:,} of {counted(len(labels), 'sequence')}: compare "
            "every score with that",
        )


def _steps(evidence: Evidence, labels: np.ndarray) -> Iterator[Finding]:
    """One step that alone gives the label: an easy task, or the answer among the inputs."""
    table = evidence.table
    if table is None or table.size > _MOST_CELLS or table.shape[1] < 2:
        return
    right = by_neighbour(table, labels)
    best = int(right.argmax())
    alike = float(((np.bincount(labels) / len(labels)) ** 2).sum())  # how often two rows agree by chance
    hint = " (--drop leaves a column out)" if evidence.can_drop else ""
    if gives(right[best], labels) and table.shape[1] * alike ** (len(labels) / 2) < _CHANCE:
        yield Finding(
            "step",
            f"{evidence.step(best)} alone gives the label in {right[best]:,} of {counted(len(labels), 'sequence')}: an "
            f"easy task, or the answer is among the inputs{hint}",
            weight="note",
        )
