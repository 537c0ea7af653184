"""Files that are broken, wrong or meant to harm: an array or one `InputError`, nothing run, the folder as it was."""

import gzip
import pickle
import re
import tracemalloc
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.data.readers.idx import read_idx
from frostformer.data.readers.tape import read_tape
from frostformer.errors import InputError
from frostformer.files import MOST_BYTES

MAGIC = bytes([0, 0, 8])
HEADER = MAGIC + bytes([2, 0, 0, 0, 2, 0, 0, 0, 3])
WHOLE = HEADER + bytes(range(6))
ZIPPED = gzip.compress(WHOLE)


class Harmful:
    """Pickled, it leaves a file behind when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def size(*sizes: int) -> bytes:
    return b"".join(one.to_bytes(4, "big") for one in sizes)


CONTENTS = {
    "empty": b"",
    "wrong magic": b"\x89PNG" + WHOLE,
    "values of another type": bytes([0, 0, 0x0D]) + WHOLE[3:],
    "count too small": WHOLE + b"\0",
    "count too large": WHOLE[:-1],
    "no values": MAGIC + bytes([1]) + size(0),
    "header cut short": HEADER[:9],
    "4 billion x 4 billion": MAGIC + bytes([2]) + size(2**32 - 1, 2**32 - 1) + bytes(100),
    "nothing x 4 billion": MAGIC + bytes([4]) + size(0, *[2**32 - 1] * 3),
    "a byte more than the limit": MAGIC + bytes([2]) + size(MOST_BYTES + 1, 1),
    "255 axes": MAGIC + bytes([255]) + size(*[1] * 255) + b"\0",
}
GZIPPED = {name: gzip.compress(content) for name, content in CONTENTS.items()} | {
    "no gzip": WHOLE,
    "nothing at all": b"",
    "cut short": ZIPPED[:-9],
    "garbage inside": ZIPPED[:12] + b"\xff" * 8 + ZIPPED[20:],
    "garbage behind": ZIPPED + b"garbage",
    "wrong checksum": ZIPPED[:-8] + bytes(8),
}
HOSTILE = {f"{name}.bin": content for name, content in CONTENTS.items()} | {
    f"{name}.gz": content for name, content in GZIPPED.items()
}


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def assert_refused(read, path: Path) -> str:
    """One sentence that names the file; the folder stays as it was."""
    before = content_of(path.parent)
    with pytest.raises(InputError, match=re.escape(str(path))) as caught:
        read(path)
    assert content_of(path.parent) == before
    message = str(caught.value)
    assert "\n" not in message
    assert "get it again" in message
    return message


@pytest.mark.parametrize("name", HOSTILE)
def test_idx_refuses(tmp_path, name):
    (tmp_path / name).write_bytes(HOSTILE[name])
    assert_refused(read_idx, tmp_path / name)


@pytest.mark.parametrize("read", [read_idx, read_tape])
@pytest.mark.parametrize("name", ["pickle.bin", "pickle.gz", "zipped.gz", "pickle.csv", "pickle.json"])
def test_a_pickle_under_another_name_is_not_run(tmp_path, read, name):
    content = pickle.dumps(Harmful(tmp_path / "ran"))
    (tmp_path / name).write_bytes(gzip.compress(content) if name == "zipped.gz" else content)
    assert_refused(read, tmp_path / name)  # no new file in the folder: nothing ran


@pytest.mark.parametrize(
    "header", [HEADER, MAGIC + bytes([2]) + size(2**32 - 1, 2**32 - 1), b"PK"], ids=["small", "huge", "none"]
)
def test_a_gzip_bomb_is_refused_without_unpacking_it(tmp_path, header, monkeypatch):
    unpacked = 0

    class Counting(gzip.GzipFile):
        """Counts what is unpacked."""

        def read(self, size: int | None = -1) -> bytes:
            """As the class above reads."""
            nonlocal unpacked
            content = super().read(size)
            unpacked += len(content)
            return content

    bomb = gzip.compress(header) + 128 * gzip.compress(bytes(2**25), 1)  # 4 GiB from a small file
    assert len(bomb) < 2**25
    (tmp_path / "bomb.gz").write_bytes(bomb)
    monkeypatch.setattr(gzip, "GzipFile", Counting)
    tracemalloc.start()
    try:
        assert_refused(read_idx, tmp_path / "bomb.gz")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * len(bomb) + 2**20  # this test reads the folder twice
    assert 0 < unpacked < 100


@given(st.binary() | st.binary().map(lambda end: MAGIC + end) | st.binary(max_size=8).map(lambda end: HEADER + end))
def test_any_bytes_are_an_array_or_refused(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("idx")
    for name, written in (("a.bin", content), ("a.gz", content), ("b.gz", gzip.compress(content))):
        (folder / name).write_bytes(written)
        try:
            array = read_idx(folder / name)
        except InputError:
            continue
        assert array.dtype == np.uint8
        assert content.endswith(array.tobytes())


@given(st.binary(max_size=30), st.integers(0, len(ZIPPED)), st.integers(0, 30))
def test_any_damage_to_a_gzip_file_is_seen(tmp_path_factory, patch, place, removed):
    path = tmp_path_factory.mktemp("idx") / "a.gz"
    path.write_bytes(ZIPPED[:place] + patch + ZIPPED[place + removed :])
    with suppress(InputError):
        assert read_idx(path).tolist() == [[0, 1, 2], [3, 4, 5]]  # the patch may be in the time of packing


@given(
    st.binary()
    | st.text().map(lambda end: f"seq,label\n{end}".encode())
    | st.text().map(lambda end: f'[{{"primary": "M", "fold_label": 1}}{end}'.encode())
)
def test_any_bytes_are_proteins_or_refused(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("tape")
    for name in ("a.csv", "a.json"):
        (folder / name).write_bytes(content)
        with suppress(InputError):
            assert read_tape(folder / name)
