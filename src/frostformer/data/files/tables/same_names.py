"""A further table whose columns have the names of the run in other bytes: macOS writes `ü` as `u` and two points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from frostformer.data.files.parsing.spellings import composed
from frostformer.data.files.schema import Schema
from frostformer.data.files.tables.cells import Block, Source
from frostformer.data.files.tables.layout import Layout


def with_names_of(schema: Schema, source: Source) -> Source:
    """The table with its columns called as in the run, where they differ in how letters are composed alone."""
    layout = Layout.of(schema.settings)
    names = {*layout.columns, *schema.targets, *schema.beside, layout.id, layout.time, layout.group, layout.split}
    other = {composed(name): name for name in names if not name.isascii()}
    if not other or not layout.headed:
        return source
    return _Renamed(
        source.path,
        [_called(name, other) for name in source.names],
        headed=source.headed,
        series=source.series,
        ragged=source.ragged,
        separator=source.separator,
        source=source,
        other=other,
    )


@dataclass(kw_only=True)
class _Renamed(Source):
    source: Source
    other: Mapping[str, str]
    """Composed name -> name in the run."""

    def blocks(self) -> Iterator[Block]:
        """All rows in order."""
        for block in self.source.blocks():
            self.names = [_called(name, self.other) for name in self.source.names]
            yield replace(block, columns={_called(name, self.other): cells for name, cells in block.columns.items()})


def _called(name: str, other: Mapping[str, str]) -> str:
    return name if name.isascii() else other.get(composed(name), name)
