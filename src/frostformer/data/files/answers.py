"""The answers of a table: as the file has them, from its columns or from a second file of ids and answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from frostformer.data.files.case import Text
from frostformer.data.files.cells import Cell, Source, some, text_of
from frostformer.data.files.choosing import chosen
from frostformer.data.files.columns import BOOLEANS
from frostformer.data.files.facts import Facts
from frostformer.data.files.headers import TARGETS, is_id, is_named
from frostformer.data.files.layout import Coding, Layout
from frostformer.data.files.numbers import MISSING, Style, number, whole_text
from frostformer.errors import CannotRead, InputError

_FALSE = {word for word, value in BOOLEANS.items() if not value}


def answer_of(cell: Cell, name: str, layout: Layout) -> Text:
    """The answer in a cell: as it is written, None where there is none.

    A column of numbers is spelt as programs spell numbers, and has no answer where a number is missing.
    """
    text = text_of(cell)
    if not text:
        return None
    if name in layout.whole:
        return None if text.casefold() in MISSING else whole_text(text)
    if (coding := layout.spelt.get(name)) is not None:
        value = number(text, Style(coding.decimal, coding.unit))
        if value is None or value != value:
            return None if value is not None else text
        return text if coding == Coding() else repr(value)
    return text


def spelling(facts: Facts, decimal: str) -> tuple[bool, Coding | None]:
    """How the answers of a column are spelt.

    Returns:
        Whether they are whole numbers spelt with a fraction; and the spelling, where all are numbers.
    """
    if facts.type != "number" or facts.others or facts.zeros:
        return False, None
    if facts.points != facts.commas:
        decimal = "." if facts.points > facts.commas else ","
    whole = facts.whole and facts.fractions and decimal == "." and not facts.units and not facts.infinite
    return whole, None if whole else Coding(decimal, next(iter(facts.units), ""))


def chosen_answer(answers: Sequence[Text], choose: str, place: str) -> Text:
    """The answer of a sequence whose rows have these.

    Raises:
        CannotRead: they differ, and `choose` is empty; or `any` and `max` are asked of answers that are no numbers.
    """
    known = [one for one in answers if one is not None]
    if not known or len(set(known)) == 1:
        return known[0] if known else None
    if choose in ("first", "last"):
        return known[0 if choose == "first" else -1]
    if choose == "majority":
        return Counter(known).most_common(1)[0][0]
    if choose == "any" and all(one.casefold() in BOOLEANS for one in known):
        return next((one for one in known if one.casefold() not in _FALSE), known[0])
    values = [number(one, Style()) for one in known]
    if choose in ("any", "max") and None not in values:
        return known[max(range(len(known)), key=lambda at: values[at] or 0.0)]
    if choose:
        raise CannotRead(
            f"{place}: answers such as {some(sorted(set(known)))} are no numbers, so --choose {choose} cannot choose "
            "among them: give --choose first, last or majority"
        )
    raise CannotRead(
        f"{place} has different answers ({some(list(dict.fromkeys(known)))}): give --choose first, last, majority, "
        "any or max, or --per-position"
    )


@dataclass
class LabelTable:
    """Answers by id, from a second file."""

    path: str
    targets: tuple[str, ...]
    found: dict[str, tuple[Text, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def of(self, name: str) -> tuple[Text, ...]:
        """The answers of a sequence, unknown where the table has none."""
        self.used.add(name)
        return self.found.get(name, (None,) * len(self.targets))


def label_table(source: Source, facts: dict[str, Facts], id_name: str, target: str | None) -> LabelTable:
    """Read a table of ids and answers.

    Args:
        source: the table.
        facts: its columns.
        id_name: how the id is called in the data.
        target: columns of the answers, as `--target` says; else all but the id.

    Raises:
        InputError: its columns cannot be told apart.
    """
    names = list(facts)
    ids = [name for name in names if name == id_name] or [name for name in names if is_id(name)] or names[:1]
    targets = chosen(source.path, "--target", target, names) if target else []
    if not targets:
        rest = [name for name in names if name != ids[0]]
        flags = len(rest) > 1 and all(facts[name].flags for name in rest)
        targets = [name for name in rest if is_named(name, TARGETS)] or (rest if flags else rest[-1:])
    if not targets or ids[0] in targets:
        raise InputError(f"{source.path} needs a column of ids and one of answers: it has {some(names, most=8)}")
    spelt = {name: spelling(facts[name], ".") for name in targets}
    layout = Layout(
        "wide",
        (),
        whole=tuple(name for name in targets if spelt[name][0]),
        spelt={name: coding for name, (_, coding) in spelt.items() if coding},
    )
    table = LabelTable(str(source.path), tuple(targets))
    table.notes.append(
        f"answers from column {some([repr(one) for one in targets])} of {source.path.name}, by '{ids[0]}'"
    )
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
