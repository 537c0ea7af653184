"""Files that older versions wrote: a result of each format is read by everything that reads results."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from frostformer.cli.app import app
from frostformer.cli.overview import entries
from frostformer.config import RunConfig
from frostformer.results.result import FORMAT, read_result

OLD = Path(__file__).parents[1] / "cases" / "old"


@pytest.fixture(params=range(1, FORMAT + 1))
def folder(request, tmp_path):
    """The folder of a run that a version with this format left behind."""
    (tmp_path / "run").mkdir()
    shutil.copy(OLD / f"result-{request.param}.json", tmp_path / "run" / "result.json")
    return tmp_path / "run"


def test_it_is_read_and_its_configuration_is_understood(folder):
    result = read_result(folder)
    assert 0 <= result.metrics["test"]["accuracy"] <= 1
    assert RunConfig.read(result.config).task == result.task["name"]


def test_reports_lists_and_cards_are_made_of_it(folder, tmp_path):
    app(["report", str(folder), "--out", str(tmp_path / "report.html")], result_action="return_value")
    assert read_result(folder).task["name"] in (tmp_path / "report.html").read_text()
    (entry,) = entries(folder)
    assert entry.state == "finished"
    app(["card", str(folder)], result_action="return_value")
    assert (folder / "README.md").is_file()
