"""Reads texts as times. It imports no torch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from frostformer.data.files.case import Text

_FORMS = (
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%m/%d/%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d-%m-%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%Y %b",
    "%b %Y",
    "%Y-%m",
)
_MAY_BE = re.compile(r"(?=.*\d).*[-/.: ].*")


def read_dates(texts: Sequence[Text]) -> np.ndarray | None:
    """(N,) seconds since 1970, NaN where there is nothing; None where a text is no date.

    One way of writing has to fit all of them, so that 3/4/2021 is read as the others are.
    """
    each = list(dict.fromkeys(text for text in texts if text is not None))
    if not each or not all(_MAY_BE.fullmatch(text) for text in each):
        return None
    for form in ("", *_FORMS):
        try:
            found = {text: _seconds(text, form) for text in each}
        except (ValueError, OverflowError):
            continue
        return np.array([np.nan if text is None else found[text] for text in texts])
    return None


def _seconds(text: str, form: str) -> float:
    moment = datetime.strptime(text, form) if form else datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def months(times: np.ndarray) -> list[str]:
    """`2021-03` for each of the seconds since 1970; empty where there is none."""
    return ["" if np.isnan(one) else datetime.fromtimestamp(one, UTC).strftime("%Y-%m") for one in times]
