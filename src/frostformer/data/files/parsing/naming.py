"""What the name of a column says of it."""

from __future__ import annotations

import re
from collections.abc import Iterable


def words(text: str) -> frozenset[str]:
    """A set of words."""
    return frozenset(text.split())


TARGETS = words(
    "label labels class classes target targets y outcome answer category klasse ziel diagnosis species sentiment "
    "anomaly is_anomaly is_anomalous response output y_true ground_truth activity_label klass etikett"
)
TEXTS = words(
    "text sequence seq smiles sms message review sentence sentences content body peptide protein dna rna "
    "canonical_smiles aa_seq string document tweet comment description primary series signal values events tokens "
    "x"
)
EVENTS = words("activity event concept:name action token word state symbol event_type event_name code")
SYMBOLS = words("tokens token_ids input_ids")
"""Columns whose numbers are names of symbols."""

IDS = words(
    "id ids uuid guid subject subjects patient participant user person case sample recording record session "
    "device series_id series unit animal speaker customer pid sid subj uid trial episode trajectory track "
    "sequence_id"
)
NAMES = words("name names file filename path accession")
TIMES = words(
    "t time times timestamp timestamps datetime date day hour hours minute second seconds step steps tick frame "
    "ts zeit datum uhrzeit cycle epoch sec ms time_step timestep position pos"
)
CYCLES = words("hour hours minute minutes second day days month months week weekday sec h min")
"""Times that begin again, such as the hour on the next day."""

COUNTERS = words("index row rowid row_id nr no num number unnamed: idx # lfd")
SPLITS = words("split set partition subset fold_name dataset part")
_PERSONS = words(
    "animal athlete author child client customer donor driver family household individual mouse owner participant "
    "patient person player proband rat singer speaker student subject user volunteer worker writer"
)
_THINGS = words(
    "cell chip cluster device engine fold group id machine pat pid record recording sample scaffold sensor session "
    "sid specimen subj trial uid unit vehicle well"
)
_SITES = words(
    "batch camera center centre city clinic country day hospital instrument lab laboratory location microphone month "
    "operator plate room run scanner site station week"
)
_MOMENTS = words("created date datetime datum moment recorded start time timestamp when year zeit")


def words_of(name: str) -> list[str]:
    """The words of a column's name in lower case: `Patient_ID` as `patient`, `id`."""
    return re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold())


def is_axis(name: str, names: Iterable[str]) -> bool:
    """Whether `y` is an axis of space and no answer, since x and z stand beside it."""
    return name.lower() == "y" and {"x", "z"} <= {one.lower() for one in names}


def is_named(name: str, known: frozenset[str]) -> bool:
    """Whether a column has one of these names, in any case."""
    return re.sub(r"[\s_]+", "_", name.strip().casefold()) in known


def is_id(name: str) -> bool:
    """Whether a column is named like an id: `patient`, `series_id`, `case:concept:name`."""
    if is_named(name, TARGETS) or is_named(name, EVENTS):
        return False
    each = words_of(name)
    return any(word in IDS for word in each) and not any(word in TIMES for word in each)


def is_time(name: str) -> bool:
    """Whether a column is named like a time: `t`, `time:timestamp`, `Time [s]`."""
    each = words_of(name)
    return bool(each) and (is_named(name, TIMES) or any(word in TIMES and len(word) > 2 for word in each))


def is_person(name: str) -> bool:
    """Whether a column is named like somebody who may have several sequences."""
    return _has(name, _PERSONS)


def is_group(name: str) -> bool:
    """Whether a column is named like somebody or something that may have several sequences."""
    return _has(name, _PERSONS | _THINGS)


def is_called_group(name: str) -> bool:
    """Whether that is all that a name says: `machine` or `machine_id`, and not `vehicle speed`."""
    rest = [word for word in words_of(name) if word not in ("id", "no", "number", "name")]
    return len(rest) == 1 and is_group(rest[0])


def is_site(name: str) -> bool:
    """Whether a column is named like a place or an occasion of recording."""
    return _has(name, _SITES)


def is_moment(name: str) -> bool:
    """Whether a column is named like the moment at which a whole sequence was recorded; `step` and `t` are none."""
    return _has(name, _MOMENTS)


def _has(name: str, known: frozenset[str]) -> bool:
    each = words_of(name)
    return any(word in known or word.removesuffix("s") in known for word in (*each, "".join(each)))
