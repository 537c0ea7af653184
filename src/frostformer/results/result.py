"""One JSON file per run, at most 100 kB, from which every table and figure is made. It imports no torch.

`fields.py` says how each part of a file is checked when it is read.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from frostformer.errors import InputError
from frostformer.files import is_file, is_folder, read_at_most, write_whole
from frostformer.results.fields import (
    Amount,
    AttentionShare,
    Backbone,
    Calibration,
    Config,
    Count,
    Flops,
    Group,
    Maps,
    Metrics,
    Point,
    Task,
    Tried,
)
from frostformer.results.json_lines import in_lines, without_infinities
from frostformer.schema import parse_json, read_as, read_format, reading

FORMAT = 3  # rises when a reader of older files would misread newer ones; all from 1 on are read
_FORMAT_OF_SHARES = 3  # from which on `seconds` are a run's own
BY_HAND = "from Python"  # in `resolved`: no command makes the run again
MOST_CURVE_POINTS = 160
RESULT_NAME = "result.json"
MOST_RESULT_BYTES = 2**24  # that are read; hundreds of times what a run writes


@dataclass(frozen=True)
class Result:
    """One run's answer."""

    config: Config
    """The `RunConfig`, field by field."""

    task: Task
    """name, version, shape, splits (sizes; null for an endless one), trivial levels, marked, note, source, licence.

    From format 2 on also `fingerprint`, the SHA-256 of the data in hexadecimal digits, and `scoring`: kind
    (`classification`, `multilabel` or `regression`), per_position, names (of classes, labels or targets, or null) and
    chosen_by (the metric that chose the step). Without `scoring` it was a classification chosen by accuracy.
    """

    backbone: Backbone
    """name, weights, fingerprint, width, blocks, causal, max_length."""

    groups: list[Group]
    """The freeze plan: group, trained, tensors, parameters, percent."""

    metrics: Metrics
    """By split; `validation` at the chosen step, `test` read once, with the same tensors.

    `train`, with the same tensors, without dropout and augmentation, is of a fixed choice of training sequences, as
    many as validation has (Lu et al. 2021, table 7); it has no `recall` and no `confusion`. Endless tasks and older
    files have no `train`.

    Every kind has `loss`; null where it is not a finite number, as any number below may be.
    classification: `accuracy`, `balanced_accuracy`, `macro_f1`, `recall` (a list by class, null where the class does
    not occur), `confusion` (a row for each true class, in it a count for each answered class; of more than 32 classes
    the lists `true`, `answer` and `count` of the entries that are not zero), `auc` (of two classes),
    `marked_accuracy` (where the task marks predictions). Format 1 has accuracies alone.
    multilabel: `accuracy` (share of right labels among the known ones), `exact` (share of answers with every known
    label right), `macro_f1`.
    regression: `mae` and `rmse` in the unit of the targets, `r2`; each is the mean over several targets.
    `results/metrics.py` says what these are called and how they are printed.
    """

    chosen_step: Count
    """The step with the best validation score, whose tensors the adapter holds; 0 where training diverged before any
    evaluation had a finite score, and the adapter holds the tensors that it began with."""

    steps: Count
    """Steps really run."""

    milestones: dict[str, Count]
    """First evaluated step at which the validation score that chooses the step reached each level."""

    curve: list[Point]
    """Evaluations in order: step, train_loss, validation_loss, seconds, and the validation score that chooses the step,
    such as validation_accuracy or validation_r2; thinned.

    A loss or a score is null where it was not a finite number, as when training diverged."""

    seconds: Amount
    """Training and validation, without loading and the test; of what runs side by side did together, this run's share.

    Before format 3 it was the time of all the runs: see `own_seconds`."""

    adapter_bytes: Count

    attention: Maps
    """(blocks, T, T): mean over heads and a few validation sequences; null where there is none or it is too large."""

    environment: dict[str, Any]
    """Python, library versions, hardware, processes, git commit."""

    together: Annotated[int, Field(ge=1)] = 1
    """Runs that were trained side by side."""

    resolved: dict[str, str] = field(default_factory=dict)
    """By field of the configuration, what was decided where it was `auto`, and why: {"device": "cpu: no GPU here"}.

    A field that was not left at `auto` may stand here too, with the value that was asked for."""

    diverged: Count | None = None
    """The first step whose loss, gradients, tensors or validation were not finite numbers; it ended the training.

    Null where training did not diverge, and in files before format 3, which do not say."""

    attention_share: AttentionShare | None = None
    """How much of their attention the read positions give to the positions that their answers are made of, where a task
    knows these, as the bit tasks do (Lu et al. 2021, section 3.5).

    `blocks`: the share in each block, mean over heads, read positions and a few validation sequences, 0 to 1. `mean`:
    the mean of the blocks. `uniform`: the share if each position gave equal attention to all that it may see.
    `sequences`: how many were looked at. `attention.npz`, beside the result, has maps. Null where there is none.
    """

    flops: Flops | None = None
    """Floating-point operations of one sequence of the task's length, `forward` and `backward`: matrix products and
    attention, two for each multiply-add. Where the output layer alone trains, a sequence's features are computed once.
    Null where they could not be counted, and in older files."""

    tried: Tried | None = None
    """Learning rate, as text -> the best validation score that it had; null where it had none that was finite.

    The run had the one with the best score, and test was read for that alone. Null where no rates were tried."""

    calibration: Calibration | None = None
    """Of a run with `calibrate`: the `temperature` fitted on validation, and the calibration error on test with it
    (`error`) and without it (`error_before`): how far, on average over 15 bins of equal width, the probability of the
    answer is from how often the answer is right (Guo et al. 2017). Null for other runs."""

    format: int = FORMAT

    folder: Path | None = field(default=None, compare=False)
    """Where the result lies and, beside it, the test scores; the file does not say it."""

    @property
    def own_seconds(self) -> float:
        """What the run cost: summed over runs that were trained side by side, it is the time that all of them took."""
        return self.seconds / self.together if self.format < _FORMAT_OF_SHARES else self.seconds


