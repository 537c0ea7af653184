"""Whether a row is a sequence, a cell is one or a row is a position; and which columns make the sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from frostformer.data.files.case import Kind
from frostformer.data.files.cells import some
from frostformer.data.files.facts import Facts
from frostformer.data.files.headers import EVENTS, SYMBOLS, TEXTS, is_id, is_named
from frostformer.data.files.layout import Form
from frostformer.data.files.roles import Roles, guess_target, number_in, numbered, set_target, text_columns
from frostformer.data.files.words import typed
from frostformer.errors import InputError

_MOST_CATEGORIES = 20


@dataclass
class Found:
    """What makes the sequences."""

    form: Form
    kind: Kind
    columns: list[str]
    channels: list[str] = field(default_factory=list)
    """Names of the channels in the wide form."""


def find_form(roles: Roles) -> Found:
    """Decide the form of a table, and which columns make a sequence; targets are guessed on the way.

    Raises:
        InputError: it cannot be guessed: which option to give.
    """
    if _is_long(roles):
        return _long(roles)
    lists = roles.free("list", "words")
    if roles.sequence:
        found = _told(roles)
    elif lists:
        found = _cell(roles, lists)
    else:
        found = _letters(roles) or _wide(roles)
    guess_target(roles, found.columns)
    _leave_rest(roles, found)
    return found


def _is_long(roles: Roles) -> bool:
    options, facts = roles.options, roles.facts
    lists = {"list", "words"}
    if any(facts[name].type in lists for name in roles.sequence) or (not roles.sequence and roles.free(*lists)):
        return False
    if options.window or (options.per_position and not _has_letters(roles)):
        return True
    if roles.id and options.id:
        one = facts[roles.id]
        return not one.unique
    if roles.id and facts[roles.id].repeated and roles.time:
        dates = facts[roles.time].type == "time" and not facts[roles.time].clocks
        return not (dates and numbered([one.name for one in roles.free("number")]))
    return False


def _has_letters(roles: Roles) -> bool:
    sequence = [roles.facts[name] for name in roles.sequence]
    return (bool(sequence) and all(one.type == "text" for one in sequence)) or bool(text_columns(roles))


def _long(roles: Roles) -> Found:
    """A row is a position: of the sequence that the id names, or of one recording."""
    if roles.sequence:
        columns = list(roles.sequence)
    else:
        columns = [one.name for one in roles.free("number", "boolean")]
        same = [
            name for name in columns if (roles.facts[name].constant and roles.rows > 1) or not roles.facts[name].filled
        ]
        roles.leave(same, "left out: the same in all rows")
        columns = [name for name in columns if name not in same or name in roles.keep]
    texts = [one for one in roles.free("text") if not roles.sequence]
    events = [one for one in texts if is_named(one.name, EVENTS)]
    kind: Kind = "vectors"
    if roles.options.kind == "tokens" or (not columns and not roles.sequence and texts):
        kind = "tokens"
        if not roles.sequence:
            columns = _events(roles, events or texts)
    elif roles.sequence and not roles.options.kind and all(roles.facts[name].type == "text" for name in columns):
        kind = "tokens"
    else:
        few = [one.name for one in texts if not one.many and len(one.distinct) <= _MOST_CATEGORIES and not one.constant]
        columns = [name for name in roles.names if name in {*columns, *few}]
    if kind == "tokens" and len(columns) > 1:
        raise InputError(f"{roles.source.path}: columns {some(columns)} cannot all be the events: name one, --sequence")
    if not columns:
        raise InputError(f"{roles.source.path}: no column is left to make the sequence: name it, --sequence")
    roles.take(columns)
    what = f"rows of one '{roles.id}' are one sequence" if roles.id else "all rows are one recording"
    other = f"; --group {typed(roles.id)} makes a sequence of each row" if roles.id and not roles.options.id else ""
    order = f"in the order of '{roles.time}'" if roles.time else "in the order of the file"
    roles.notes.append(f"{what}, {order}{other}")
    if not roles.targets and not roles.options.labels:
        roles.unanswered = (
            f"{roles.source.path}: no column is the answer: name it with --target, or give a second file with --labels"
        )
    roles.leave([one.name for one in roles.free()], "beside, and no input: of words or lists")
    return Found("long", kind, columns)


def _events(roles: Roles, events: Sequence[Facts]) -> list[str]:
    if len(events) > 1:
        names = [one.name for one in events]
        raise InputError(
            f"{roles.source.path}: columns {some(names)} could be the events: name one, --sequence {typed(names[0])}"
        )
    if not events:
        raise InputError(f"{roles.source.path}: no column is left to be the events: name one, --sequence")
    roles.notes.append(f"the events are column '{events[0].name}'; --sequence names another")
    return [events[0].name]


def _told(roles: Roles) -> Found:
    """The form that follows from the columns of --sequence."""
    facts = [roles.facts[name] for name in roles.sequence]
    kind = roles.options.kind
    if all(one.type == "list" for one in facts):
        return Found("cell", kind or "vectors", list(roles.sequence))
    if len(facts) == 1 and (facts[0].type in ("text", "words") or kind == "tokens"):
        if kind == "vectors":
            raise InputError(f"{roles.source.path}: column '{facts[0].name}' has no numbers: give --kind tokens")
        return Found("cell", "tokens", list(roles.sequence))
    if kind == "tokens" or (kind is None and all(one.type in ("text", "boolean") for one in facts)):
        return Found("wide", "tokens", list(roles.sequence))
    if wrong := [one.name for one in facts if one.type not in ("number", "empty")]:
        raise InputError(
            f"{roles.source.path}: column {some([repr(name) for name in wrong])} of --sequence does not hold numbers: "
            "leave it out of --sequence"
        )
    return _with_channels(roles, list(roles.sequence))


def _cell(roles: Roles, lists: Sequence[Facts]) -> Found:
    if not roles.targets and len(lists) > 1 and roles.options.per_position:
        lists = [one for one in lists if one.type == "list"] or lists
    if len(lists) > 1:
        names = [one.name for one in lists]
        raise InputError(
            f"{roles.source.path}: columns {some(names)} could be the sequence: name one, --sequence {typed(names[0])} "
            "(several, joined by commas, are its channels)"
        )
    symbols = lists[0].type == "words" or is_named(lists[0].name, SYMBOLS)
    kind: Kind = roles.options.kind or ("tokens" if symbols else "vectors")
    if lists[0].type == "words" and kind == "vectors":
        raise InputError(f"{roles.source.path}: column '{lists[0].name}' has words: give --kind tokens")
    roles.take([lists[0].name])
    other = "; --kind vectors reads its numbers as numbers" if symbols and lists[0].type != "words" else ""
    roles.notes.append(f"the sequence is the list in column '{lists[0].name}'{other}")
    return Found("cell", kind, [lists[0].name])


def _letters(roles: Roles) -> Found | None:
    """A column of text, if it is what the table is about."""
    numbers = [one for one in roles.free("number") if one.filled]
    texts = text_columns(roles)
    if roles.options.kind == "vectors" or not texts or (len(numbers) > 1 and not _is_text_table(roles, texts)):
        return None
    if len(texts) > 1:
        names = [one.name for one in texts]
        raise InputError(
            f"{roles.source.path}: columns {some(names)} could be the sequence: name one, --sequence {typed(names[0])}"
        )
    roles.take([texts[0].name])
    roles.notes.append(f"the sequence is the letters of column '{texts[0].name}'; --sequence names another")
    return Found("cell", "tokens", [texts[0].name])


def _is_text_table(roles: Roles, texts: Sequence[Facts]) -> bool:
    """Whether the numbers of a table can be answers about a text, and its numbers are no run of a series."""
    numbers = [one.name for one in roles.free("number")]
    return any(is_named(one.name, TEXTS - {"x"}) for one in texts) and not numbered(numbers)


def _wide(roles: Roles) -> Found:
    """A row is a sequence, a column a position."""
    _refuse_recording(roles)
    numbers = [one for one in roles.free("number") if one.filled]
    texts = [one for one in roles.free("text", "boolean") if not one.many and len(one.distinct) <= _MOST_CATEGORIES]
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
    if not columns:
        raise InputError(
            f"{roles.source.path}: no column of numbers, lists or texts is left to make the sequence"
            f"{roles.without()}: name it, --sequence; a table of ids and answers is given by --labels, beside the file "
            "of the sequences"
        )
    roles.take(columns)
    return _with_channels(roles, columns)


def _words(roles: Roles, numbers: Sequence[Facts], texts: Sequence[Facts]) -> Found:
    """Each column is a position that holds a word."""
    guess_target(roles, [])
    both = {one.name for one in [*numbers, *texts]} - set(roles.out)
    columns = [name for name in roles.names if name in both]
    if not columns:
        raise InputError(f"{roles.source.path}: no column is left to make the sequence: name it, --sequence")
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


def _with_channels(roles: Roles, columns: list[str]) -> Found:
    """Order columns by channel where the names say several: `x_0, x_1, y_0, y_1`."""
    stems: dict[str, dict[str, str]] = {}
    if roles.source.headed:
        for name in columns:
            stem = name[: len(name) - len(number_in(name))] if number_in(name) != name else name
            stems.setdefault(stem.rstrip(" _.-[(") if number_in(name) != name else name, {})[number_in(name)] = name
    steps = [list(one) for one in stems.values()]
    if len(stems) > 1 and len(steps[0]) > 1 and all(set(one) == set(steps[0]) for one in steps):
        ordered = [stems[stem][step] for stem in stems for step in steps[0]]
        names = some(list(stems), most=8)
        roles.notes.append(f"a row is a sequence of {len(steps[0])} positions with {len(stems)} channels: {names}")
        return Found("wide", "vectors", ordered, list(stems))
    roles.notes.append(f"a row is a sequence of {len(columns):,} positions, one in each column")
    return Found("wide", "vectors", columns, ["value"])


def _refuse_recording(roles: Roles) -> None:
    """Ask where each row has a time and nothing says that it is a sequence of its own.

    Raises:
        InputError: it looks like one long recording.
    """
    time = roles.facts.get(roles.time)
    numbers = [one.name for one in roles.free("number")]
    if time is None or (not time.repeated and time.type == "time" and not time.clocks and len(numbers) > 2):
        return
    if numbered(numbers) or roles.id or roles.group or not numbers:
        return
    raise InputError(
        f"{roles.source.path} looks like one long recording, since every row has a time ('{time.name}') and nothing "
        "names the sequence: cut it with --window 100, name the sequence with --id, or leave the time out with "
        f"--drop {typed(time.name)}"
    )


def _leave_rest(roles: Roles, found: Found) -> None:
    """Say which columns are no input, and why."""
    if roles.id and roles.facts[roles.id].repeated and not roles.options.id:
        roles.left_out.append(
            f"'{roles.id}' has the same text in several rows and is no input; --id {typed(roles.id)} makes them one "
            "sequence"
        )
        roles.id = ""
    for what, name in (("the name of a sequence", roles.id), ("a group", roles.group), ("a time", roles.time)):
        if name and name not in found.columns:
            more = (
                f"; --time {typed(name)} makes the latest sequences the test"
                if what == "a time" and not roles.options.time
                else ""
            )
            roles.left_out.append(f"column '{name}' is {what}, and no input{more}")
    ids = [one.name for one in roles.free() if is_id(one.name)]
    roles.leave(ids, "beside, and no input: an id by its name")
    roles.leave([one.name for one in roles.free()], "beside, and no input; --sequence names what is")
