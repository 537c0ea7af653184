"""The model card of a run, and that its folder is all that somebody else needs."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard

import frostformer as ff
from frostformer.cli.app import app
from frostformer.errors import InputError
from frostformer.report.card import SHARED, card


@pytest.fixture(scope="module")
def finished(tmp_path_factory, folders):
    out = tmp_path_factory.mktemp("runs") / "digits"
    config = ff.RunConfig(task="digits", backbone=str(folders["gpt2"]), steps=4, evaluate_every=2, device="cpu")
    return out, ff.run(config, out)


def header(text):
    return yaml.safe_load(text.split("---\n")[1])


def test_the_hub_reads_scores_from_its_header(finished):
    out, result = finished
    text = card(result, out)
    read = ModelCard(text).data
    assert read.library_name == "frostformer"
    (evaluation,) = read.eval_results
    assert evaluation.dataset_split == "test"
    assert evaluation.metric_value == round(result.metrics["test"]["accuracy"], 4)


def test_a_model_of_the_hub_is_named_as_the_base(finished):
    out, result = finished
    assert "base_model" not in header(card(result, out))
    of_hub = replace(result, backbone=result.backbone | {"name": "gpt2", "weights": "pretrained"})
    assert header(card(of_hub, out))["base_model"] == "openai-community/gpt2"
    assert "base_model" not in header(card(replace(of_hub, backbone=of_hub.backbone | {"weights": "random"}), out))


def test_the_card_says_what_the_result_says(finished):
    out, result = finished
    text = card(result, out)
    test = f"| test | {100 * result.metrics['test']['accuracy']:.1f} % | 300 |"
    for part in (
        test,
        result.backbone["fingerprint"][:12],
        "One class for each sequence",
        "CC BY 4.0",
        "frostformer run",
    ):
        assert part in text
    assert card(result, out) == text


def test_a_random_backbone_is_not_called_pretrained(finished):
    out, result = finished
    text = card(replace(result, backbone=result.backbone | {"weights": "random"}), out.parent / "my run")
    assert "with random\nweights" in text
    assert "frostformer predict 'my run' NEW" in text


def test_hostile_names_stay_text(finished):
    out, result = finished
    name = 'x"\n- evil: [1'
    text = card(replace(result, task=result.task | {"name": name}), out)
    assert header(text)["model-index"][0]["results"][0]["dataset"]["type"] == name
    assert set(header(text)) == {"library_name", "tags", "model-index"}


def test_a_downloaded_copy_of_the_folder_is_enough(finished, tmp_path):
    out, _ = finished
    app(["card", str(out)], result_action="return_value")
    with pytest.raises(InputError, match="is there already"):
        app(["card", str(out)], result_action="return_value")
    app(["card", str(out), "--overwrite"], result_action="return_value")
    (tmp_path / "theirs").mkdir()
    for name in SHARED:
        shutil.copy(out / name, tmp_path / "theirs")
    images = np.zeros((2, 16, 4), np.float32)
    assert (ff.predict(tmp_path / "theirs", images) == ff.predict(out, images)).all()
    assert json.loads((tmp_path / "theirs/result.json").read_text())
