"""From the columns of a table and the user's options to a schema, with every guess said."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from frostformer.data.files.cutting import Cutting
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.naming import CYCLES, is_named
from frostformer.data.files.parsing.parts import beside_for_test
from frostformer.data.files.parsing.spellings import composed
from frostformer.data.files.parsing.times import has_date, is_date_in_doubt
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.tables.answers import spellings
from frostformer.data.files.tables.cells import Source, columns_of
from frostformer.data.files.tables.channels import channel_names
from frostformer.data.files.tables.facts import Facts, coding_of, file_decimal
from frostformer.data.files.tables.forms import find_form
from frostformer.data.files.tables.labels import LabelTable, label_table, options_of_file
from frostformer.data.files.tables.layout import Coding, Layout
from frostformer.data.files.tables.long import LongCases
from frostformer.data.files.tables.remarks import of_columns, of_gaps, of_steps
from frostformer.data.files.tables.roles import Roles, guess_beside, numbered, told
from frostformer.data.files.tables.rows import RowCases
from frostformer.data.files.tables.survey import survey
from frostformer.data.files.tables.wide import Found
from frostformer.data.files.windows import RECORDING, START, TooShort
from frostformer.errors import CannotRead, InputError
from frostformer.words import some, typed


def understand(source: Source, name: str, options: FileOptions, label_source: Source | None = None) -> Understood:
    """Find how a table is read.

    Args:
        source: the table.
        name: the name of its format.
        options: what the user says.
        label_source: the table of `--labels`.

    Raises:
        InputError: what is wrong, where, and what to do.
    """
    facts, rows = survey(source)
    own = options_of_file(options, list(facts), columns_of(label_source)) if label_source else options
    roles = told(source, facts, rows, own)
    guess_beside(roles)
    found = find_form(roles)
    if found.form == "long" and own.time != options.time:
        raise InputError(f"--time {options.time}: the rows of {source.path} have no such column to be ordered by")
    labels = label_table(label_source, options, roles.id) if label_source else None
    layout = _layout(roles, found, labels)
    schema = _schema(name, options, found, roles, layout, labels)
    warnings = [*roles.warnings, *of_columns(roles, found, layout), *_dates_in_doubt(roles.facts.get(layout.time))]
    left_out = list(roles.left_out)
    gaps = any(roles.facts[one].missing for one in found.columns)
    if found.form == "long" or labels or (layout.trim and gaps):
        maker = _tried(source, schema, layout, labels)
        if isinstance(maker, LongCases) and roles.time and not own.time and _is_no_order(roles, maker):
            warnings.append(
                f"column '{roles.time}' begins again, so rows stay in the order of the file: --time "
                f"{typed(roles.time)} sorts by it"
            )
            of_file = "in the order of the file"
            roles.notes = [one.replace(f"in the order of '{roles.time}'", of_file) for one in roles.notes]
            layout = replace(layout, time="")
            beside = tuple(one for one in schema.beside if one != roles.time)  # it tells nothing of a sequence
            schema = replace(schema, settings=dict(schema.settings) | layout.settings(), beside=beside)
            maker = _tried(source, schema, layout, labels)
        said, gone = _said(maker, schema, labels)
        warnings += said
        left_out += gone
    notes = [*source.notes, *_numbers_told(roles, layout), *roles.notes, *([labels.note] if labels else [])]
    if "own_scales" in schema.settings:
        notes.append("the columns have names of their own, and are not numbered: each is scaled by itself")
    test = beside_for_test(source.path, bare=False)
    warnings += source.warnings
    return Understood(schema, tuple(notes), tuple(warnings), tuple(left_out), test, roles.unanswered)


def _schema(
    name: str, options: FileOptions, found: Found, roles: Roles, layout: Layout, labels: LabelTable | None
) -> Schema:
    cutting = Cutting.asked(options)
    targets = labels.targets if labels else tuple(roles.targets)
    if options.per_position and len(targets) > 1:
        raise InputError(f"--per-position takes one answer, not {some(targets)}: name one, --target")
    used = {*found.columns, *roles.targets}
    beside = tuple(
        name for name, one in roles.facts.items() if name not in used and one.type not in ("list", "words", "empty")
    )
    if cutting.window and found.form == "long":
        beside += (RECORDING, START)
    settings = layout.settings() | cutting.settings()
    if labels:
        beside += tuple(name for name in labels.dividing.columns if name not in beside)
        settings |= labels.settings()
    if _are_quantities(roles, found):
        settings["own_scales"] = True
    per_position = options.per_position and bool(targets)
    channels = _channels(found, layout, roles.facts)
    return Schema(name, found.kind, channels, targets, per_position, settings, beside)


def _are_quantities(roles: Roles, found: Found) -> bool:
    """Whether the columns of a sequence are different quantities, such as age and weight, and no series."""
    series = not roles.source.headed or len(found.channels) > 1 or bool(numbered(found.columns))
    return found.form == "wide" and found.kind == "vectors" and len(found.columns) > 1 and not series


def _layout(roles: Roles, found: Found, labels: LabelTable | None) -> Layout:
    facts = roles.facts
    decimal = file_decimal(list(facts.values()), roles.source.separator)
    return Layout(
        found.form,
        tuple(found.columns),
        codings=_codings(roles, found, decimal),
        id=roles.id,
        time=roles.time,
        group=roles.group or (roles.id if found.form == "long" else ""),
        split=roles.split,
        days_first=_days_first(facts.get(roles.time)),
        headed=roles.source.headed,
        width=len(facts),
        lists=found.form == "cell" and facts[found.columns[0]].type == "list",
        trim=found.form == "wide"
        and (roles.source.series or roles.source.ragged or _ends_early([facts[one] for one in found.columns])),
        **spellings([facts[name] for name in roles.targets], decimal),
        labels=os.path.abspath(labels.path) if labels else "",  # noqa: PTH100 (links stay as they are)
    )


def _codings(roles: Roles, found: Found, decimal: str) -> dict[str, Coding]:
    """How the columns of a sequence and its time are read, where these are not plain numbers."""
    made = {}
    time = [roles.time] if found.form == "long" and roles.time else []
    for name in [*([] if found.kind == "tokens" else found.columns), *time]:
        facts = roles.facts[name]
        if facts.type == "boolean":
            made[name] = Coding(boolean=True)
        elif facts.type == "text" and found.form == "long" and name != roles.time:
            made[name] = Coding(categories=tuple(sorted({composed(text) for text in facts.distinct})))
        elif facts.type == "number" and (coding := coding_of(facts, decimal)) != Coding():
            made[name] = coding
    return made


def _days_first(time: Facts | None) -> bool:
    if time is None:
        return False
    return bool(time.day_first)


def _dates_in_doubt(time: Facts | None) -> list[str]:
    """Dates such as 3/4/2021, where none of the column shows whether they begin with the day."""
    if time is None or time.type != "time" or time.day_first is not None:
        return []
    return [
        f"dates such as {text} in column '{time.name}' are read with the month first: if the day comes first, write "
        "them as 2021-12-31"
        for text in time.distinct
        if is_date_in_doubt(text)
    ][:1]


def _ends_early(run: Sequence[Facts]) -> bool:
    """Whether rows of a numbered run end early: each column has at least as many empty cells as the one before it."""
    gaps = [one.blank for one in run]
    only_blank = all(one.missing == one.blank for one in run)
    numbered = len({one.name.rstrip("0123456789") for one in run}) == 1
    return numbered and only_blank and gaps[0] == 0 and sum(gap > 0 for gap in gaps) > 1 and gaps == sorted(gaps)


def _channels(found: Found, layout: Layout, facts: dict[str, Facts]) -> tuple[str, ...]:
    if found.kind == "tokens":
        return ()
    if found.form == "wide":
        return tuple(found.channels)
    if found.form == "long":
        return tuple(name for column in found.columns for name in channel_names(column, layout.coding(column)))
    names: list[str] = []
    for column in found.columns:
        widths = sorted(facts[column].widths) or [0]
        if len(widths) > 1:
            raise InputError(f"column '{column}' has lists of {some(widths)} channels: every list needs equally many")
        names += [column] if widths == [0] else [f"{column}[{at + 1}]" for at in range(widths[0])]
    return tuple(names)


def _numbers_told(roles: Roles, layout: Layout) -> list[str]:
    """Notes on the spelling of numbers."""
    notes = []
    codings = [*layout.codings.values(), *layout.spelt.values()]
    if any(one.decimal == "," for one in codings):
        grouped = any("." in text for one in roles.facts.values() if one.type == "number" for text in one.distinct)
        notes.append("decimal comma" + (", and points part thousands" if grouped else ""))
    elif any(one.type == "number" and any("," in text for text in one.distinct) for one in roles.facts.values()):
        notes.append("commas part thousands: 1,234.5 is 1234.5")
    below = (text for one in roles.facts.values() if one.type == "number" for text in one.distinct)
    if any(text.startswith("(") for text in below):
        notes.append("numbers in brackets are below 0, as accountants write them: (1.5) is -1.5")
    units = [f"'{name}' ({one.unit})" for name, one in layout.codings.items() if one.unit]
    if units:
        notes.append(f"units are left out of the numbers of {some(units, most=8)}")
    if layout.whole:
        notes.append("answers spelt as fractions are whole numbers: 1.0 is 1")
    if layout.trim and any(roles.facts[one].missing for one in layout.columns):
        notes.append("missing values at the end of a row are the end of its sequence")
    for name, coding in layout.codings.items():
        if coding.boolean:
            notes.append(f"column '{name}' is 1 for true, 0 for false")
        if coding.categories:
            words = some(list(coding.categories), most=8)
            notes.append(f"column '{name}' has words: one channel for each of the {len(coding.categories)} ({words})")
    return notes


def _is_no_order(roles: Roles, maker: LongCases) -> bool:
    """Whether a column that was taken for the time by its name does not order the rows: such as the hour of a day."""
    time = roles.facts[roles.time]
    if not maker.begins_again or any(has_date(text) for text in time.distinct):
        return False
    return time.type == "time" or is_named(time.name, CYCLES) or bool(maker.equal_times)


def _tried(source: Source, schema: Schema, layout: Layout, labels: LabelTable | None) -> LongCases | RowCases:
    """Make all sequences once.

    Raises:
        InputError: a sequence cannot be read.
    """
    maker = (LongCases if layout.form == "long" else RowCases)(source, schema, layout, labels)
    for one in maker:
        if isinstance(one, CannotRead) and not isinstance(one, TooShort):
            raise InputError(str(one))
    return maker


def _said(maker: LongCases | RowCases, schema: Schema, labels: LabelTable | None) -> tuple[list[str], list[str]]:
    """Warnings on the sequences that were made, and what is left out."""
    said, gone = (
        of_steps(maker, Cutting.of(schema.settings))
        if isinstance(maker, LongCases)
        else ([of_gaps(maker)] if maker.gaps else [], [])
    )
    return [*said, *(labels.doubts() if labels else [])], gone
