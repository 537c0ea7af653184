"""Writing a file whole or not at all, and finding beforehand what cannot be written."""

from __future__ import annotations

import gzip
import lzma
import multiprocessing
import os
import shutil
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path
from types import SimpleNamespace

import pytest

from frostformer.errors import InputError
from frostformer.files import check_space, check_writable, check_writable_file, hidden, read_at_most, write_whole


def test_writes_bytes_and_text_into_new_folders(tmp_path):
    write_whole(tmp_path / "deep" / "bytes", b"\x00\xff")
    write_whole(tmp_path / "deep" / "text", "é\n")
    assert (tmp_path / "deep" / "bytes").read_bytes() == b"\x00\xff"
    assert (tmp_path / "deep" / "text").read_bytes() == "é\n".encode()
    assert len(list((tmp_path / "deep").iterdir())) == 2


def test_a_file_has_the_permissions_of_any_other(tmp_path):
    write_whole(tmp_path / "file", "")
    (tmp_path / "other").touch()
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("place", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(tmp_path, monkeypatch, error, place):
    def fail(*_):
        raise error

    write_whole(tmp_path / "file", "old")
    monkeypatch.setattr(os, place, fail)
    expected = InputError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as raised:
        write_whole(tmp_path / "file", "new")
    if expected is InputError:
        assert str(raised.value).startswith(f"{tmp_path}/file cannot be written (No space left on device): ")
    assert (tmp_path / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_packed_files_are_unpacked(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"text")
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"te") + gzip.compress(b"xt"))
    (tmp_path / "a.xz").write_bytes(lzma.compress(b"te") + bytes(4) + lzma.compress(b"xt"))
    for name in ("a.txt", "a.gz", "a.xz"):
        assert read_at_most(tmp_path / name, 4) == b"text"
        with pytest.raises(InputError, match="has more than 3 bytes"):
            read_at_most(tmp_path / name, 3)


@pytest.mark.parametrize("damage", [lambda whole: whole[:-3], lambda whole: whole + b"x", lambda whole: whole[:9]])
@pytest.mark.parametrize("name", ["a.gz", "a.xz"])
def test_a_packed_file_that_is_not_whole_is_refused(tmp_path, name, damage):
    whole = gzip.compress(b"text") if name == "a.gz" else lzma.compress(b"text")
    (tmp_path / name).write_bytes(damage(whole))
    with pytest.raises(InputError, match="is not a whole"):
        read_at_most(tmp_path / name)


@pytest.mark.parametrize("name", ["bomb.gz", "bomb.xz"])
def test_a_bomb_is_refused_without_unpacking_it(tmp_path, name):
    pack = gzip.compress if name == "bomb.gz" else lzma.compress
    (tmp_path / name).write_bytes(32 * pack(bytes(2**22)))  # 128 MiB
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="has more than 100,000 bytes"):
            read_at_most(tmp_path / name, 100_000)
        assert tracemalloc.get_traced_memory()[1] < 2**24  # unpacking alone takes half of it
    finally:
        tracemalloc.stop()


def test_an_xz_file_that_wants_much_memory_for_unpacking_is_refused(tmp_path):
    hungry = bytearray(lzma.compress(b"text", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 2**16}]))
    place = hungry.index(bytes([lzma.FILTER_LZMA2, 1]), 12) + 2  # the size of the dictionary, in the block's header
    hungry[place] = 40  # 4 GiB
    size = (hungry[12] + 1) * 4  # of the block's header, which ends with its checksum
    hungry[12 + size - 4 : 12 + size] = zlib.crc32(hungry[12 : 12 + size - 4]).to_bytes(4, "little")
    (tmp_path / "a.xz").write_bytes(hungry)
    with pytest.raises(InputError, match="is not a whole xz file"):
        read_at_most(tmp_path / "a.xz")


LIMITED = """
import resource, sys
from pathlib import Path
from frostformer.errors import InputError
from frostformer.files import write_whole

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(Path(sys.argv[1]), b"x" * 2000)
except InputError as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of this kind")
def test_a_file_past_the_limit_of_its_size_is_one_sentence(tmp_path):
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "file")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "file cannot be written (File too large): " in done.stdout
    assert not list(tmp_path.iterdir())


def write_often(path):
    for number in range(40):
        write_whole(path, str(number) * 10_000)


def test_two_processes_write_one_file(tmp_path):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(write_often, [tmp_path / "file"] * 2)
    assert len((tmp_path / "file").read_text()) in (10_000, 20_000)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_hidden_names_are_short_and_apart():
    long = [hidden(Path("a") / ("n" * 254 + end), ".partial") for end in "xy"]
    assert long[0] != long[1]
    assert all(len(path.name) < 100 for path in long)
    assert hidden(Path("a/b.json"), ".new") == Path("a/.b.json.new")


def test_a_folder_is_tried_and_nothing_is_left(tmp_path):
    check_writable(tmp_path / "new" / "folder")
    check_writable_file(tmp_path / "new" / "file")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["folder", "n" * 256, "file/under", "/dev/null"])
def test_a_file_that_cannot_be_written_is_refused(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        check_writable_file(tmp_path / name)


def test_too_little_space_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=2_000_000))
    check_space(tmp_path, 2_000_000, "this")
    with pytest.raises(InputError, match=r"has 2\.0 MB left on its disk, and this needs 3\.0 MB"):
        check_space(tmp_path, 3_000_000, "this")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="is a folder: give a file"):
        read_at_most(tmp_path)