def write_result(path: Path, result: Result) -> None:
    """Write `result` whole or not at all, one line per top-level entry or list item, so that diffs are readable."""
    fields = asdict(result)
    del fields["folder"]
    write_whole(path, in_lines(without_infinities(fields)))


def read_result(path: Path | str) -> Result:
    """The result in a file, or in the folder of a run.

    Raises:
        InputError: the file is missing, not JSON, of a newer format, or not a result.
    """
    path = Path(path)
    path = path / RESULT_NAME if is_folder(path) else path
    if not is_file(path):
        raise InputError(f"no result at {path}: give a folder that `frostformer run --out` wrote")
    content = read_at_most(path, MOST_RESULT_BYTES)
    with reading(
        f"{path} is not a result file",
        "upgrade frostformer if a newer one made it; else delete its folder and make the run again",
    ):
        fields = parse_json(content)
        read_format(fields, "format", FORMAT)
        result = read_as(Result, fields)
        _check_names(result)
    return replace(result, folder=path.parent)


def _check_names(result: Result) -> None:
    table, names = result.metrics["test"].get("confusion"), result.task.get("scoring", {}).get("names")
    if isinstance(table, list) and names is not None and len(names) != len(table):
        raise InputError(f"it has {len(names)} names of classes, but answers of {len(table)}")


def find_results(folders: list[Path]) -> tuple[list[Result], list[str]]:
    """Every `result.json` under the folders that can be read, in path order; and why each other one cannot.

    Raises:
        InputError: a folder is missing, or there is no result at all that can be read.
    """
    for folder in folders:
        if not is_folder(folder):
            raise InputError(f"no folder at {folder}: give folders that `frostformer run --out` wrote")
    paths = sorted({path.resolve(): path for folder in folders for path in folder.rglob(RESULT_NAME)}.values())
    if not paths:
        raise InputError(f"no result.json under {', '.join(map(str, folders))}: no run has ended there")
    results, remarks = [], []
    for path in paths:
        try:
            results.append(read_result(path))
        except InputError as error:
            remarks.append(str(error))
    if not results:
        raise InputError(remarks[0])
    return results, remarks


def thin(points: list[Any], most: int = MOST_CURVE_POINTS) -> list[Any]:
    """At most `most` of the points, evenly spread, first and last among them."""
    if len(points) <= most:
        return points
    return [points[round(i * (len(points) - 1) / (most - 1))] for i in range(most)]
