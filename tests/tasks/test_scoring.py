"""Each kind of scoring against scikit-learn or a slow computation: losses, scores, metrics, answers."""

import math

import numpy as np
import pytest
import torch
from sklearn import metrics as reference

from frostformer.errors import InputError
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.scoring.multilabel import MultiLabel
from frostformer.tasks.scoring.registry import SCORINGS, read_scoring, scoring_called
from frostformer.tasks.scoring.regression import Regression
from frostformer.tasks.scoring.scoring import UNKNOWN

N, R, G = 60, 3, 2
RNG = np.random.default_rng(0)


def hidden(targets, unknown):
    """The targets, about a fifth of them not known, but one of each sequence known."""
    missing = RNG.random(targets.shape) < 0.2
    missing[:, 0, 0] = False
    return np.where(missing, unknown, targets)


def made(kind):
    """(scoring, logits, targets) of a kind, with targets that are not known."""
    if kind == "regression":
        targets = hidden(RNG.normal(50, 10, (N, R, G)), np.nan)
        return Regression().fitted(targets, 1), torch.randn(N, R, G, 1), targets
    if kind == "multilabel":
        return MultiLabel().fitted(None, 1), torch.randn(N, R, G, 1), hidden(RNG.integers(0, 2, (N, R, G)), UNKNOWN)
    classes = {"two": 2, "five": 5}[kind]
    targets = hidden(RNG.integers(0, classes, (N, R, G)), UNKNOWN)
    return Classification().fitted(targets, classes), torch.randn(N, R, G, classes), targets


KINDS = ("two", "five", "multilabel", "regression")
each_kind = pytest.mark.parametrize("kind", KINDS)


def one_by_one(scoring, logits, target):
    """The loss of one prediction, in float64."""
    logits = logits.double().numpy()
    if scoring.kind == "classification":
        return math.log(np.exp(logits).sum()) - logits[target]
    if scoring.kind == "multilabel":
        return math.log(1 + math.exp(-logits[0])) if target else math.log(1 + math.exp(logits[0]))
    raise AssertionError


@each_kind
def test_losses_are_sums_over_the_known_predictions(kind):
    scoring, logits, targets = made(kind)
    losses = scoring.losses(logits, torch.from_numpy(scoring.encoded(targets)))
    assert losses.shape == (N,)
    known = scoring.known(targets)
    for n in range(5):
        places = list(zip(*known[n].nonzero(), strict=True))
        if kind == "regression":
            mean, deviation = scoring.mean, scoring.deviation
            each = [(float(logits[n, r, g, 0]) - (targets[n, r, g] - mean[g]) / deviation[g]) ** 2 for r, g in places]
        else:
            each = [one_by_one(scoring, logits[n, r, g], targets[n, r, g]) for r, g in places]
        assert float(losses[n]) == pytest.approx(sum(each), rel=1e-5)


@each_kind
def test_what_is_not_known_gets_no_gradient(kind):
    scoring, logits, targets = made(kind)
    logits.requires_grad_()
    scoring.losses(logits, torch.from_numpy(scoring.encoded(targets))).sum().backward()
    assert logits.grad.isfinite().all()
    assert (logits.grad.abs().sum(-1) > 0).numpy().tolist() == scoring.known(targets).tolist()


@each_kind
def test_low_precision_logits_are_scored_in_float32(kind):
    scoring, logits, targets = made(kind)
    assert scoring.losses(logits.bfloat16(), torch.from_numpy(scoring.encoded(targets))).dtype == torch.float32


@each_kind
def test_the_score_of_a_sequence_is_the_mean_over_its_known_predictions(kind):
    scoring, logits, targets = made(kind)
    decisions = scoring.decisions(logits).numpy()
    answers, known = scoring.answers(decisions), scoring.known(targets)
    for n, score in enumerate(scoring.scores(decisions, targets)):
        right = -np.abs(answers[n] - targets[n]) if kind == "regression" else answers[n] == targets[n]
        assert score == pytest.approx(right[known[n]].mean())


@pytest.mark.parametrize("kind", ["two", "five"])
def test_metrics_of_classes_are_scikit_learns(kind):
    scoring, logits, targets = made(kind)
    decisions = scoring.decisions(logits).numpy()
    known = scoring.known(targets)
    true, answered = targets[known], logits.argmax(-1).numpy()[known]
    found = scoring.metrics(decisions, targets)
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(true, answered))
    assert found["balanced_accuracy"] == pytest.approx(reference.balanced_accuracy_score(true, answered))
    assert found["macro_f1"] == pytest.approx(reference.f1_score(true, answered, average="macro"))
    assert found["recall"] == pytest.approx(reference.recall_score(true, answered, average=None))
    assert found["confusion"] == reference.confusion_matrix(true, answered).tolist()
    if kind == "two":
        share = logits.softmax(-1)[..., 1].numpy()[known]
        assert found["auc"] == pytest.approx(reference.roc_auc_score(true, share))
    else:
        assert "auc" not in found


