"""A column that alone gives the answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from frostformer.data.files.case import Text
from frostformer.data.files.parsing.numbers import plain_number
from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.tables import by_neighbour, by_value, codes, gives
from frostformer.words import counted

_SAME_ORDER = 0.999  # rank correlation of a column with the numbers to predict


def gives_away(evidence: Evidence, texts: Sequence[Text]) -> str:
    """`the label in 24 of 24 rows`; empty where the column does not give it."""
    if evidence.labels is not None:
        return _label(evidence.labels, texts, evidence.noun)
    if evidence.numbers is not None:
        return _number(evidence.numbers, texts)
    return ""


def _label(labels: np.ndarray, texts: Sequence[Text], noun: str) -> str:
    right = by_value(codes(texts), labels)
    values = _values(texts)
    if values is not None and not gives(right, labels):
        right = int(by_neighbour(values[:, None], labels)[0])
    return f"the label in {right:,} of {counted(len(labels), noun)}" if gives(right, labels) else ""


def _number(numbers: np.ndarray, texts: Sequence[Text]) -> str:
    from scipy.stats import spearmanr

    values = _values(texts)
    if values is None or len(np.unique(values)) < 3 or len(np.unique(numbers)) < 3:
        return ""
    agreement = abs(float(spearmanr(values, numbers).statistic))
    return f"the order of the answers (rank correlation {agreement:.3f})" if agreement >= _SAME_ORDER else ""


def _values(texts: Sequence[Text]) -> np.ndarray | None:
    """(N,) numbers; None where a text is none or there is nothing."""
    values = [None if text is None else plain_number(text) for text in texts]
    return None if any(value is None for value in values) else np.array(values, np.float64)
