"""What the parts of a result must look like in its file, as far as anything reads them. It imports no torch.

Further keys are allowed and kept: a later version may write more.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, ConfigDict, Field, with_config
from typing_extensions import TypedDict  # Python 3.11's own is not enough for pydantic

from frostformer.config import RunConfig, above_zero
from frostformer.errors import InputError, unknown_name
from frostformer.results.metrics import METRICS
from frostformer.schema import As

MOST = 2**63 - 1
Count = Annotated[int, Field(ge=0, le=MOST)]
Amount = Annotated[float, Field(ge=0)]
Number = float | None  # any number is null where it was not finite
_ROUNDING = 1e-6  # of a mean of many numbers in float32
_open = with_config(ConfigDict(extra="allow"))


def _full(stored: dict[str, Any]) -> dict[str, Any]:
    """Every field of a configuration under its present name; those that an older file lacks have their default."""
    return asdict(RunConfig.read(stored))


def _share(value: float | None) -> float | None:
    """A share from 0 to 1; rounding may have made one of 1 a little larger."""
    if value is not None and not -_ROUNDING <= value <= 1 + _ROUNDING:
        raise InputError(f"it is {value}, wanted a share from 0 to 1")
    return None if value is None else min(max(value, 0.0), 1.0)


Share = Annotated[float | None, AfterValidator(_share)]
Part = Annotated[float, AfterValidator(_share)]


def _known(name: str) -> str:
    if name not in METRICS:
        raise unknown_name("metric", name, METRICS)
    return name


def _without_null(rules: dict[str, Number]) -> dict[str, Number]:
    return {rule: score for rule, score in rules.items() if score is not None}


def _square(rows: list[list[Any]]) -> list[list[Any]]:
    if not rows or any(len(row) != len(rows) for row in rows):
        raise InputError("it has not as many columns as rows")
    return rows


def _with_step(point: dict[str, Number]) -> dict[str, Number]:
    step = point.get("step")
    if step is None or not 0 <= step <= MOST or step % 1:
        raise InputError(f"its step is {step}, wanted a whole number")
    return point


def _of_one_size(maps: list[list[list[float]]] | None) -> list[list[list[float]]] | None:
    if maps is not None and len({len(each) for each in maps}) > 1:
        raise InputError("its maps are of different sizes")
    return maps


def _one_recall_per_class(scores: dict[str, Any]) -> dict[str, Any]:
    table, recall = scores.get("confusion"), scores.get("recall")
    if isinstance(table, list) and recall is not None and len(table) != len(recall):
        raise InputError(f"it has {len(recall)} recalls, but answers of {len(table)} classes")
    return scores


def _of_rates(tried: dict[str, Number]) -> dict[str, Number]:
    for rate in tried:
        above_zero("a learning rate that was tried", _number(rate))
    return tried


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"'{text}' is no learning rate") from None


@_open
class ScoringForm(TypedDict, total=False):
    """How the task is scored; what an older file lacks is in `metrics.scoring`."""

    kind: Literal["classification", "multilabel", "regression"]
    per_position: bool
    names: list[str | int | float] | None
    chosen_by: Annotated[str, AfterValidator(_known)]


@_open
class TaskForm(TypedDict):
    """The task."""

    name: str
    version: Count
    splits: dict[str, Count | None]
    trivial: Annotated[dict[str, Number], AfterValidator(_without_null)]
    note: str
    source: str
    marked: NotRequired[str | None]
    fingerprint: NotRequired[str | None]
    scoring: NotRequired[ScoringForm]


@_open
class BackboneForm(TypedDict):
    """The backbone."""

    fingerprint: str
    tensors: NotRequired[str]
    answer: NotRequired[list[float]]
    name: NotRequired[str]
    causal: NotRequired[bool | None]


@_open
class GroupForm(TypedDict):
    """A parameter group."""

    group: str
    trained: bool
    tensors: Count
    parameters: Count
    percent: Annotated[float, Field(ge=0, le=100)]


class SparseTable(TypedDict):
    """The entries of a large confusion matrix that are not zero."""

    true: list[Count]
    answer: list[Count]
    count: list[Count]


@_open
class ScoresForm(TypedDict, total=False):
    """The metrics of one split."""

    loss: Number
    accuracy: Share
    marked_accuracy: Share
    balanced_accuracy: Share
    exact: Share
    macro_f1: Share
    auc: Share
    mae: Number
    rmse: Number
    r2: Annotated[float | None, Field(le=1)]
    recall: list[Share] | None
    confusion: Annotated[list[list[Count]], AfterValidator(_square)] | SparseTable


Scores = Annotated[ScoresForm, AfterValidator(_one_recall_per_class)]


@_open
class MetricsForm(TypedDict):
    """The metrics of each split."""

    validation: Scores
    test: Scores
    train: NotRequired[Scores]


@_open
class AttentionShareForm(TypedDict):
    """Attention on the positions that answers are made of."""

    mean: Part
    blocks: list[Part]
    uniform: Part
    sequences: Count


@_open
class FlopsForm(TypedDict):
    """Operations of one sequence."""

    forward: Count
    backward: Count


@_open
class CalibrationForm(TypedDict):
    """What became of the probabilities of a run with `calibrate`."""

    temperature: Annotated[float, Field(gt=0)]
    error_before: Share
    error: Share


Config = Annotated[dict[str, Any], AfterValidator(_full)]
Task = Annotated[dict[str, Any], As(TaskForm)]
Backbone = Annotated[dict[str, Any], As(BackboneForm)]
Group = Annotated[dict[str, Any], As(GroupForm)]
Metrics = Annotated[dict[str, dict[str, Any]], As(MetricsForm)]
AttentionShare = Annotated[dict[str, Any], As(AttentionShareForm)]
Flops = Annotated[dict[str, Any], As(FlopsForm)]
Calibration = Annotated[dict[str, Any], As(CalibrationForm)]
Tried = Annotated[dict[str, Number], AfterValidator(_of_rates)]
Point = Annotated[dict[str, Number], AfterValidator(_with_step)]
Maps = Annotated[
    list[Annotated[list[list[Part]], AfterValidator(_square)]] | None,
    AfterValidator(_of_one_size),
]
