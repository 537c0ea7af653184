"""Where the plans and comparisons of a verdict lie in its folder, and which folders are refused. No torch."""

from __future__ import annotations

from pathlib import Path

from frostformer.errors import InputError
from frostformer.files import is_file, read_at_most
from frostformer.results.result import MOST_RESULT_BYTES
from frostformer.results.verdict import PLAN_NAME, VERDICT_NAME
from frostformer.schema import parse_json

_LABELS = "labels-"


def plans_in(folder: Path) -> list[Path]:
    """The plans in a verdict's folder: one, or with `--sizes` one for each number of labels, the fewest first."""
    paths = [folder / PLAN_NAME, *(one / PLAN_NAME for one in folders_of_sizes(folder))]
    return [path for path in paths if is_file(path) and _is_plan(path)]


def folder_of_size(folder: Path, count: int) -> Path:
    """Where the comparison with so many labelled sequences lies in a verdict's folder."""
    return folder / f"{_LABELS}{count}"


def folders_of_sizes(folder: Path) -> list[Path]:
    """What `--sizes` makes in a verdict's folder, `labels-50` and so on, the fewest labels first."""
    counts = {path: path.name.removeprefix(_LABELS) for path in folder.glob(f"{_LABELS}*")}
    return sorted((path for path, count in counts.items() if count.isdecimal()), key=lambda path: int(counts[path]))


def _is_plan(path: Path) -> bool:
    """Whether a file of this name is the plan of a verdict; other programs have plans, too."""
    try:
        fields = parse_json(read_at_most(path, MOST_RESULT_BYTES))
    except InputError:
        return False
    return isinstance(fields, dict) and {"fingerprints", "replicates"} <= fields.keys()


def refuse_unfinished(folder: Path) -> None:
    """Refuse the folder of a verdict that has begun and not ended.

    Raises:
        InputError: it is one.
    """
    has_ended = is_file(folder / VERDICT_NAME) or (
        folder.name.startswith(_LABELS) and is_file(folder.parent / VERDICT_NAME)
    )
    if not has_ended and plans_in(folder):
        raise InputError(
            f"{folder} holds a verdict that has not ended: finish it with `frostformer verdict` and --resume"
        )


def refuse_verdict(folder: Path, otherwise: str) -> None:
    """Refuse the folder of a verdict where a run is needed.

    Args:
        folder: which may hold anything.
        otherwise: what is done instead, for the sentence.

    Raises:
        InputError: it holds a verdict.
    """
    refuse_unfinished(folder)
    if is_file(folder / VERDICT_NAME):
        raise InputError(f"{folder} holds a verdict, which `frostformer report {folder}` shows: {otherwise}")
