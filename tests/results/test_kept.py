"""What runs and verdicts keep is never written over by answers or reports."""

from __future__ import annotations

import pytest

from frostformer.errors import InputError
from frostformer.results.kept import KEPT, check_out_file
from frostformer.results.verdict import PLAN_NAME, VERDICT_NAME
from frostformer.runs.folder import ENDED
from frostformer.training.checkpoints import CHECKPOINT_NAME
from frostformer.verdicts.store import MARGINS_NAME, READINGS_NAME


def test_every_file_of_a_run_is_kept(tmp_path):
    assert {*ENDED, CHECKPOINT_NAME, VERDICT_NAME, PLAN_NAME, MARGINS_NAME, READINGS_NAME} == set(KEPT)
    for name in KEPT:
        check_out_file(tmp_path / name)  # a new file may have any name
        (tmp_path / name).write_text("")
        (tmp_path / "link").unlink(missing_ok=True)
        (tmp_path / "link").symlink_to(tmp_path / name)
        for out in (tmp_path / name, tmp_path / "link"):
            with pytest.raises(InputError, match="is a file of a run or a verdict: give another name"):
                check_out_file(out)


def test_what_is_read_is_kept(tmp_path):
    (tmp_path / "data").mkdir()
    read = tmp_path / "data/a.csv"
    read.write_text("1")
    for out, source in ((read, read), (tmp_path / "data/new.csv", tmp_path / "data")):
        with pytest.raises(InputError, match="is, or is in, what is read: give another place"):
            check_out_file(out, source)
    check_out_file(tmp_path / "new.csv", read)
