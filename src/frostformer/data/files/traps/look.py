"""Looks for all traps, in an order that matters: what belongs together is known before what gives the answer away."""

from __future__ import annotations

import numpy as np

from frostformer.data.files.cutting import Cutting
from frostformer.data.files.traps.channels import look_at_channels
from frostformer.data.files.traps.classes import look_at_classes
from frostformer.data.files.traps.columns import look_at_columns
from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.finding import Finding, Order, Traps
from frostformer.data.files.traps.groups import one_class_each
from frostformer.data.files.traps.inputs import look_at_inputs
from frostformer.data.files.traps.moments import look_at_moments
from frostformer.data.files.traps.noise import look_at_noise
from frostformer.data.files.traps.overlap import find_overlap
from frostformer.data.files.traps.twins import look_at_twins, twin_sets
from frostformer.data.files.windows import recordings_of, windows_apart


def find_traps(evidence: Evidence) -> Traps:
    """All findings about sequences with known answers, and how the sequences belong together.

    Raises:
        InputError: a column that the user named is not there, or holds no times.
    """
    if not len(evidence):
        return Traps((), Order())
    findings: list[Finding] = []
    columns = look_at_columns(evidence)
    findings += columns.findings
    recordings = recordings_of(evidence.cases)
    gap = 0 if recordings is None else windows_apart(Cutting.of(evidence.schema.settings))
    if recordings is None and (overlap := find_overlap(evidence)):
        recordings, gap = overlap.recordings, overlap.gap
        findings.append(overlap.finding(len(evidence)))
    if recordings is None and (moments := look_at_moments(evidence)):
        findings.append(moments)
    if recordings is not None and (finding := one_class_each(evidence.labels, recordings)):
        findings.append(finding)
    twins = twin_sets(evidence)
    if twins is not None:
        findings += look_at_twins(evidence, twins)
    findings += look_at_inputs(evidence)
    findings += look_at_noise(evidence)
    left_out, more = look_at_channels(evidence)
    findings += more
    drawn = columns.times is None and columns.groups is None and recordings is None
    findings += look_at_classes(evidence, drawn and any(case.part is None for case in evidence.cases))
    order = Order(columns.groups, columns.group, columns.times, columns.time, recordings, gap, twins)
    return Traps(tuple(findings), order, left_out)


def some(order: Order, rows: np.ndarray) -> Order:
    """The order of some of the sequences, (M,) numbers of rows."""
    each = {name: getattr(order, name) for name in ("groups", "times", "recordings", "twins")}
    kept = {name: None if values is None else values[rows] for name, values in each.items()}
    return Order(**kept, group_name=order.group_name, time_name=order.time_name, gap=order.gap)
