"""`frostformer doctor`: what is there and what is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from frostformer.cli import doctor
from frostformer.cli.app import app


def by_name():
    return {one.about: one for one in doctor.findings()}


def shown(capsys, *words):
    app(["doctor", *words], result_action="return_value", exit_on_error=False)
    return capsys.readouterr().out


def test_it_names_versions_and_the_device():
    found = by_name()
    assert found["torch"].detail == torch.__version__
    assert found["device"].is_there
    assert "threads" in found["device"].detail


@pytest.mark.parametrize("missing", [True, False])
def test_an_extra_that_is_missing_says_how_to_get_it(monkeypatch, missing):
    monkeypatch.setattr(doctor, "version_of", lambda name: None if missing else "9.9")
    monkeypatch.setattr(
        doctor, "requires", lambda name: ["numpy>=2.0", "pyarrow>=18; extra == 'parquet'", "ruff; extra == 'dev'"]
    )
    found = by_name()
    assert found["extra parquet"] == doctor.Finding(
        "extra parquet", not missing, "pip install 'frostformer[parquet]'" if missing else "pyarrow 9.9"
    )
    assert "extra dev" not in found


def test_the_extras_are_those_of_the_package():
    assert {"extra parquet", "extra lora", "extra gguf", "extra images", "extra sounds", "extra export"} <= set(
        by_name()
    )


def test_data_and_models_are_looked_for_and_not_made(monkeypatch, tmp_path):
    monkeypatch.setenv("FROSTFORMER_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "models"))
    found = by_name()
    assert not found["data folder"].is_there
    assert not found["data of mnist"].is_there
    assert not found["model cache"].is_there
    (tmp_path / "data" / "mnist").mkdir(parents=True)
    (tmp_path / "models" / "models--openai--gpt2").mkdir(parents=True)
    found = by_name()
    assert found["data of mnist"].is_there
    assert "openai/gpt2" in found["model cache"].detail
    assert Path(found["data folder"].detail.partition(" (")[0]) == tmp_path / "data"


def test_the_terminal_marks_what_is_missing_and_programs_get_json(monkeypatch, capsys):
    made = [doctor.Finding("one", True, "1.0"), doctor.Finding("another", False, "get it")]
    monkeypatch.setattr(doctor, "findings", lambda: iter(made))
    assert shown(capsys) == "  one      1.0\n- another  get it\n"
    assert json.loads(shown(capsys, "--json"))[1] == {"about": "another", "is_there": False, "detail": "get it"}
