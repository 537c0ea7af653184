"""What the header of a `.ts` file says, and what the file then has; where they differ, the file is believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from frostformer.data.files.parsing.text import numbered_lines
from frostformer.errors import InputError
from frostformer.words import counted, few_of

_TARGETS = {"classlabel": "class", "targetlabel": "target"}  # key of the header -> name of the target
_MOST_LABELS = 1000  # that are compared with the classes of the header
_COMMENT = ("#", "%")


class Header(dict[str, str]):
    """Key in small letters, without its `@` -> what stands behind it."""

    def says(self, key: str) -> bool | None:
        """Whether it says true; None if it says nothing."""
        first = self[key].split()[:1] if key in self else []
        return first[0].lower() == "true" if first else None

    def number(self, key: str) -> int | None:
        """A whole number; None if it says none."""
        word = self.get(key, "")
        return int(word) if word.isdecimal() and len(word) < 10 else None

    @property
    def target(self) -> str | None:
        """Name of the target, empty if it says that there is none; None if it says nothing."""
        found = [name for key, name in _TARGETS.items() if self.says(key)]
        return found[0] if found else "" if any(key in self for key in _TARGETS) else None


def open_ts(path: Path) -> tuple[Header, Iterator[tuple[int, str]]]:
    """The header, and the lines of data with their numbers.

    Raises:
        InputError: there is no `@data`.
    """
    header, lines = Header(), numbered_lines(path)
    for number, line in lines:
        word, _, rest = line.strip().replace("\t", " ").partition(" ")
        if word.lower() == "@data":
            return header, ((at, text.strip()) for at, text in lines if not _is_empty(text))
        if word.startswith("@"):
            header[word[1:].lower()] = rest.strip()
        elif not _is_empty(line):
            raise InputError(
                f"{path}, line {number}: this is no line of a .ts header: begin it with '#', or put '@data' above"
            )
    raise InputError(f"{path} has no line '@data', which stands above the data of a .ts file: get it again")


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith(_COMMENT)


@dataclass
class Survey:
    """What the lines of data have, whatever the header says."""

    path: Path
    header: Header
    labelled: bool
    channels: Counter[int] = field(default_factory=Counter)
    """Number of channels -> lines that have so many."""

    uneven: list[str] = field(default_factory=list)
    """Lines whose channels differ in length, each with the lengths."""

    other_length: list[str] = field(default_factory=list)
    """Lines that are not as long as the header says, each with its length."""

    length: int | None = None
    """Values that every sequence has, by the header."""

    labels: set[str] = field(default_factory=set)
    missing: bool = False

    def add(self, number: int, parts: list[str]) -> None:
        """Look at the next line, whose colons have been taken out."""
        series = parts[:-1] if self.labelled else parts
        lengths = [part.count(",") + 1 for part in series] or [0]
        self.channels[len(series)] += 1
        self.missing = self.missing or any("?" in part or "nan" in part.lower() for part in series)
        if self.labelled and len(self.labels) <= _MOST_LABELS:
            self.labels.add(parts[-1].strip())
        if len(set(lengths)) > 1:
            self.uneven.append(f"line {number} ({', '.join(map(str, lengths))} values)")
        if self.header.says("equallength"):
            self.length = self.length or self.header.number("serieslength") or lengths[0]
            if max(lengths) != self.length:
                self.other_length.append(f"line {number} ({max(lengths)} values)")

    @property
    def usual(self) -> int:
        """Channels that most lines have."""
        return max(self.channels, key=lambda count: self.channels[count], default=0)

    def warnings(self) -> list[str]:
        """Where the header is not right, a sentence each."""
        found, says = [], self.header.says
        if self.other_length:
            found.append(
                f"{self.path}: the header says that every sequence has {self.length} values, which is not so in "
                f"{few_of(self.other_length)}; they are read as they are"
            )
        if self.uneven:
            found.append(
                f"{self.path}: {counted(len(self.uneven), 'sequence has', 'sequences have')} channels of different "
                f"lengths, whose ends are read as missing: {few_of(self.uneven)}"
            )
        wanted = self.header.number("dimensions") or (1 if says("univariate") else None)
        if wanted and wanted != self.usual:
            found.append(
                f"{self.path}: the header says {wanted} channels and the data has {self.usual}: these are read"
            )
        if self.missing and says("missing") is False:
            found.append(f"{self.path}: the header says that no value is missing, and some are")
        known = set(self.header.get("classlabel", "").split()[1:])
        if known and (other := sorted(self.labels - known - {"?", ""})):
            found.append(f"{self.path}: the header does not name the classes {few_of(other)}, which the data has")
        return found
