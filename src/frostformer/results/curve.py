"""The learning curve of a run as a table that any program reads, `curve.csv`. It imports no torch."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from frostformer.results.json_lines import without_infinities

CURVE_NAME = "curve.csv"
_LEFT_OUT = "seconds"  # all else is the same whenever the run is repeated


def curve_csv(curve: Sequence[dict[str, Any]]) -> str:
    """A row for each evaluation, see `Result.curve`, which has fewer of them; empty where a number was not finite."""
    curve = without_infinities(curve)
    content = io.StringIO()
    columns = [name for name in curve[0] if name != _LEFT_OUT]
    rows = csv.DictWriter(content, columns, extrasaction="ignore", lineterminator="\n")
    rows.writeheader()
    rows.writerows(curve)
    return content.getvalue()
