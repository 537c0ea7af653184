"""What is worth a sentence about a table: values that are no numbers, missing answers, equal times."""

from __future__ import annotations

from frostformer.data.files.answers import LabelTable
from frostformer.data.files.cells import some
from frostformer.data.files.columns import Facts, check_numbers, likely_sentinel
from frostformer.data.files.forms import Found
from frostformer.data.files.layout import Layout
from frostformer.data.files.long import LongCases, layout_choice
from frostformer.data.files.numbers import MISSING
from frostformer.data.files.roles import Roles

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
            check_numbers(f"{roles.source.path}: column '{facts.name}'", facts)
        said += [sentence for facts in columns if (sentence := _infinite(facts))][:_MOST]
        said += [sentence for facts in columns if (sentence := _sentinel(facts))][:_MOST]
        missing = sum(one.missing for one in columns if one.type != "list")
        if missing and not layout.trim:
            said.append(f"{missing:,} values are missing")
    said += _empty(roles, found)
    for name in roles.targets:
        said += _of_target(roles.facts[name], per_row=found.form != "long")
    return said


def _infinite(facts: Facts) -> str:
    if not facts.infinite:
        return ""
    places = [f"'{text}' in {spot}" for spot, text in facts.infinities]
    return f"column '{facts.name}' has {facts.infinite:,} values that are not finite: {some(places, 3, facts.infinite)}"


def _sentinel(facts: Facts) -> str:
    value = likely_sentinel(facts)
    if value is None:
        return ""
    count = facts.sentinels[value]
    return (
        f"column '{facts.name}' has {value:g} {count:,} times, first in {facts.first_sentinel[value]}, far from its other "
        "values: it may mean that the value is missing; leave such cells empty then"
    )


def _empty(roles: Roles, found: Found) -> list[str]:
    """Rows without a sequence."""
    if found.form != "cell":
        return []
    facts = roles.facts[found.columns[0]]
    places = [*facts.blanks, *facts.empty_lists]
    return [f"no sequence in {some(places, 3)}: column '{facts.name}' is empty there"] if places else []


def _of_target(facts: Facts, *, per_row: bool) -> list[str]:
    said = []
    words = facts.missing if facts.type == "number" else facts.blank
    if words and per_row:
        where = some(facts.blanks, 3, words) if facts.blanks else f"{words:,} rows"
        said.append(f"no answer in column '{facts.name}' in {where}")
    if facts.type != "number":
        kept = [f"'{text}' ({count:,} rows)" for text, count in facts.distinct.items() if text.casefold() in MISSING]
        if kept:
            said.append(f"column '{facts.name}' has the class {some(kept)}, which is kept as a class")
    if facts.infinite and facts.type == "number":
        said.append(_infinite(facts))
    return said


def of_steps(maker: LongCases | None, layout: Layout, labels: LabelTable | None) -> tuple[list[str], list[str]]:
    """Doubts that come up when all sequences are made, and what is left out."""
    said: list[str] = []
    gone: list[str] = []
    if maker is not None:
        if maker.equal_times:
            said.append(
                f"the same time stands twice in {some(maker.equal_times)}: such rows stay in the order of the file"
            )
        if maker.uneven:
            said.append(f"times are uneven in {maker.uneven:,} of {maker.sequences:,} sequences; the time is no input")
        if maker.changes:
            said.append(
                f"answers differ within {some([repr(one) for one in maker.changes])}: the choice is {layout_choice(layout)}"
            )
        if maker.unlabelled:
            said.append(f"no answer for {some([repr(one) for one in maker.unlabelled])}")
        if maker.rows_over:
            gone.append(f"{maker.rows_over:,} rows at the end of recordings fill no window of {layout.window}")
        if maker.too_short:
            gone.append(f"{maker.too_short:,} recordings are shorter than a window of {layout.window} rows")
    if labels is not None:
        lacking = sorted(labels.used - set(labels.found))
        unused = sorted(set(labels.found) - labels.used)
        if lacking:
            said.append(f"{len(lacking):,} sequences have no label in {labels.path}: {some(lacking)}")
        if unused:
            said.append(f"{len(unused):,} labels of {labels.path} have no data: {some(unused)}")
    return said, gone
