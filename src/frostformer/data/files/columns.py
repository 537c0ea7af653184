"""What is in each column of a table, found in one pass; memory is the same for ten rows and for ten million."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from frostformer.data.files.cells import Cell, Source, Spot
from frostformer.data.files.facts import MOST_DISTINCT, Facts
from frostformer.data.files.lists import list_in
from frostformer.data.files.numbers import INFINITE, MISSING, Style, number, parted, plain
from frostformer.data.files.times import day_first, has_clock, looks_like_time
from frostformer.errors import InputError

BOOLEANS = {
    word: value
    for words, value in (("true t yes y on ja wahr oui vrai 1", 1.0), ("false f no n off nein falsch non faux 0", 0.0))
    for word in words.split()
}
SENTINELS = (-999.0, -9999.0, -99999.0, -99.0, 999.0, 9999.0, 99999.0, 999999.0, -999999.0, -32768.0, 32767.0)
_EXAMPLES = 3
_ALL_DISTINCT = 400_000  # different texts kept of all columns together
_LONGEST_COUNTED = 300  # letters; longer texts are not kept
_POINT, _COMMA = Style("."), Style(",")


def survey(source: Source) -> tuple[dict[str, Facts], int]:
    """Read a table once.

    Returns:
        Facts by column, in order, and the number of rows.

    Raises:
        InputError: there is no row, or rows that cannot be read: how many and the first one.
    """
    found: dict[str, Facts] = {}
    rows, bad, first = 0, 0, ""
    for block in source.blocks():
        most = max(20, min(MOST_DISTINCT, _ALL_DISTINCT // max(len(block.columns), 1)))
        for name in block.columns:
            if name not in found:
                found[name] = Facts(name, most=most, rows=rows, blank=rows, missing=rows)
        for name, facts in found.items():
            look(facts, block.column(name), block.spots)
        rows += len(block.spots)
        bad += len(block.bad)
        first = first or next(iter(block.bad.values()), "")
    if bad:
        raise InputError(first if bad == 1 else f"{first} ({bad:,} rows cannot be read, this is the first)")
    if not rows or not found:
        below = " below its header" if source.headed and source.separator and source.names and not rows else ""
        raise InputError(f"{source.path} has no {'column' if rows else 'row'}{below}: it is empty")
    for facts in found.values():
        facts.settled = facts.type
    return found, rows


def look(facts: Facts, cells: Sequence[Cell], spots: Sequence[Spot]) -> None:
    """Add a block's cells of one column to what is known of it."""
    texts = [cell if isinstance(cell, str) else "" for cell in cells]
    of_lists = [at for at, cell in enumerate(cells) if not isinstance(cell, str)]
    for at in of_lists:
        _look_at_list(facts, cells[at], spots[at])
    counts = Counter(texts)
    if of_lists:
        counts[""] -= len(of_lists)
        counts = +counts
    facts.rows += len(cells)
    _count_distinct(facts, counts)
    if blanks := counts.get("", 0):
        facts.blank += blanks
        if len(facts.blanks) < _EXAMPLES:
            listed = set(of_lists)
            places = [spots[at] for at, text in enumerate(texts) if not text and at not in listed]
            facts.blanks += places[: _EXAMPLES - len(facts.blanks)]
    if plain(texts):
        facts.points += len(texts)
        facts.booleans += sum(counts[word] for word in ("0", "1"))
        facts.commas += _also_with_comma(facts, counts)
        values = np.fromiter(map(float, texts), np.float64, len(texts))
        _look_at_numbers(facts, values, texts, spots)
        return
    values = np.full(len(texts), math.nan)
    kinds = {text: _look_at_text(facts, text, count) for text, count in counts.items()}
    for at, text in enumerate(texts):
        value, known, is_list = kinds.get(text, (math.nan, True, False))
        values[at] = value
        if not known and len(facts.other) < _EXAMPLES:
            facts.other.append((spots[at], text))
        if not known and not is_list and len(facts.neither) < _EXAMPLES:
            facts.neither.append((spots[at], text))
        if known and math.isnan(value) and len(facts.gaps) < _EXAMPLES and isinstance(cells[at], str):
            facts.gaps.append(spots[at])
    _look_at_numbers(facts, values, texts, spots)


def _also_with_comma(facts: Facts, counts: Counter[str]) -> int:
    """How many plain numbers are numbers too where a comma stands before the fraction: `12` and `1.234`, not `1.5`."""
    decided = facts.points > facts.commas + sum(counts.values())  # an earlier cell was none
    found = 0
    for text, count in counts.items():
        if "." not in text:
            found += count
        elif not decided and number(text, _COMMA) is not None:
            found += count
            facts.in_doubt = True
    return found


