"""Divides a user's sequences into training, validation and test, so that the score is true of new sequences.

What the file itself says comes first, then what belongs together: groups, windows of one recording, times, copies.
N sequences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from frostformer.config import check_seed
from frostformer.data.files.traps.finding import Order
from frostformer.data.files.traps.groups import LEAST
from frostformer.data.files.traps.look import some
from frostformer.errors import InputError
from frostformer.tasks.divisions import ONE_IN, a_fifth_of, held_out_of
from frostformer.tasks.task import SPLITS
from frostformer.words import counted

MOST_JOINED = 0.5  # of the sequences in one group that common sequences have made of several


@dataclass(frozen=True)
class Division:
    """Which sequences are in which part."""

    rows: dict[str, np.ndarray]
    """Part -> numbers of its sequences, in the order of time where `in_time`."""

    sentence: str
    """What was done."""

    torn: str = ""
    """Groups that could not be kept together, and why; empty if none were torn."""

    groups: np.ndarray | None = None
    """(N,) what is to be kept together in another division of training and validation."""

    in_time: bool = False
    gap: int = 0
    """Neighbours in time that are left out at a border."""

    left_out: int = 0
    """Sequences that are in no part, since they would touch two."""


def divide_cases(
    parts: Sequence[str | None], order: Order, classes: np.ndarray | None = None, seed: int = 0
) -> Division:
    """Divide N sequences.

    Args:
        parts: (N,) the part to which the file says that each belongs; one without a part is divided, or trains where
            the file has the other parts.
        order: how they belong together.
        classes: (N,) the class of each, so that every part has its share.
        seed: of whatever is drawn.

    Raises:
        InputError: there are too few sequences for the parts that are missing.
    """
    check_seed("seed", seed)
    said = np.array(["train" if part is None else part for part in parts])
    given = {part: (said == part).nonzero()[0] for part in SPLITS[1:] if (said == part).any()}
    pool = (said == "train").nonzero()[0]
    if missing := [part for part in ("test", "validation") if part not in given]:
        if len(pool) < len(missing) + 1:
            raise InputError(
                f"{counted(len(pool), 'sequence')} cannot be divided into training and {' and '.join(missing)}: give "
                "more sequences, or cut long ones with --window"
            )
        division = _pooled(pool, order, classes, missing, len(said), seed)
    elif len(pool) == 0:
        raise InputError("the file says of every sequence that it is for validation or test: none is left to train on")
    else:
        division = Division({"train": pool}, "", groups=order.groups)
    rows = {**division.rows, **given}
    kept = f"the file's own {' and '.join(part for part in SPLITS if part in given)} kept; " if given else ""
    sizes = ", ".join(f"{len(rows[part]):,} {part}" for part in SPLITS)
    how = f"{division.sentence}: " if division.sentence else ""
    gone = f"; {counted(division.left_out, 'sequence')} between two parts left out" if division.left_out else ""
    sentence = f"{kept}{how}{sizes}{gone}"
    drawn = missing[:1]  # of the test, or of validation where the file gives the test
    others = [rows[part] for part in SPLITS if part not in given and part not in drawn]
    torn = _torn(order, rows[drawn[0]], np.concatenate(others)) if drawn else ""
    return replace(division, rows=rows, sentence=sentence, torn=torn)


def _pooled(
    pool: np.ndarray, order: Order, classes: np.ndarray | None, missing: list[str], count: int, seed: int
) -> Division:
    """Take the missing parts out of the pool, (M,) numbers of sequences."""
    own, labels = some(order, pool), None if classes is None else classes[pool]
    wanted = a_fifth_of(len(pool))
    if division := _one_for_the_test(pool, order, own, classes, missing, count, seed):
        return division
    together, what = _together(own, labels, len(missing) + 1)
    if together is not None:
        found = _by_draw(len(pool), together, labels, missing, wanted, seed)
        rows = {part: pool[own_rows] for part, own_rows in found.items()}
        time = f", and not by '{own.time_name}', since groups come first" if own.times is not None else ""
        return Division(rows, f"divided by {what}{time}", groups=_placed(together, pool, count))
    has_times = own.times is not None and (~np.isnan(own.times)).sum() > wanted * len(missing)
    if own.recordings is not None or has_times:
        found, lost = _by_time(own, missing, wanted)
        what = f"time ('{own.time_name}')" if own.recordings is None else "time within a recording"
        gap = own.gap if own.recordings is not None else 0
        apart = f", {counted(gap, 'window')} left out between two parts" if gap else ""
        if own.recordings is None and own.times is not None and (timeless := int(np.isnan(own.times).sum())):
            apart = f", {counted(timeless, 'sequence')} without a time for training"
        parts = {part: pool[rows] for part, rows in found.items()}
        sentence = f"divided by {what}, the latest for the test{apart}"
        return Division(parts, sentence, in_time=True, gap=gap, left_out=lost)
    units = _units(own, labels)
    if units is not None and (different := len(np.unique(units))) <= len(missing):
        found_are = counted(different, "different sequence is", "different sequences are")
        raise InputError(f"only {found_are} among {len(pool):,}, too few for {len(missing) + 1} parts: give others")
    found = _by_draw(len(pool), units, labels, missing, wanted, seed)
    groups = None if units is None else _placed(units, pool, count)
    how = "drawn at random" if labels is None else "drawn at random, every class with its share"
    copies = ", copies on one side" if own.twins is not None else ""
    return Division({part: pool[rows] for part, rows in found.items()}, f"{how}{copies} (seed {seed})", groups=groups)


def _torn(order: Order, held_out: np.ndarray, others: np.ndarray) -> str:
    """A sentence on groups that have sequences among those that are held out and among others; empty if none has."""
    if order.groups is None or not (crossing := np.intersect1d(order.groups[held_out], order.groups[others])).size:
        return ""
    return (
        f"'{order.group_name}' could not be kept together: {counted(len(crossing), 'value')} of "
        f"{len(np.unique(order.groups)):,} in several parts, since there are too few groups, or too few of each class; "
        "the scores may be too good for new ones"
    )


def _units(order: Order, classes: np.ndarray | None) -> np.ndarray | None:
    """(M,) what is drawn as one: copies, or single sequences where a class is so small that it might be forgotten."""
    if order.twins is not None:
        return order.twins.astype(str)
    if classes is None or np.bincount(classes)[np.unique(classes)].min() >= 2 * ONE_IN:
        return None
    return np.arange(len(classes)).astype(str)


def _placed(names: np.ndarray, pool: np.ndarray, count: int) -> np.ndarray:
    """(N,) the names (M,) of the pool, and an empty one for all others."""
    every = np.full(count, "", names.dtype)
    every[pool] = names
    return every


def _one_for_the_test(
    pool: np.ndarray,
    order: Order,
    own: Order,
    classes: np.ndarray | None,
    missing: list[str],
    count: int,
    seed: int,
) -> Division | None:
    """Of two groups or recordings, the smaller one is the test, and the other is divided further."""
    if missing != ["test", "validation"]:
        return None
    for values, name in ((own.groups, f"'{own.group_name}'"), (own.recordings, "the recordings")):
        if values is None:
            continue
        names, sizes = np.unique(values, return_counts=True)
        if len(names) != 2 or (classes is not None and not _has_all_classes(values, classes[pool])):
            continue
        held_out = values == names[sizes.argmin()]
        rest = _pooled(pool[~held_out], replace(order, groups=None), classes, ["validation"], count, seed)
        sentence = f"the test is one of two {name}, and validation is {rest.sentence}"
        return replace(rest, rows={**rest.rows, "test": pool[held_out]}, sentence=sentence)
    return None


def _has_all_classes(groups: np.ndarray, classes: np.ndarray) -> bool:
    return all(len(np.unique(classes[groups == one])) == len(np.unique(classes)) for one in np.unique(groups))


def _together(order: Order, classes: np.ndarray | None, needed: int) -> tuple[np.ndarray | None, str]:
    """(M,) what is never torn: groups or recordings, with their copies; None if there are too few of them."""
    for values, name in ((order.groups, f"'{order.group_name}'"), (order.recordings, "recording")):
        if values is None or len(np.unique(values)) < (needed if values is order.groups else max(needed, LEAST)):
            continue
        if classes is not None and not _both_sides(values, classes):
            continue
        joined = values if order.twins is None else _joined(values, order.twins)
        if len(np.unique(joined)) >= needed:
            count = len(np.unique(values))
            return joined.astype(str), f"{name} ({count:,} of them), none of which is in two parts"
    return None, ""


def _both_sides(groups: np.ndarray, classes: np.ndarray) -> bool:
    """Whether at least two classes have several groups; a class of one is either learned or judged, and not both."""
    several = [one for one in np.unique(classes) if len(np.unique(groups[classes == one])) > 1]
    return len(several) >= min(2, len(np.unique(classes)))


def _joined(groups: np.ndarray, twins: np.ndarray) -> np.ndarray:
    """(M,) the same groups, those with a common sequence made one; as they were where that makes one of nearly all.

    Copies may then be in two parts, and are scored separately.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    numbers = np.unique(groups, return_inverse=True)[1]
    sets = np.unique(twins, return_inverse=True)[1] + numbers.max() + 1
    size = int(sets.max()) + 1
    links = coo_array((np.ones(len(numbers)), (numbers, sets)), (size, size))
    found: np.ndarray = connected_components(links, directed=False)[1][numbers]
    return found if np.bincount(found).max() <= MOST_JOINED * len(groups) else groups


