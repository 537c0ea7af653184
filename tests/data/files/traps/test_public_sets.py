"""Public sets: leaks that are there are found, and of harmless sets nothing untrue is said.

The files are those inside the packages aeon and sktime, which are never installed: OWN_DATA_SETS names a folder with
their unzipped wheels. scikit-learn's sets come with it.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine

from frostformer.data.files.traps.look import find_traps
from own_files import cases_of, evidence, read_ts, said

ROOT = Path(os.environ.get("OWN_DATA_SETS", "no such folder"))


def found(name):
    folders = sorted(ROOT.glob(f"**/datasets/data/{name}"))
    pairs = [(one / f"{name}_TRAIN.ts", one / f"{name}_TEST.ts") for one in folders]
    whole = [pair for pair in pairs if all(path.is_file() for path in pair)]
    if not whole:
        pytest.skip(f"{name} is in no folder that OWN_DATA_SETS names")
    train, test = whole[0]
    return evidence(read_ts(train, "train") + read_ts(test, "test"))


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("PLAID", ["5 of 537 test sequences are also in train"]),
        ("Tecator", ["8 of 43 test sequences are also in train", "14 sequences stand twice"]),
        ("Covid3Month", ["2 of 61 test sequences are also in train", "1 sequence "]),
        ("UnitTest", ["1 of 22 test sequences is also in train"]),
    ],
)
def test_leaks(name, sentences):
    text = said(found(name))
    for one in sentences:
        assert one in text


@pytest.mark.parametrize(
    ("name", "traps"), [("ArrowHead", {"twins"}), ("GunPoint", set()), ("ItalyPowerDemand", set()), ("OSULeaf", set())]
)
def test_harmless_series(name, traps):
    assert {one.trap for one in find_traps(found(name)).findings} == traps


@pytest.mark.parametrize(
    ("load", "traps"),
    [
        (load_iris, {"twins", "sorted"}),
        (load_wine, {"sorted"}),
        (load_breast_cancer, set()),
        (load_digits, {"constant"}),
    ],
)
def test_harmless_tables(load, traps):
    data = load()
    cases = cases_of(data.data, [data.target_names[one] for one in data.target])
    assert {one.trap for one in find_traps(evidence(cases)).findings} == traps


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer, load_digits])
def test_planted_noise(load):
    data = load()
    rng = np.random.default_rng(1)
    wrong = (data.target + (rng.random(len(data.target)) < 0.17) * rng.integers(1, len(data.target_names))) % len(
        data.target_names
    )
    found = find_traps(evidence(cases_of(data.data, wrong))).findings
    assert "noise" in {one.trap for one in found}
