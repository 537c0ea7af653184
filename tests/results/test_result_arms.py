"""Tasks and arms by name, and the settings that runs must share."""

from __future__ import annotations

import pytest

from frostformer.results.arms import arm_label, differing, fingerprint_of_data, settings, settled, task_label
from results.made import labels, numbers, result


def test_labels():
    named = result(backbone="gpt2", weights="random", trainable="full", layers=2, task_options={"b": "1", "a": "2"})
    assert arm_label(named) == "gpt2, random, full, 2 layers"
    assert task_label(named) == "bit-xor, a 2, b 1"
    assert arm_label(result(layers=1)) == "embedded, pretrained, frozen, 1 layer"


def test_the_kind_is_part_of_the_task_and_the_folder_is_not():
    assert task_label(labels(version=2, task_options={"folder": "x"})) == "bit-xor, multilabel, version 2"
    assert task_label(numbers()) == "bit-xor, regression"


def test_auto_is_what_it_became():
    said = {"weights": "random: the backbone has no checkpoint", "device": "cpu: no GPU here"}
    made = result(weights="auto", device="auto", resolved=said)
    assert (settled(made)["weights"], settled(made)["device"]) == ("random", "cpu")
    assert arm_label(made) == "embedded, random, frozen"
    assert "fingerprint" not in settings(made)  # what is drawn has another for every seed


def test_what_was_asked_for_is_not_overruled():
    assert settled(result(weights="shuffled", resolved={"weights": "random: why"}))["weights"] == "shuffled"


def test_auto_without_a_word_stays():
    assert arm_label(result(weights="auto", backbone_precision="auto")) == "embedded, auto, frozen, auto"


def test_the_fingerprint_of_the_data_is_shortened():
    assert fingerprint_of_data(result(data_fingerprint="a" * 64)) == "a" * 12
    assert fingerprint_of_data(result()) == "not recorded"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"steps": 7}, ["steps 1000"]),
        ({"patience": 3}, ["patience not given"]),
        ({"fingerprint": "a" * 64}, ["fingerprint ffffffffffff"]),
        ({"fingerprint": "a" * 64, "backbone": "gpt2"}, []),  # two backbones always differ in it
        ({"data_fingerprint": "a" * 64, "backbone": "gpt2"}, ["data not recorded"]),
        ({"steps": 7, "task": "digits"}, []),  # another question
    ],
)
def test_settings_are_named_where_others_of_the_task_differ(changes, named):
    assert differing(result(), [result(), result(**changes)]) == named


def test_what_a_backbone_sees_is_a_setting():
    causal, both = result(), result()
    causal.backbone["causal"], both.backbone["causal"] = True, False
    assert settings(causal) != settings(both)
    assert differing(causal, [causal, both]) == ["causal True"]
