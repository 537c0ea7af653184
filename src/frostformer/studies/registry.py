"""All studies by name: the paper's and ours. It imports no torch."""

from __future__ import annotations

from frostformer.errors import unknown_name
from frostformer.studies import ours, paper
from frostformer.studies.study import Study

STUDIES: dict[str, Study] = {**paper.STUDIES, **ours.STUDIES}


def study(name: str) -> Study:
    """The study with this name.

    Raises:
        InputError: there is none.
    """
    if name not in STUDIES:
        raise unknown_name("study", name, STUDIES)
    return STUDIES[name]
