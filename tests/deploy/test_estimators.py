"""The estimators: scikit-learn's own checks, then what a user relies on."""

from __future__ import annotations

import copy
import doctest
import importlib
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

import frostformer as ff
from frostformer.deploy import estimators
from frostformer.deploy.distinct import distinct, held_out
from frostformer.deploy.predict import Predictor
from frostformer.tasks.scoring.calibration import fitted_temperature
from frostformer.training.checkpoints import read_tensors, write_tensors

RNG = np.random.default_rng(0)
TINY = {"backbone": "one-attention", "width": 16, "learning_rate": 1e-2, "batch_size": 16, "device": "cpu"}
SHORT = TINY | {"steps": 12, "evaluate_every": 4}
LONG = RNG.standard_normal((60, 7, 2))
X = LONG[:, :, 0]  # (N, T)
RAGGED = [row[: 2 + n % 6] for n, row in enumerate(LONG)]  # (T, C) each
Y = np.where(X.sum(1) > 0, "rise", "fall")
NUMBERS = X.sum(1)
FORMS = {"table": X, "channels": LONG, "ragged": RAGGED}
EXPECTED_FAILURES: dict[str, str] = {}  # check -> why it cannot pass; none

each_form = pytest.mark.parametrize("x", FORMS.values(), ids=list(FORMS))


def classifier(**options):
    return ff.FrozenTransformerClassifier(**SHORT | options)


def regressor(**options):
    return ff.FrozenTransformerRegressor(**SHORT | options)


@parametrize_with_checks(
    [
        ff.FrozenTransformerClassifier(**TINY, steps=60, evaluate_every=10),
        ff.FrozenTransformerRegressor(**TINY, steps=120, evaluate_every=30),
    ],
    expected_failed_checks=lambda _: EXPECTED_FAILURES,
)
def test_scikit_learn_agrees(estimator, check):
    check(estimator)


@pytest.mark.parametrize("kind", ["FrozenTransformerClassifier", "FrozenTransformerRegressor"])
def test_the_example_in_the_docstring_runs(kind):
    module = importlib.import_module("frostformer.deploy.estimators")
    tests = doctest.DocTestFinder().find(getattr(estimators, kind), kind, module=module)
    assert sum(len(one.examples) for one in tests) >= 3
    for one in tests:
        assert doctest.DocTestRunner().run(one).failed == 0


@each_form
def test_every_form_of_input_learns(x):
    options = {"steps": 150, "evaluate_every": 15, "patience": None}
    fitted = classifier(**options).fit(x, Y)
    assert fitted.score(x, Y) > 0.75
    assert set(fitted.predict(x)) == {"rise", "fall"}
    means = [np.mean(row) for row in x]
    assert regressor(**options).fit(x, means).score(x, means) > 0.3


@each_form
def test_neither_batch_nor_mates_change_a_prediction(x):
    fitted = classifier(batch_size=3).fit(x, Y)
    together = fitted.predict_proba(x)
    alone = np.concatenate([fitted.predict_proba(x[n : n + 1]) for n in range(len(x))])
    np.testing.assert_array_equal(together, alone)
    order = RNG.permutation(len(x))
    shuffled = [x[n] for n in order] if isinstance(x, list) else x[order]
    np.testing.assert_array_equal(fitted.predict_proba(shuffled), together[order])


def test_probabilities_are_the_models():
    fitted = classifier().fit(RAGGED, Y)
    lengths = torch.tensor([len(row) for row in RAGGED])
    inputs = torch.zeros(60, 7, 2)
    for place, row in zip(inputs, RAGGED, strict=True):
        place[: len(row)] = torch.tensor(fitted._trained.adapter.reading.sequence(row))
    with torch.no_grad():
        expected = fitted._trained.model(inputs, lengths)[:, 0, 0].softmax(-1)
    np.testing.assert_allclose(fitted.predict_proba(RAGGED), expected, atol=1e-6)


