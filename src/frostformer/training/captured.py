"""The work of a step recorded once and replayed: the host then launches one CUDA graph in place of hundreds of kernels.

Small batches gain most, since a GPU waits there for the host. A graph has fixed shapes: there is one for each shape of
a batch, and sequences of many lengths are padded to one of a few, which changes no prediction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from frostformer.training.batch import Batch

Work = Callable[[Batch], tuple[Tensor, Tensor]]
"""The part of a step that the device does: from a batch to its loss and the norm of its gradients, ()."""

Record = Callable[[Callable[[], tuple[Tensor, Tensor]]], tuple[Callable[[], None], tuple[Tensor, Tensor]]]
"""From a function that computes to one that does the same again, and the tensors that then hold the answer."""

_EAGER = 3  # steps before one is recorded, in which libraries choose kernels and Adam makes its tensors
_LENGTHS = 8  # different ones at most, of sequences that differ in length

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Recorded:
    batch: Batch
    """The tensors that a replay reads."""

    replay: Callable[[], None]
    answer: tuple[Tensor, Tensor]


class CapturedWork:
    """Does the work of a step as a graph, and as it always was where that cannot be."""

    def __init__(self, work: Work, longest: int, record: Record) -> None:
        """`longest` is the largest number of positions of the task."""
        self._work, self._longest, self._record = work, longest, record
        self._steps = 0
        self._graphs: dict[tuple[object, ...], _Recorded] = {}
        self._why_not = ""

    def __call__(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Loss and norm of the gradients; they hold until the next call."""
        self._steps += 1
        if self._steps <= _EAGER or self._why_not:
            return self._work(batch)
        batch = _padded(batch, self._longest)
        key = (batch.inputs.shape, batch.inputs.dtype, batch.weights is None)
        if key not in self._graphs:
            try:
                self._graphs[key] = self._recorded(batch)
            except Exception as error:  # noqa: BLE001 (a model's own code may do whatever a graph cannot)
                self._why_not = str(error).partition("\n")[0]
                log.warning("steps are not captured: %s", self._why_not)
                return self._work(batch)
        graph = self._graphs[key]
        for held, given in zip(_tensors(graph.batch), _tensors(batch), strict=True):
            held.copy_(given)
        graph.replay()
        return graph.answer

    def _recorded(self, batch: Batch) -> _Recorded:
        held = Batch(*(one.clone() for one in _tensors(batch)))
        replay, answer = self._record(lambda: self._work(held))
        return _Recorded(held, replay, answer)


def _tensors(batch: Batch) -> list[Tensor]:
    return [one for one in batch if one is not None]


def cuda_graph(compute: Callable[[], tuple[Tensor, Tensor]]) -> tuple[Callable[[], None], tuple[Tensor, Tensor]]:
    """Record what `compute` launches as a CUDA graph; nothing of it runs before the first replay."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        answer = compute()
    return graph.replay, answer


def _padded(batch: Batch, longest: int) -> Batch:
    """With a number of positions that is one of a few."""
    step = max(1, -(-longest // _LENGTHS))
    positions = min(longest, -(-batch.inputs.shape[1] // step) * step)
    missing = max(0, positions - batch.inputs.shape[1])
    pad = (0, missing) if batch.inputs.ndim == 2 else (0, 0, 0, missing)
    return batch._replace(inputs=nn.functional.pad(batch.inputs, pad)) if missing else batch
