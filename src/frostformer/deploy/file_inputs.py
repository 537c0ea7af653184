"""Reads a new file of the kind that a run was trained on: batches of inputs, and what is to be said of the file.

At most two batches are in memory at a time. T positions, C channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from frostformer.data.files.case import Case
from frostformer.data.files.formats import recognise
from frostformer.data.files.given import given
from frostformer.data.files.other_columns import other_columns
from frostformer.data.files.reading import stream
from frostformer.data.files.schema import Schema
from frostformer.data.files.unanswered import TABLES, without_answers
from frostformer.data.files.unread.recognising import why_unread
from frostformer.data.files.windows import Id, TooShort, id_of
from frostformer.deploy.inputs import inputs_of
from frostformer.deploy.remarks import Remarks
from frostformer.deploy.scale import Scale
from frostformer.errors import CannotRead, InputError, in_one_line
from frostformer.files import is_file_or_folder
from frostformer.tasks.readings import Reading
from frostformer.tasks.recorded import Recorded
from frostformer.tasks.shape import TaskShape

_OF_FOLDERS = {"images": "unread", "sounds": "unread", "array-folder": "arrays", "one-file-each": "table"}
"""Kind of a folder -> of what kind one of its files is when it stands alone."""


@dataclass(frozen=True)
class Fitted:
    """A sequence as the model reads it."""

    id: Id
    place: str
    """Where it stands, for sentences."""

    inputs: np.ndarray
    """(T,) int64 tokens or (T, C) float32 vectors."""


class FileInputs:
    """The sequences of a file, read once."""

    def __init__(
        self, source: Any, schema: Schema, reading: Reading, shape: TaskShape, remarks: Remarks, *, skip_bad: bool
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            source: path of a file or folder, or a data frame.
            schema: how the run's file was read.
            reading: how its values became inputs.
            shape: what the model reads.
            remarks: counts what is worth a sentence.
            skip_bad: whether sequences that cannot be read are left out and counted, and are no error.

        Raises:
            InputError: there is no file, or a data frame is no table of the run.
        """
        self.path, self._format = given(source)
        if self._format is None and not is_file_or_folder(self.path):
            raise InputError(
                f"there is no file at {self.path}: give a file or folder of the kind that the run was trained on"
            )
        if self._format is not None and schema.format not in TABLES:
            raise InputError(
                f"the run was trained on a file of the kind '{schema.format}', and {self.path} is a table: give a file "
                "of that kind"
            )
        self._schema, self._reading, self._shape = schema, reading, shape
        self._remarks, self._skip_bad = remarks, skip_bad
        remarks.scale = Scale(reading, schema) if isinstance(reading, Recorded) else None
        self._any = False  # whether a sequence could be read

    def batches(self, size: int) -> Iterator[list[Fitted]]:
        """`size` sequences at a time, the last batch may have fewer; in the order of the file.

        Raises:
            InputError: the file cannot be read, or a sequence of it, where these are not left out.
        """
        batch: list[Fitted] = []
        for case in self._cases():
            try:
                batch.append(self._fitted(case))
            except CannotRead as error:
                self.fault(error)
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch

    def fault(self, error: CannotRead) -> None:
        """Remember a sequence that cannot be read.

        Raises:
            InputError: these are not to be left out.
        """
        if not self._skip_bad:
            sentence = f"{error}; `frostformer predict --skip-bad` leaves out what cannot be read"
            raise self.with_kind(InputError(sentence)) from error
        self._remarks.leave_out(str(error))

    def with_kind(self, error: InputError) -> InputError:
        """The error; or where nothing could be read and the file seems to be of another kind, that first."""
        if self._any:
            return error
        try:
            kind = recognise(self.path)
        except InputError:
            return error
        wanted = self._schema.format
        if kind in (wanted, _OF_FOLDERS.get(wanted), "lines"):  # lines are whatever is nothing else
            return error
        if kind == "unread":
            return why_unread(self.path)
        return InputError(
            f"{self.path} seems to be of the kind '{kind}', and the run was trained on '{wanted}': give a file of that "
            f"kind (read as one: {error})"
        )

    def _cases(self) -> Iterator[Case | CannotRead]:
        try:
            self._remarks.columns += other_columns(self.path, self._schema, self._format)
            yield from stream(self.path, without_answers(self._schema), self._remarks.changed, self._format)
        except InputError as error:
            raise self.with_kind(error) from error
        except (AttributeError, LookupError, TypeError, ValueError) as error:  # whoever edited the adapter
            raise InputError(
                f"{self.path} cannot be read as the adapter says ({in_one_line(error)}): train the run again"
            ) from error

    def _fitted(self, case: Case | CannotRead) -> Fitted:
        """A sequence as the model reads it.

        Raises:
            CannotRead: it cannot.
        """
        if isinstance(case, TooShort):
            raise CannotRead(f"{case.place} has fewer rows than a window of the run")
        if isinstance(case, CannotRead):
            raise case
        inputs = inputs_of(case, self._reading, self._shape)
        self._remarks.look(case.values, self._reading)
        self._any = True
        return Fitted(id_of(case), case.place, inputs)
