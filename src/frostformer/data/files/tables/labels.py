"""A second file of ids and answers, for sequences of any format that stand without theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from frostformer.data.files.case import Text
from frostformer.data.files.parsing.named_columns import chosen
from frostformer.data.files.parsing.naming import TARGETS, is_id, is_named
from frostformer.data.files.tables.answers import answer_of, spellings
from frostformer.data.files.tables.cells import Source, text_of
from frostformer.data.files.tables.layout import Layout
from frostformer.data.files.tables.survey import survey
from frostformer.data.files.words import counted, some
from frostformer.errors import InputError


@dataclass
class LabelTable:
    """Answers by id."""

    path: str
    targets: tuple[str, ...]
    note: str
    """What its columns were taken for, in a sentence."""

    found: dict[str, tuple[Text, ...]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def of(self, *names: str) -> tuple[Text, ...]:
        """The answers of a sequence that may be called by any of these names, unknown where the table has none."""
        self.used.update(names)
        known = (self.found[name] for name in names if name in self.found)
        return next(known, (None,) * len(self.targets))

    def doubts(self) -> list[str]:
        """Labels of which no sequence was asked for, in a sentence."""
        unused = sorted(set(self.found) - self.used)
        said = f"{counted(len(unused), 'label')} of {self.path} without data: {some(unused)}"
        return [said] if unused else []


def label_table(source: Source, id_name: str, target: str | None) -> LabelTable:
    """Read a table of ids and answers.

    Args:
        source: the table.
        id_name: column of the ids; if there is none of that name, the one that is named like an id, else the first.
        target: columns of the answers, as `--target` says; else those with names such as `label`, all that are 0 and 1,
            or the only other one.

    Raises:
        InputError: its columns cannot be told apart, or an id has two answers.
    """
    facts, _ = survey(source)
    names = list(facts)
    ids = [name for name in names if name == id_name] or [name for name in names if is_id(name)] or names[:1]
    targets = chosen(source.path, "--target", target, names) if target else []
    if not targets:
        rest = [name for name in names if name != ids[0]]
        targets = [name for name in rest if is_named(name, TARGETS)] or rest
        if len(targets) > 1 and not all(facts[name].flags for name in targets):
            raise InputError(f"{source.path} has the columns {some(names, 12)}: name the answers by --target")
    if not targets or ids[0] in targets:
        raise InputError(f"{source.path} needs a column of ids and one of answers: it has {some(names, most=8)}")
    layout = Layout("wide", (), **spellings([facts[name] for name in targets], "."))
    note = f"answers from column {some([repr(one) for one in targets])} of {source.path.name}, by '{ids[0]}'"
    table = LabelTable(str(source.path), tuple(targets), note)
    for spot, name, answers in _rows(source, ids[0], targets, layout):
        if table.found.setdefault(name, answers) != answers:
            raise InputError(
                f"{source.path}, {spot}: '{name}' stands there again with another answer: leave one of them"
            )
    return table


def _rows(
    source: Source, id_name: str, targets: Sequence[str], layout: Layout
) -> Iterator[tuple[object, str, tuple[Text, ...]]]:
    for block in source.blocks():
        ids = block.column(id_name)
        columns = [block.column(name) for name in targets]
        for at, spot in enumerate(block.spots):
            if at in block.bad:
                raise InputError(block.bad[at])
            answers = tuple(answer_of(cells[at], name, layout) for cells, name in zip(columns, targets, strict=True))
            yield spot, text_of(ids[at]), answers
