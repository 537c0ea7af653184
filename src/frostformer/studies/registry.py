"""All studies by name: the paper's and ours. It imports no torch."""

from __future__ import annotations

import re

from frostformer.errors import InputError, unknown_name
from frostformer.studies import ours, paper
from frostformer.studies.study import Study

ALL = "all"
"""In place of a name: every study of the paper."""

STUDIES: dict[str, Study] = {**paper.STUDIES, **ours.STUDIES}


def study(name: str) -> Study:
    """The study with this name.

    Raises:
        InputError: there is none.
    """
    if name not in STUDIES:
        unknown = unknown_name("study", name, [*STUDIES, ALL], _of_several(name))
        raise InputError(f"{unknown} `frostformer reproduce` alone lists what each of them asks.")
    return STUDIES[name]


def _of_several(name: str) -> str | None:
    """The study of several tables that a table is in, such as `tables-18-21` for `table-20`."""
    number = re.match(r"tables?-?(\d{1,3})", name)
    spans = [(other, re.fullmatch(r"tables-(\d+)-(\d+)", other)) for other in STUDIES]
    found = [other for other, ends in spans if number and ends and int(ends[1]) <= int(number[1]) <= int(ends[2])]
    return next(iter(found), None)