@each_form
@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_a_weight_is_the_same_as_repeating(x, kind):
    times = RNG.integers(0, 4, 60)
    rows = RNG.permutation(np.arange(60).repeat(times))
    make, y = (classifier, Y) if kind == "classifier" else (regressor, NUMBERS)
    weighted = make().fit(x, y, sample_weight=times)
    repeated = make().fit([x[n] for n in rows] if isinstance(x, list) else x[rows], y[rows])
    plain = make().fit(x, y)
    answers = [one.predict_proba(x) if kind == "classifier" else one.predict(x) for one in (weighted, repeated, plain)]
    np.testing.assert_array_equal(answers[0], answers[1])
    assert np.abs(answers[0] - answers[2]).max() > 1e-3
    doubled = make().fit(x, y, sample_weight=np.full(60, 2.5))
    np.testing.assert_array_equal(doubled.predict(x), plain.predict(x))
    assert weighted.score(x, y, times) == pytest.approx(weighted.score([x[n] for n in rows], y[rows]))


def test_a_class_without_weight_is_as_if_it_were_not_there():
    y = np.where(X[:, 0] > 1, "other", Y)
    fitted = classifier().fit(X, y, sample_weight=y != "other")
    assert fitted.classes_.tolist() == ["fall", "rise"]
    kept = y != "other"
    np.testing.assert_array_equal(fitted.predict_proba(X), classifier().fit(X[kept], y[kept]).predict_proba(X))


def test_a_heavy_sequence_wins_over_equal_ones_with_another_answer():
    x = np.tile(X[:1], (20, 1)) + 1e-3 * np.arange(20)[:, None]
    y = np.arange(20) % 2
    for heavy in (0, 1):
        weights = np.where(y == heavy, 9.0, 1.0)
        assert set(classifier(steps=60).fit(x, y, weights).predict(x)) == {heavy}
        assert set(classifier(steps=60, class_weight={heavy: 9.0}).fit(x, y).predict(x)) == {heavy}


def test_balanced_is_that_of_a_run():
    few = np.r_[np.flatnonzero(Y == "rise")[:4], np.flatnonzero(Y == "fall")]
    fitted = classifier(class_weight="balanced").fit(X[few], Y[few])
    assert fitted._trained.adapter.config.class_weights == "balanced"
    assert fitted._trained.adapter.scoring.weights[1] > 4 * fitted._trained.adapter.scoring.weights[0]


@pytest.mark.parametrize(
    "names", [["b", "a"], [-1, 5], [True, False], [0.0, 2.0], np.array(["long name", "x"], object)], ids=str
)
def test_labels_of_any_type_come_back_as_they_were(names, tmp_path):
    names = np.asarray(names)
    y = names[(Y == "rise").astype(int)]
    fitted = classifier().fit(X, y)
    assert fitted.classes_.tolist() == sorted(names.tolist())
    assert fitted.predict(X).dtype == y.dtype
    fitted.save(tmp_path / "c.safetensors")
    loaded = ff.FrozenTransformerClassifier.load(tmp_path / "c.safetensors")
    assert loaded.classes_.dtype == y.dtype
    assert loaded.predict(X).tolist() == fitted.predict(X).tolist()
    assert ff.predict(tmp_path / "c.safetensors", X).tolist() == fitted.predict(X).tolist()


