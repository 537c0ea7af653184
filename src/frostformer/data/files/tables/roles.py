"""What each column of a table is for: answer, id, time, split, sequence. Options come first, guesses are said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.named_columns import chosen, only
from frostformer.data.files.parsing.naming import (
    COUNTERS,
    IDS,
    TARGETS,
    TEXTS,
    is_axis,
    is_called_group,
    is_id,
    is_named,
    is_time,
)
from frostformer.data.files.tables.cells import Source
from frostformer.data.files.tables.facts import Facts
from frostformer.data.files.tables.splits import half_a_split, is_split
from frostformer.errors import InputError
from frostformer.words import some, typed

_NUMBERED = re.compile(r"(?P<stem>.*?)[ _.\-\[(]*(?P<number>[0-9]+(?:\.[0-9]+)?)[\])]?")
ONLY_WORDS = "the only one of words that come again"
"""Why a column is taken for the answer."""

_FEW = 20
"""A column with at most so many different texts can be a class or a category."""


@dataclass
class Roles:
    """Columns by what they are for, and the sentences that say so."""

    source: Source
    facts: dict[str, Facts]
    rows: int
    options: FileOptions
    targets: list[str] = field(default_factory=list)
    sequence: list[str] = field(default_factory=list)
    id: str = ""
    time: str = ""
    group: str = ""
    split: str = ""
    keep: list[str] = field(default_factory=list)
    out: set[str] = field(default_factory=set)
    """Columns that were left out or have a role."""

    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unanswered: str = ""
    """As in `Understood`."""

    left_out: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """All columns, in order."""
        return list(self.facts)

    @cached_property
    def run(self) -> set[str]:
        """Columns whose names are a word and a number, as others' are."""
        return {name for columns in numbered(self.names).values() for name in columns}

    def free(self, *types: str) -> list[Facts]:
        """Columns without a role, of these types or of any."""
        return [one for one in self.facts.values() if one.name not in self.out and (not types or one.type in types)]

    def take(self, columns: Iterable[str]) -> None:
        """Give columns a role, so that no other role takes them."""
        self.out.update(columns)

    def without(self) -> str:
        """What was left out, as the end of a sentence on what is lacking."""
        return f" ({'; '.join(self.left_out)})" if self.left_out else ""

    def leave(self, columns: Sequence[str], why: str) -> None:
        """Leave columns out and say so; those of `--keep` stay."""
        if columns := [name for name in columns if name not in self.keep and name not in self.out]:
            named = "column " if len(columns) == 1 else "columns "
            self.left_out.append(f"{named}{some([repr(one) for one in columns], most=8)} {why}")
            self.out.update(columns)


def told(source: Source, facts: dict[str, Facts], rows: int, options: FileOptions) -> Roles:
    """The roles that the options give.

    Raises:
        InputError: an option names a column that is not there, or gives it a second role.
    """
    path, names = source.path, list(facts)
    roles = Roles(source, facts, rows, options)
    roles.keep = chosen(path, "--keep", options.keep, names)
    if not options.labels:
        roles.targets = chosen(path, "--target", options.target, names)
    roles.sequence = chosen(path, "--sequence", options.sequence, names)
    for option in ("id", "time", "group", "split"):
        setattr(roles, option, only(path, f"--{option}", getattr(options, option), names))
    given = [*roles.targets, *roles.sequence]
    if twice := {name for name in given if given.count(name) > 1}:
        raise InputError(f"{path}: column '{min(twice)}' is in --target and in --sequence: name it in one of them")
    for option in ("id", "time", "split"):
        if (name := getattr(roles, option)) and name in given:
            raise InputError(f"{path}: column '{name}' is in --{option} and in --target or --sequence: name it in one")
    dropped = chosen(path, "--drop", options.drop, names)
    roles.take([*given, *(name for name in (roles.id, roles.time, roles.group, roles.split) if name)])
    roles.leave(dropped, "left out by --drop")
    return roles


def guess_beside(roles: Roles) -> None:
    """Guess what is no input: empty columns, counters, codes, split, time and id."""
    free = roles.free
    roles.leave([one.name for one in free("empty")], "left out: empty")
    roles.leave([one.name for one in free() if _is_counter(roles, one)], "left out: it counts the rows")
    if not roles.split and (found := [one for one in free() if is_split(one)]):
        roles.split = found[0].name
        roles.notes.append(f"column '{roles.split}' says which rows are for training and which for testing")
        roles.take([roles.split])
    elif not roles.split:
        roles.warnings += [said for one in free() if (said := half_a_split(one))]
    if roles.options.labels:
        answers = [one.name for one in free() if is_named(one.name, TARGETS)]
        roles.leave(answers, "left out: the answers come from --labels")
    elif not roles.targets:
        _guess_target_by_name(roles)
    if not roles.id and (not roles.group or roles.options.window):
        found = [
            one
            for one in free()
            if (is_id(one.name) or (roles.options.window and is_called_group(one.name)))
            and one.type in ("number", "text", "time")
            and _can_be_id(roles, one)
        ]
        if found:
            roles.id = min(found, key=lambda one: not one.repeated).name
            roles.take([roles.id])
        else:
            roles.id = roles.group  # else a window could have rows of two groups
    if not roles.time:
        found = [one for one in free("number", "time", "text") if _is_time(roles, one)]
        if found:
            roles.time = min(found, key=lambda one: one.type != "time").name
            roles.take([roles.time])
    codes = [one.name for one in free("number") if one.zeros and one.whole and not one.sentinels]
    roles.leave(codes, "left out: such numbers (with zeros before them, or too many digits) are ids, and stay text")


