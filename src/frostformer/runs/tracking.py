"""Shows learning curves in TensorBoard or Weights & Biases while runs train, fed by the records that a `Watch` sees.

with tracked(Watch(), ["tensorboard"], Path("runs/xor")) as watch:
    run(config, "runs/xor", watch=watch)
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from frostformer.config import RunConfig, Tracker
from frostformer.errors import InputError, in_one_line
from frostformer.runs.folder import TUNING_NAME
from frostformer.runs.job import Watch
from frostformer.training.loop import Training
from frostformer.training.records import Record

log = logging.getLogger(__name__)


class _Curve(Protocol):
    """One run in a tracker."""

    def add(self, step: int, values: dict[str, float]) -> None:
        """Show a point of each curve."""

    def close(self) -> None:
        """No more points come."""


class _TensorBoard:
    """Event files in `ROOT/tensorboard/NAME`."""

    def __init__(self, root: Path, name: str, config: RunConfig, first: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        # points from `first` on that an earlier session or an older run has left are dropped
        self._writer = SummaryWriter(str(root / "tensorboard" / name), purge_step=first)

    def add(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class _WeightsAndBiases:
    """A run in the project `frostformer`; each session of a resumed run is one of its own."""

    def __init__(self, root: Path, name: str, config: RunConfig, first: int) -> None:
        import wandb

        called = "/".join(part for part in (root.name, name) if part)
        fields = asdict(config)
        self._run = wandb.init(project="frostformer", name=called, dir=root, config=fields, reinit="create_new")

    def add(self, step: int, values: dict[str, float]) -> None:
        self._run.log(values, step=step)

    def close(self) -> None:
        self._run.finish()


_TRACKERS: dict[Tracker, type[_TensorBoard] | type[_WeightsAndBiases]] = {
    "tensorboard": _TensorBoard,
    "wandb": _WeightsAndBiases,
}


class _Tracking:
    """All runs under a folder in one tracker; where it fails the runs go on without it."""

    def __init__(self, tracker: Tracker, root: Path) -> None:
        if find_spec(tracker) is None:
            raise InputError(f"--track {tracker} needs a package: pip install 'frostformer[{tracker}]'")
        self._tracker, self._root = tracker, root
        self._curves: dict[Path, _Curve] = {}
        self._has_failed = False

    def note(self, out: Path, training: Training, record: Record) -> None:
        """Show one evaluation of the run in the folder `out`."""
        if self._has_failed:
            return
        values = {
            "loss/train": record.train_loss,
            "loss/validation": record.validation_loss,
            f"validation/{training.scoring.chosen_by}": record.validation_score,
        }
        try:
            if out not in self._curves:
                self._curves[out] = self._begin(out, training, record.step)
            self._curves[out].add(record.step, values)
        except Exception as error:  # whatever it is, what others show must not cost a run
            self._has_failed = True
            log.debug("a tracker failed", exc_info=True)
            log.warning("%s shows no more curves (%s); the training goes on", self._tracker, in_one_line(error))

    def _begin(self, out: Path, training: Training, step: int) -> _Curve:
        if len(training.curve) == 1:
            step = 0  # a run that begins drops whatever an older one has left
        name = "/".join(part for part in out.relative_to(self._root).parts if part != TUNING_NAME)
        return _TRACKERS[self._tracker](self._root, name, training.config, step)

    def close(self) -> None:
        for curve in self._curves.values():
            with suppress(Exception):
                curve.close()


@contextmanager
def tracked(watch: Watch, trackers: Sequence[Tracker], root: Path) -> Iterator[Watch]:
    """A watch that also shows every record in each tracker.

    Args:
        watch: what is called otherwise.
        trackers: `tensorboard`, which writes to `root/tensorboard`; `wandb`, which takes its account and its mode from
            the environment.
        root: the run's folder, or the one above those of several runs.

    Raises:
        InputError: the package of one is not installed.
    """
    tracking = [_Tracking(tracker, root) for tracker in dict.fromkeys(trackers)]

    def progress(out: Path, training: Training, record: Record) -> None:
        watch.progress(out, training, record)
        for one in tracking:
            one.note(out, training, record)

    try:
        yield replace(watch, progress=progress)
    finally:
        for one in tracking:
            one.close()
