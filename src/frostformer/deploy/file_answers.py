"""The answers for the sequences of a new file, one batch after the other: memory does not grow with the file.

B sequences of a batch, T positions, C channels, R read positions, G predictions per position, K classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from frostformer.data.files.windows import Id
from frostformer.data.sequences import Sequences
from frostformer.deploy.answer_rows import Block, Column, Judged, columns_of, judged
from frostformer.deploy.file_inputs import FileInputs, Fitted
from frostformer.deploy.inputs import unlabelled
from frostformer.deploy.remarks import Remarks
from frostformer.errors import CannotRead, InputError
from frostformer.models.build import check_padding
from frostformer.models.model import SequenceModel
from frostformer.runs.adapters import Adapter
from frostformer.training import evaluation

BATCH_SIZE = 64


@dataclass(frozen=True)
class Answered:
    """A batch of sequences, and what the model says of them."""

    ids: list[Id]
    sequences: Sequences
    logits: Tensor
    """(B, R, G, K) on the CPU."""

    judged: Judged


class FileAnswers:
    """Reads a file once, and asks the model for its answers."""

    def __init__(
        self,
        model: SequenceModel,
        adapter: Adapter,
        source: Any,
        *,
        skip_bad: bool = False,
        abstain_below: float | None = None,
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            model: the trained model.
            adapter: its adapter, with the schema of the file that it was trained on.
            source: path of the new file, or a data frame.
            skip_bad: whether sequences that cannot be read are left out and counted, and are no error.
            abstain_below: an answer is left empty if no answer is as probable as this.

        Raises:
            InputError: there is no file, `abstain_below` is no probability, or answers have none.
        """
        if abstain_below is not None:
            if adapter.scoring.kind == "regression":
                raise InputError("--abstain-below needs probabilities, and the answers are numbers: leave it out")
            if not 0 < abstain_below <= 1:
                raise InputError(f"--abstain-below is {abstain_below}: give a probability above 0, 1 at most")
        assert adapter.schema is not None
        self.remarks = Remarks(abstain_below)
        self._model, self._abstain_below = model, abstain_below
        self._shape, self._scoring = adapter.shape, adapter.scoring
        self._inputs = FileInputs(
            source, adapter.schema, adapter.reading, adapter.shape, self.remarks, skip_bad=skip_bad
        )

    def blocks(self) -> Iterator[Block]:
        """The answers as rows of a table, in the order of the file.

        Raises:
            InputError: see `batches`.
        """
        columns: tuple[Column, ...] = ()
        for batch in self.batches():
            windows = batch.ids[0].start is not None
            columns = columns or columns_of(self._scoring, self._shape, windows=windows)
            yield Block(columns, batch.judged.rows(batch.ids, batch.sequences.lengths, self._shape))

    def batches(self) -> Iterator[Answered]:
        """The answers, in the order of the file.

        Raises:
            InputError: the file is damaged, of another kind or without sequences; or one cannot be read.
        """
        found = False
        for batch in self._inputs.batches(BATCH_SIZE):
            if (answered := self._ask(batch)) is not None:
                found = True
                yield answered
        if not found:
            why = f": {self.remarks.faults[0]}" if self.remarks.faults else ""
            raise self._inputs.with_kind(InputError(f"{self._inputs.path} has no sequence that can be read{why}"))

    def _ask(self, batch: list[Fitted]) -> Answered | None:
        """What the model says of a batch; None if it says nothing of any."""
        shape = self._shape
        sequences = unlabelled([one.inputs for one in batch], shape)
        check_padding(self._model, sequences.ragged)
        logits = evaluation.predict_logits(self._model, sequences, BATCH_SIZE)
        kept = self._finite(batch, logits)
        if not len(kept):
            return None
        sequences, logits = sequences[kept], logits[kept]
        found = judged(self._scoring, logits, self._abstain_below)
        answers, empty = found.counted(sequences.lengths, shape)
        self.remarks.answers += answers
        self.remarks.empty += empty
        return Answered([batch[row].id for row in kept], sequences, logits, found)

    def _finite(self, batch: list[Fitted], logits: Tensor) -> np.ndarray:
        """Numbers of the sequences for which the model gives finite numbers; the others cannot be read."""
        finite: np.ndarray = logits.isfinite().flatten(1).all(1).numpy()  # (B,)
        for row in (~finite).nonzero()[0].tolist():
            why = "its values are too large, or training diverged"
            self._inputs.fault(CannotRead(f"the model gives no finite numbers for {batch[row].place}: {why}"))
        return finite.nonzero()[0]
