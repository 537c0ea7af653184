"""Temperature and calibration error against examples that were worked out by hand, or made with a known temperature."""

import numpy as np
import pytest
from scipy.special import softmax

from frostformer.errors import InputError
from frostformer.tasks.scoring.calibration import COLDEST, HOTTEST, expected_calibration_error, fitted_temperature

BY_HAND = np.array([0.55, 0.60, 0.95, 0.90, 0.10])
RIGHT = np.array([True, False, True, True, False])
# ten bins: 0.55 and 0.60 (which is an upper end) share one, half right: |1 - 1.15|; 0.95 is alone: |1 - 0.95|; 0.90 is
# an upper end: |1 - 0.90|; 0.10: |0 - 0.10|; together 0.15 + 0.05 + 0.10 + 0.10 of five predictions
ERROR = 0.40 / 5


def test_the_calibration_error_is_the_one_worked_out_by_hand():
    assert expected_calibration_error(BY_HAND, RIGHT, bins=10) == pytest.approx(ERROR)


def test_a_weight_is_the_same_as_repeating():
    times = np.array([3, 1, 2, 5, 1])
    repeated = expected_calibration_error(BY_HAND.repeat(times), RIGHT.repeat(times))
    assert expected_calibration_error(BY_HAND, RIGHT, times) == pytest.approx(repeated)
    logits = np.random.default_rng(0).standard_normal((5, 3))
    targets = logits.argmax(1)
    targets[0] = (targets[0] + 1) % 3
    assert fitted_temperature(logits, targets, times) != pytest.approx(fitted_temperature(logits, targets), rel=1e-3)


def test_certain_and_right_is_no_error_and_certain_and_wrong_is_all_of_it():
    assert expected_calibration_error(np.ones(4), np.ones(4)) == 0
    assert expected_calibration_error(np.ones(4), np.zeros(4)) == 1
    assert expected_calibration_error(np.zeros(4), np.zeros(4)) == 0


@pytest.mark.parametrize(
    ("probabilities", "right", "words"),
    [([1.2], [1], "outside 0 to 1"), ([], [], "at least one"), ([0.5], [1, 0], "as many"), ([np.nan], [1], "outside")],
)
def test_what_cannot_be_counted_is_one_sentence(probabilities, right, words):
    with pytest.raises(InputError, match=words):
        expected_calibration_error(np.array(probabilities), np.array(right))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_answers_is_found(temperature):
    generator = np.random.default_rng(0)
    logits = 2 * generator.standard_normal((20_000, 4))
    cumulated = softmax(logits / temperature, axis=1).cumsum(1)
    targets = (generator.random((20_000, 1)) > cumulated).sum(1)
    assert fitted_temperature(logits, targets) == pytest.approx(temperature, rel=0.03)


def test_few_right_answers_do_not_make_a_model_certain():
    logits, targets = np.array([[2.0, 0.0], [0.0, 2.0]] * 5), np.array([0, 1] * 5)
    probabilities = softmax(logits / fitted_temperature(logits, targets), axis=1)
    assert probabilities.max() == pytest.approx(11 / 12, abs=1e-3)  # 10 right answers and one more for each class


def test_answers_that_say_nothing_end_at_a_limit():
    wrong = fitted_temperature(np.array([[5.0, 0.0]] * 50), np.ones(50, int))
    assert COLDEST <= wrong <= HOTTEST
    assert wrong > 10
