"""What a user may say of a file; every option overrides a guess. It imports no torch."""

# Annotations are evaluated here, since `AskedConfig` inherits the fields in a file that lacks the names in them.
from dataclasses import asdict, dataclass
from typing import Any, Literal

Choice = Literal["majority", "first", "last", "any", "max"]


@dataclass(frozen=True)
class FileOptions:
    """How to read a user's file or folder."""

    target: str | None = None
    """Column of the answer: its name, its number counted from 1, or `first` or `last`; several are joined by commas."""

    sequence: str | None = None
    """Columns that make the sequence, joined by commas; `3-20` is a range of numbers."""

    id: str | None = None
    """Column that names the sequence; rows of one id are one sequence (long form)."""

    group: str | None = None
    """Column of what belongs together on one side of every split: a patient, a device."""

    time: str | None = None
    """Column of the time: orders the rows of one id, or the sequences."""

    split: str | None = None
    """Column that says train, validation or test."""

    test: str | None = None
    """A second file, for the test split."""

    labels: str | None = None
    """A second file of ids and answers."""

    label_field: int | None = None
    """Part of a FASTA header that is the answer, counted from 1."""

    kind: Literal["vectors", "tokens"] | None = None
    """Whether values are numbers or symbols."""

    axes: str | None = None
    """Order of the axes of an array: `case,time,channel` in any order; without `case` it is one long recording."""

    window: int | None = None
    """Cut long recordings into sequences of so many rows."""

    hop: int | None = None
    """Rows from the start of one window to the next; the window's length if not given."""

    choose: Choice | None = None
    """Which answer a sequence has whose rows differ in theirs."""

    max_length: int | None = None
    """Longer sequences lose their end."""

    patch: int | None = None
    """Steps that are joined to one position; so many that at most 64 positions remain, if not given."""

    stride: int | None = None
    """Steps from the start of one position to the next; a position's length if not given. With fewer, positions
    overlap."""

    per_position: bool = False
    """Every position has an answer of its own."""

    scoring: Literal["classification", "multilabel", "regression"] | None = None
    """What kind of answers these are."""

    drop: str | None = None
    """Columns to leave out, joined by commas."""

    keep: str | None = None
    """Columns to use although they were to be left out, joined by commas."""

    drop_rare: bool = False
    """Leave out the sequences of classes that are too rare to be in every split."""

    merge_rare: bool = False
    """Make one class of all that are too rare."""

    def given(self) -> dict[str, Any]:
        """What the user says; an option that is not given is not in it."""
        return {name: value for name, value in asdict(self).items() if value is not None and value is not False}


@dataclass(frozen=True)
class DataFile(FileOptions):
    """A user's file or folder, and how to read it."""

    path: str = ""
    """The file or folder; a relative path counts from where the command is run."""
