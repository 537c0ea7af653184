"""The files of a verdict in progress: what each training answered, and how often the test was read.

plan.json                                   what is done, fixed before anything is trained
trainings/replicate-0-fold-0/random.json    one training; `random.npz` beside it has its answers, not yet scored
adapters/replicate-0-fold-0/                the pretrained arm's adapters, for predictions
margins.json, readings.json, verdict.json   written when the test is read
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from frostformer.deploy.averaged import ADAPTERS
from frostformer.errors import InputError
from frostformer.files import cannot_write, is_file, is_folder, read_at_most, write_whole
from frostformer.report.rendering import PAGE_NAME
from frostformer.results.arrays import stored_arrays
from frostformer.results.json_lines import without_infinities
from frostformer.results.result import MOST_RESULT_BYTES
from frostformer.results.verdict import PLAN_NAME, VERDICT_NAME
from frostformer.results.verdict_folder import plans_in
from frostformer.runs.adapters import FILE_NAME as ADAPTER_NAME
from frostformer.schema import parse_json, read_as, reading
from frostformer.training.checkpoints import write_tensors
from frostformer.verdicts.training import Trained

READINGS_NAME, MARGINS_NAME = "readings.json", "margins.json"
TRAININGS = "trainings"
_REMOVE = "remove it, and go on with --resume"


@dataclass(frozen=True)
class Stored:
    """One training of an arm, or one fit of a baseline, without its arrays."""

    seconds: float
    score: float | None
    """The validation score that chose."""

    chosen: str
    """The learning rate or the setting."""

    plan: str = ""
    """Digest of the plan by which it was trained."""

    spent: float = 0.0
    """Seconds of the budget that were spent when it had ended."""

    rescued: bool = False
    diverged: bool = False
    gain: float | None = None
    trained: int | None = None
    steps: int = 0
    curve: tuple[tuple[int, float | None], ...] = ()


@dataclass(frozen=True)
class Store:
    """The folder of one comparison."""

    folder: Path
    ledger: Path
    """The folder in which readings of the test are counted, one for all comparisons of a verdict."""

    plan: str
    """Digest of the plan; trainings of other plans count as missing."""

    def keep(self, place: str, arm: str, trained: Trained, spent: float, *, with_adapter: bool) -> None:
        """Write a training that has ended; its .json comes last and says that all is there."""
        if with_adapter:
            adapter, tensors = trained.adapter
            write_tensors(self.folder / ADAPTERS / place / ADAPTER_NAME, tensors, adapter.header())
        stored = Stored(
            seconds=trained.seconds,
            score=trained.score,
            chosen=f"{trained.rate:g}",
            rescued=trained.rescued,
            diverged=trained.diverged,
            gain=trained.gain,
            trained=trained.trained,
            steps=trained.steps,
            curve=tuple(trained.curve),
            spent=spent,
        )
        self.write(place, arm, stored, trained.answers, trained.validation)

    def write(self, place: str, arm: str, stored: Stored, answers: np.ndarray, validation: np.ndarray) -> None:
        """Write what was learned and answered, the arrays first."""
        content = io.BytesIO()
        np.savez_compressed(content, answers=answers, validation=validation)
        path = self._path(place, arm)
        write_whole(path.with_suffix(".npz"), content.getvalue())
        own = replace(stored, plan=self.plan)
        write_whole(path, json.dumps(without_infinities(asdict(own)), allow_nan=False))

    def find(self, place: str, arm: str) -> Stored | None:
        """What was kept of a training; None where it has not ended, or was trained by another plan."""
        path = self._path(place, arm)
        if not is_file(path) or not is_file(path.with_suffix(".npz")):
            return None
        content = read_at_most(path, MOST_RESULT_BYTES)
        with reading(f"{path} is not the file of a training", _REMOVE):
            found = read_as(Stored, parse_json(content))
        return found if found.plan == self.plan else None

    def arrays(self, place: str, arm: str) -> tuple[np.ndarray, np.ndarray]:
        """Answers (N, R, G) on the test inputs, and scores (V,) of validation."""
        path = self._path(place, arm).with_suffix(".npz")
        with stored_arrays(path, ("answers", "validation"), "answers", _REMOVE) as arrays:
            return arrays["answers"], arrays["validation"]

    def spent(self) -> tuple[float, int]:
        """Seconds of the budget, and steps of trainings, that are in the folder already.

        Raises:
            InputError: one of them is damaged; later, all that is trained until then would be in vain.
        """
        found = []
        for path in sorted((self.folder / TRAININGS).glob("*/*.json")):
            if one := self.find(path.parent.name, path.stem):
                self.arrays(path.parent.name, path.stem)
                found.append(one)
        return max((one.spent for one in found), default=0.0), sum(one.steps for one in found)

    def note_reading(self, plans: list[dict[str, Any]]) -> None:
        """Write down that the test is read for these plans, before it is."""
        before, digest = readings_in(self.ledger), digest_of(plans)
        if digest not in before:
            write_whole(self.ledger / READINGS_NAME, json.dumps([*before, digest]))

    def write_margins(self, margins: dict[str, float]) -> None:
        """Write the margins, which follow from validation alone, before a test score is computed."""
        write_whole(self.folder / MARGINS_NAME, json.dumps(margins, indent=2))

    def _path(self, place: str, arm: str) -> Path:
        return self.folder / TRAININGS / place / f"{arm.replace(' ', '-')}.json"


def readings_in(ledger: Path) -> list[str]:
    """Digests of the plans for which the test was read."""
    path = ledger / READINGS_NAME
    if not is_file(path):
        return []
    with reading(f"{path} does not say how often the test was read", "give another --out"):
        found = parse_json(read_at_most(path, MOST_RESULT_BYTES))
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise InputError("it is no list of texts")
    return found


def start_anew(folder: Path) -> None:
    """Remove a verdict, but for how often the test was read; its answer goes first and its plans last.

    So whatever a kill leaves is a verdict that has not ended. Files that no verdict has written stay.
    """
    plans = plans_in(folder)
    owned = [plan.parent for plan in plans]
    if is_file(folder / VERDICT_NAME) and folder not in owned:  # its plan is lost, or in the folders of its sizes
        owned.append(folder)
    try:
        if owned:
            (folder / VERDICT_NAME).unlink(missing_ok=True)
            (folder / PAGE_NAME).unlink(missing_ok=True)
        for own in owned:
            for name in (TRAININGS, ADAPTERS):
                if is_folder(own / name):
                    shutil.rmtree(own / name)
            (own / MARGINS_NAME).unlink(missing_ok=True)
            if own / PLAN_NAME in plans:
                (own / PLAN_NAME).unlink()
            if own != folder and not any(own.iterdir()):
                own.rmdir()
    except OSError as error:
        raise cannot_write(folder, error) from error


def place_of(replicate: int, fold: int) -> str:
    """The name of the folder of one replicate on one fold."""
    return f"replicate-{replicate}-fold-{fold}"


def digest_of(plans: list[dict[str, Any]]) -> str:
    """Tells verdicts apart."""
    return hashlib.sha256(json.dumps(plans, sort_keys=True).encode()).hexdigest()[:16]
