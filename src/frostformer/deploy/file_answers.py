"""The answers for the sequences of a new file, one batch after the other: memory does not grow with the file.

B sequences of a batch, T positions, C channels, R read positions, G predictions per position, K classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from frostformer.data.files.case import Case
from frostformer.data.files.reading import stream
from frostformer.data.files.windows import RECORDING, START
from frostformer.data.sequences import Sequences
from frostformer.deploy.answer_rows import Block, Column, Id, Judged, columns_of, judged
from frostformer.deploy.inputs import inputs_of
from frostformer.deploy.remarks import Remarks
from frostformer.errors import CannotRead, InputError
from frostformer.models.build import check_padding
from frostformer.models.model import SequenceModel
from frostformer.runs.adapters import Adapter
from frostformer.tasks.arrays import padded
from frostformer.training import evaluation

BATCH_SIZE = 64


@dataclass
class Answered:
    """A batch of sequences, and what the model says of them."""

    ids: list[Id]
    sequences: Sequences
    logits: Tensor
    """(B, R, G, K) on the CPU."""

    judged: Judged


@dataclass
class _Fitted:
    """A sequence as the model reads it."""

    id: Id
    place: str
    inputs: np.ndarray
    """(T,) int64 tokens or (T, C) float32 vectors."""


class FileAnswers:
    """Reads a file once, and asks the model for its answers."""

    def __init__(
        self,
        model: SequenceModel,
        adapter: Adapter,
        path: Path,
        *,
        skip_bad: bool = False,
        abstain_below: float | None = None,
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            model: the trained model.
            adapter: its adapter, with the schema of the file that it was trained on.
            path: the new file.
            skip_bad: whether sequences that cannot be read are left out and counted, and are no error.
            abstain_below: an answer is left empty if no answer is as probable as this.

        Raises:
            InputError: `abstain_below` is no probability, or answers have none.
        """
        if abstain_below is not None:
            if adapter.scoring.kind == "regression":
                raise InputError("--abstain-below needs probabilities, and the answers are numbers: leave it out")
            if not 0 < abstain_below <= 1:
                raise InputError(f"--abstain-below is {abstain_below}: give a probability above 0, 1 at most")
        self._model, self._adapter, self._path = model, adapter, path
        self._skip_bad, self._abstain_below = skip_bad, abstain_below
        self.remarks = Remarks(abstain_below=abstain_below)

    def blocks(self) -> Iterator[Block]:
        """The answers as rows of a table, in the order of the file.

        Raises:
            InputError: see `batches`.
        """
        columns: tuple[Column, ...] = ()
        shape = self._adapter.shape
        for batch in self.batches():
            windows = batch.ids[0].start is not None
            columns = columns or columns_of(self._adapter.scoring, shape, windows=windows)
            yield Block(columns, batch.judged.rows(batch.ids, batch.sequences.lengths, shape))

    def batches(self) -> Iterator[Answered]:
        """The answers, in the order of the file.

        Raises:
            InputError: the file is damaged, of another kind or without sequences; or one cannot be read.
        """
        found = False
        for batch in self._read():
            if (answered := self._ask(batch)) is not None:
                found = True
                yield answered
        if not found:
            why = f": {self.remarks.faults[0]}" if self.remarks.faults else ""
            raise InputError(f"{self._path} has no sequence that can be read{why}")

    def _read(self) -> Iterator[list[_Fitted]]:
        assert self._adapter.schema is not None
        batch: list[_Fitted] = []
        for case in stream(self._path, self._adapter.schema):
            try:
                batch.append(self._fitted(case))
            except CannotRead as error:
                self._fault(error)
            if len(batch) == BATCH_SIZE:
                yield batch
                batch = []
        if batch:
            yield batch

    def _fitted(self, case: Case | CannotRead) -> _Fitted:
        """A sequence as the model reads it.

        Raises:
            CannotRead: it cannot.
        """
        if isinstance(case, CannotRead):
            raise case
        inputs = inputs_of(case, self._adapter.reading, self._adapter.shape)
        self.remarks.look(case.values, self._adapter.reading)
        recording, start = case.beside.get(RECORDING), case.beside.get(START)
        windowed = recording is not None and start is not None and start.isdigit()
        one = Id(str(recording), int(str(start))) if windowed else Id(case.name)
        return _Fitted(one, case.place, inputs)

    def _ask(self, batch: list[_Fitted]) -> Answered | None:
        """What the model says of a batch; None if it says nothing of any."""
        shape, scoring = self._adapter.shape, self._adapter.scoring
        targets = np.zeros((len(batch), shape.read_positions, shape.predictions), np.int64)  # not known, not used
        sequences = padded([one.inputs for one in batch], targets)
        check_padding(self._model, sequences.ragged)
        logits = evaluation.predict_logits(self._model, sequences, BATCH_SIZE)
        found = judged(scoring, logits, self._abstain_below)
        finite = logits.isfinite().flatten(1).all(1).numpy()  # (B,)
        if scoring.kind == "regression":
            finite &= np.isfinite(found.answers.astype(np.float64)).all((1, 2))
        for row in (~finite).nonzero()[0].tolist():
            self._fault(
                CannotRead(
                    f"the model gives no finite numbers for {batch[row].place}: its values are too large, or training "
                    "diverged"
                )
            )
        kept = finite.nonzero()[0]
        if not len(kept):
            return None
        chances = None if found.chances is None else found.chances[kept]
        found, sequences = Judged(found.answers[kept], chances), sequences[kept]
        answers, empty = found.counted(sequences.lengths, shape)
        self.remarks.answers += answers
        self.remarks.empty += empty
        return Answered([batch[row].id for row in kept], sequences, logits[kept], found)

    def _fault(self, error: CannotRead) -> None:
        """Remember a sequence that cannot be read.

        Raises:
            InputError: these are not to be left out.
        """
        if not self._skip_bad:
            raise InputError(f"{error}; `frostformer predict --skip-bad` leaves out what cannot be read") from error
        self.remarks.leave_out(str(error))
