"""What the name of a column says of it."""

from __future__ import annotations

import re

_PERSONS = frozenset(
    """
    animal athlete author child client customer donor driver family household individual mouse owner participant
    patient person player proband rat singer speaker student subject user volunteer worker writer
    """.split()  # noqa: SIM905 (a word a line would hide the code)
)
_THINGS = frozenset(
    """
    cell chip cluster device engine fold group id machine pat pid record recording sample scaffold sensor session
    sid specimen subj trial uid unit vehicle well
    """.split()  # noqa: SIM905 (a word a line would hide the code)
)
_SITES = frozenset(
    """
    batch camera center centre city clinic country day hospital instrument lab laboratory location microphone month
    operator plate room run scanner site station week
    """.split()  # noqa: SIM905 (a word a line would hide the code)
)
_TIMES = frozenset(
    """
    created date datetime datum moment recorded start time timestamp when year zeit
    """.split()  # noqa: SIM905 (a word a line would hide the code)
)


def words(name: str) -> list[str]:
    """`subjectID`, `Subject_ID` and `subject id` -> subject, id."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[\W\d_]+", apart.casefold()) if word]


def is_person(name: str) -> bool:
    """Whether the name is one of somebody who may have several sequences."""
    return _any(name, _PERSONS)


def is_group(name: str) -> bool:
    """Whether the name is one of somebody or something that may have several sequences."""
    return _any(name, _PERSONS) or _any(name, _THINGS)


def is_site(name: str) -> bool:
    """Whether the name is one of a place or an occasion of recording."""
    return _any(name, _SITES)


def is_time(name: str) -> bool:
    """Whether the name is one of a time."""
    return _any(name, _TIMES)


def _any(name: str, known: frozenset[str]) -> bool:
    each = words(name)
    return any(word in known or word.removesuffix("s") in known for word in (*each, "".join(each)))