def test_equal_random_states_give_equal_results():
    one, same, other = (classifier(random_state=seed).fit(X, Y).predict_proba(X) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-3
    drawn = [classifier(random_state=np.random.RandomState(seed)).fit(X, Y).predict_proba(X) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert np.abs(drawn[0] - drawn[2]).max() > 1e-3
    assert classifier(random_state=None).fit(X, Y).predict(X).shape == (60,)


def test_a_fit_leaves_torch_and_the_disk_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    state = torch.get_rng_state()
    pickle.loads(pickle.dumps(classifier().fit(X, Y))).predict(X)
    assert torch.equal(torch.get_rng_state(), state)
    assert not list(tmp_path.iterdir())


def test_scaling_and_validation_follow_the_held_out_part():
    y = (Y == "rise").astype(int)
    fitted = classifier(validation_fraction=0.3, random_state=5).fit(X, Y)
    rows = distinct(list(X[:, :, None]), y, None)
    train = rows[~held_out(rows.y, 0.3, 5, by_class=True)]
    assert len(train.x) == 42
    assert fitted._trained.adapter.reading.mean[0] == pytest.approx(np.mean(train.x))
    assert fitted._trained.adapter.reading.mean[0] != pytest.approx(X.mean())


def test_patience_ends_a_fit():
    still = classifier(learning_rate=1e-12, steps=100, patience=2).fit(X, Y)
    assert still.n_iter_ == 12  # the first evaluation, and two that were no better
    assert still.best_step_ == 4
    assert still.validation_curve_.shape == (3, 2)
    assert classifier(steps=20, patience=None).fit(X, Y).n_iter_ == 20


def test_without_a_validation_part_all_sequences_train():
    everything = classifier(validation_fraction=0).fit(X, Y)
    assert everything._trained.adapter.reading.mean[0] == pytest.approx(X.mean())
    few = classifier().fit(X[:2], ["a", "b"])
    assert few.predict_proba(X[:2]).shape == (2, 2)


def test_several_numbers_at_once(tmp_path):
    y = np.stack([NUMBERS, 1000 - NUMBERS], 1)
    fitted = regressor(steps=40).fit(X, y)
    assert fitted.predict(X).shape == (60, 2)
    assert fitted.predict(X)[:, 1].mean() == pytest.approx(1000, abs=5)
    assert regressor().fit(X, y[:, :1]).predict(X).shape == (60, 1)
    fitted.save(tmp_path / "r")
    np.testing.assert_array_equal(ff.FrozenTransformerRegressor.load(tmp_path / "r").predict(X), fitted.predict(X))


def test_large_numbers_keep_their_digits():
    y = 1e6 + NUMBERS
    answers = regressor().fit(X, y).predict(X)
    np.testing.assert_allclose(answers - 1e6, regressor().fit(X, NUMBERS).predict(X), atol=1e-4)


def test_in_a_pipeline_a_grid_and_cross_validation():
    pipeline = make_pipeline(StandardScaler(), classifier(steps=8))
    grid = GridSearchCV(
        pipeline, {"frozentransformerclassifier__learning_rate": np.logspace(-3, -2, 2)}, cv=2, error_score="raise"
    )
    assert grid.fit(X, Y).predict(X).shape == (60,)
    for x in (RAGGED, LONG):
        scores = cross_val_score(classifier(steps=np.int64(8)), x, Y, cv=2, error_score="raise")
        assert scores.shape == (2,)
    copied = clone(classifier(steps=9).fit(X, Y)).set_params(layers=None)
    assert copied.get_params()["steps"] == 9
    with pytest.raises(NotFittedError):
        copied.predict(X)


def test_calibration_fits_a_temperature_on_the_held_out_part(tmp_path):
    options = {"steps": 100, "patience": None, "evaluate_every": 100}
    plain, calibrated = (classifier(calibrate=value, **options).fit(X, Y) for value in (False, True))
    assert plain.temperature_ == 1
    rows = distinct(list(X[:, :, None]), (Y == "rise").astype(int), None)
    kept = rows[held_out(rows.y, 0.2, 0, by_class=True)]
    logits = np.log(plain.predict_proba(np.stack(kept.x)[:, :, 0]))
    assert calibrated.temperature_ == pytest.approx(fitted_temperature(logits, kept.y), rel=1e-3)
    assert abs(np.log(calibrated.temperature_)) > 0.05
    np.testing.assert_array_equal(plain.predict(X), calibrated.predict(X))
    calibrated.save(tmp_path / "c")
    loaded = ff.FrozenTransformerClassifier.load(tmp_path / "c")
    np.testing.assert_array_equal(loaded.predict_proba(X), calibrated.predict_proba(X))
    told = [json.loads(line)["probabilities"] for line in Predictor(tmp_path / "c").lines(X)]
    np.testing.assert_allclose(told, calibrated.predict_proba(X).max(1), atol=2e-6)


@pytest.mark.parametrize("way", ["pickle", "deepcopy", "file"])
@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_a_fitted_estimator_comes_back_whole(way, kind, tmp_path):
    make, y = (classifier, Y) if kind == "classifier" else (regressor, NUMBERS)
    fitted = make(backbone="embedded", width=None, layers=1, learning_rate=np.float64(1e-3)).fit(RAGGED, y)
    if way == "file":
        fitted.save(tmp_path / "fitted")
        assert (tmp_path / "fitted").stat().st_size < 200_000
        again = type(fitted).load(tmp_path / "fitted", device="cpu")
    elif way == "pickle":
        content = pickle.dumps(fitted)
        assert len(content) < 200_000  # the backbone is not in it
        again = pickle.loads(content)
    else:
        again = copy.deepcopy(fitted)
    np.testing.assert_array_equal(again.predict(RAGGED), fitted.predict(RAGGED))
    assert again.get_params() == fitted.get_params() | ({"weights": "pretrained"} if way == "file" else {})
    for name in ("n_features_in_", "n_iter_", "best_step_"):
        assert getattr(again, name) == getattr(fitted, name)
    np.testing.assert_array_equal(again.validation_curve_, fitted.validation_curve_)


def test_class_weights_and_names_of_columns_come_back_from_a_file(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=[f"t{n}" for n in range(7)])
    fitted = classifier(class_weight={"rise": 2.0, "fall": 1}).fit(frame, Y)
    fitted.save(tmp_path / "c")
    again = ff.FrozenTransformerClassifier.load(tmp_path / "c")
    assert again.class_weight == {"rise": 2.0, "fall": 1}
    assert again.feature_names_in_.tolist() == fitted.feature_names_in_.tolist() == [*frame]
    with pytest.raises(ff.InputError, match="feature names"):
        again.predict(frame.rename(columns={"t0": "other"}))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_are_tables(library):
    frame = pytest.importorskip(library).DataFrame({f"t{n}": X[:, n] for n in range(7)})
    fitted = classifier().fit(frame, Y)
    assert fitted.feature_names_in_.tolist() == [f"t{n}" for n in range(7)]
    np.testing.assert_array_equal(fitted.predict_proba(frame), classifier().fit(X, Y).predict_proba(X))


def test_whole_numbers_are_measurements_and_lists_are_arrays():
    whole = RNG.integers(0, 5, (60, 7))
    assert classifier().fit(whole, Y)._trained.adapter.shape.input_kind == "vectors"
    expected = classifier().fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(classifier().fit(X.tolist(), Y.tolist()).predict_proba(X.tolist()), expected)
    np.testing.assert_array_equal(classifier().fit(torch.tensor(X), Y).predict_proba(X), expected)
    assert classifier().fit(X, Y).n_features_in_ == 7
    assert classifier().fit(LONG, Y).n_features_in_ == classifier().fit(RAGGED, Y).n_features_in_ == 2
    objects = np.empty(60, object)
    objects[:] = RAGGED
    np.testing.assert_array_equal(
        classifier().fit(objects, Y).predict_proba(objects), classifier().fit(RAGGED, Y).predict_proba(RAGGED)
    )
    by_list = classifier().fit(list(X), Y)  # a list of arrays may have other lengths later
    assert by_list.predict([row[:4] for row in X]).shape == (60,)


def test_a_module_of_ones_own(tmp_path):
    module = nn.GRU(8, 8, batch_first=True)
    fitted = classifier(backbone=module, width=None).fit(LONG, Y)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(LONG), fitted.predict_proba(LONG))
    fitted.save(tmp_path / "c")
    loaded = ff.FrozenTransformerClassifier.load(tmp_path / "c", backbone=module)
    np.testing.assert_array_equal(loaded.predict_proba(LONG), fitted.predict_proba(LONG))
    with pytest.raises(ff.InputError, match="was given as a Python object"):
        ff.FrozenTransformerClassifier.load(tmp_path / "c")


def test_a_backbone_that_padding_changes_takes_one_length_only():
    module = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    fitted = classifier(backbone=module, width=None).fit(LONG, Y)
    np.testing.assert_array_equal(fitted.predict_proba(LONG[:1]), fitted.predict_proba(LONG)[:1])
    with pytest.raises(ff.InputError, match="gives other values where a sequence is padded"):
        classifier(backbone=module, width=None).fit(RAGGED, Y)
    with pytest.raises(ff.InputError, match="gives other values where a sequence is padded"):
        fitted.predict(RAGGED)


def test_the_bar_is_shown_if_asked(capsys):
    classifier().fit(X, Y)
    assert capsys.readouterr() == ("", "")
    classifier(verbose=1).fit(X, Y)
    shown = capsys.readouterr().err
    assert "12/12" in shown
    assert "score=" in shown


def test_a_fit_that_diverges_says_so():
    with pytest.warns(ConvergenceWarning, match="training diverged at step 2.*lower learning_rate"):
        fitted = classifier(learning_rate=1e30).fit(X, Y)
    assert np.isfinite(fitted.predict_proba(X)).all()


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([[1.0, 2], [1.0, "a"]], [0, 1], "could not convert"),
        ([[1.0, 2], [1.0, np.nan]], [0, 1], "contains NaN"),
        ([[1.0, 2], [np.inf]], [0, 1], r"sequence 2 \(counted from 1\) contains NaN or infinity"),
        ([[1.0, 2], []], [0, 1], r"sequence 2 \(counted from 1\) is no list of numbers"),
        ([np.ones((2, 2)), np.ones((3, 1))], [0, 1], "sequence 2 .* has 1 channels, but the first has 2"),
        (np.ones((4, 2, 2, 2)), [0, 1, 0, 1], r"X has shape \(4, 2, 2, 2\)"),
        (np.ones((4, 0, 2)), [0, 1, 0, 1], r"X has shape \(4, 0, 2\)"),
        (X, Y[:5], "inconsistent numbers of samples"),
        (X, ["a"] * 60, "all that counts in y is of one class, 'a'"),
        (X, [None] * 60, "classes must be all text or all numbers"),
        (X, np.array([*Y[:59], 3], object), "classes must be all text or all numbers"),
        (X, np.array([*Y[:59], None], object), "classes must be all text or all numbers"),
        (X, [*np.zeros(59), np.inf], "y contains NaN or infinity"),
        (X, np.zeros((60, 2)), "y should be a 1d array"),
        (X, NUMBERS, "Unknown label type"),
        (X, None, "requires y"),
    ],
)
def test_what_cannot_be_fitted_is_one_sentence(x, y, words):
    with pytest.raises(ff.InputError, match=words):
        classifier().fit(x, y)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"batch_size": 2.5}, "batch_size is 2.5"),
        ({"backbone": "./nothing", "width": None}, "there is no such folder"),
        ({"trainable": "all"}, "unknown parameter group"),
        ({"validation_fraction": 0.6}, "validation_fraction is 0.6"),
        ({"validation_fraction": np.nan}, "validation_fraction is nan"),
        ({"validation_fraction": "half"}, "validation_fraction is 'half'"),
        ({"backbone": None}, "backbone is None"),
        ({"random_state": "one"}, "'one' cannot be used to seed"),
        ({"validation_fraction": 0, "calibrate": True}, "calibrate needs sequences that are held out"),
        ({"class_weight": "even"}, "class_weight"),
        ({"class_weight": {"fall": 0.0}}, "one class, 'rise'"),
        ({"random_state": -1}, "seed is -1"),
    ],
)
def test_options_that_cannot_be_are_one_sentence(options, words):
    with pytest.raises(ff.InputError, match=words):
        classifier(**options).fit(X, Y)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (-np.ones(60), "at least 0"),
        (np.zeros(60), "all sample weights are zero"),
        (np.ones(59), "inconsistent"),
        (np.full(60, np.nan), "NaN"),
        (np.where(Y == "rise", 0, 1), "one class, 'fall'"),
        (np.eye(60)[0], "one class"),
    ],
)
def test_weights_that_cannot_be_are_one_sentence(weights, words):
    with pytest.raises(ff.InputError, match=words):
        classifier().fit(X, Y, weights)


