"""From the columns of a table and the user's options to a schema, with every guess said."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from frostformer.data.files.answers import LabelTable, label_table, spelling
from frostformer.data.files.cells import Source, some
from frostformer.data.files.channels import channel_names
from frostformer.data.files.columns import survey
from frostformer.data.files.cutting import Cutting
from frostformer.data.files.facts import Facts, file_decimal, style_of
from frostformer.data.files.forms import Found, find_form
from frostformer.data.files.layout import Coding, Layout
from frostformer.data.files.long import LongCases
from frostformer.data.files.options import FileOptions
from frostformer.data.files.remarks import of_columns, of_gaps, of_labels, of_steps
from frostformer.data.files.roles import Roles, guess_beside, told
from frostformer.data.files.rows import RowCases
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.windows import RECORDING, START, TooShort
from frostformer.errors import CannotRead, InputError
from frostformer.files import is_file


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
    cutting = Cutting.asked(options)
    facts, rows = survey(source)
    roles = told(source, facts, rows, options)
    guess_beside(roles)
    found = find_form(roles)
    labels = label_table(label_source, survey(label_source)[0], roles.id, options.target) if label_source else None
    layout = _layout(roles, found, labels)
    targets = labels.targets if labels else tuple(roles.targets)
    used = {*found.columns, *roles.targets}
    beside = tuple(
        name for name, one in facts.items() if name not in used and one.type not in ("list", "words", "empty")
    )
    if cutting.window and found.form == "long":
        beside += (RECORDING, START)
    per_position = options.per_position and bool(targets)
    if per_position and len(targets) > 1:
        raise InputError(f"--per-position takes one answer, not {some(targets)}: name one, --target")
    channels = _channels(found, layout, facts)
    schema = Schema(name, found.kind, channels, targets, per_position, layout.settings() | cutting.settings(), beside)
    warnings = [*roles.warnings, *of_columns(roles, found, layout)]
    left_out = list(roles.left_out)
    gaps = any(roles.facts[one].missing for one in found.columns)
    if found.form == "long" or labels or (layout.trim and gaps):
        said, gone = _tried(source, schema, layout, labels)
        warnings += said
        left_out += gone
    notes = [*source.notes, *_numbers_told(roles, layout), *roles.notes, *(labels.notes if labels else [])]
    test = _sibling(source.path)
    warnings += source.warnings
    return Understood(schema, tuple(notes), tuple(warnings), tuple(left_out), test, roles.unanswered)


def _layout(roles: Roles, found: Found, labels: LabelTable | None) -> Layout:
    facts = roles.facts
    decimal = file_decimal(list(facts.values()), roles.source.separator)
    spelt = {name: spelling(facts[name], decimal) for name in roles.targets}
    return Layout(
        found.form,
        tuple(found.columns),
        codings={} if found.kind == "tokens" else _codings(roles, found, decimal),
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
        whole=tuple(name for name in roles.targets if spelt[name][0]),
        spelt={name: coding for name, (_, coding) in spelt.items() if coding},
        labels=os.path.abspath(labels.path) if labels else "",  # noqa: PTH100 (links stay as they are)
    )


def _codings(roles: Roles, found: Found, decimal: str) -> dict[str, Coding]:
    """How the columns of a sequence are read, where these are not plain numbers."""
    made = {}
    for name in found.columns:
        facts = roles.facts[name]
        if facts.type == "boolean":
            made[name] = Coding(boolean=True)
        elif facts.type == "text" and found.form == "long":
            made[name] = Coding(categories=tuple(sorted(facts.distinct)))
        elif facts.type == "number":
            style = style_of(facts, decimal)
            if (coding := Coding(style.decimal, style.unit)) != Coding():
                made[name] = coding
    return made


def _days_first(time: Facts | None) -> bool:
    if time is None:
        return False
    return bool(time.day_first)


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


def _tried(source: Source, schema: Schema, layout: Layout, labels: LabelTable | None) -> tuple[list[str], list[str]]:
    """Make all sequences once.

    Returns:
        Warnings, and what is left out.

    Raises:
        InputError: a sequence cannot be read.
    """
    maker = (LongCases if layout.form == "long" else RowCases)(source, schema, layout, labels)
    for one in maker:
        if isinstance(one, CannotRead) and not isinstance(one, TooShort):
            raise InputError(str(one))
    said, gone = (
        of_steps(maker, Cutting.of(schema.settings))
        if isinstance(maker, LongCases)
        else ([of_gaps(maker)] if maker.gaps else [], [])
    )
    return [*said, *(of_labels(labels) if labels else [])], gone


def _sibling(path: Path) -> Path | None:
    """The file beside `X_TRAIN.tsv` that is called `X_TEST.tsv`."""
    for train, test in (("_TRAIN", "_TEST"), ("_train", "_test"), ("_Train", "_Test")):
        head, found, tail = path.name.rpartition(train)
        if found and is_file(other := path.with_name(head + test + tail)):
            return other
    return None
