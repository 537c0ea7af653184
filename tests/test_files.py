"""Writing a file whole or not at all."""

import gzip
import lzma
import os
import tracemalloc
import zlib

import pytest

from frostformer.errors import InputError
from frostformer.files import read_at_most, write_whole


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
