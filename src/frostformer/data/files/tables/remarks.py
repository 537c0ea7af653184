"""What is worth a sentence about a table: values that are no numbers, missing answers, equal times."""

from __future__ import annotations

from frostformer.data.files.cutting import Cutting
from frostformer.data.files.parsing.numbers import MISSING
from frostformer.data.files.tables.dates import Dates, doubt
from frostformer.data.files.tables.facts import Facts, check_numbers, likely_sentinel
from frostformer.data.files.tables.layout import Layout
from frostformer.data.files.tables.long import LongCases, choice
from frostformer.data.files.tables.roles import Roles
from frostformer.data.files.tables.rows import RowCases
from frostformer.data.files.tables.wide import Found
from frostformer.words import counted, some

_MOST = 20  # sentences of one kind


def of_columns(roles: Roles, found: Found, layout: Layout) -> list[str]:
    """Doubts about the columns that are used.

    Raises:
        InputError: a column of numbers has cells that are none.
    """
    said: list[str] = []
    columns = [roles.facts[name] for name in found.columns]
    if found.kind == "vectors":
        for facts in columns:
            check_numbers(f"{roles.source.path}: column '{facts.name}'", facts, alone=len(columns) == 1)
        said += [sentence for facts in columns if (sentence := _sentinel(facts))][:_MOST]
        said += _thousands(columns, roles.source.separator)
        said += [] if layout.trim else _missing(columns)
    for name in roles.targets:
        said += _of_target(roles.facts[name], several=found.form != "long" and len(roles.targets) > 1)
    return said


def _missing(columns: list[Facts]) -> list[str]:
    """How many values are missing, and where the first are."""
    count = sum(one.inner if one.type == "list" else one.missing for one in columns)
    places = [f"'{one.name}' in {spot}" for one in columns if one.type != "list" for spot in one.gaps]
    places += [f"'{one.name}' in {spot}, position {at}" for one in columns for spot, at in one.inners]
    return [f"{counted(count, 'missing value')}: {some(places, 3, count)}"] if count else []


def _infinite(facts: Facts) -> str:
    if not facts.infinite:
        return ""
    places = [f"'{text}' in {spot}" for spot, text in facts.infinities]
    return f"column '{facts.name}' has {counted(facts.infinite, 'value')} not finite: {some(places, 3, facts.infinite)}"


def _thousands(columns: list[Facts], separator: str) -> list[str]:
    """Whether all numbers could be thousands parted by points, as in German: `1.200`."""
    both = [one for one in columns if one.in_doubt and one.points == one.commas]
    if separator != ";" or not both or any("," in text for one in both for text in one.distinct):
        return []
    if any(one.points > one.commas for one in columns):
        return []
    text = next((text for one in both for text in one.distinct if "." in text), "")
    return [f"numbers such as {text} are read as {float(text):g}: if points part thousands there, take them out"]


def _sentinel(facts: Facts) -> str:
    value = likely_sentinel(facts)
    if value is None:
        return ""
    count = facts.sentinels[value]
    return (
        f"column '{facts.name}' has {value:g} in {counted(count, 'cell')}, first in {facts.first_sentinel[value]}, "
        "far from its other values: it may mean that the value is missing; leave such cells empty then"
    )


def _of_target(facts: Facts, *, several: bool) -> list[str]:
    """Doubts about answers; a sequence without any is named where it is left out."""
    said = []
    words = facts.missing if facts.type == "number" else facts.blank
    if words and several:
        where = some(facts.blanks, 3, words) if facts.blanks else counted(words, "row")
        said.append(f"no answer in column '{facts.name}' in {where}")
    if facts.type != "number":
        kept = [
            f"'{text}' ({counted(count, 'row')})"
            for text, count in facts.distinct.items()
            if text.casefold() in MISSING
        ]
        if kept:
            said.append(f"column '{facts.name}' has the class {some(kept)}, which is kept as a class")
    if facts.infinite and facts.type == "number":
        said.append(_infinite(facts))
    return said


def of_gaps(maker: RowCases) -> str:
    """Values that are missing inside rows whose end is the end of their sequence."""
    places = [f"{spot}, position {at}" for spot, at in maker.where]
    return f"{counted(maker.gaps, 'missing value')} inside sequences: {some(places, 3, maker.gaps)}"


def of_times(maker: LongCases, layout: Layout, dates: Dates) -> list[str]:
    """Doubts about the order of rows in a further file, which is sorted by the time as the first one was."""
    said = [_equal_times(maker)] if maker.equal_times else []
    if maker.begins_again and not dates.are_there:
        said.append(
            f"times in column '{layout.time}' fall far and rise again within a sequence, as a clock does at midnight, "
            "and its rows are sorted by them: write dates, too, such as 2021-12-31 23:50"
        )
    if dates.doubtful:
        said.append(doubt(dates.doubtful, layout.time, days_first=layout.days_first))
    return said


def _equal_times(maker: LongCases) -> str:
    twice = [f"'{name}' ({place})" for name, place in maker.equal_times.items()]
    return f"the same time stands twice in {some(twice)}: such rows stay in the order of the file"


def of_steps(maker: LongCases, cutting: Cutting) -> tuple[list[str], list[str]]:
    """Doubts that come up when all sequences are made, and what is left out."""
    said: list[str] = []
    gone: list[str] = []
    if maker.equal_times:
        said.append(_equal_times(maker))
    if maker.uneven:
        said.append(
            f"times are uneven in {maker.uneven:,} of {counted(maker.sequences, 'sequence')}; the time is no input"
        )
    said += maker.rates.doubts()
    if maker.changes:
        said.append(
            f"answers differ within {some([repr(one) for one in maker.changes])}: the choice is {choice(cutting)}"
        )
    if maker.between_parts:
        gone.append(f"{counted(maker.between_parts, 'window')} with rows of several parts of the file")
    if maker.rows_over:
        gone.append(
            f"{counted(maker.rows_over, 'row')} at the end of recordings, which fill no window of {cutting.window} rows"
        )
    return said, gone