def test_classes_that_do_not_occur_count_nowhere():
    targets = np.array([0, 0, 2, 2])[:, None, None]
    scoring = Classification().fitted(targets, 4)
    logits = torch.eye(4)[[0, 1, 2, 2]][:, None, None] * 9
    found = scoring.metrics(scoring.decisions(logits).numpy(), targets)
    assert found["recall"] == [0.5, None, 1.0, None]
    assert found["balanced_accuracy"] == 0.75
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0 + 1) / 3)  # class 1 was answered once


def test_many_classes_store_their_confusions_sparsely():
    targets = np.arange(40)[:, None, None]
    scoring = Classification().fitted(targets, 40)
    found = scoring.metrics(np.roll(targets, 1).astype(np.float32), targets)["confusion"]
    assert found == {"true": list(range(40)), "answer": [39, *range(39)], "count": [1] * 40}


@pytest.mark.parametrize(("rows", "metric"), [((30, 10), "accuracy"), ((31, 10), "balanced_accuracy")])
def test_unequal_classes_are_chosen_by_balanced_accuracy(rows, metric):
    targets = np.repeat([0, 1], rows)[:, None, None]
    assert Classification().fitted(targets, 2).chosen_by == metric


def test_balanced_weights_make_classes_equal_and_keep_the_mean_loss():
    targets = np.repeat([0, 1], (90, 10))[:, None, None]
    scoring = Classification(balanced=True).fitted(targets, 2)
    assert scoring.weights == pytest.approx((100 / 180, 5.0))
    losses = scoring.losses(torch.zeros(100, 1, 1, 2), torch.from_numpy(targets))
    assert float(losses[:90].sum()) == pytest.approx(float(losses[90:].sum()))
    assert float(losses.mean()) == pytest.approx(math.log(2))


@pytest.mark.parametrize("classes", [2, 3])
def test_logits_that_are_no_numbers_are_never_right(classes):
    targets = np.zeros((4, 1, 1), np.int64)
    targets[0] = 1
    scoring = Classification().fitted(targets, classes)
    found = scoring.metrics(scoring.decisions(torch.full((4, 1, 1, classes), torch.nan)).numpy(), targets)
    assert found["accuracy"] == 0


def test_metrics_of_labels_are_scikit_learns():
    scoring, logits, _ = made("multilabel")
    targets = RNG.integers(0, 2, (N, 1, G))
    logits = logits[:, :1]
    found = scoring.metrics(scoring.decisions(logits).numpy(), targets)
    true, answered = targets[:, 0], (logits[:, 0, :, 0] > 0).numpy().astype(int)
    assert found["accuracy"] == pytest.approx((true == answered).mean())
    assert found["exact"] == pytest.approx(reference.accuracy_score(true, answered))
    assert found["macro_f1"] == pytest.approx(reference.f1_score(true, answered, average="macro"))


def test_labels_that_are_not_known_count_nowhere():
    targets = np.array([[1, UNKNOWN], [UNKNOWN, 0], [1, 1]])[:, None]
    scoring = MultiLabel()
    decisions = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, -1.0]])[:, None]
    found = scoring.metrics(decisions, targets)
    assert found["accuracy"] == pytest.approx(2 / 4)
    assert found["exact"] == pytest.approx(1 / 3)
    assert scoring.scores(decisions, targets).tolist() == [1.0, 0.0, 0.5]


def test_metrics_of_numbers_are_scikit_learns():
    scoring, logits, _ = made("regression")
    targets = RNG.normal(50, 10, (N, R, G))
    decisions = scoring.decisions(logits).numpy()
    true, answered = targets.reshape(-1, G), scoring.answers(decisions).reshape(-1, G)
    found = scoring.metrics(decisions, targets)
    assert found["mae"] == pytest.approx(reference.mean_absolute_error(true, answered))
    assert found["rmse"] == pytest.approx(reference.root_mean_squared_error(true, answered))
    assert found["r2"] == pytest.approx(reference.r2_score(true, answered))


def test_numbers_are_answered_in_their_own_unit():
    targets = RNG.normal(1e6, 1.0, (N, 1, 1))
    scoring = Regression().fitted(targets, 1)
    perfect = scoring.encoded(targets)
    assert scoring.metrics(perfect, targets)["mae"] < 1e-6
    assert abs(perfect.mean()) < 1e-3
    assert Regression().fitted(np.full((5, 1, 1), 7.0), 1).deviation == (1.0,)


