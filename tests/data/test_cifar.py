"""CIFAR-10's binary files: they are read, unpacked from the archive, and refused with one line if damaged."""

import hashlib
import io
import pickle
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from frostformer.data.readers import cifar
from frostformer.data.readers.cifar import read_cifar10
from frostformer.errors import InputError
from helpers import write_cifar10

COUNT = 5
INSIDE = "cifar-10-batches-bin"


@pytest.fixture
def small(monkeypatch, tmp_path):
    """(folder, records) of a CIFAR-10 with five images a file, which is taken for the published one; no network."""
    folder = tmp_path / INSIDE
    records, md5 = write_cifar10(folder, COUNT)
    monkeypatch.setattr(cifar, "MD5", md5)
    monkeypatch.setattr(cifar, "RECORDS", COUNT)
    monkeypatch.setattr(cifar, "ARCHIVE", replace(cifar.ARCHIVE, url="http://127.0.0.1:9/cifar-10-binary.tar.gz"))
    return folder, records


def refused(folder, *parts):
    """Check that reading is refused with a message of one line that contains these parts."""
    with pytest.raises(InputError) as caught:
        read_cifar10(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert not [part for part in parts if str(part) not in message], message


def test_five_batches_to_train_and_one_to_test(small):
    folder, records = small
    found = read_cifar10(folder)
    *train, test = records.values()
    for part, wanted in (("train", np.concatenate(train)), ("test", test)):
        images, labels = found[part]
        assert labels.tolist() == wanted[:, 0].tolist()
        assert (images.shape, images.dtype) == ((len(wanted), 32, 32, 3), np.uint8)
        for n, row, column, channel in ((0, 0, 0, 0), (1, 0, 1, 0), (2, 3, 0, 1), (4, 31, 30, 2)):
            assert images[n, row, column, channel] == wanted[n, 1 + 1024 * channel + 32 * row + column]


def damaged_label(content):
    return content[: 2 * 3073] + b"\x0c" + content[2 * 3073 + 1 :]


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        pytest.param(lambda content: b"", "is empty", id="empty"),
        pytest.param(lambda content: content[:-1], "15,364 bytes", id="a byte too few"),
        pytest.param(lambda content: content[:-3073], "4 images instead of 5", id="an image too few"),
        pytest.param(lambda content: content * 2, "10 images instead of 5", id="too many images"),
        pytest.param(damaged_label, "the label 12 at image 2", id="label"),
        pytest.param(lambda content: pickle.dumps({b"data": content}), "pickle", id="pickle"),
        pytest.param(lambda content: content[:-1] + bytes([content[-1] ^ 1]), "its MD5 is", id="one bit"),
    ],
)
def test_refuses_damaged_files(small, damage, fault):
    path = small[0] / "data_batch_3.bin"
    path.write_bytes(damage(path.read_bytes()))
    refused(small[0], path, fault, "delete it", "http")


@pytest.mark.parametrize("name", ["data_batch_1", "cifar-10-batches-py/data_batch_1"])
def test_refuses_the_python_version_unread(small, monkeypatch, name):
    monkeypatch.setattr(pickle, "load", None)
    path = small[0] / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pickle.dumps({}))
    refused(small[0], "pickle", "binary version", cifar.ARCHIVE.url, cifar.ARCHIVE.md5)


def test_without_files_and_network_it_says_what_to_put_where(small, tmp_path):
    folder = tmp_path / "empty"
    refused(folder, folder, "cifar-10-binary.tar.gz", cifar.ARCHIVE.md5)
    assert not folder.exists()


def write_archive(monkeypatch, folder, contents, change=None):
    """Write an archive of {path: content} under the published name; `change` may alter each entry's header."""
    path = folder / cifar.ARCHIVE.name
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, content in contents.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            if change is not None:
                change(header)
            archive.addfile(header, io.BytesIO(content) if header.isreg() else None)
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setattr(cifar, "ARCHIVE", replace(cifar.ARCHIVE, md5=md5))
    return path


@pytest.fixture
def packed(small, tmp_path):
    """(empty folder, content of the archive for it by path, records)."""
    folder, records = small
    empty = tmp_path / "new"
    empty.mkdir()
    return empty, {f"{INSIDE}/{name}": (folder / name).read_bytes() for name in records}, records


def test_unpacks_what_is_missing_and_nothing_else(packed, monkeypatch):
    folder, contents, records = packed
    (folder / "test_batch.bin").write_bytes(contents[f"{INSIDE}/test_batch.bin"])
    before = (folder / "test_batch.bin").stat().st_mtime_ns
    others = {"../above.bin": b"", "/tmp/absolute.bin": b"", f"{INSIDE}/readme.html": b"", "data_batch_1.bin": b"other"}
    write_archive(monkeypatch, folder, others | contents)
    assert read_cifar10(folder)["test"][1].tolist() == records["test_batch.bin"][:, 0].tolist()
    assert {path.name for path in folder.iterdir()} == {cifar.ARCHIVE.name, *records}
    assert {path.name for path in folder.parent.iterdir()} == {INSIDE, "new"}
    assert (folder / "test_batch.bin").stat().st_mtime_ns == before
    (folder / cifar.ARCHIVE.name).unlink()
    assert len(read_cifar10(folder)["train"][0]) == 5 * COUNT  # the archive is not needed again


def link(header):
    if header.name.endswith("data_batch_2.bin"):
        header.type, header.linkname = tarfile.SYMTYPE, "data_batch_1.bin"


@pytest.mark.parametrize(
    ("damage", "header"),
    [
        pytest.param(lambda contents: contents, link, id="a link"),
        pytest.param(lambda contents: dict(list(contents.items())[1:]), None, id="one missing"),
        pytest.param(lambda contents: contents | {f"{INSIDE}/test_batch.bin": b"small"}, None, id="another size"),
    ],
)
def test_an_archive_of_other_content_leaves_nothing_behind(packed, monkeypatch, damage, header):
    folder, contents, _ = packed
    path = write_archive(monkeypatch, folder, damage(contents), header)
    refused(folder, path, "not the complete archive", "get it again")
    assert list(folder.iterdir()) == [path]


def test_a_cut_archive_is_refused(packed, monkeypatch):
    folder, contents, _ = packed
    path = write_archive(monkeypatch, folder, contents)
    path.write_bytes(path.read_bytes()[:-1000])
    refused(folder, path, "MD5")
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setattr(
        cifar, "ARCHIVE", replace(cifar.ARCHIVE, md5=md5)
    )  # a checksum that fits, so that the next check must find it
    refused(folder, path, "not the complete archive", "get it again")