def _by_draw(
    count: int, together: np.ndarray | None, classes: np.ndarray | None, missing: list[str], wanted: int, seed: int
) -> dict[str, np.ndarray]:
    """Draw the missing parts; with `together` (M,) rows of equal names stay together."""
    rows, found = np.arange(count), {}
    for part in missing:
        held_out = held_out_of(rows, wanted, seed, classes=classes, groups=together)
        found[part], rows = rows[held_out], rows[~held_out]
    return {"train": rows, **found}


def _by_time(order: Order, missing: list[str], wanted: int) -> tuple[dict[str, np.ndarray], int]:
    """The latest rows, part by part; returns how many rows lie between two parts and are in none, too.

    What has no time trains. Of several recordings each is divided, so that a class that has a recording of its own is
    in every part.
    """
    if order.recordings is None:
        assert order.times is not None
        without, found = np.isnan(order.times), {}
        rows = np.argsort(order.times, kind="stable")[: (~without).sum()]
        for part in missing:
            found[part], rows = rows[-wanted:], rows[:-wanted]
        return {"train": np.concatenate([without.nonzero()[0], rows]), **found}, 0
    parts: dict[str, list[np.ndarray]] = {part: [] for part in ("train", *missing)}
    count = len(order.recordings)
    for one in np.unique(order.recordings):
        rows = (order.recordings == one).nonzero()[0]
        each = max(1, round(wanted * len(rows) / count))
        for part in missing if len(rows) > len(missing) * (each + order.gap) else ():
            parts[part].append(rows[-each:])
            rows = rows[: -each - order.gap]
        parts["train"].append(rows)
    if any(not rows for rows in parts.values()):
        raise InputError(
            f"{counted(count, 'window')} of {counted(len(np.unique(order.recordings)), 'recording')} are too few to "
            f"leave {order.gap} out between two parts: give a longer recording, or a shorter --window"
        )
    found = {part: np.concatenate(rows) for part, rows in parts.items()}
    return found, count - sum(map(len, found.values()))
