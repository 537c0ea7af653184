"""Who makes what can be made side by side: this process, several of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from frostformer.runs.engines import connected, processes

_Made = TypeVar("_Made")
_AHEAD = 2  # calls for each worker that are sent at a time: their data are in memory


@dataclass(frozen=True)
class Makers:
    """Processes, or workers."""

    jobs: int = 1
    """Number of processes of this machine, each with its share of the cores."""

    cluster: str | None = None
    """Address of a Dask scheduler. Whoever reaches one can run any code on its workers."""

    plugin: str | None = None
    """A file that registers tasks or backbones, which they run first."""

    @property
    def are_others(self) -> bool:
        """Whether they are not this process."""
        return self.jobs > 1 or self.cluster is not None

    def check(self) -> None:
        """Refuse a cluster that is not there, or has no workers that can be used."""
        if self.cluster is not None:
            connected(self.cluster).close()

    def spread(self, calls: Iterable[Callable[[], _Made]]) -> Generator[_Made]:
        """What the calls give, each when it has ended; pickle carries them, between our own processes alone.

        Raises:
            InputError: a process was ended from outside, or no cluster is there.
            Exception: what a call raises.
        """
        return self._by_cluster(self.cluster, calls) if self.cluster else processes(calls, self.jobs)

    @staticmethod
    def _by_cluster(address: str, calls: Iterable[Callable[[], _Made]]) -> Generator[_Made]:
        with closing(connected(address)) as client:
            from distributed import as_completed

            def sent(count: int) -> list[Any]:
                return [client.submit(_called, call, pure=False) for call in islice(todo, count)]

            todo = iter(calls)
            futures = as_completed(sent(_AHEAD * len(client.nthreads())), loop=client.loop)
            for future in futures:
                futures.update(sent(1))
                yield future.result()


HERE = Makers()
"""This process."""


def _called(call: Callable[[], _Made]) -> _Made:
    return call()
