"""Places, dates and occasions of recording that cannot be told from the classes."""

from __future__ import annotations

from collections.abc import Sequence

from frostformer.data.files.case import Text
from frostformer.data.files.parsing.times import months, read_dates
from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.finding import Finding
from frostformer.data.files.traps.tables import by_value, codes, gives
from frostformer.words import counted


def confounded(evidence: Evidence, name: str, texts: Sequence[Text]) -> Finding | None:
    """What is to be said of a site or a date that gives the label, the date also by its month or its day."""
    labels = evidence.labels
    if labels is None:
        return None
    dates = read_dates(texts)
    forms = {f"'{name}'": list(texts)}
    if dates is not None:
        forms[f"the month of '{name}'"] = list(months(dates))
        forms[f"the day of '{name}'"] = [str(one // 86_400) for one in dates]  # seconds of a day
    for what, values in forms.items():
        right = by_value(codes(values), labels)
        if gives(right, labels):
            said = f"{what} gives the label in {right:,} of {counted(len(labels), evidence.noun)}"
            sentence = f"{said}: class and recording cannot be told apart"
            return Finding("confounded", sentence, cannot_tell=True)
    return None
