"""One writer at a time, whoever was killed before."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from frostformer.errors import Busy, InputError
from frostformer.files import hidden, write_whole
from frostformer.locks import locked, write_alone

HOLD = """
import sys
from pathlib import Path
from frostformer.locks import locked

with locked(Path(sys.argv[1]), []):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_process(folder):
    """Another process holds the lock of the folder; the block gets it."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.stdin.close()


def test_a_second_process_is_told_at_once_who_is_there(tmp_path):
    with (
        other_process(tmp_path / "run") as holder,
        pytest.raises(Busy, match=f"process {holder.pid} on {socket.gethostname()}"),
        locked(tmp_path / "run", []),
    ):
        raise AssertionError("both have it")
    with locked(tmp_path / "run", []):
        pass


def test_a_lock_dies_with_its_process(tmp_path):
    with other_process(tmp_path) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        with locked(tmp_path, []):
            pass
    assert not list(tmp_path.iterdir())


def test_one_process_does_not_get_it_twice(tmp_path):
    with locked(tmp_path, []), pytest.raises(Busy), locked(tmp_path, []):
        raise AssertionError("both have it")


def test_nothing_is_left_where_nothing_was_written(tmp_path):
    with locked(tmp_path / "new" / "run", []):
        pass
    assert not list(tmp_path.iterdir())
    with locked(tmp_path / "new" / "run", []):
        write_whole(tmp_path / "new" / "run" / "file", "here")
    assert [path.name for path in (tmp_path / "new" / "run").iterdir()] == ["file"]


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path):
    stale = hidden(tmp_path / "file", ".0123.partial")
    others = [tmp_path / "file.partial", hidden(tmp_path / "other", ".0123.partial"), tmp_path / "file"]
    for path in (stale, *others):
        path.write_text("")
    with locked(tmp_path, ["file"]):
        assert not stale.exists()
        assert all(path.exists() for path in others)


@pytest.mark.parametrize("name", ["page.html", "n" * 255, "[a-z]*.html", "é" * 100])
def test_writers_of_one_file_take_turns_and_leave_nothing(tmp_path, name):
    hidden(tmp_path / name, ".0123.partial").write_text("stale")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: write_alone(tmp_path / name, str(number)), range(12)))
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["file", "file/under", "dangling", "loop", "n" * 256, "dangling/under"])
def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path, name):
    (tmp_path / "file").write_text("here")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match="cannot be written"), locked(tmp_path / name, []):
        raise AssertionError("it was made")
    assert sorted(tmp_path.iterdir()) == before


def test_no_module_of_one_system_is_needed():
    code = "import sys; sys.modules['fcntl'] = sys.modules['resource'] = None; import frostformer.locks"
    subprocess.run([sys.executable, "-c", code], check=True)
