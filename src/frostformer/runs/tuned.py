"""Trains one run at several learning rates, of which validation chooses one; test is read for the chosen one alone.

frostformer run --task digits --tune --out runs/digits

Each rate trains in a folder of its own inside the run's, which holds its checkpoint alone. When all have ended, the
chosen one is finished from its checkpoint into the run's folder, and the others go: whenever the program is killed,
`resume` goes on to the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from frostformer.config import RunConfig
from frostformer.errors import InputError, enough_memory
from frostformer.files import remove_partials
from frostformer.results.result import RESULT_NAME, Result, read_result
from frostformer.runs.folder import TUNING_NAME, held, refuse_to_lose, start_anew
from frostformer.runs.job import Job, Question, Watch
from frostformer.runs.one import settle, train
from frostformer.runs.rates import asked_rates
from frostformer.tasks.registry import task_of
from frostformer.tasks.task import Task
from frostformer.training.checkpoints import CHECKPOINT_NAME
from frostformer.training.devices import Place

_FOLDER = "learning-rate-"


def run_tuned(
    config: RunConfig,
    out: Path | str,
    *,
    rates: Sequence[float] = (),
    task: Task | None = None,
    backbone: nn.Module | None = None,
    resume: bool = False,
    overwrite: bool = False,
    watch: Watch | None = None,
) -> Result:
    """Train as `run` does, at each of several learning rates; the result is that of the best by validation.

    Args:
        config: what the run is asked to do; its learning rate is left at the default.
        out: a folder.
        rates: those to try; without any, the three of `rates_to_try`.
        task: one of your own, as in `run`.
        backbone: a module of your own, as in `run`.
        resume: go on with the run in `out`, to the same bytes; a finished one gives its result.
        overwrite: replace the run in `out`, which stays until the new one has ended.
        watch: functions that are called while the run goes on; each rate is a part of it.

    Raises:
        InputError: as in `run`, the configuration has a learning rate, or there is nothing to choose.
        Busy: another process is at the run in `out`.
        TimeIsUp: `watch` stopped it; `resume` goes on.
    """
    out, watch = Path(out), watch or Watch()
    tried_rates = asked_rates(config, rates)
    question, place = settle(config, task, backbone)
    with held([out], place), enough_memory():
        refuse_to_lose(out, resume, overwrite, tune=True)
        with place.main_first():
            task = task_of(question.config, task)
        tuning = _Tuning(question, tried_rates, out, task, backbone, place)
        if resume:
            tuning.refuse_others()
        if not overwrite and (result := tuning.finished()):
            return result
        tried = {rate: tuning.train(rate, watch, anew=overwrite) for rate in tuning.rates}
        return tuning.finish(tried)


@dataclass(frozen=True)
class _Tuning:
    """One run at several learning rates."""

    question: Question
    rates: tuple[float, ...]
    out: Path
    task: Task
    backbone: nn.Module | None
    place: Place

    def finished(self) -> Result | None:
        """The result in the folder, if the very same run has ended there.

        Raises:
            InputError: another run has ended there.
        """
        if not (self.out / RESULT_NAME).exists() or (self.out / TUNING_NAME).exists():
            return None  # what is tried beside a result belongs to a newer run
        result = read_result(self.out / RESULT_NAME)
        if result.tried is None or set(result.tried) != set(map(str, self.rates)):
            other = "without --tune" if result.tried is None else f"that tried {', '.join(result.tried)}"
            raise InputError(f"{self.out} holds a run {other}: give another --out, or replace it with --overwrite")
        return self._job(result.config["learning_rate"], self.out).finished()

    def refuse_others(self) -> None:
        """Refuse to go on where a rate was begun that is not asked for now.

        Raises:
            InputError: so it is.
        """
        begun = sorted(path.name.removeprefix(_FOLDER) for path in (self.out / TUNING_NAME).glob(f"{_FOLDER}*"))
        if others := [rate for rate in begun if rate not in map(str, self.rates)]:
            raise InputError(
                f"{self.out} holds an unfinished run that tries {', '.join(others)}, too: go on with its rates, or "
                "replace it with --overwrite"
            )

    def train(self, rate: float, watch: Watch, *, anew: bool) -> float | None:
        """Train at this rate to the end, or as far as it is missing; gives the best validation score, if any."""
        job = self._job(rate, self._folder(rate))
        before = self.rates.index(rate)
        if before:
            watch = replace(watch, plan=Watch().plan)
        if self.place.is_main:
            if anew and not before:
                start_anew(self.out)
            remove_partials(job.out / CHECKPOINT_NAME)
        self._wait()
        training = job.start(self.place)
        had_ended = training.finished
        if self.place.is_main:
            watch.part(f"learning rate {rate} ({before + 1} of {len(self.rates)})")
        train(job, watch)
        if self.place.is_main and not had_ended:
            job.write_checkpoint(job.out / CHECKPOINT_NAME)
        self._wait()
        return training.best.validation_score if training.best else None

    def finish(self, tried: dict[float, float | None]) -> Result:
        """Finish the run of the best validation score; one without any is never chosen before others."""
        scores = {rate: -math.inf if score is None else score for rate, score in tried.items()}
        chosen = max(scores, key=lambda rate: scores[rate])
        job = self._job(chosen, self._folder(chosen))
        job.start(self.place)
        train(job, Watch())  # it has ended: its best tensors are put into the model
        job.out = self.out
        return job.finish({str(rate): score for rate, score in tried.items()})

    def _folder(self, rate: float) -> Path:
        return self.out / TUNING_NAME / f"{_FOLDER}{rate}"

    def _job(self, rate: float, out: Path) -> Job:
        question = self.question
        at_rate = Question(
            replace(question.asked, learning_rate=rate), replace(question.config, learning_rate=rate), question.resolved
        )
        return Job(at_rate, out, self.task, self.backbone)

    def _wait(self) -> None:
        """Let the other processes wait until the main one has written its files."""
        self.place.decided_by_main(None)