def test_trivial_rules_answer_what_is_common_in_training():
    classes = Classification().trivial(np.array([1, 1, 0])[:, None, None], np.array([1, 0, UNKNOWN])[:, None, None])
    assert classes == {"majority class": 0.5}
    labels = MultiLabel().trivial(np.array([[1, 0], [1, 1], [1, 0]])[:, None], np.array([[1, 1]])[:, None])
    assert labels == {"majority of each label": 0.5}
    train, test = np.array([1.0, 3.0])[:, None, None], np.array([1.0, 3.0])[:, None, None]
    assert Regression().trivial(train, test) == {"mean of the training targets": 0.0}


@each_kind
def test_it_is_read_back_from_plain_values(kind):
    scoring, *_ = made(kind)
    assert read_scoring(scoring.describe()) == scoring


def test_an_unknown_kind_is_one_sentence():
    assert set(SCORINGS) == {"classification", "multilabel", "regression"}
    with pytest.raises(InputError, match=r"unknown scoring 'regresion'.*Did you mean 'regression'"):
        scoring_called("regresion")


def test_numbers_that_a_split_does_not_know_count_nowhere():
    train = RNG.normal(0, 1, (20, 1, 2))
    test = train.copy()
    test[:, :, 1] = np.nan
    scoring = Regression().fitted(train, 1)
    found = scoring.metrics(scoring.encoded(train), test)
    assert found["r2"] == pytest.approx(1)
    assert found["mae"] == pytest.approx(0, abs=1e-6)
    with pytest.raises(InputError, match="number 1 has no known training target"):
        Regression().fitted(test, 1)


def test_where_nothing_can_be_decided_there_is_no_name():
    scoring = Classification(names=("cat", "dog", "eel")).fitted(np.array([0, 1, 2])[:, None, None], 3)
    assert scoring.answers(np.array([UNKNOWN, 2.0])[:, None, None]).ravel().tolist() == ["", "eel"]


def test_targets_whose_squares_are_infinite_are_refused():
    scoring = Regression()
    assert scoring.refusal(np.full((3, 1, 1), -1e101)) is not None
    assert scoring.refusal(np.array([1e99, np.nan]).reshape(2, 1, 1)) is None


def test_a_label_that_is_there_as_often_as_not_is_answered_with_no():
    train = np.array([0, 1]).reshape(2, 1, 1)
    assert MultiLabel().trivial(train, np.zeros((4, 1, 1), np.int64)) == {"majority of each label": 1.0}


def test_numbers_that_are_all_equal_are_explained_only_by_exact_answers():
    targets, scoring = np.full((3, 1, 1), 2.0), Regression(mean=(0.0,), deviation=(1.0,))
    assert scoring.metrics(targets, targets)["r2"] == 1.0
    assert scoring.metrics(targets + 1, targets)["r2"] == 0.0


@each_kind
def test_a_weight_means_the_same_as_repeating(kind):
    scoring, logits, targets = made(kind)
    times = RNG.integers(1, 5, N)
    decisions = scoring.decisions(logits).numpy()
    weighted = scoring.metrics(decisions, targets, weights=times * 0.5)
    repeated = scoring.metrics(decisions.repeat(times, 0), targets.repeat(times, 0))
    assert weighted.keys() == repeated.keys()
    for name in weighted.keys() - {"confusion"}:
        assert weighted[name] == pytest.approx(repeated[name]), name
        if not isinstance(weighted[name], list):
            assert weighted[name] != pytest.approx(scoring.metrics(decisions, targets)[name]), name
    if kind != "multilabel":
        unfitted = type(scoring)() if kind == "regression" else type(scoring)(balanced=True)
        one = unfitted.fitted(targets, scoring.outputs, times * 0.5)
        other = unfitted.fitted(targets.repeat(times, 0), scoring.outputs)
        for name in ("mean", "deviation") if kind == "regression" else ("weights",):
            assert getattr(one, name) == pytest.approx(getattr(other, name))
        assert one.chosen_by == other.chosen_by


def test_a_temperature_changes_probabilities_and_no_answer():
    for plain, logits, _ in map(made, ("two", "five", "multilabel")):
        hot = read_scoring(plain.describe() | {"temperature": 4.0})
        np.testing.assert_array_equal(
            hot.answers(hot.decisions(logits).numpy()), plain.answers(plain.decisions(logits).numpy())
        )
        assert torch.equal(hot.probabilities(logits), plain.probabilities(logits / 4))
        for wrong in (0.0, -1.0, math.inf, math.nan):
            with pytest.raises(InputError, match="temperature is"):
                type(plain)(temperature=wrong)
