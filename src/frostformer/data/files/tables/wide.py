"""Tables in the wide form: a row is a sequence and a column a position; which columns, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from frostformer.data.files.case import Kind
from frostformer.data.files.tables.facts import Facts
from frostformer.data.files.tables.layout import Form
from frostformer.data.files.tables.roles import Roles, guess_target, numbered, set_target, stem_and_number
from frostformer.errors import InputError
from frostformer.words import counted, some, typed

MOST_CATEGORIES = 20
"""Different words of a column that can be channels, or positions of words."""


@dataclass
class Found:
    """What makes the sequences."""

    form: Form
    kind: Kind
    columns: list[str]
    channels: list[str] = field(default_factory=list)
    """Names of the channels in the wide form."""


def only_one(roles: Roles, columns: Sequence[Facts], what: str, more: str = "") -> str:
    """The column that is the sequence, or its events.

    Raises:
        InputError: several could be it.
    """
    names = [one.name for one in columns]
    if len(names) > 1:
        raise InputError(
            f"{roles.source.path}: columns {some(names)} could be the {what}: name one, --sequence "
            f"{typed(names[0])}{more}"
        )
    return names[0]


def some_left(roles: Roles, columns: Sequence[str]) -> None:
    """Refuse a table of which no column is left to make the sequence.

    Raises:
        InputError: none is.
    """
    if not columns:
        raise InputError(
            f"{roles.source.path}: no column of numbers, lists or texts is left to make the sequence"
            f"{roles.without()}: name it, --sequence; a table of ids and answers is given by --labels, beside the file "
            "of the sequences"
        )


def find_wide(roles: Roles) -> Found:
    """A row is a sequence, a column a position."""
    _refuse_recording(roles)
    numbers = [one for one in roles.free("number") if one.filled]
    texts = [one for one in roles.free("text", "boolean") if not one.many and len(one.distinct) <= MOST_CATEGORIES]
    if roles.options.kind == "tokens" or (not numbers and len(texts) > 2):
        return _words(roles, numbers, texts)
    run = _run(roles, [one.name for one in numbers])
    within = set(run)
    stray = [one for one in numbers if one.name not in within]
    if not roles.targets and not roles.options.labels:
        unset = [one.name for one in stray] + [one.name for one in texts]
        if len(unset) == 1 and roles.source.headed:
            set_target(roles, unset, "the only one left")
        else:
            guess_target(roles, [])
    stray = [one for one in stray if one.name not in roles.targets]
    outside = [one for one in stray if run]
    same = [one.name for one in stray if one.constant and roles.source.headed and roles.rows > 1]
    roles.leave(same, f"left out: the same in all {roles.rows:,} rows")
    roles.leave([one.name for one in outside], f"beside, and no input: not of the run {_short(run)}; --keep uses it")
    columns = [one.name for one in numbers if one.name not in roles.out]
    some_left(roles, columns)
    roles.take(columns)
    return with_channels(roles, columns)


def _words(roles: Roles, numbers: Sequence[Facts], texts: Sequence[Facts]) -> Found:
    """Each column is a position that holds a word."""
    guess_target(roles, [])
    both = {one.name for one in [*numbers, *texts]} - set(roles.out)
    columns = [name for name in roles.names if name in both]
    some_left(roles, columns)
    roles.take(columns)
    roles.notes.append(f"a row is a sequence of {len(columns)} words, one in each column")
    return Found("wide", "tokens", columns)


def _run(roles: Roles, numbers: Sequence[str]) -> list[str]:
    """The columns that a table with numbered columns is about; none where it is about all."""
    if not roles.source.headed:
        return []
    runs = numbered(numbers)
    inside = [name for columns in runs.values() for name in columns]
    candidates = [name for name in numbers if name not in roles.targets]
    return inside if len(inside) >= 0.75 * len(candidates) else []


def _short(names: Sequence[str]) -> str:
    return f"'{names[0]}' to '{names[-1]}'" if names else ""


def with_channels(roles: Roles, columns: list[str]) -> Found:
    """Order columns by channel where the names say several: `x_0, x_1, y_0, y_1`."""
    stems: dict[str, dict[str, str]] = {}
    if roles.source.headed:
        for name in columns:
            stem, number = stem_and_number(name)
            stems.setdefault(stem, {}).setdefault(number, name)
    if sum(map(len, stems.values())) < len(columns):  # `t1` and `t_1` have one number
        stems = {}
    if not roles.sequence:
        stems = {stem: _by_number(one) for stem, one in stems.items()}
    steps = [list(one) for one in stems.values()]
    if len(stems) > 1 and len(steps[0]) > 1 and all(set(one) == set(steps[0]) for one in steps):
        ordered = [stems[stem][step] for stem in stems for step in steps[0]]
        names = some(list(stems), most=8)
        roles.notes.append(f"a row is a sequence of {len(steps[0])} positions with {len(stems)} channels: {names}")
        return Found("wide", "vectors", ordered, list(stems))
    ordered = list(next(iter(stems.values())).values()) if len(stems) == 1 else columns
    order = "" if ordered == columns else ", in the order of their numbers"
    roles.notes.append(f"a row is a sequence of {counted(len(columns), 'position')}, one in each column{order}")
    return Found("wide", "vectors", ordered, ["value"])


def _by_number(columns: dict[str, str]) -> dict[str, str]:
    """Columns by their numbers where a program has sorted their names as text, `t1, t10, t2`; others as they are."""
    if "" in columns or list(columns.values()) != sorted(columns.values()):
        return columns
    rising = sorted(columns, key=float)
    return columns if list(columns) == rising[::-1] else {number: columns[number] for number in rising}


def _refuse_recording(roles: Roles) -> None:
    """Ask where each row has a time and nothing says that it is a sequence of its own.

    Raises:
        InputError: it looks like one long recording.
    """
    words = [one for one in roles.free("text", "boolean") if not one.unique and not one.many]
    if roles.options.time and (roles.targets or roles.options.labels or words):
        return  # each row has an answer, and --time says when that was
    time = roles.facts.get(roles.time)
    numbers = [one.name for one in roles.free("number")]
    if time is None or (not time.repeated and time.type == "time" and not time.clocks and len(numbers) > 2):
        return
    if numbered(numbers) or roles.id or roles.group or not numbers:
        return
    raise InputError(
        f"{roles.source.path} looks like one long recording, since every row has a time ('{time.name}') and nothing "
        "names the sequence: cut it with --window 100, name the sequence with --id, or, if each row is a sequence, "
        f"give --time {typed(time.name)} so that the latest are the test, or --drop {typed(time.name)}"
    )
