"""The kinds of scoring by name, and how a scoring is read back from a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frostformer.errors import unknown_name
from frostformer.schema import read_kind
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.scoring.multilabel import MultiLabel
from frostformer.tasks.scoring.regression import Regression
from frostformer.tasks.scoring.scoring import Scoring

SCORINGS: dict[str, type[Scoring]] = {
    "classification": Classification,
    "multilabel": MultiLabel,
    "regression": Regression,
}


def scoring_called(kind: str) -> type[Scoring]:
    """The class of a kind.

    Raises:
        InputError: there is no such kind.
    """
    if kind not in SCORINGS:
        raise unknown_name("scoring", kind, SCORINGS)
    return SCORINGS[kind]


def read_scoring(stored: Mapping[str, Any]) -> Scoring:
    """The scoring that `Scoring.describe` described.

    Raises:
        InputError: the kind or a field is not known, or a field does not fit.
    """
    return read_kind(SCORINGS, stored)
