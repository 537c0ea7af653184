"""Writing a file whole or not at all."""

import os

import pytest

from frostformer.files import write_whole


def test_writes_bytes_and_text_into_new_folders(tmp_path):
    write_whole(tmp_path / "deep" / "bytes", b"\x00\xff")
    write_whole(tmp_path / "deep" / "text", "é\n")
    assert (tmp_path / "deep" / "bytes").read_bytes() == b"\x00\xff"
    assert (tmp_path / "deep" / "text").read_bytes() == "é\n".encode()
    assert len(list((tmp_path / "deep").iterdir())) == 2


def test_a_write_that_fails_leaves_the_old_content(tmp_path, monkeypatch):
    def disk_full(_):
        raise OSError("disk full")

    write_whole(tmp_path / "file", "old")
    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(OSError, match="disk full"):
        write_whole(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "old"
