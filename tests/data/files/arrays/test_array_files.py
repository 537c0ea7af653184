"""`.npy` and `.npz` files: which array is what, which axis is what, and no pickle."""

from collections import Counter

import numpy as np
import pytest

from frostformer.data.files.arrays.roles import axes_of, role_of
from frostformer.data.files.formats import recognise
from frostformer.errors import InputError
from reading_files import ODD, read, read_with

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(6, 5, 2)).astype(np.float32)
Y = np.array([0, 1, 0, 1, 0, 1])


def test_half_floats_big_endian_in_fortrans_order():
    path = ODD / "big_endian_f16.npz"
    found = read(path)
    assert found.lengths == [9] * 12
    assert found.cases[0].values[:2, 0].tolist() == [0.05438232421875, 0.66943359375]
    assert Counter(found.answers) == {"left": 6, "right": 6}
    assert "(12, 2, 9), read as case,channel,time: 12 cases of 9 steps of 2 channels" in found.said
    with np.load(path) as stored:
        np.testing.assert_array_equal(np.stack([case.values for case in found.cases]), stored["X"].swapaxes(1, 2))
    other = read(path, axes="case, time, channel")
    assert other.lengths == [2] * 12
    assert len(other.schema.channels) == 9


def test_objects_are_refused_with_the_way_out():
    with pytest.raises(InputError, match=r"pickle, which can run code.*np\.savez\(file, values="):
        read(ODD / "object_array.npy")


def test_the_way_out_can_be_read(tmp_path):
    sequences = [X[0, :3], X[1], X[2, :1]]
    np.savez(
        tmp_path / "ragged.npz",
        values=np.concatenate(sequences),
        lengths=[len(one) for one in sequences],
        labels=["a", "b", "a"],
    )
    found = read(tmp_path / "ragged.npz")
    assert found.lengths == [3, 5, 1]
    assert found.answers == ["a", "b", "a"]
    for case, sequence in zip(found.cases, sequences, strict=True):
        np.testing.assert_array_equal(case.values, sequence)


def test_padded_arrays_with_lengths_or_nan(tmp_path):
    np.savez(tmp_path / "lengths.npz", x=X, y=Y, lengths=[1, 2, 3, 4, 5, 5])
    assert read(tmp_path / "lengths.npz").lengths == [1, 2, 3, 4, 5, 5]
    padded = X.copy()
    padded[1, 3:] = np.nan
    padded[2, 4, 0] = padded[3, 0] = np.nan
    np.savez(tmp_path / "nan.npz", x=padded, y=Y)
    found = read(tmp_path / "nan.npz")
    assert found.lengths == [5, 3, 5, 5, 5, 5]
    assert "a sequence ends where nothing but NaN follows" in found.said


def test_a_structured_array():
    found = read(ODD / "structured.npy")
    assert found.lengths == [4] * 5
    assert found.answers == ["on", "off", "on", "off", "on"]
    assert found.cases[0].values[:, 0] == pytest.approx([0.722, -0.593, 1.162, -0.298])


def test_a_structured_array_of_single_numbers(tmp_path):
    rows = np.array([(1, 2.5, "a"), (3, 4.5, "b")], [("v1", "i4"), ("v2", "f4"), ("class", "U1")])
    np.save(tmp_path / "rows.npy", rows)
    found = read(tmp_path / "rows.npy")
    assert [case.values[:, 0].tolist() for case in found.cases] == [[1, 2.5], [3, 4.5]]
    assert found.answers == ["a", "b"]


@pytest.fixture
def family(tmp_path):
    for part, count in (("train", 4), ("test", 2)):
        np.save(tmp_path / f"x_{part}.npy", X[:count])
        np.save(tmp_path / f"y_{part}.npy", Y[:count])
    return tmp_path


def test_files_of_one_family_belong_together(family):
    found = read(family / "x_train.npy")
    assert found.answers == ["0", "1", "0", "1"]
    assert found.understood.test == family / "x_test.npy"
    cases, _ = read_with(family / "x_test.npy", found.schema)
    assert [case.target for case in cases] == [("0",), ("1",)]
    whole = read(family)
    assert [case.part for case in whole.cases] == ["train"] * 4 + ["test"] * 2


