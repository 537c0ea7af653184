"""Looks at the columns beside the sequences: ids, groups, times, sites, and what gives the answer away, in this order.

A column of groups gives the label, too, and is needed for the split; so it is found before the leaks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from frostformer.data.files.case import Text
from frostformer.data.files.parsing.named_columns import names_in
from frostformer.data.files.parsing.naming import is_group, is_person, is_site
from frostformer.data.files.parsing.numbers import plain_number
from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.finding import Finding
from frostformer.data.files.traps.groups import group_values, labels_of_groups, looks_like_a_group
from frostformer.data.files.traps.leaks import gives_away
from frostformer.data.files.traps.sites import confounded
from frostformer.data.files.traps.times import label_blocks, read_times
from frostformer.errors import InputError
from frostformer.words import quoted, typed

_ALMOST_DISTINCT = 0.95  # of the values of a column that names its rows
_EXACT = 2**53  # larger whole numbers are not all numbers of a computer


@dataclass
class Columns:
    """What the columns are for."""

    findings: list[Finding] = field(default_factory=list)
    group: str = ""
    groups: np.ndarray | None = None
    time: str = ""
    times: np.ndarray | None = None
    """(N,) where sequences are to be divided by time."""

    seen: set[str] = field(default_factory=set)
    """Columns that were found to be something."""

    def say(self, trap: str, sentence: str, **rest: object) -> None:
        """One finding more."""
        self.findings.append(Finding(trap, sentence, **rest))  # type: ignore[arg-type]


def look_at_columns(evidence: Evidence) -> Columns:
    """What the columns beside the sequences are for.

    Raises:
        InputError: a column that the user named is not there, or holds no times.
    """
    found = Columns()
    steps: tuple[Callable[[Evidence, Columns], None], ...] = (_ids, _groups, _times, _sites, _leaks)
    for step in steps:
        step(evidence, found)
    return found


def _named(evidence: Evidence, option: str, name: str) -> list[Text]:
    """The column that an option names."""
    if name in evidence.schema.channels:
        raise InputError(f"--{option} names '{name}', which is an input of every sequence: leave it out, --drop {name}")
    if name not in evidence.columns:
        there = f"there are {quoted(evidence.columns)}" if evidence.columns else "there is no other column"
        raise InputError(f"--{option} names a column '{name}' that is not beside the sequences: {there}")
    return evidence.columns[name]


def _ids(evidence: Evidence, found: Columns) -> None:
    """Columns that count rows, name them, or hold numbers that are names."""
    count = len(evidence)
    for name, texts in evidence.columns.items():
        filled = [text for text in texts if text is not None]
        values = [plain_number(text) for text in filled]
        odd = next((text for text in filled if _is_name(text)), None)
        whole = bool(filled) and all(value is not None and value.is_integer() for value in values)
        if whole and odd is not None:
            found.say("id", f"'{name}' holds {odd}: its numbers are names and kept as text", weight="note")
        if whole and len(filled) == count > 2 and set(np.diff(np.array(values, np.float64))) == {1.0}:
            found.seen.add(name)
            found.say("counter", f"'{name}' counts the {evidence.noun}s: it is no input", weight="note", column=name)
        elif len(set(filled)) == 1 and len(filled) == count:
            found.seen.add(name)
            if not evidence.has_rows:  # else it may change within a sequence
                found.say(
                    "constant", f"'{name}' is {filled[0]} in all {count:,} {evidence.noun}s: left out", column=name
                )
        elif (
            len(set(filled)) > _ALMOST_DISTINCT * count
            and (whole or None in values)
            and read_times(name, texts) is None
            and not (is_group(name) and len(set(filled)) < len(filled))  # most have one sequence, and some have more
        ):
            found.seen.add(name)


def _is_name(text: str) -> bool:
    """Whether a number is a name: 0012, or one that a computer would round."""
    digits = text.lstrip("+-")
    return digits.isdigit() and ((len(digits) > 1 and digits[0] == "0") or int(digits) > _EXACT)


def _groups(evidence: Evidence, found: Columns) -> None:
    """The column of what belongs together: the one that the user names, else the one that looks most like it."""
    option = evidence.named("group")
    ids = (evidence.options.id, evidence.schema.settings.get("id"))
    if option is not None and option not in evidence.columns and option in ids:
        return  # every sequence is a group of its own
    texts = None if option is None else _named(evidence, "group", option)
    candidates = [name for name in evidence.columns if name not in found.seen and looks_like_a_group(evidence, name)]
    if option is None and candidates:
        option = min(candidates, key=lambda name: (not is_person(name), len(set(evidence.columns[name]))))
        texts = evidence.columns[option]
    if option is None or texts is None:
        return
    found.group, found.groups = option, group_values(texts)
    found.seen.update(candidates, [option])
    chosen = evidence.options.group is not None
    found.findings.append(replace(labels_of_groups(evidence, option, found.groups, chosen), column=option))
    if others := [name for name in candidates if name != option]:
        be = "may be a group" if len(others) == 1 else "may be groups"
        found.say("group", f"{quoted(others)} {be}, too: choose with --group", weight="note")


def _times(evidence: Evidence, found: Columns) -> None:
    """A time that the user names, or along which the labels come in blocks."""
    option = evidence.named("time")
    of_answers = option in evidence.schema.settings.get("labels_beside", ())
    if option is not None and (of_answers or not evidence.has_rows):
        _named(evidence, "time", option)
        times = read_times(option, evidence.columns[option], said=True)
        if times is None:
            raise InputError(f"--time names '{option}', which holds neither dates nor numbers: name another column")
        found.time, found.times = option, times
        found.seen.add(option)
        if found.groups is not None and evidence.options.group is None:  # what the user says comes first
            found.say("time", f"divided by '{option}' as --time says, so one '{found.group}' may be in two parts")
            found.groups = None
    for name, texts in evidence.columns.items():
        times = None if name in found.seen else read_times(name, texts)
        if times is None:
            continue
        found.seen.add(name)
        blocks = label_blocks(evidence, times)
        if blocks and found.times is None:
            found.time, found.times = name, times
            done = "divided by it" if found.groups is None else f"but '{found.group}' decides the division"
            found.say("time", f"labels come in blocks along '{name}', which is a time: {done}", column=name)
        elif not blocks and not evidence.has_rows:  # else it orders the rows of each sequence
            sentence = f"'{name}' is a time; --time {typed(name)} makes the latest sequences the test"
            found.say("time", sentence, weight="note", column=name)


def _sites(evidence: Evidence, found: Columns) -> None:
    """Places, dates and occasions that cannot be told from the classes."""
    for name, texts in evidence.columns.items():
        if name == found.group or not (is_site(name) or read_times(name, texts) is not None):
            continue
        if finding := confounded(evidence, name, texts):
            found.seen.add(name)
            found.findings.append(finding)


def _leaks(evidence: Evidence, found: Columns) -> None:
    """Whatever is left and gives the label."""
    kept = names_in(evidence.options.keep)
    for name, texts in evidence.columns.items():
        if name in found.seen or name in kept:
            continue
        if what := gives_away(evidence, texts):
            found.seen.add(name)
            found.say(
                "leak", f"column '{name}' alone gives {what}: left out; keep it with --keep {typed(name)}", column=name
            )
        elif missing := gives_away(evidence, ["" if text is None else "filled" for text in texts]):
            found.say("missing", f"whether '{name}' is filled in gives {missing}: it is no input", weight="note")
