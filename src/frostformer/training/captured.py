"""The work of a step recorded once and replayed: the host then launches one CUDA graph in place of hundreds of kernels.

Small batches gain most, since a GPU waits there for the host. A graph has fixed shapes: there is one for each shape of
a batch, and sequences of many lengths are padded to one of a few, which changes no prediction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from frostformer.errors import in_one_line
from frostformer.training.batch import Batch, padded

Work = Callable[[Batch], None]
"""The part of a step that the device does with a batch."""

_EAGER = 3  # steps before one is recorded, in which libraries choose kernels and Adam makes its tensors
_LENGTHS = 8  # different ones at most, of sequences that differ in length

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Recorded:
    batch: Batch
    """The tensors that a replay reads."""

    replay: Callable[[], None]


class CapturedWork:
    """Does the work of a step as a graph, and as it always was where that cannot be."""

    def __init__(self, work: Work, forget: Callable[[], None], longest: int | None, graphs: CudaGraphs) -> None:
        """Nothing is recorded yet.

        Args:
            work: what is done in a step.
            forget: drops the gradients that a recording has left when it failed.
            longest: the largest number of positions of the task; None where inputs have no positions to pad.
            graphs: records them.
        """
        self._work, self._forget, self._longest, self._record = work, forget, longest, graphs
        self._steps = 0
        self._graphs: dict[tuple[object, ...], _Recorded] = {}

    def __call__(self, batch: Batch) -> None:
        """One step."""
        self._steps += 1
        if self._steps <= _EAGER or self._record.why_not or not self._replayed(batch):
            self._work(batch)

    def _replayed(self, batch: Batch) -> bool:
        """Let the graph for this batch do the step; False if it cannot be recorded."""
        given = batch if self._longest is None else _padded(batch, self._longest)
        key = (given.inputs.shape, given.inputs.dtype, given.weights is None)
        if key not in self._graphs:
            try:
                self._graphs[key] = self._recorded(given)
            except Exception as error:  # noqa: BLE001 (a model's own code may do whatever a graph cannot)
                self._record.why_not = in_one_line(error)
                log.warning("steps are not captured: %s", self._record.why_not)
                self._forget()
                return False
        graph = self._graphs[key]
        for held, one in zip(_tensors(graph.batch), _tensors(given), strict=True):
            held.copy_(one)
        graph.replay()
        return True

    def _recorded(self, batch: Batch) -> _Recorded:
        held = Batch(*(one.clone() for one in _tensors(batch)))
        return _Recorded(held, self._record(lambda: self._work(held)))


def _tensors(batch: Batch) -> list[Tensor]:
    return [one for one in batch if one is not None]


class CudaGraphs:
    """Records what is launched as a CUDA graph; nothing of it runs before the first replay.

    All of them use the same memory, since they are replayed one after the other.
    """

    why_not = ""
    """Why steps cannot be recorded, once one could not."""

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, compute: Callable[[], None]) -> Callable[[], None]:
        """From a function that computes to one that does the same again."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            compute()
        return graph.replay


def _padded(batch: Batch, longest: int) -> Batch:
    """With a number of positions that is one of a few."""
    step = max(1, -(-longest // _LENGTHS))
    positions = min(longest, -(-batch.inputs.shape[1] // step) * step)
    return batch._replace(inputs=padded(batch.inputs, max(positions, batch.inputs.shape[1])))
