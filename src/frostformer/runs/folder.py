"""The folder of a run: its files, the lock under which they are written, and how a new run takes an old one's place.

A finished run that is being replaced stays as it is until the new one has ended:

    while the new run trains    result, adapter and arrays are the old run's; the checkpoint is the new one's
    when it has ended           its files are written beside the old ones, under hidden names, `result.json` last
    from then on                it is the run of this folder: the files change places, which goes on after a kill

So a checkpoint beside a result always belongs to a newer run, which `resume` goes on with. So does a folder of learning
rates that are being tried; see `tuned.py`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from frostformer.errors import InputError
from frostformer.files import cannot_write, check_writable, hidden
from frostformer.locks import locked
from frostformer.results.attention import ATTENTION_NAME
from frostformer.results.curve import CURVE_NAME
from frostformer.results.result import RESULT_NAME
from frostformer.results.scores import SCORES_NAME
from frostformer.runs.adapters import FILE_NAME as ADAPTER_NAME
from frostformer.training.checkpoints import CHECKPOINT_NAME
from frostformer.training.devices import Place

TUNING_NAME = "tuning"  # a folder, with the checkpoint of each learning rate that is tried
ENDED = (
    ADAPTER_NAME,
    SCORES_NAME,
    ATTENTION_NAME,
    CURVE_NAME,
    RESULT_NAME,
)  # of a finished run; the result says that all are there


def staged(out: Path, name: str) -> Path:
    """Where a run that has ended writes a file, before it takes the place of the one of this name."""
    return hidden(out / name, ".new")


def publish(out: Path) -> None:
    """Let the files of a run that has ended change places with what was there; can be done again after a kill."""
    try:
        if staged(out, RESULT_NAME).exists():
            # no result stands beside the files of another run
            for old in (out / RESULT_NAME, out / CHECKPOINT_NAME, staged(out, CHECKPOINT_NAME)):
                old.unlink(missing_ok=True)
            _remove_tuning(out)
            for name in ENDED:
                if staged(out, name).exists():
                    staged(out, name).replace(out / name)
        for name in ENDED:  # of a run that was killed while it wrote them
            staged(out, name).unlink(missing_ok=True)
        _remove_empty(out / ATTENTION_NAME)
    except OSError as error:
        raise cannot_write(out, error) from error


def start_anew(out: Path) -> None:
    """Drop what an unfinished run has left; a finished one stays."""
    try:
        if (out / CHECKPOINT_NAME).exists():
            (out / CHECKPOINT_NAME).unlink()
        _remove_tuning(out)
    except OSError as error:
        raise cannot_write(out, error) from error


def _remove_tuning(out: Path) -> None:
    if (out / TUNING_NAME).is_dir():
        shutil.rmtree(out / TUNING_NAME)


def _remove_empty(path: Path) -> None:
    """Not every run has attention maps; one without any has put an empty file in the place of an older run's."""
    if path.is_file() and path.stat().st_size == 0:
        path.unlink()


@contextmanager
def held(folders: Iterable[Path], place: Place) -> Iterator[None]:
    """Be the only run that writes to these folders; of several processes the main one holds the locks.

    Raises:
        Busy: another process is at one of them.
        InputError: one can be neither made nor written to.
    """
    with ExitStack() as locks:
        refused: InputError | None = None
        if place.is_main:
            try:
                for out in folders:
                    names = (*ENDED, CHECKPOINT_NAME)
                    locks.enter_context(locked(out, [*names, *(staged(out, name).name for name in names)]))
                    publish(out)
            except InputError as error:
                refused = error
        if refused := place.decided_by_main(refused):
            raise refused
        yield


def refuse_to_lose(out: Path, resume: bool, overwrite: bool, *, tune: bool = False) -> None:
    """Refuse, before training, a folder that cannot be written, or whose run is neither to go on nor to be replaced.

    A run that tries learning rates goes on as one with `tune`, and no other does.
    """
    if resume and overwrite:
        raise InputError("--resume and --overwrite contradict each other: give one")
    check_writable(out)
    for name, state in (
        (CHECKPOINT_NAME, "an unfinished"),
        (TUNING_NAME, "an unfinished"),
        (RESULT_NAME, "a finished"),
    ):
        if (out / name).exists() and not (resume or overwrite):
            raise InputError(
                f"{out} holds {state} run: go on with --resume, replace it with --overwrite, or give another --out"
            )
    if resume and (out / (CHECKPOINT_NAME if tune else TUNING_NAME)).exists():
        how = "without" if tune else "with"
        raise InputError(f"{out} holds an unfinished run {how} --tune: go on {how} it, or replace it with --overwrite")
    for name in (*ENDED, CHECKPOINT_NAME):
        if (out / name).is_dir():
            raise InputError(f"{out / name} is a folder, where a run writes a file: remove it, or give another --out")