def test_splits_in_one_file(tmp_path):
    np.savez_compressed(tmp_path / "mnist.npz", x_train=X, y_train=Y, x_test=X[:2], y_test=Y[:2])
    found = read(tmp_path / "mnist.npz")
    assert [case.part for case in found.cases] == ["train"] * 6 + ["test"] * 2
    assert found.answers == [str(one) for one in [*Y, *Y[:2]]]


def test_arrays_can_be_named(tmp_path):
    np.savez(tmp_path / "odd.npz", foo=X, bar=X[:, :, 0], baz=Y)
    with pytest.raises(InputError, match=r"foo \(6, 5, 2\), bar \(6, 5\), baz \(6,\): name the one with the sequences"):
        read(tmp_path / "odd.npz")
    assert read(tmp_path / "odd.npz", sequence="bar", target="baz").answers == [str(one) for one in Y]
    with pytest.raises(InputError, match=r"unknown array 'fo'.*Did you mean 'foo'"):
        read(tmp_path / "odd.npz", sequence="fo")


def test_answers_in_a_second_file(tmp_path):
    np.save(tmp_path / "some.npy", X)
    np.save(tmp_path / "other.npy", Y)
    assert "has no answers" in read(tmp_path / "some.npy").said
    assert read(tmp_path / "some.npy", labels=str(tmp_path / "other.npy")).answers == [str(one) for one in Y]


@pytest.mark.parametrize(
    ("y", "answers"),
    [
        (np.eye(3)[[2, 0, 1, 2, 0, 1]], [("2",), ("0",), ("1",), ("2",), ("0",), ("1",)]),
        (Y[:, None].astype(float), [(str(one),) for one in Y]),
        (Y[None], [(str(one),) for one in Y]),
        (np.array([0.5, np.nan, 1, 2, 3, 4]), [("0.5",), (None,), ("1",), ("2",), ("3",), ("4",)]),
        (np.array([b"a", b"", b"c", b"d", b"e", b"f"]), [("a",), (None,), ("c",), ("d",), ("e",), ("f",)]),
        (np.arange(12).reshape(6, 2), [(str(2 * n), str(2 * n + 1)) for n in range(6)]),
        (np.arange(30).reshape(6, 5), [tuple(str(5 * n + step) for step in range(5)) for n in range(6)]),
    ],
)
def test_shapes_of_answers(tmp_path, y, answers):
    np.savez(tmp_path / "data.npz", x=X, y=y)
    found = read(tmp_path / "data.npz")
    assert [case.target for case in found.cases] == answers
    assert found.schema.per_position == (y.shape == (6, 5))


def test_ids_and_groups_stand_beside(tmp_path):
    np.savez(tmp_path / "data.npz", x=X, y=Y, ids=list("abcdef"), subject=[1, 1, 2, 2, 3, 3])
    found = read(tmp_path / "data.npz")
    assert [case.name for case in found.cases] == list("abcdef")
    assert found.cases[5].beside == {"subject": "3"}


def test_words_and_whole_numbers_as_tokens(tmp_path):
    np.savez(tmp_path / "words.npz", x=np.array([["a", "bb"], ["c", "d"]]), y=[0, 1])
    found = read(tmp_path / "words.npz")
    assert found.schema.kind == "tokens"
    assert found.cases[0].values.tolist() == ["a", "bb"]
    np.savez(tmp_path / "ids.npz", x=np.array([[7, 8], [9, 10]]), y=[0, 1])
    assert read(tmp_path / "ids.npz").schema.kind == "vectors"
    assert read(tmp_path / "ids.npz", kind="tokens").cases[1].values.tolist() == ["9", "10"]


