"""A second file of ids and answers, for sequences of any format that stand without theirs.

What it says beside of a sequence is used where it decides how sequences are divided: a group such as a patient, a time,
or the part, train or test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from frostformer.data.files.case import Case, Text
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.named_columns import chosen
from frostformer.data.files.parsing.naming import SPLITS, TARGETS, is_group, is_id, is_named
from frostformer.data.files.parsing.parts import PARTS, part_in
from frostformer.data.files.tables.answers import answer_of, spellings
from frostformer.data.files.tables.cells import Source, text_of
from frostformer.data.files.tables.layout import Layout
from frostformer.data.files.tables.survey import survey
from frostformer.data.files.words import counted, some
from frostformer.errors import InputError


@dataclass
class LabelTable:
    """Answers by id, and what else the table says of each."""

    path: str
    targets: tuple[str, ...]
    note: str
    """What its columns were taken for, in a sentence."""

    columns: tuple[str, ...] = ()
    """The other columns."""

    found: dict[str, tuple[Text, ...]] = field(default_factory=dict)
    others: dict[str, tuple[Text, ...]] = field(default_factory=dict)
    """What stands in the other columns."""

    beside: tuple[str, ...] = ()
    """Those of the other columns that are put beside sequences."""

    split: str = ""
    """The one of these that says train, validation or test."""

    used: set[str] = field(default_factory=set)

    def of(self, *names: str) -> tuple[Text, ...]:
        """The answers of a sequence that may be called by any of these names, unknown where the table has none."""
        self.used.update(names)
        known = (self.found[name] for name in names if name in self.found)
        return next(known, (None,) * len(self.targets))

    def answered(self, case: Case, *names: str) -> Case:
        """A sequence that may be called by any of these names, with what the table says of it.

        Raises:
            CannotRead: the table has another word than the name of a part for it.
        """
        known = next((self.others[name] for name in names if name in self.others), ())
        theirs = {name: text for name, text in zip(self.columns, known, strict=False) if name in self.beside}
        own = {name: text for name, text in case.beside.items() if text is not None or name not in theirs}
        part = part_in(theirs.get(self.split) or "", self.split, f"{self.path}, '{case.name}'") or case.part
        return replace(case, target=self.of(*names), beside=theirs | own, part=part)

    def divide_by(self, options: FileOptions) -> None:
        """Put beside sequences what is named like a group or a part, and what the options name so."""
        said = (options.group, options.time)
        self.split = options.split if options.split in self.columns else self._parts()
        self.beside = tuple(name for name in self.columns if name in said or is_group(name) or name == self.split)

    def divide_as(self, beside: Sequence[str], split: str) -> None:
        """Put those columns beside sequences that a schema has there."""
        self.beside = tuple(name for name in self.columns if name in beside)
        self.split = split if split in self.columns else ""

    def _parts(self) -> str:
        """The column that is named like a split and has nothing but names of parts, if there is one."""
        for at, name in enumerate(self.columns):
            words = {(others[at] or "").casefold() for others in self.others.values()}
            if is_named(name, SPLITS) and len(words) > 1 and words <= PARTS.keys():
                return name
        return ""

    def doubts(self) -> list[str]:
        """Labels of which no sequence was asked for, in a sentence."""
        unused = sorted(set(self.found) - self.used)
        said = f"{counted(len(unused), 'label')} of {self.path} without data: {some(unused)}"
        return [said] if unused else []


def options_of_file(options: FileOptions, own: Sequence[str], theirs: Sequence[str]) -> FileOptions:
    """What the user says of a file's own columns, without names that the table of answers alone has."""
    only_theirs = set(theirs) - set(own)
    if not only_theirs:
        return options
    rest = ",".join(name for name in (options.drop or "").split(",") if name.strip() not in only_theirs)
    group, time, split = (None if one in only_theirs else one for one in (options.group, options.time, options.split))
    return replace(options, drop=rest or None, group=group, time=time, split=split)


def label_table(source: Source, id_name: str, target: str | None) -> LabelTable:
    """Read a table of ids and answers.

    Args:
        source: the table.
        id_name: column of the ids; if there is none of that name, the one that is named like an id, else the first.
        target: columns of the answers, as `--target` says; else those with names such as `label`, all that are 0 and 1,
            or the only other one that is no group and no split.

    Raises:
        InputError: its columns cannot be told apart, or an id has two answers.
    """
    facts, _ = survey(source)
    names = list(facts)
    ids = [name for name in names if name == id_name] or [name for name in names if is_id(name)] or names[:1]
    targets = chosen(source.path, "--target", target, names) if target else []
    if not targets:
        rest = [name for name in names if name != ids[0]]
        free = [name for name in rest if not is_group(name) and not is_named(name, SPLITS)]
        targets = [name for name in rest if is_named(name, TARGETS)] or free or rest
        if len(targets) > 1 and not all(facts[name].flags for name in targets):
            raise InputError(f"{source.path} has the columns {some(names, 12)}: name the answers by --target")
    if not targets or ids[0] in targets:
        raise InputError(f"{source.path} needs a column of ids and one of answers: it has {some(names, most=8)}")
    layout = Layout("wide", (), **spellings([facts[name] for name in targets], "."))
    note = f"answers from column {some([repr(one) for one in targets])} of {source.path.name}, by '{ids[0]}'"
    columns = tuple(name for name in names if name not in (ids[0], *targets))
    table = LabelTable(str(source.path), tuple(targets), note, columns)
    for spot, name, answers, others in _rows(source, ids[0], targets, columns, layout):
        table.others.setdefault(name, others)
        if table.found.setdefault(name, answers) != answers:
            raise InputError(
                f"{source.path}, {spot}: '{name}' stands there again with another answer: leave one of them"
            )
    return table


def _rows(
    source: Source, id_name: str, targets: Sequence[str], others: Sequence[str], layout: Layout
) -> Iterator[tuple[object, str, tuple[Text, ...], tuple[Text, ...]]]:
    for block in source.blocks():
        ids = block.column(id_name)
        columns = [block.column(name) for name in targets]
        for at, spot in enumerate(block.spots):
            if at in block.bad:
                raise InputError(block.bad[at])
            answers = tuple(answer_of(cells[at], name, layout) for cells, name in zip(columns, targets, strict=True))
            yield spot, text_of(ids[at]), answers, tuple(text_of(block.column(name)[at]) or None for name in others)
