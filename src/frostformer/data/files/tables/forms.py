"""Whether a row is a sequence, a cell is one or a row is a position; and which columns make the sequence."""

from __future__ import annotations

from collections.abc import Sequence

from frostformer.data.files.case import Kind
from frostformer.data.files.parsing.lists import is_meant_as_a_list
from frostformer.data.files.parsing.naming import EVENTS, SYMBOLS, TEXTS, is_id, is_named
from frostformer.data.files.tables.facts import Facts
from frostformer.data.files.tables.roles import ONLY_WORDS, Roles, guess_target, numbered, set_target, text_columns
from frostformer.data.files.tables.wide import MOST_CATEGORIES, Found, find_wide, only_one, some_left, with_channels
from frostformer.errors import InputError
from frostformer.words import some, typed


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
        found = _letters(roles) or find_wide(roles)
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
    _guess_answer_of_rows(roles)
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
        few = [one.name for one in texts if not one.many and len(one.distinct) <= MOST_CATEGORIES and not one.constant]
        columns = [name for name in roles.names if name in {*columns, *few}]
    if kind == "tokens" and len(columns) > 1:
        raise InputError(f"{roles.source.path}: columns {some(columns)} cannot all be the events: name one, --sequence")
    some_left(roles, columns)
    roles.take(columns)
    what = f"rows of one '{roles.id}' are one sequence" if roles.id else "all rows are one recording"
    guessed = roles.id and not roles.options.id and not roles.options.window
    other = f"; --group {typed(roles.id)} makes a sequence of each row" if guessed else ""
    order = f"in the order of '{roles.time}'" if roles.time else "in the order of the file"
    roles.notes.append(f"{what}, {order}{other}")
    if not roles.targets and not roles.options.labels:
        roles.unanswered = (
            f"{roles.source.path}: which column is the answer cannot be guessed: name it with --target (columns: "
            f"{some(roles.names, most=12)}), or give a second file with --labels"
        )
    roles.leave([one.name for one in roles.free()], "beside, and no input: of words or lists")
    return Found("long", kind, columns)


def _guess_answer_of_rows(roles: Roles) -> None:
    """Where every row has an answer of its own, it is the only column of words that come again, as in the wide form."""
    options = roles.options
    if roles.targets or options.labels or roles.sequence or not (options.window or options.per_position):
        return
    words = [one for one in roles.free("text", "boolean") if not one.unique and not one.many and not one.constant]
    answers = [one for one in words if not is_named(one.name, SYMBOLS | TEXTS) and one.name not in roles.keep]
    if len(answers) == 1 and len(roles.free("number", "text", "boolean")) > 1:
        set_target(roles, [answers[0].name], ONLY_WORDS)


def _events(roles: Roles, events: Sequence[Facts]) -> list[str]:
    if not events:
        raise InputError(f"{roles.source.path}: no column is left to be the events: name one, --sequence")
    column = only_one(roles, events, "events")
    roles.notes.append(f"the events are column '{column}'; --sequence names another")
    return [column]


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
    return with_channels(roles, list(roles.sequence))


def _cell(roles: Roles, lists: Sequence[Facts]) -> Found:
    if not roles.targets and len(lists) > 1 and roles.options.per_position:
        lists = [one for one in lists if one.type == "list"] or lists
    column = only_one(roles, lists, "sequence", " (several, joined by commas, are its channels)")
    symbols = lists[0].type == "words" or is_named(column, SYMBOLS)
    kind: Kind = roles.options.kind or ("tokens" if symbols else "vectors")
    if lists[0].type == "words" and kind == "vectors":
        raise InputError(f"{roles.source.path}: column '{column}' has words: give --kind tokens")
    roles.take([column])
    other = "; --kind vectors reads its numbers as numbers" if symbols and lists[0].type != "words" else ""
    roles.notes.append(f"the sequence is the list in column '{column}'{other}")
    return Found("cell", kind, [column])


def _letters(roles: Roles) -> Found | None:
    """A column of text, if it is what the table is about."""
    numbers = [one for one in roles.free("number") if one.filled]
    texts = text_columns(roles)
    if roles.options.kind == "vectors" or not texts or (len(numbers) > 1 and not _is_text_table(roles, texts)):
        return None
    column = only_one(roles, texts, "sequence")
    _refuse_broken_lists(roles, roles.facts[column])
    roles.take([column])
    roles.notes.append(f"the sequence is the letters of column '{column}'; --sequence names another")
    return Found("cell", "tokens", [column])


def _refuse_broken_lists(roles: Roles, column: Facts) -> None:
    """Letters that are meant as lists of numbers are no sequence."""
    if column.other and all(is_meant_as_a_list(text) for _, text in column.other):
        spot, text = column.other[0]
        cut = " (it was cut short where “...” stands)" if "..." in text else ""
        raise InputError(
            f"{roles.source.path}: column '{column.name}' has '{text[:60]}' in {spot}, which is no whole list of "
            f"numbers{cut}: write whole lists, such as [0.1, 0.2]"
        )


def _is_text_table(roles: Roles, texts: Sequence[Facts]) -> bool:
    """Whether the numbers of a table can be answers about a text, and its numbers are no run of a series."""
    numbers = [one.name for one in roles.free("number")]
    return any(is_named(one.name, TEXTS - {"x"}) for one in texts) and not numbered(numbers)


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
