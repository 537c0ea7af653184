"""What the name of a column says of it."""

from __future__ import annotations

import re

_PERSONS = (
    "patient person participant subject proband speaker user donor animal mouse rat child student worker customer "
    "client individual volunteer author owner family household driver player athlete singer writer"
).split()
_THINGS = (
    "group device sensor machine engine unit vehicle recording session record trial specimen sample cell id pid sid uid"
    " subj pat well chip cluster scaffold fold"
).split()
_SITES = (
    "site hospital center centre clinic lab laboratory scanner batch plate room location city country station camera"
    " microphone operator instrument run day month week"
).split()
_TIMES = "time date datetime timestamp when year datum zeit moment created recorded start".split()


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


def _any(name: str, known: list[str]) -> bool:
    each = words(name)
    return any(word in known or word.removesuffix("s") in known for word in (*each, "".join(each)))
