"""A second file of ids and answers, for sequences of any format that stand without theirs.

Its other columns are no input. Those by which sequences are divided are used for that: a group such as a patient, a
time, and the part to which a sequence belongs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from frostformer.data.files.case import Case, Text
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.named_columns import chosen, names_in, only
from frostformer.data.files.parsing.naming import NAMES, TARGETS, is_called_group, is_id, is_named
from frostformer.data.files.parsing.parts import part_in
from frostformer.data.files.tables.answers import answer_of, spellings
from frostformer.data.files.tables.cells import Source, text_of
from frostformer.data.files.tables.facts import Facts
from frostformer.data.files.tables.layout import Layout
from frostformer.data.files.tables.splits import half_a_split, is_split
from frostformer.data.files.tables.survey import survey
from frostformer.errors import InputError
from frostformer.words import counted, some

_FIRST_IDS = NAMES | {"id"}
"""Names of columns that name a sequence; `patient` may name what several sequences are of."""


@dataclass(frozen=True)
class Dividing:
    """Columns of a table of answers by which sequences are divided."""

    columns: tuple[str, ...] = ()
    split: str = ""
    """The one of these that says train, validation or test."""

    dropped: tuple[str, ...] = ()
    """Columns that `--drop` names."""

    warnings: tuple[str, ...] = ()


@dataclass
class LabelTable:
    """Answers by id, and by what sequences are divided."""

    path: str
    targets: tuple[str, ...]
    note: str
    """What its columns were taken for, in a sentence."""

    id: str
    """The column of the ids."""

    dividing: Dividing
    found: dict[str, tuple[Text, ...]] = field(default_factory=dict)
    """The answers, and behind them the columns of `dividing`."""

    used: set[str] = field(default_factory=set)

    def settings(self) -> dict[str, Any]:
        """What a schema keeps, for `stored_table`."""
        one = self.dividing
        return {
            "labels_id": self.id, "labels_beside": one.columns, "labels_split": one.split, "labels_dropped": one.dropped
        }  # fmt: skip

    def of(self, *names: str) -> tuple[Text, ...]:
        """The answers of a sequence that may be called by any of these names, unknown where the table has none."""
        return self._row(names)[: len(self.targets)]

    def answered(self, case: Case, *names: str) -> Case:
        """A sequence with what the table says of it; what its own file says of group, time and part comes first.

        Args:
            case: without answers.
            names: which the table may have for it.

        Raises:
            CannotRead: the table has another word than the name of a part for it.
        """
        row, columns = self._row(names), self.dividing.columns
        beside = dict(zip(columns, row[len(self.targets) :], strict=True))
        part = part_in(beside.get(self.dividing.split) or "", self.dividing.split, f"{self.path}, '{case.name}'")
        own = {name: text for name, text in case.beside.items() if text is not None or name not in beside}
        return replace(case, target=row[: len(self.targets)], beside=beside | own, part=case.part or part)

    def _row(self, names: Sequence[str]) -> tuple[Text, ...]:
        self.used.update(names)
        known = (self.found[name] for name in names if name in self.found)
        return next(known, (None,) * (len(self.targets) + len(self.dividing.columns)))

    def doubts(self) -> list[str]:
        """Labels of which no sequence was asked for, and columns that do not divide, a sentence each."""
        unused = sorted(set(self.found) - self.used)
        said = f"{counted(len(unused), 'label')} of {self.path} without data: {some(unused)}"
        return [*self.dividing.warnings, *([said] if unused else [])]


def options_of_file(options: FileOptions, own: Sequence[str], theirs: Sequence[str]) -> FileOptions:
    """What the user says of a file's own columns, without names that the table of answers alone has."""
    only_theirs = set(theirs) - set(own)

    def rest(said: str | None) -> str | None:
        return ",".join(name for name in (said or "").split(",") if name.strip() not in only_theirs) or None

    group, time, split, drop = map(rest, (options.group, options.time, options.split, options.drop))
    return replace(options, group=group, time=time, split=split, drop=drop)