def numbered(names: Sequence[str]) -> dict[str, list[str]]:
    """Columns whose names are a word and a number, by word: `t0, t1, t2` by `t`."""
    found: dict[str, list[str]] = {}
    for name in names:
        if match := _NUMBERED.fullmatch(name):
            found.setdefault(match["stem"], []).append(name)
    return {stem: columns for stem, columns in found.items() if len(columns) > 2}


def stem_and_number(name: str) -> tuple[str, str]:
    """Word and number of the name of a numbered column, `t[12]` as `t` and `12`; of any other, the name and nothing."""
    match = _NUMBERED.fullmatch(name)
    return (match["stem"], match["number"]) if match else (name, "")


def _is_counter(roles: Roles, one: Facts) -> bool:
    if one.type == "number" and one.name.startswith("__index_level_"):  # how pandas stores the numbers of its rows
        return True
    if one.type != "number" or not one.counter or one.rows < 3 or one.start not in (0.0, 1.0):
        return False
    shared = f"{one.name} (2)" in roles.facts or one.name in roles.run
    first = one.name == roles.names[0]
    if not roles.source.headed:
        return first and not all(other.whole for other in roles.free("number"))
    nameless = bool(re.fullmatch(r"column \d+", one.name))
    return (
        nameless
        or is_named(one.name, COUNTERS)
        or one.name.startswith("Unnamed")
        or (first and not shared and not is_time(one.name) and not is_named(one.name, IDS))
    )


def _can_be_id(roles: Roles, one: Facts) -> bool:
    """An id is no fraction and no part of a numbered run, and stands once, or once for each row of its sequence."""
    return (
        one.name not in roles.run
        and (one.type != "number" or one.whole)
        and not one.constant
        and (one.unique or one.repeated or one.many)
    )


def _is_time(roles: Roles, one: Facts) -> bool:
    if one.name in roles.run:
        return False
    return one.type == "time" or (one.type == "number" and is_time(one.name) and roles.source.headed)


def _guess_target_by_name(roles: Roles) -> None:
    named = [one.name for one in roles.free() if is_named(one.name, TARGETS) and one.type != "empty"]
    found = [name for name in named if not is_axis(name, roles.names)]
    if len(found) > 1:
        last = [name for name in found if name == roles.names[-1]]
        rest = [name for name in found if name not in ("y", "output", "response", "answer")]
        found = rest if len(rest) == 1 else last if not rest else found
    if len(found) > 1:
        raise InputError(
            f"{roles.source.path}: columns {some(found)} could be the answer: name it, --target {typed(found[0])}"
        )
    if found:
        set_target(roles, found, "by its name")


def set_target(roles: Roles, names: Sequence[str], why: str) -> None:
    """Make columns the targets, with a note."""
    roles.targets = list(names)
    roles.take(names)
    shown = some([repr(name) for name in names], most=8)
    roles.notes.append(f"the answer is column {shown}, {why}; --target names another")


def guess_target(roles: Roles, sequence: Sequence[str]) -> None:
    """Guess the answer where neither option nor name says it; `sequence` are the columns that make the sequence.

    Raises:
        InputError: it cannot be guessed.
    """
    if roles.targets or roles.options.labels:
        return
    rest = [one for one in roles.free() if one.name not in sequence and not _is_name(one)]
    texts = [one for one in roles.free("text", "boolean") if not one.unique and not one.many]
    flags = [one for one in rest if one.flags]
    if sequence and len(rest) == 1:
        set_target(roles, [rest[0].name], "the only one left")
    elif sequence and len(flags) == len(rest) > 1:
        set_target(roles, [one.name for one in flags], "the only ones left, each 0, 1 or unknown")
    elif len(texts) == 1:
        set_target(roles, [texts[0].name], ONLY_WORDS)
    elif roles.source.series and (first := _series_target(roles)):
        set_target(roles, [first], "the first, as in files of the UCR archive")
    else:
        if len(roles.names) == 1:
            raise InputError(
                f"{roles.source.path} has one column, '{roles.names[0]}', and no answers: add a column of them, or "
                "give a second file with --labels"
            )
        columns = some(roles.names, most=12)
        raise InputError(
            f"{roles.source.path}: which column is the answer cannot be guessed{roles.without()}: give --target and "
            f"its name or number, for example --target last (columns: {columns}), or --labels and a second file"
        )


def _is_name(one: Facts) -> bool:
    return one.type == "text" and (one.unique or one.many) and not one.repeated


def _series_target(roles: Roles) -> str:
    """The first column, where it alone has few whole numbers."""
    first, *rest = roles.facts.values()
    few = first.type == "number" and first.whole and not first.many and len(first.distinct) <= max(2, roles.rows // 2)
    return first.name if few and first.name not in roles.out and any(not one.whole for one in rest) else ""


def text_columns(roles: Roles) -> list[Facts]:
    """Columns that could be a sequence of letters: by name, else texts that hardly come again and are no ids."""
    free = roles.free("text")
    if named := [one for one in free if is_named(one.name, TEXTS - {"x"})]:
        return named
    found = [one for one in free if _hardly_repeats(one)]
    if len(found) > 1:
        found = [one for one in found if not _is_numbered_text(one)] or found
    return found


def _hardly_repeats(one: Facts) -> bool:
    if one.many:
        return not one.repeats
    return len(one.distinct) > _FEW or len(one.distinct) >= 0.8 * (one.rows - one.blank)


def _is_numbered_text(one: Facts) -> bool:
    """Whether texts are one word with a number each: `GENE-1, GENE-2`."""
    bare = {re.sub(r"[0-9]+", "#", text) for text in one.distinct}
    return len(bare) == 1 and len(one.distinct) > 1 and "#" in next(iter(bare))
