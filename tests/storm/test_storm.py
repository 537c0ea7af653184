"""The short form of the campaign, and that a broken program does not get through it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

if sys.platform != "linux":
    pytest.skip("the files of forked processes are followed through /proc", allow_module_level=True)

from storm.bytes import damaged
from storm.campaign import FILE_NAME, campaign, table
from storm.damage import READS
from storm.folders import contents, differences
from storm.kinds import KINDS, ORDER, tries
from storm.processes import Ended
from storm.subjects import SUBJECTS

ROOT = Path(__file__).parents[2]
UNTIMED = ("kill", "damage", "full", "writers", "small-disk")  # nothing that is struck depends on the clock
WITHOUT_CARE = """
import runpy, frostformer.files
frostformer.files.remove_partials = lambda path: None
runpy.run_module("storm", run_name="__main__")
"""


def storm(out, count, kinds, start=("-m", "storm")):
    command = [sys.executable, *start, "--out", str(out), "--tries", str(count), "--kinds", *kinds]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": paths})


def lines(out):
    return [json.loads(line) for line in (out / FILE_NAME).read_text().splitlines()]


def test_nothing_is_lost(tmp_path):
    done = storm(tmp_path, 8, UNTIMED)
    assert done.returncode == 0, done.stdout + done.stderr
    found = lines(tmp_path)
    assert len(found) == 8
    assert {line["outcome"] for line in found} == {"survived", "sentence"}
    assert table(found) in (tmp_path / "README.md").read_text()
    assert campaign(tmp_path, 8, UNTIMED, seed=0) == found  # what is there is not made again
    assert lines(tmp_path) == found


@pytest.mark.slow
def test_a_program_that_leaves_files_behind_is_found_out(tmp_path):
    done = storm(tmp_path, 2, ["kill"], ("-c", WITHOUT_CARE))
    assert done.returncode == 1
    assert any("partial is left over" in line.get("note", "") for line in lines(tmp_path))


def test_every_kind_strikes_everything_in_turn():
    for kind, (_, names) in KINDS.items():
        found = [one.what for one in tries(len(names), [kind])]
        assert tuple(found) == names
    assert {one.kind for one in tries(len(ORDER), list(KINDS))} == set(KINDS)
    numbers = [one.number for one in tries(100, list(KINDS))]
    assert numbers == list(range(100))


def ended(status=0, errors="", told=""):
    return Ended(status, told, errors, (), 0.0)


@pytest.mark.parametrize(
    ("command", "note"),
    [
        (ended(), ""),
        (ended(2, "a log\nfrostformer: it is so\n"), ""),
        (ended(1, "frostformer: two of three\nfrostformer: one: why\n"), ""),
        (ended(1, told="training diverged at step 3 and ended there"), ""),
        (ended(2), "0 sentences"),
        (ended(2, "frostformer: one\nfrostformer: two\n"), "2 sentences"),
        (ended(1), "status 1 without a sentence"),
        (ended(70, "Traceback ...\nTypeError: no\n"), "TypeError: no"),
        (ended(0, "Traceback ...\nignored\n"), "ignored"),
        (ended(-9), "status -9"),
        (ended(-6), "it does not end"),
    ],
)
def test_only_a_sentence_is_a_way_to_fail(command, note):
    assert command.broken == note


def test_folders_are_compared_but_for_times(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, seconds in ((one, 1), (other, 2)):
        folder.mkdir()
        (folder / "result.json").write_text(json.dumps({"a": [{"seconds": seconds, "b": 1}], "seconds": seconds}))
        (folder / "page.html").write_text(str(seconds))
        (folder / "file").write_bytes(b"same")
    assert not differences(one, contents(other))
    (other / "file").write_bytes(b"else")
    assert differences(one, contents(other)) == "file differs"
    assert not differences(one, contents(other), contents(one))
    (other / "file").unlink()
    assert differences(one, contents(other)) == "file is left over"
    assert differences(other, contents(one)) == "file is missing"
    (one / "result.json").write_text('{"a": ')
    assert differences(one, contents(other)) == "file is left over"


def test_damage_comes_in_every_form():
    content = json.dumps({"number": 17, "list": [1.5, -2], "text": "x" * 99}).encode()
    found = [damaged(content, np.random.default_rng(seed)) for seed in range(300)]
    words = {how.split(" ")[0] for _, how in found}
    assert words >= {"cut", "with", "other", "swapped", "bit", "NaN", "1e999", "without"}
    assert all(after != content for after, how in found if how.startswith(("with", "bit")))
    assert all(len(after) == len(content) for after, how in found if how.startswith(("swapped", "bit")))


def test_every_file_that_is_read_is_damaged():
    files = " ".join(read.file for read in READS.values())
    for name in ("result.json", "adapter.safetensors", "checkpoint.safetensors", "test_scores.npz", "config.json"):
        assert name in files
    assert {"run", "cohort", "sweep", "study", "overwrite", "pretrain"} <= SUBJECTS.keys()