def _count_distinct(facts: Facts, counts: Counter[str]) -> None:
    facts.longest = max([facts.longest, *map(len, counts)])
    if facts.many:
        return
    facts.distinct.update({text: count for text, count in counts.items() if text})
    if len(facts.distinct) > facts.most or facts.longest > _LONGEST_COUNTED:
        rows = sum(facts.distinct.values())
        facts.many = True
        facts.repeats = rows >= 2 * len(facts.distinct)
        facts.twice = rows > len(facts.distinct)
        facts.distinct = Counter({text[:_LONGEST_COUNTED]: count for text, count in facts.distinct.most_common(20)})


def _look_at_list(facts: Facts, cell: Cell, spot: Spot) -> None:
    if isinstance(cell, list):
        facts.texts += 1
    else:
        facts.lists += 1
        assert isinstance(cell, np.ndarray)
        if cell.size:
            facts.widths.add(cell.shape[1] if cell.ndim == 2 else 0)
        gaps = np.flatnonzero(np.isnan(cell).reshape(len(cell), -1).any(axis=1)).tolist() if cell.size else []
        facts.inner += len(gaps)
        facts.inners += [(spot, at + 1) for at in gaps[: _EXAMPLES - len(facts.inners)]]
    facts.longest = max(facts.longest, len(cell))


def _look_at_text(facts: Facts, text: str, count: int) -> tuple[float, bool, bool]:
    """Count a text that stands `count` times.

    Returns:
        Its number, NaN where it has none; whether it is a number or missing; and whether it is a list of numbers.
    """
    word = text.casefold()
    facts.booleans += count if word in BOOLEANS else 0
    if word in MISSING:
        facts.missing += count
        return math.nan, True, False
    if word in INFINITE:
        facts.infinite += count
        return INFINITE[word], True, False
    bare, unit = parted(text)
    point, comma = number(bare, _POINT), number(bare, _COMMA)
    if unit:
        facts.units[unit] += count
    facts.points += count if point is not None else 0
    facts.commas += count if comma is not None else 0
    facts.in_doubt = facts.in_doubt or (point is not None and comma is not None and point != comma)
    if point is not None or comma is not None:
        return point if point is not None else comma or 0.0, True, False
    if looks_like_time(text):
        facts.times += count
        facts.day_first = facts.day_first if facts.day_first is not None else day_first([text])
        facts.clocks += count if has_clock(text) else 0
    elif (values := list_in(text)) is not None:
        facts.lists += count
        facts.written += count
        facts.widths.add(values.shape[1] if values.ndim == 2 else 0)
        facts.others += count
        return math.nan, False, True
    facts.others += count
    return math.nan, False, False


def _look_at_numbers(facts: Facts, values: np.ndarray, texts: Sequence[str], spots: Sequence[Spot]) -> None:
    """Add the numbers of a block: (n,) float64, NaN where a cell holds none."""
    for at in np.flatnonzero(np.isinf(values)).tolist():
        if texts[at].casefold() not in INFINITE:
            facts.infinite += 1
            facts.points -= 1
        if len(facts.infinities) < _EXAMPLES:
            facts.infinities.append((spots[at], texts[at]))
    finite = values[np.isfinite(values)]
    if len(finite) < len(values):
        facts.counter = False
    if not len(finite):
        return
    suspects = np.isin(finite, SENTINELS)
    if suspects.any():
        for at in np.flatnonzero(np.isin(values, SENTINELS)).tolist():
            if "," in texts[at]:  # a mark for a missing value has no thousands parted
                continue
            facts.sentinels[float(values[at])] += 1
            facts.first_sentinel.setdefault(float(values[at]), spots[at])
    if len(rest := finite[~suspects]):
        facts.low, facts.high = min(facts.low, float(rest.min())), max(facts.high, float(rest.max()))
    if facts.whole:
        facts.whole = bool((finite == np.floor(finite)).all())
        facts.zeros = facts.zeros or any(_is_code(text) for text in texts)
        facts.fractions = facts.fractions or any(not text.lstrip("+-").isdigit() for text in texts if text)
    if math.isnan(facts.start):
        facts.start = float(finite[0])
    if facts.counter:
        numbers = finite if math.isnan(facts.last) else np.concatenate([[facts.last], finite])
        facts.counter = bool((numbers[1:] == numbers[:-1] + 1).all())
    facts.last = float(finite[-1])


def _is_code(text: str) -> bool:
    digits = text.isascii() and text.isdigit()
    return digits and ((len(text) > 1 and text[0] == "0") or (len(text) > 15 and int(text[:400]) > 2**53))
