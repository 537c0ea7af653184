"""MATLAB files of version 5 to 7."""

import numpy as np
import pytest
from scipy.io import savemat

from frostformer.data.files.arrays.mat5 import read_mat5
from frostformer.errors import InputError
from reading_files import ODD, read

RANDOM = np.random.default_rng(0)


def test_a_matrix_and_a_vector_of_classes():
    found = read(ODD / "matlab5.mat")
    assert found.lengths == [8] * 5
    assert found.answers == ["1", "2", "1", "2", "1"]
    assert found.cases[0].values[:3, 0].tolist() == [0.51, 2.187, -0.519]


def test_version_7_3_gets_the_way_to_convert_it():
    with pytest.raises(InputError, match=r"HDF5 file.*h5py.*-v7"):
        read(ODD / "matlab73.mat")


@pytest.mark.parametrize("packed", [False, True])
def test_the_same_values_as_scipy_wrote(tmp_path, packed):
    arrays = {
        "doubles": RANDOM.normal(size=(3, 4, 5)),
        "small": np.array([[1, 2], [3, 4]], np.uint8),
        "single": np.array([[1.5]], np.float32),
        "long_name": np.arange(6, dtype=np.int64).reshape(2, 3),
        "flags": np.array([[True, False]]),
    }
    savemat(tmp_path / "x.mat", arrays, do_compression=packed)
    found = {one.name: one.values for one in read_mat5(tmp_path / "x.mat")}
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_texts_as_answers_and_cases_on_the_last_axis(tmp_path):
    series = RANDOM.normal(size=(8, 3))
    savemat(tmp_path / "t.mat", {"X": series, "labels": np.array(["ab", "cdé", "ab"], object), "other": {"a": 1}})
    found = read(tmp_path / "t.mat")
    assert found.answers == ["ab", "cdé", "ab"]
    np.testing.assert_array_equal(found.cases[1].values[:, 0], series[:, 1])
    savemat(tmp_path / "c.mat", {"X": series.T, "labels": np.array(["ab ", "cde", "ab "])})
    assert read(tmp_path / "c.mat").answers == ["ab", "cde", "ab"]


def test_a_file_without_plain_arrays_is_one_sentence(tmp_path):
    savemat(tmp_path / "x.mat", {"record": {"a": 1}, "z": np.array([1j]), "cells": np.array([[1], ["x"]], object)})
    with pytest.raises(InputError, match="has no plain arrays, only record, z, cells"):
        read(tmp_path / "x.mat")


def test_a_small_file_that_becomes_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("frostformer.data.files.arrays.mat5.MOST_BYTES", 10_000)
    savemat(tmp_path / "zeros.mat", {"x": np.zeros((1000, 1000))}, do_compression=True)
    with pytest.raises(InputError, match="becomes more than 10,000 bytes"):
        read(tmp_path / "zeros.mat")
