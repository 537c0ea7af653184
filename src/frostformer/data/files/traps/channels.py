"""Channels and steps that carry nothing: they never change, or they only count."""

from __future__ import annotations

import numpy as np

from frostformer.data.files.parsing.named_columns import names_in
from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.finding import Finding
from frostformer.data.files.windows import recordings_of
from frostformer.words import counted, few_of, typed


def look_at_channels(evidence: Evidence) -> tuple[tuple[int, ...], list[Finding]]:
    """Numbers of the channels to leave out, and what is to be said of them and of single steps."""
    if evidence.schema.kind == "tokens" or not evidence.arrays:
        return (), []
    findings = []
    channels = evidence.arrays[0].shape[1]
    kept, dropped = names_in(evidence.options.keep), names_in(evidence.options.drop)
    names = evidence.schema.channels
    left_out = []
    if channels > 1:
        for channel in range(channels):
            name = names[channel] if channel < len(names) else str(channel + 1)
            if name in dropped:
                left_out.append(channel)
                findings.append(Finding("dropped", f"channel '{name}' left out by --drop", "note"))
            elif (what := _empty(evidence, channel)) and name not in kept:
                left_out.append(channel)
                findings.append(
                    Finding(what[0], f"channel '{name}' {what[1]}: left out; keep it with --keep {typed(name)}")
                )
    if len(left_out) == channels:  # something has to be read
        left_out = []
    return tuple(left_out), findings + _empty_steps(evidence)


def _empty(evidence: Evidence, channel: int) -> tuple[str, str] | None:
    """Why a channel carries nothing."""
    columns = [one[:, channel] for one in evidence.arrays]
    first = columns[0][0]
    if all((one == first).all() for one in columns):
        overlap = recordings_of(evidence.cases) is not None  # then a row is counted in each of its windows
        many = counted(len(columns), "sequence") if overlap else counted(sum(map(len, columns)), "row")
        return "constant", f"is {first:g} in all {many}"
    if all(np.isnan(one).all() for one in columns):
        return "constant", "is missing everywhere"
    if all(len(one) > 1 and _by_one(one).all() for one in columns):
        return "counter", "counts the rows of each sequence"
    return None


def _empty_steps(evidence: Evidence) -> list[Finding]:
    """Steps of one value, and steps that count the sequences, where all sequences are of one length."""
    table = evidence.table
    if table is None or len(table) < 3 or evidence.arrays[0].shape[1] > 1:
        return []
    found = []
    constant = np.flatnonzero((table == table[0]).all(axis=0))
    if len(constant):
        shown = few_of([f"{evidence.step(column)} is {table[0, column]:g}" for column in constant.tolist()])
        found.append(Finding("constant", f"{shown} in all {len(table):,} sequences: nothing can be learned from that"))
    counting = np.flatnonzero(_by_one(table).all(axis=0))
    if len(counting):
        shown = few_of([evidence.step(column) for column in counting.tolist()])
        it, them = ("counts", "it") if len(counting) == 1 else ("count", "them")
        done = f"leave {them} out" + (" with --drop" if evidence.can_drop else " of the file")
        found.append(Finding("counter", f"{shown} {it} the sequences: {done}"))
    return found


def _by_one(values: np.ndarray) -> np.ndarray:
    """Whether each value is one more than the one before."""
    with np.errstate(invalid="ignore", over="ignore"):  # infinite values
        steps: np.ndarray = np.diff(values, axis=0) == 1
    return steps
