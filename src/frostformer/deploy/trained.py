"""A trained model in memory with all that an adapter file would say of it; it can be pickled, copied and saved.

A pickle holds the trained tensors as arrays and the adapter's description, but no backbone: that is found again by its
name, and compared. N sequences, T positions, C channels, G predictions, K outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from frostformer.config import Device
from frostformer.data.sequences import Sequences
from frostformer.deploy.inputs import unlabelled
from frostformer.errors import InputError, enough_memory
from frostformer.models.build import check_padding
from frostformer.models.model import SequenceModel
from frostformer.runs.adapters import Adapter, put_on_backbone
from frostformer.tasks.shape import check_inputs, sequence_name, too_long
from frostformer.training.batch import inputs_on
from frostformer.training.checkpoints import write_tensors

_IN_A_BLOCK = {"cpu": 16}  # sequences; on a GPU there are more
_IN_A_BLOCK_ON_GPU = 256


@dataclass
class Trained:
    """A model, and what its adapter says of it."""

    model: SequenceModel
    adapter: Adapter
    tensors: dict[str, Tensor]
    """The trained tensors, as an adapter keeps them."""

    module: nn.Module | None
    """The backbone, where it is a module of the user's own."""

    device: Device
    """What was asked for."""

    def logits(self, rows: list[np.ndarray]) -> np.ndarray:
        """(N, G, K) float64 of sequences (T, C) of numbers that were not scaled yet.

        Raises:
            InputError: a sequence is too long, or the model gives no finite numbers for it.
        """
        shape = self.adapter.shape
        longest = max(range(len(rows)), key=lambda row: len(rows[row]))
        if len(rows[longest]) > shape.length:  # before padding: it would widen all others
            raise InputError(too_long(sequence_name(longest), len(rows[longest]), shape.length))
        sequences = unlabelled([self.adapter.reading.sequence(row) for row in rows], shape)
        check_inputs(sequences.inputs, sequences.lengths, shape, "X")
        check_padding(self.model, sequences.ragged)
        with enough_memory():
            logits = self._in_blocks(sequences)
        if not (finite := np.isfinite(logits).all((1, 2))).all():
            raise InputError(
                f"the model gives no finite numbers for {sequence_name(int(finite.argmin()))}: its values "
                "are too large, or training diverged; scale them, or fit with a lower learning rate"
            )
        return logits

    @torch.no_grad()
    def _in_blocks(self, sequences: Sequences) -> np.ndarray:
        """(N, G, K), in blocks of one size, so that what is answered for a sequence does not depend on the others.

        Products of matrices of other sizes are rounded in other ways. The positions of a block depend on the length of
        each of its sequences alone: they are rounded up, so that there are few kinds of blocks.
        """
        device, shape = next(self.model.parameters()).device, self.adapter.shape
        size = _IN_A_BLOCK.get(device.type, _IN_A_BLOCK_ON_GPU)
        found = np.empty((len(sequences), shape.predictions, shape.classes))
        positions = np.array([min(_rounded_up(int(one)), shape.length) for one in sequences.lengths])
        if not self.model.backbone.probe.obeys_padding:
            positions = sequences.lengths
        for length in np.unique(positions):
            rows = np.flatnonzero(positions == length)
            for start in range(0, len(rows), size):
                chosen = rows[start : start + size]
                block = sequences[np.resize(chosen, size)]
                inputs = np.zeros((size, length, shape.channels), np.float32)
                width = min(length, block.inputs.shape[1])
                inputs[:, :width] = block.inputs[:, :width]
                given = inputs_on(device, Sequences(inputs, block.lengths, block.targets))
                found[chosen] = self.model(*given)[: len(chosen), 0].double().cpu().numpy()
        return found

    def save(self, path: Path, more: Mapping[str, Any]) -> None:
        """Write an adapter with `more` in its header."""
        write_tensors(path, self.tensors, self.adapter.header() | dict(more))

    def __getstate__(self) -> dict[str, Any]:
        """Plain values, arrays, and the user's own backbone if there is one."""
        tensors = {name: tensor.detach().cpu().numpy() for name, tensor in self.tensors.items()}
        return {"header": self.adapter.header(), "tensors": tensors, "module": self.module, "device": self.device}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Put the tensors on their backbone again."""
        where = Path("the pickled estimator")
        self.adapter = Adapter.read(where, state["header"])
        self.tensors = {name: torch.from_numpy(array.copy()) for name, array in state["tensors"].items()}
        self.module, self.device = state["module"], state["device"]
        with torch.random.fork_rng(devices=[]):
            self.model = put_on_backbone(where, self.tensors, self.adapter, self.module, device=self.device)


def _rounded_up(length: int) -> int:
    """The next number with at most two binary digits that are 1: 1, 2, 3, 4, 6, 8, 12, 16, 24, ..."""
    step = max(1, 1 << max(0, length.bit_length() - 2))
    return -(-length // step) * step