def test_what_does_not_fit_a_fitted_one_is_one_sentence():
    table, sequences = classifier().fit(X, Y), classifier().fit(RAGGED, Y)
    with pytest.raises(ff.InputError, match="X has 6 features, but FrozenTransformerClassifier is expecting 7"):
        table.predict(X[:, :6])
    with pytest.raises(ff.InputError, match="sequences have 1 channels, but the estimator was fitted on 2"):
        sequences.predict(X)
    with pytest.raises(
        ff.InputError, match=r"sequence 1 \(counted from 1\) has 9 positions, and the model reads 7 at most: cut it"
    ):
        sequences.predict([np.zeros((9, 2)), np.zeros((3, 2))])
    assert sequences.predict(LONG[:, :3]).shape == (60,)
    with pytest.raises(ff.InputError, match="too large"):
        table.predict(X * 1e300)


def test_a_fit_that_fails_leaves_the_last_one_at_work():
    fitted = classifier().fit(X, Y)
    with pytest.raises(ff.InputError):
        fitted.set_params(steps=0).fit(X, np.array(["x", "y", "z"])[np.arange(60) % 3])
    assert set(fitted.predict(X)) <= {"fall", "rise"}


def test_files_of_others_are_refused(tmp_path):
    classifier().fit(X, Y).save(tmp_path / "c")
    with pytest.raises(ff.InputError, match=r"holds a FrozenTransformerClassifier.*FrozenTransformerClassifier\.load"):
        ff.FrozenTransformerRegressor.load(tmp_path / "c")
    tensors, header = read_tensors(tmp_path / "c")
    write_tensors(tmp_path / "run", tensors, {name: header[name] for name in header.keys() - {"estimator"}})
    with pytest.raises(ff.InputError, match="adapter of a run, not of an estimator"):
        ff.FrozenTransformerClassifier.load(tmp_path / "run")
    for change in (
        {"features": 8},
        {"is_table": False},
        {"feature_names": ["a"]},
        {"kind": "FrozenTransformerRegressor"},
        {"validation_curve": "none"},
        {"n_iter": None},
    ):
        write_tensors(tmp_path / "bad", tensors, header | {"estimator": header["estimator"] | change})
        with pytest.raises(ff.InputError, match=r"bad is damaged \(.*\): save the estimator again"):
            ff.FrozenTransformerClassifier.load(tmp_path / "bad")
    with pytest.raises(ff.InputError, match="no file at"):
        ff.FrozenTransformerClassifier.load(tmp_path / "missing")
    with pytest.raises(ff.InputError, match="cannot be written"):
        classifier().fit(X, Y).save(tmp_path)


def test_the_example_in_the_documentation_runs(tmp_path, monkeypatch, capsys):
    text = (Path(__file__).parents[2] / "docs" / "estimators.md").read_text()
    monkeypatch.chdir(tmp_path)
    exec(text.split("```py\n")[1].split("```")[0], {})
    assert capsys.readouterr().out == "(2,)\n(3, 2)\n"
    listed = text.split("Checks of scikit-learn that fail")[1]
    assert all(f"`{check}`: {why}" in listed for check, why in EXPECTED_FAILURES.items())
    assert ("None, with" in listed) == (not EXPECTED_FAILURES)
