"""The measurements on the terminal: one table, a section for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.clock import Spread
from benchmarks.rows import Row

MOST_LOAD = 0.5  # jobs on average that wait or run; above it the machine was not idle

_console = Console(highlight=False, width=200)  # so wide that no cell is folded


def print_table(rows: Mapping[str, Sequence[Row]], titles: Mapping[str, str], load: float) -> None:
    """A line per case and recipe, under the title of its measurement.

    Args:
        rows: by measurement.
        titles: of the measurements.
        load: average of the minute before the first.
    """
    table = Table("case", "recipe", box=None, pad_edge=False)
    for heading in ("ms per step", "quartiles", "times as fast as"):
        table.add_column(heading, justify="right")
    table.add_column("more")
    for name, found in rows.items():
        table.add_row(f"[bold]{name}[/]")
        for row in found:
            if not row.skipped:
                table.add_row(*cells(row))
    _console.print(table)
    for name, found in rows.items():
        _console.print(f"{name}: {titles[name]}", soft_wrap=True)
        for row in found:
            if row.skipped:
                _console.print(f"  left out: {row.case}, {row.recipe}: {row.skipped}", soft_wrap=True)
    if load > MOST_LOAD:
        _console.print(
            f"[bold]The load was {load:.1f} when this began: timings beside other jobs are worth nothing.[/]",
            soft_wrap=True,
        )


def cells(row: Row) -> tuple[str, ...]:
    """A row's six columns; of further numbers the median alone."""
    median = quartiles = speedup = ""
    if row.seconds:
        median, quartiles = _short(1000 * row.seconds.median), _quartiles(row.seconds, 1000)
    if row.speedup:
        speedup = f"{_short(row.speedup.median)} ({_quartiles(row.speedup)}) {row.against}"
    middles = {name: value.median if isinstance(value, Spread) else value for name, value in row.numbers.items()}
    more = ", ".join(f"{_short(value)} {name.replace('_', ' ')}" for name, value in middles.items())
    return (row.case, row.recipe, median, quartiles, speedup, more)


def _quartiles(spread: Spread, factor: int = 1) -> str:
    return f"{_short(factor * spread.low)} to {_short(factor * spread.high)}"


def _short(value: float) -> str:
    """Three digits, and no powers of ten."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
