"""A column of what belongs together: a patient, a speaker, a device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from frostformer.data.files.case import Text
from frostformer.data.files.parsing.naming import is_group, is_site
from frostformer.data.files.parsing.numbers import plain_number
from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.finding import Finding
from frostformer.data.files.traps.tables import by_value, codes, gives
from frostformer.data.files.traps.times import read_times
from frostformer.data.files.unused import takes
from frostformer.words import counted, typed

LEAST = 3  # groups: one each for training, validation and test


def group_values(texts: Sequence[Text]) -> np.ndarray:
    """(N,) text; a row without a group is a group of its own."""
    return np.array([f"\0{row}" if text is None else text for row, text in enumerate(texts)])


def looks_like_a_group(evidence: Evidence, name: str) -> bool:
    """Whether rows of one value belong together: by its name, or because each value has one label."""
    texts = [text for text in evidence.columns[name] if text is not None]
    counts = Counter(texts)
    if not 2 <= len(counts) < len(texts) or (all(_is_fraction(text) for text in counts)):
        return False
    if is_group(name):
        return True
    labels = evidence.labels
    if read_times(name, evidence.columns[name]) is not None:
        return False
    several = len(counts) <= len(texts) / 2 and len(texts) == len(evidence) and not is_site(name)
    if labels is None or not several or len(counts) < 2 * len(np.unique(labels)):
        return False
    right = by_value(codes(evidence.columns[name]), labels)
    return bool(gives(right, labels)) and not _by_threshold(texts, labels)


def _is_fraction(text: str) -> bool:
    value = plain_number(text)
    return value is not None and not value.is_integer()


def _by_threshold(texts: list[str], labels: np.ndarray) -> bool:
    """Whether the values of each class lie on one side of a number, as of a measurement."""
    values = [plain_number(text) for text in texts]
    if any(value is None for value in values):
        return False
    ordered = labels[np.argsort(np.array(values, np.float64), kind="stable")]
    return int((np.diff(ordered) != 0).sum()) < len(np.unique(labels))


def labels_of_groups(evidence: Evidence, name: str, groups: np.ndarray, chosen: bool) -> Finding:
    """What is to be said of the groups."""
    names = np.unique(groups)
    labels = evidence.labels
    values = f"'{name}' has {counted(len(names), 'value')}"
    gives_label = ""
    if labels is not None:
        right = by_value(codes(groups.tolist()), labels)
        if gives(right, labels):
            gives_label = f" and gives the label in {right:,} of {counted(len(groups), evidence.noun)}"
        per_class = [len(set(groups[labels == one])) for one in np.unique(labels)]
        if gives_label and min(per_class) < 2:
            return Finding(
                "group",
                f"{values}{gives_label}, and a class has only one of them: what was learned of the class cannot be "
                f"told from what was learned of '{name}'",
                cannot_tell=True,
            )
    if len(names) < LEAST:
        sentence = f"{values}, too few to have some of them in training, validation and test each"
        return Finding("group", sentence)
    if crossing := _in_several_parts(evidence, groups):
        have = "value has" if crossing == 1 else "values have"
        return Finding(
            "group",
            f"{values}{gives_label}: it is a group, and {crossing:,} {have} sequences in several of the parts that are "
            "given: the test does not tell how well new ones are answered",
        )
    hint = "" if chosen or not takes("drop", evidence.schema) else f"; --drop {typed(name)} if it is none"
    return Finding(
        "group",
        f"{values}{gives_label}: it is a group, which the division keeps whole if it can{hint}",
        "note" if chosen else "warning",
    )


def _in_several_parts(evidence: Evidence, groups: np.ndarray) -> int:
    """How many groups the data's own parts divide; sequences without a part go to training, or are drawn from it."""
    parts: dict[str, set[str]] = {}
    for group, case in zip(groups.tolist(), evidence.cases, strict=True):
        parts.setdefault(group, set()).add(case.part or "train")
    return sum(len(one) > 1 for one in parts.values())


def one_class_each(labels: np.ndarray | None, recordings: np.ndarray) -> Finding | None:
    """What is to be said where windows of a recording are all of one class, and a class has only one recording."""
    if labels is None or len(np.unique(recordings)) < 2 or not gives(by_value(recordings, labels), labels):
        return None
    if min(len(np.unique(recordings[labels == one])) for one in np.unique(labels)) > 1:
        return None
    return Finding(
        "recordings",
        "a class has only one recording: what was learned of the class cannot be told from what was learned of the "
        "recording",
        cannot_tell=True,
    )
