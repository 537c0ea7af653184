"""Reads `.ts` files, the format of the UEA and UCR archives (timeseriesclassification.com).

Lines that begin with `@` say what the data is, down to `@data`; then each line is one sequence. Colons part its
channels, commas its values, and its answer stands behind the last colon:

    0.1,0.4,?:2.0,2.1,2.2:Walking

With time stamps a value is `(2007-01-01 00:00:00,240.12)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from frostformer.data.files.case import Case
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.named_columns import names_in
from frostformer.data.files.parsing.parts import beside_for_test
from frostformer.data.files.parsing.text import head_text
from frostformer.data.files.parsing.times import seconds
from frostformer.data.files.parsing.values import channel_names, numbers_at, stacked
from frostformer.data.files.records.ts_header import Header, Survey, open_ts
from frostformer.data.files.schema import Schema, Understood
from frostformer.errors import CannotRead
from frostformer.words import short

_KEYS = frozenset(
    f"@{key}"
    for key in (
        "problemname", "timestamps", "univariate", "classlabel", "targetlabel", "equallength", "serieslength", "data"
    )
)  # fmt: skip
_OTHERS = frozenset(("@relation", "@attribute", "@frequency", "@horizon"))  # of ARFF, and of `.tsf`, for forecasts
_STAMPED = re.compile(r"(?<![^,:])\(([^()]*)\)(?![^,:])")  # between commas and colons, so that no class is cut
_TIME = "time"  # the channel that `--keep time` makes of the stamps


class TimeSeries:
    """`.ts` files."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the keys of the header, whatever the file is called."""
        lines = head_text(head).splitlines()
        keys = {line.split(None, 1)[0].lower() for line in lines if line.startswith("@")}
        return bool(keys & _KEYS) and not keys & _OTHERS

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """How many channels there are is decided by most lines, not by the header."""
        header, lines = open_ts(path)
        target = _target(path, header)
        survey, clock = Survey(path, header, bool(target)), _Clock()
        for number, text in lines:
            parts, stamps = _split(text)
            survey.add(number, parts)
            clock.add(number, stamps)
        with_time = bool(clock.stamped) and _TIME in names_in(options.keep)
        channels = channel_names(survey.usual)
        schema = Schema(
            "ts",
            "vectors",
            channels=((_TIME,) if with_time else ()) + channels,
            targets=(target,) if target else (),
            settings={"time": with_time} | _scoring(target),
        )
        said = clock.sentences(path, with_time=with_time)
        notes, doubts = ([], said) if clock.uneven else (said, [])
        way = f"{path} has no answers: they stand at the end of each line, below a line '@classLabel true'"
        warnings = (*survey.warnings(), *doubts)
        return Understood(schema, tuple(notes), warnings, test=beside_for_test(path), unanswered="" if target else way)

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """One for each line behind `@data`."""
        header, lines = open_ts(path)
        labelled = bool(schema.targets) and header.target != ""
        return map(partial(_case, path, schema, labelled), enumerate(lines, 1))


FORMAT = TimeSeries()


def _case(path: Path, schema: Schema, labelled: bool, line: tuple[int, tuple[int, str]]) -> Case:
    row, (number, text) = line
    place = f"{path}, line {number}"
    parts, stamps = _split(text)
    wanted = len(schema.channels) - bool(schema.settings["time"])
    label = parts.pop().strip() if labelled and len(parts) != wanted else None
    if len(parts) != wanted:
        raise CannotRead(f"{place}: it has {len(parts)} channels and the file {wanted}: mend it or take it out")
    cells = [part.split(",") if part.strip() else [] for part in parts]
    channels = [numbers_at(channel, f"{place}, channel {at}") for at, channel in enumerate(cells, 1)]
    if schema.settings["time"]:
        channels.insert(0, _seconds(stamps, place))
    target = (None if label in ("?", "") else label,) if labelled else ()
    return Case(stacked(channels), str(row), place, target)


def _split(text: str) -> tuple[list[str], list[str]]:
    """What stands between the colons of a line, without time stamps; and the stamps of the first channel."""
    if not text.startswith("("):
        return text.split(":"), []
    stamps = [stamped.rpartition(",")[0].strip() for stamped in _STAMPED.findall(text)]
    parts = _STAMPED.sub(lambda stamped: stamped[1].rpartition(",")[2], text).split(":")
    return parts, stamps[: parts[0].count(",") + 1]


def _target(path: Path, header: Header) -> str:
    """Name of the target; empty if there is none.

    Where the header says nothing, the part behind the last colon of the first line is an answer if it is one value and
    the part before it several.
    """
    if header.target is not None:
        return header.target
    _, text = next(open_ts(path)[1], (0, ""))
    *series, last = _split(text)[0]
    return "class" if series and "," in series[-1] and "," not in last else ""


def _seconds(stamps: list[str], place: str) -> np.ndarray:
    """(T,) seconds since the first stamp."""
    times = [seconds(stamp) for stamp in stamps]
    if None in times:
        raise CannotRead(f"{place}: {short(stamps[times.index(None)])} is no time: leave out --keep time")
    found = np.array(times, np.float64)
    since: np.ndarray = found - found[:1]
    return since


class _Clock:
    """Whether there are time stamps, and whether their steps are even."""

    def __init__(self) -> None:
        self.stamped = 0
        self.uneven = ""

    def add(self, number: int, stamps: list[str]) -> None:
        """Look at the stamps of a line."""
        self.stamped += bool(stamps)
        times = [one for stamp in stamps if not self.uneven and (one := seconds(stamp)) is not None]
        if times and len(times) == len(stamps):
            steps = {round(after - before, 6) for before, after in pairwise(times)}
            if len(steps) > 1:
                self.uneven = f"line {number}, from {min(steps):g} to {max(steps):g} seconds"

    def sentences(self, path: Path, *, with_time: bool) -> list[str]:
        """What is done with them, in a sentence."""
        if not self.stamped:
            return []
        uneven = f" and its steps are uneven ({self.uneven})" if self.uneven else ""
        what = "is a channel" if with_time else "is left out, and --keep time makes it a channel"
        return [f"{path} has time stamps{uneven}: the time {what}"]


def _scoring(target: str | None) -> dict[str, str]:
    """What kind of answers the header declares."""
    return {"scoring": "regression" if target == "target" else "classification"} if target else {}
