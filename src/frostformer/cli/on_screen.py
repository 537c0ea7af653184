"""Many runs while they are made: a line of progress, and a page that is written again as they end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from frostformer.cli.console import print_plan
from frostformer.cli.options import Workers
from frostformer.cli.progress import Progress
from frostformer.cli.terminal import is_main_process, is_quiet, say
from frostformer.config import RunConfig, Tracker
from frostformer.report.live import LivePage
from frostformer.results.result import Result
from frostformer.runs.attempt import Outcome
from frostformer.runs.job import Watch
from frostformer.runs.tracking import tracked


class RunsOnScreen:
    """Gives `run_many` its `watched` and `ended`."""

    def __init__(
        self,
        runs: int,
        out: Path,
        write_page: Callable[[list[Result], str], None],
        workers: Workers,
        track: Sequence[Tracker] = (),
    ) -> None:
        """No run has ended yet.

        Args:
            runs: how many are to be made.
            out: the folder that theirs are in.
            write_page: writes the page of these results, with a sentence on what is still to come.
            workers: who makes the runs.
            track: programs that show the learning curves.
        """
        self.so_far = Outcome()
        self._runs, self._out, self._workers, self._track = runs, out, workers, track
        self._page = LivePage(write_page, runs)

    @contextmanager
    def watched(self, names: Sequence[str], first: RunConfig) -> Iterator[Watch]:
        """Shows runs that train side by side, and before the first of all which groups train."""
        done = self._count
        label = names[0] if len(names) == 1 else f"{len(names)} runs from {names[0]}"
        with closing(Progress(first.steps, f"{done + len(names)}/{self._runs} {label}")) as bar:
            watch = Watch(Watch().plan if done else print_plan, bar.show, bar.step, bar.part)
            with tracked(watch, self._track, self._out) as also:
                yield also

    def ended(self, found: Outcome) -> None:
        """Says how far it is, and writes the page."""
        self.so_far = found
        if self._workers.are_others and not is_quiet():
            say(f"{self._count} of {self._runs} runs have ended")
        if is_main_process():
            self._page.show(list(found.results.values()), len(found.failures))

    @property
    def _count(self) -> int:
        return len(self.so_far.results) + len(self.so_far.failures)
