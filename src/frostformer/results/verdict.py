"""What a verdict found, as one JSON file from which its sentences, its page and later commands are made. No torch.

`docs/verdict.md` explains the rule and its error rates.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from frostformer.errors import InputError
from frostformer.files import is_file, is_folder, read_at_most, write_whole
from frostformer.results.json_lines import in_lines
from frostformer.results.result import MOST_RESULT_BYTES
from frostformer.schema import parse_json, read_as, read_format, reading

FORMAT = 1
VERDICT_NAME = "verdict.json"
PLAN_NAME = "plan.json"  # written before anything is trained

USE = "Should you use it?"
"""Begins the sentence that answers the second question."""

Word = Literal["helps", "does not help", "cannot tell"]


@dataclass(frozen=True)
class Compared:
    """The pretrained frozen transformer against one other arm, on the test sequences."""

    word: Word
    difference: float
    """Of the mean scores; above zero the pretrained one is better."""

    low: float
    high: float
    """Ends of the interval that is read at `alpha`."""

    alpha: float
    """How often the interval of equal arms is to lie above zero, and how often below."""

    margin: float
    """A smaller gain does not count as help."""

    wins: tuple[int, int]
    """In how many of the pairs of replicates the pretrained one is better, and the number of pairs."""


@dataclass(frozen=True)
class Curve:
    """The learning curve of one training."""

    replicate: int
    points: tuple[tuple[int, float | None], ...]
    """(step, validation score); None where it was not a finite number."""


@dataclass(frozen=True)
class ArmFound:
    """One arm: a transformer, an LSTM, or a simple baseline."""

    name: str
    kind: Literal["verdict", "baseline", "beside"]
    """Whether it is compared for the verdict, is a simple baseline, or stands beside."""

    about: str
    """What it is, in words."""

    scores: tuple[float, ...]
    """Mean test score of each replicate, over all folds."""

    validation: float | None
    """Mean over the replicates of the validation score that chose; None where one was not finite."""

    seconds: float
    """Of all its trainings."""

    chosen: tuple[str, ...] = ()
    """The learning rate, or the setting of a baseline, that each replicate chose."""

    rescued: int = 0
    """Trainings that fell back after their rate was chosen, so that the next best rate was trained, too."""

    diverged: int = 0
    gain: float | None = None
    """What its validation score gained over the last third of the steps, on average."""

    trained: int | None = None
    """Parameters that train; None for baselines."""

    curves: tuple[Curve, ...] = ()
    against: Compared | None = None
    """The pretrained one against this arm; None for the pretrained one itself."""

    code: str = ""
    """Of a baseline: lines of scikit-learn that fit it again."""


@dataclass(frozen=True)
class Disputed:
    """A test sequence on which the two arms of the verdict disagree."""

    id: str
    pretrained: float
    random: float
    """Mean scores over the replicates."""


@dataclass(frozen=True)
class Verdict:
    """The answer for one amount of training data."""

    answer: Word
    """Does pretraining help: the pretrained frozen transformer against the random one."""

    hurts: bool
    """Whether pretrained weights are surely worse than random ones."""

    use: Word
    """Is it better than every simple baseline."""

    sentences: tuple[str, ...]
    """The whole answer in words, the most important first."""

    metric: str
    """`accuracy`, `balanced_accuracy`, or `r2` for numbers, whose scores are absolute errors with a minus sign."""

    chosen_by: str
    """The metric of validation that chose steps, rates and settings."""

    is_share: bool
    """Whether scores are shares, told in points of a hundred."""

    task: str
    backbone: str
    arms: tuple[ArmFound, ...]
    margin_by: str
    """Where the margin comes from, in words."""

    replicates: int
    folds: int
    steps: int
    rates: int
    """Learning rates that each training chose among."""

    tested: int
    """Sequences, each of which every replicate scored once."""

    trained_on: int | None
    """Sequences that a training had, without validation; None if they have no end."""

    reading: int
    """Which reading of these test sequences it is, counted from 1."""

    smallest: float | None
    """The smallest gain that would be found in 4 of 5 cases, by the validation scores; None where it has no number."""

    budget: str
    seconds: float
    seed: int
    command: str
    disputed: tuple[Disputed, ...] = ()
    traps: tuple[str, ...] = ()
    """What the look at the data found."""

    cannot_tell: tuple[str, ...] = ()
    """Why no answer is possible, whatever the numbers say."""

    needed: int | None = None
    """About how many sequences must be tested to find a gain of two points, or of numbers of twice the margin, in 4 of
    5 cases; None where that is not known, or no number is enough."""

    untrained: float = 0.0
    """Share of the tested sequences whose class no training sequence has; they are wrong for every arm."""

    left_out: tuple[str, ...] = ()
    """Arms and baselines that were not run, and why."""

    labels: int | None = None
    """Of a comparison over amounts of data: labelled sequences outside the test that were used."""

    curve: tuple[Verdict, ...] = ()
    """The same question with fewer labelled sequences, smallest first."""

    format: int = FORMAT

    @property
    def by_name(self) -> dict[str, ArmFound]:
        """The arms by their names."""
        return {arm.name: arm for arm in self.arms}

    @property
    def best_baseline(self) -> ArmFound | None:
        """The simple baseline that is best on validation."""
        return self._best([arm for arm in self.arms if arm.kind == "baseline"])

    @property
    def unbeaten(self) -> ArmFound | None:
        """Of the simple baselines that were not surely beaten, the one that is best on validation."""
        rivals = [arm for arm in self.arms if arm.kind == "baseline"]
        return self._best([arm for arm in rivals if arm.against is None or arm.against.low <= 0])

    @staticmethod
    def _best(arms: list[ArmFound]) -> ArmFound | None:
        return max(arms, key=lambda arm: -math.inf if arm.validation is None else arm.validation, default=None)


def write_verdict(folder: Path, verdict: Verdict) -> None:
    """Write it whole or not at all, a line for each arm."""
    write_whole(folder / VERDICT_NAME, in_lines(asdict(verdict)))


def read_verdict(path: Path | str) -> Verdict:
    """The verdict in a file or a folder.

    Raises:
        InputError: there is none, or it is of a newer version.
    """
    path = Path(path)
    path = path / VERDICT_NAME if is_folder(path) else path
    if not is_file(path):
        raise InputError(f"no verdict at {path}: give a folder that `frostformer verdict --out` wrote")
    content = read_at_most(path, MOST_RESULT_BYTES)
    with reading(f"{path} is not the file of a verdict", "make it again with `frostformer verdict`"):
        fields = parse_json(content)
        read_format(fields, "format", FORMAT)
        verdict = read_as(Verdict, fields)
        if not verdict.sentences:
            raise InputError("it says nothing")
    return verdict
