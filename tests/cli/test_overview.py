"""`frostformer runs`: what lies under a folder."""

from __future__ import annotations

import json
import shutil

import pytest

import frostformer as ff
from frostformer.cli.app import app
from frostformer.cli.overview import age, entries
from frostformer.errors import InputError
from frostformer.locks import locked


@pytest.fixture(scope="module")
def folder(tmp_path_factory, folders):
    """A finished run, one that was stopped, a plan of a verdict, and files of others."""
    out = tmp_path_factory.mktemp("runs")
    config = ff.RunConfig(backbone=str(folders["gpt2"]), steps=4, evaluate_every=2, device="cpu")
    ff.run(config, out / "a" / "done")
    with pytest.raises(ff.errors.TimeIsUp):
        ff.run(config, out / "stopped", watch=ff.runs.job.Watch(is_over=lambda: True))
    for name, text in {"planned": '{"task": "waves.csv"}', "other": "[]"}.items():
        (out / name).mkdir()
        (out / name / "plan.json").write_text(text)
    return out


def by_name(folder):
    return {one.folder.removeprefix(f"{folder}/"): one for one in entries(folder)}


def test_each_has_its_state(folder):
    found = by_name(folder)
    assert list(found) == ["a/done", "planned", "stopped"]
    assert found["a/done"].state == "finished"
    assert found["a/done"].score.startswith("accuracy ")
    assert found["a/done"].what.startswith("bit-xor: ")
    assert (found["planned"].state, found["planned"].what) == ("unfinished", "verdict on waves.csv")
    assert found["stopped"].state == "unfinished, step 2 of 4"
    assert all(0 <= one.seconds < 3600 for one in found.values())


def test_what_a_process_is_at_is_running(folder):
    with locked(folder / "stopped", []):
        assert by_name(folder)["stopped"].state == "running, step 2 of 4"
    assert by_name(folder)["stopped"].state == "unfinished, step 2 of 4"


def test_a_verdict_of_several_sizes_is_running_as_a_whole(tmp_path):
    (tmp_path / "v/labels-50").mkdir(parents=True)
    (tmp_path / "v/labels-50/plan.json").write_text('{"task": "waves.csv"}')
    with locked(tmp_path / "v", []):
        assert by_name(tmp_path)["v/labels-50"].state == "running"
    assert by_name(tmp_path)["v/labels-50"].state == "unfinished"


def test_what_only_has_the_name_of_a_file_is_none(folder, tmp_path):
    (tmp_path / "a/verdict.json").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b/result.json").symlink_to(tmp_path / "nowhere")
    assert by_name(tmp_path) == {}


def test_the_lock_file_of_a_killed_process_says_nothing(folder):
    (folder / "stopped" / ".lock").write_bytes(b"xprocess 1 on here")
    assert by_name(folder)["stopped"].state == "unfinished, step 2 of 4"
    (folder / "stopped" / ".lock").unlink(missing_ok=True)


@pytest.mark.parametrize("damaged", ["a/done/result.json", "stopped/checkpoint.safetensors"])
def test_what_cannot_be_read_says_why_and_the_others_are_listed(folder, tmp_path, damaged):
    shutil.copytree(folder, tmp_path / "runs")
    (tmp_path / "runs" / damaged).write_bytes(b"{")
    found = by_name(tmp_path / "runs")
    assert len(found) == 3
    assert damaged in found[damaged.rpartition("/")[0]].state


def test_the_terminal_shows_a_line_each_or_json(folder, capsys):
    app(["runs", str(folder)], result_action="return_value", exit_on_error=False)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].split() == ["folder", "age", "state", "score", "what"]
    app(["runs", str(folder), "--json"], result_action="return_value", exit_on_error=False)
    assert [one["folder"] for one in json.loads(capsys.readouterr().out)] == [one.folder for one in entries(folder)]


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no folder at"):
        list(entries(tmp_path / "none"))


@pytest.mark.parametrize(("seconds", "shown"), [(0.2, "0 s"), (61, "1 min"), (7300, "2 h"), (200_000, "2 d")])
def test_ages_are_rounded_down(seconds, shown):
    assert age(seconds) == shown