def test_a_file_to_predict_needs_no_answers(tmp_path):
    np.savez(tmp_path / "data.npz", signal=X, kind=Y)
    schema = read(tmp_path / "data.npz", sequence="signal", target="kind").schema
    np.save(tmp_path / "new.npy", X[:3])
    cases, errors = read_with(tmp_path / "new.npy", schema)
    assert not errors
    assert [case.target for case in cases] == [()] * 3
    np.save(tmp_path / "wrong.npy", X[:, :, :1])
    with pytest.raises(InputError, match="has 1 channels, wanted 2"):
        read_with(tmp_path / "wrong.npy", schema)
    np.save(tmp_path / "complex.npy", X.astype(complex))
    with pytest.raises(InputError, match="real and imaginary parts"):
        read_with(tmp_path / "complex.npy", schema)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("x_train", ("sequence", "train")),
        ("X", ("sequence", None)),
        ("trainX", ("sequence", "train")),
        ("values", ("sequence", None)),
        ("y-val", ("target", "validation")),
        ("test_labels", ("target", "test")),
        ("lengths", ("lengths", None)),
        ("devices", ("beside", None)),
    ],
)
def test_roles(name, role):
    assert role_of(name) == role


@pytest.mark.parametrize(
    ("shape", "cases", "axes"),
    [
        ((12, 2, 9), 12, ("case", "channel", "time")),
        ((12, 9, 2), None, ("case", "time", "channel")),
        ((12, 4, 4), 12, ("case", "time", "channel")),
        ((8, 5), 5, ("time", "case")),
        ((5, 5), 5, ("case", "time")),
        ((100, 3, 20), 20, ("time", "channel", "case")),
    ],
)
def test_axes(shape, cases, axes):
    assert axes_of(shape, cases, "x", None) == axes


@pytest.mark.parametrize(
    ("array", "options", "sentence"),
    [
        (X.astype(complex), {}, "real and imaginary parts"),
        (np.arange(5.0), {}, r"has shape \(5,\): reshape it"),
        (X[None], {}, "reshape it"),
        (X, {"axes": "time,channel"}, "give one of case, time and channel for each axis"),
        (X[:0], {}, "holds nothing"),
        (X.astype("datetime64[s]"), {}, "save it as numbers or text"),
        (np.array(["ab", "c"]), {}, "save them as a table"),
    ],
)
def test_arrays_that_are_no_sequences_are_one_sentence(tmp_path, array, options, sentence):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(InputError, match=sentence):
        read(tmp_path / "x.npy", **options)


def test_answers_that_do_not_fit_are_one_sentence(tmp_path):
    np.savez(tmp_path / "data.npz", x=X, y=Y[:4])
    with pytest.raises(InputError, match="there are 6 cases: give one answer for each"):
        read(tmp_path / "data.npz")
    np.savez(tmp_path / "data.npz", values=X[0], lengths=[2, 2])
    with pytest.raises(InputError, match="lengths sum to 4, and there are 5"):
        read(tmp_path / "data.npz")


def test_a_folder_with_an_array_for_each_sequence(tmp_path):
    for number, (name, length) in enumerate([("up/1", 4), ("up/2", 7), ("down/3", 5)]):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        np.save(tmp_path / f"{name}.npy", X[number, :1].repeat(length, axis=0).T)  # (channels, steps)
    np.save(tmp_path / "up" / "4.npy", X)
    (tmp_path / "up" / "5.npy").write_bytes(b"\x93NUMPY")
    found = read(tmp_path)
    assert [(case.name, case.target, case.values.shape) for case in found.cases] == [
        ("down/3.npy", ("down",), (5, 2)),
        ("up/1.npy", ("up",), (4, 2)),
        ("up/2.npy", ("up",), (7, 2)),
    ]
    assert found.cases[0].values[0].tolist() == X[2, 0].tolist()
    assert "4.npy has shape (6, 5, 2)" in found.said
    assert "5.npy ends after 6 of 8 bytes" in found.said
    alone, _ = read_with(tmp_path / "up" / "1.npy", found.schema)
    assert alone[0].target == (None,)
    with pytest.raises(InputError, match="give time,channel or channel,time"):
        read(tmp_path, axes="case,time")


def test_the_kind_is_known_by_content(tmp_path):
    np.savez(tmp_path / "data.npz", x=X)
    (tmp_path / "data.npz").rename(tmp_path / "data.bin")
    assert recognise(tmp_path / "data.bin") == "arrays"