def label_table(source: Source, options: FileOptions, own_id: str | None = None) -> LabelTable:
    """Find what the columns of a table of answers are for, and read it.

    Args:
        source: the table.
        options: what the user says. Without `target` the answers are the columns with names such as `label`, all that
            are 0 and 1, or the only other one.
        own_id: column of the ids in the file of the sequences, which the table may have, too; None where that file has
            no columns, so that `--id` and `--split` are of this one.

    Raises:
        InputError: its columns cannot be told apart, or an id has two answers.
    """
    facts, _ = survey(source)
    names = list(facts)
    said = only(source.path, "--id", options.id, names) if own_id is None else own_id
    id_column = said if said in facts else _likely_id(facts)
    targets = chosen(source.path, "--target", options.target, names)
    if not targets:
        rest = [name for name in names if name != id_column and not is_split(facts[name])]
        targets = [name for name in rest if is_named(name, TARGETS)] or rest
        if len(targets) > 1 and not all(facts[name].flags for name in targets):
            raise InputError(f"{source.path} has the columns {some(names, 12)}: name the answers by --target")
    if not targets or id_column in targets:
        raise InputError(f"{source.path} needs a column of ids and one of answers: it has {some(names, most=8)}")
    if own_id is None and options.split not in (None, *names):
        raise InputError(f"--split {options.split}: {source.path} has no such column: it has {some(names, most=8)}")
    free = [one for one in facts.values() if one.name not in (id_column, *targets)]
    return _read(source, facts, id_column, targets, _dividing(free, options))


def stored_table(source: Source, targets: Sequence[str], settings: Mapping[str, Any]) -> LabelTable:
    """Read a table of which the settings of a schema say what its columns are for.

    Raises:
        InputError: an id has two answers.
    """
    facts, _ = survey(source)
    id_column = settings.get("labels_id", settings["id"])  # older adapters have no labels_id
    dividing = Dividing(tuple(settings.get("labels_beside", ())), settings.get("labels_split", ""))
    return _read(source, facts, id_column if id_column in facts else _likely_id(facts), targets, dividing)


def _likely_id(facts: Mapping[str, Facts]) -> str:
    """The first column that is named like that of a sequence, and that has another value for each."""
    names = list(facts)
    likely = [name for name in names if is_named(name, _FIRST_IDS)] + [name for name in names if is_id(name)]
    return next((name for name in likely if not facts[name].twice), (likely or names)[0])


def _dividing(columns: Sequence[Facts], options: FileOptions) -> Dividing:
    """The columns that options name, and those that are named like a group or a split and hold one."""
    dropped = names_in(options.drop)
    free = [one for one in columns if one.name not in dropped]
    splits = [one.name for one in free if one.name == options.split] or [one.name for one in free if is_split(one)]
    groups = [one.name for one in free if is_called_group(one.name) and not one.flags]
    wanted = {*splits[:1], options.group, options.time, *groups}
    return Dividing(
        tuple(one.name for one in free if one.name in wanted),
        splits[0] if splits else "",
        tuple(one.name for one in columns if one.name in dropped),
        () if splits else tuple(said for one in free if (said := half_a_split(one))),
    )


def _read(
    source: Source, facts: Mapping[str, Facts], id_column: str, targets: Sequence[str], dividing: Dividing
) -> LabelTable:
    layout = Layout("wide", (), **spellings([facts[name] for name in targets], "."))
    note = f"answers from column {some([repr(one) for one in targets])} of {source.path.name}, by '{id_column}'"
    table = LabelTable(str(source.path), tuple(targets), note, id_column, dividing)
    for spot, name, row in _rows(source, id_column, layout, table):
        if table.found.setdefault(name, row) != row:
            same = table.found[name][: len(targets)] == row[: len(targets)]
            what = "another group or part" if same else "another answer"
            raise InputError(
                f"{source.path}, {spot}: '{name}' stands there again with {what}: leave one of them, or name the "
                f"column of ids by --id if it is not '{id_column}'"
            )
    return table


def _rows(
    source: Source, id_column: str, layout: Layout, table: LabelTable
) -> Iterator[tuple[object, str, tuple[Text, ...]]]:
    for block in source.blocks():
        ids, answers = block.column(id_column), [block.column(name) for name in table.targets]
        beside = [block.column(name) for name in table.dividing.columns]
        for at, spot in enumerate(block.spots):
            if at in block.bad:
                raise InputError(block.bad[at])
            row = [answer_of(cells[at], name, layout) for cells, name in zip(answers, table.targets, strict=True)]
            yield spot, text_of(ids[at]), (*row, *(text_of(cells[at]) or None for cells in beside))
