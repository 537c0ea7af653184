"""Checkpoints of runs side by side: all of one moment, whenever the program is killed.

Runs that share passes end with the same bytes only if all of them go on from the same moment. So the new checkpoints
are first written beside the old ones, and take their place when all of them are there. After a kill in between, those
that have not taken their place yet do so before training goes on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from frostformer.errors import InputError
from frostformer.files import cannot_write
from frostformer.runs.folder import staged
from frostformer.runs.job import Job
from frostformer.training.checkpoints import CHECKPOINT_NAME, read_tensors


def save_all(jobs: Sequence[Job]) -> None:
    """Write the checkpoints of all jobs, each of which has just been evaluated, or has ended."""
    where = [(asdict(job.config), job.backbone.fingerprint, job.training.step) for job in jobs]
    moment = hashlib.sha256(json.dumps(where).encode()).hexdigest()
    for job in jobs:
        job.write_checkpoint(staged(job.out, CHECKPOINT_NAME), moment=moment)
    for job in jobs:
        _take_place(job.out)


def complete(outs: Sequence[Path]) -> None:
    """After a kill, let the checkpoints in these folders be of one moment again: the newest that all of them have."""
    waiting = [out for out in outs if staged(out, CHECKPOINT_NAME).is_file()]
    begun = {_moment(out / CHECKPOINT_NAME) for out in outs if (out / CHECKPOINT_NAME).is_file()} if waiting else set()
    for out in waiting:
        moment = _moment(staged(out, CHECKPOINT_NAME))
        if moment is not None and moment in begun:
            _take_place(out)
        else:
            staged(out, CHECKPOINT_NAME).unlink()  # not all of its moment were written


def _moment(path: Path) -> str | None:
    """None for the checkpoint of a run that trained alone, and for a damaged one, of which `Job.start` tells."""
    try:
        moment: str | None = read_tensors(path)[1].get("moment")
    except InputError:
        return None
    return moment


def _take_place(out: Path) -> None:
    try:
        staged(out, CHECKPOINT_NAME).replace(out / CHECKPOINT_NAME)
    except OSError as error:
        raise cannot_write(out / CHECKPOINT_NAME, error) from error
