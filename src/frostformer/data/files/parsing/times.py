"""Times in a file: numbers, dates with and without zones, hours; as seconds, so that they can be sorted."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import numpy as np

from frostformer.data.files.case import Text
from frostformer.data.files.parsing.numbers import Style, number

_CLOCK = (
    r"(?P<hour>\d{1,4}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<part>[.,]\d{1,9})?)?\s*(?P<half>[aApP]\.?[mM]\.?)?"
)
_ZONE = r"\s*(?P<zone>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
_AFTER = rf"(?:(?:T|t|\s+|_){_CLOCK}{_ZONE})?"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_ISO = re.compile(rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})(?:[-/.](?P<day>\d{{1,2}}))?{_AFTER}", re.ASCII)
_NUMBERED = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<mark>[-/.])(?P<next>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}|\d{{2}}),?{_AFTER}", re.ASCII
)
_NAMED = re.compile(rf"(?:(?P<day>\d{{1,2}})[. -]+)?{_MONTH}[ ,-]+(?P<year>\d{{4}}){_AFTER}", re.ASCII | re.IGNORECASE)
_AMERICAN = re.compile(rf"{_MONTH} +(?P<day>\d{{1,2}}),? +(?P<year>\d{{4}}){_AFTER}", re.ASCII | re.IGNORECASE)
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})[ -]{_MONTH}(?:[ -](?P<day>\d{{1,2}}))?{_AFTER}", re.ASCII | re.IGNORECASE)
_HOURS = re.compile(rf"{_CLOCK}{_ZONE}", re.ASCII)
_DATES = (_ISO, _NUMBERED, _NAMED, _AMERICAN, _YEAR_FIRST)
_PATTERNS = (*_DATES, _HOURS)
_LONGEST = 48
_PLAIN = Style()


def looks_like_time(text: str) -> bool:
    """Whether a text is spelt like a date or a time of day; a bare number is not."""
    return len(text) <= _LONGEST and any(pattern.fullmatch(text) for pattern in _PATTERNS)


def has_date(text: str) -> bool:
    """Whether a time says the day, so that it comes once; a time of day comes again on the next."""
    return len(text) <= _LONGEST and any(pattern.fullmatch(text) for pattern in _DATES)


def has_clock(text: str) -> bool:
    """Whether a time says the time of day, as a recording's does and a calendar's does not."""
    return ":" in text


def day_first(texts: Iterable[str]) -> bool | None:
    """Whether dates such as 03.04.2021 begin with the day: True or False where some date shows it, else None."""
    for text in texts:
        found = _NUMBERED.fullmatch(text) if len(text) <= _LONGEST else None
        if found is None:
            continue
        if found["mark"] == "." or int(found["first"]) > 12:
            return True
        if int(found["next"]) > 12:
            return False
    return None


def is_date_in_doubt(text: str) -> bool:
    """Whether it is a date such as 3/4/2021, which alone does not say what is the day."""
    found = _NUMBERED.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None or found["mark"] == ".":
        return False
    first, second = int(found["first"]), int(found["next"])
    return max(first, second) <= 12 and first != second


def read_dates(texts: Sequence[Text]) -> np.ndarray | None:
    """(N,) seconds since 1970, NaN where there is nothing; None where a text is no date with a whole year.

    One order of day and month has to fit all of them, so that 3/4/2021 is read as the others are.
    """
    each = list(dict.fromkeys(text for text in texts if text is not None))
    if not each or not all(map(_is_date, each)):
        return None
    days_first = bool(day_first(each))
    found = {text: seconds(text, days_first=days_first) for text in each}
    if None in found.values():
        return None
    return np.array([math.nan if text is None else found[text] for text in texts], np.float64)


def _is_date(text: str) -> bool:
    found = next((match for one in _DATES if (match := one.fullmatch(text))), None) if len(text) <= _LONGEST else None
    return found is not None and len(found["year"]) > 2 and number(text) is None


def seconds(text: str, *, days_first: bool = False, style: Style = _PLAIN) -> float | None:
    """A time in seconds: a number, in this spelling, as it is; a date since 1970 in UTC, also where it has no zone.

    Returns:
        NaN where there is none; None where the text is no time.
    """
    if len(text) > _LONGEST:
        return None
    if (value := number(text, style)) is not None:
        return value
    for pattern in _PATTERNS:
        if found := pattern.fullmatch(text):
            return _seconds(found.groupdict(), days_first)
    return None


def _seconds(parts: dict[str, str | None], days_first: bool) -> float | None:
    day, month = parts.get("day"), parts.get("month")
    if parts.get("name"):
        month = str(_MONTHS.index((parts["name"] or "").lower()) + 1)
    if parts.get("first"):
        day, month = (parts["first"], parts["next"]) if days_first else (parts["next"], parts["first"])
    clock = _clock(parts)
    if not parts.get("year"):
        return clock
    year = int(parts["year"] or 0)
    year += 0 if year > 99 else 2000 if year < 70 else 1900
    try:
        date = datetime(year, int(month or 1), int(day or 1), tzinfo=UTC)
    except ValueError:  # a month 13, a 30th of February
        return None
    return math.nan if clock is None else date.timestamp() + clock


def _clock(parts: dict[str, str | None]) -> float:
    """Seconds since midnight in UTC; hours may go beyond 24, as in records of a stay."""
    hour = int(parts.get("hour") or 0)
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    part = float("0" + (parts.get("part") or ".0").replace(",", "."))
    since = hour * 3600.0 + int(parts.get("minute") or 0) * 60 + int(parts.get("second") or 0) + part
    zone = (parts.get("zone") or "Z").replace(":", "")
    if zone[0] not in "+-":
        return since
    ahead = int(zone[1:3]) * 3600 + int(zone[3:5] or 0) * 60
    return since - ahead if zone[0] == "+" else since + ahead


def months(times: np.ndarray) -> list[str]:
    """`2021-03` for each of the seconds since 1970; empty where there is none."""
    return ["" if np.isnan(one) else datetime.fromtimestamp(one, UTC).strftime("%Y-%m") for one in times]
