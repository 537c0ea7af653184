"""The work of steps recorded once and replayed: the host then launches one CUDA graph in place of hundreds of kernels.

Small batches gain most, since a GPU waits there for the host. A graph has fixed shapes: there is one for each shape of
a batch, and sequences of many lengths are padded to one of a few, which changes no prediction. Where a step is next to
nothing, as on features that were computed once, a graph holds several.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from frostformer.errors import in_one_line
from frostformer.models.compat import one_sequence_per_row
from frostformer.training.batch import Batch, padded

Work = Callable[[Batch], None]
"""The part of a step that the device does with a batch."""

Steps = Callable[..., None]
"""Takes a step with each of the batches that it is given."""

Written = Callable[[], list[Tensor]]
"""Gives the tensors that a step writes to, in place."""

_TRIED = 3  # steps before one is recorded, in which libraries choose kernels and Adam makes its tensors
_LENGTHS = 8  # different ones at most, of sequences that differ in length

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Recorded:
    batches: list[Batch]
    """The tensors that a replay reads."""

    replay: Callable[[], None]


class CapturedWork:
    """Does the work of a step as a graph, and as it always was where that cannot be."""

    def __init__(self, work: Work, written: Written, longest: int | None, graphs: CudaGraphs) -> None:
        """Nothing is recorded yet.

        Args:
            work: what is done in a step.
            written: gives all tensors that a step writes to.
            longest: the largest number of positions of the task; None where inputs cannot be padded.
            graphs: records them.
        """
        self._work, self._written, self._longest, self._record = work, written, longest, graphs
        self._graphs: dict[tuple[object, ...], _Recorded] = {}

    def __call__(self, *batches: Batch) -> None:
        """A step with each of the batches."""
        if self._record.why_not or not self._replayed(batches):
            for batch in batches:
                self._work(batch)

    def _replayed(self, batches: Sequence[Batch]) -> bool:
        """Let the graph for these batches take the steps; False if it cannot be recorded."""
        given = [one if self._longest is None else _padded(one, self._longest) for one in batches]
        key = tuple((one.inputs.shape, one.inputs.dtype, one.weights is None) for one in given)
        if key not in self._graphs:
            try:
                self._graphs[key] = self._recorded(given)
            except Exception as error:  # noqa: BLE001 (a model's own code may do whatever a graph cannot)
                self._record.why_not = in_one_line(error)
                log.warning("steps are not captured: %s", self._record.why_not)
                return False
        graph = self._graphs[key]
        for held, one in zip(_tensors(graph.batches), _tensors(given), strict=True):
            held.copy_(one)
        graph.replay()
        return True

    def _recorded(self, batches: Sequence[Batch]) -> _Recorded:
        held = [Batch(*(one.clone() for one in _tensors([batch]))) for batch in batches]

        def work() -> None:
            for batch in held:
                self._work(batch)

        with undone(self._written), one_sequence_per_row():
            for _ in range(_TRIED):
                self._work(held[0])
            return _Recorded(held, self._record(work))


@contextmanager
def undone(written: Written) -> Iterator[None]:
    """Inside, steps may be tried: at its end what they wrote to is as it was, at the same place in memory."""
    before = {id(tensor): tensor.detach().clone() for tensor in written()}
    device = written()[0].device
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        try:
            yield
        finally:
            with torch.no_grad():
                for tensor in written():
                    if (value := before.get(id(tensor))) is None:  # one of Adam's, zeros before the first step
                        tensor.zero_()
                    else:
                        tensor.copy_(value)
                    tensor.grad = None


def _tensors(batches: Sequence[Batch]) -> list[Tensor]:
    return [one for batch in batches for one in batch if one is not None]


class CudaGraphs:
    """Records what is launched as a CUDA graph; nothing of it runs before the first replay.

    All of them use the same memory, since they are replayed one after the other.
    """

    _first: torch.cuda.CUDAGraph | None = None  # kept, since the memory goes with the last graph that uses it

    why_not = ""
    """Why steps cannot be recorded, once one could not."""

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, compute: Callable[[], None]) -> Callable[[], None]:
        """From a function that computes to one that does the same again."""
        graph, stream = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        cause: Exception | None = None
        try:
            with torch.cuda.graph(graph, pool=self._pool):
                try:
                    compute()
                except Exception as error:
                    cause = error
                    raise
        except Exception as error:  # noqa: BLE001 (a model's own code may raise whatever it likes)
            torch.cuda.set_stream(stream)  # a recording that cannot be ended leaves its own
            raise cause or error from None  # its end says only that something failed before
        self._first = self._first or graph
        return graph.replay


def _padded(batch: Batch, longest: int) -> Batch:
    """With a number of positions that is one of a few."""
    step = max(1, -(-longest // _LENGTHS))
    positions = min(longest, -(-batch.inputs.shape[1] // step) * step)
    return batch._replace(inputs=padded(batch.inputs, max(positions, batch.inputs.shape[1])))
