"""Reads CIFAR-10 in its official binary version.

Every image takes 3,073 bytes: its label, then all red, all green and all blue values. Format: Krizhevsky, "The CIFAR-10
dataset", section "Binary version". The Python version of the dataset consists of pickles, which can run code when they
are read, so it is refused.
"""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from pathlib import Path

import numpy as np

from frostformer.data.downloads import PublishedFile, find_data_file
from frostformer.errors import InputError
from frostformer.files import MOST_BYTES, open_checked, write_whole

ARCHIVE = PublishedFile(
    "cifar-10-binary.tar.gz",
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "c32a1d4ab5d03f1284b67883e8d87530",
    archive=True,
)
MD5 = {
    "data_batch_1.bin": "5dd7e06a14cb22eb9f671a540d1b7c25",
    "data_batch_2.bin": "5ea93a67294ea407fff1d09f752e9692",
    "data_batch_3.bin": "942cd6a4bcdd0dd3c604fbe906cb4421",
    "data_batch_4.bin": "ae636b3ba5c66a11e91e8cb52e771fcb",
    "data_batch_5.bin": "53f37980c15c3d472c316c40844f3f0d",
    "test_batch.bin": "803d5f7f4d78ea53de84dbe85f74fb6d",
}
RECORDS = 10_000  # in each file
_CLASSES = 10
_SIDE = 32
_RECORD = 1 + 3 * _SIDE**2  # bytes


def read_cifar10(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The splits `train` and `test`, each as images (N, 32, 32, 3) and labels (N,), both uint8.

    Reads the six `.bin` files in `folder`. Missing ones are unpacked from the archive in `folder`, which is downloaded
    if it is missing too.

    Raises:
        InputError: a file is missing and cannot be downloaded, is not the published one, or is a pickle.
    """
    _refuse_pickles(folder)
    if not all((folder / name).is_file() for name in MD5):
        _unpack(find_data_file(folder, ARCHIVE), folder)
    *train, test = (_read_batch(folder / name, md5) for name, md5 in MD5.items())
    images, labels = zip(*train, strict=True)
    return {"train": (np.concatenate(images), np.concatenate(labels)), "test": test}


def _refuse_pickles(folder: Path) -> None:
    for found in (folder / "cifar-10-batches-py", folder / "data_batch_1", folder / "test_batch"):
        if found.exists():
            raise InputError(
                f"{found} is the Python version of CIFAR-10, a pickle, which can run code when it is read: "
                f"give a folder with the binary version instead, from {ARCHIVE.url} (MD5 {ARCHIVE.md5})"
            )


def _unpack(archive: Path, folder: Path) -> None:
    """Write the batch files that are missing in `folder`.

    Nothing else is unpacked, and the paths inside the archive are not used, so it cannot write anywhere else.
    """
    missing = [name for name in MD5 if not (folder / name).is_file()]
    try:
        with tarfile.open(archive, "r:gz") as members:
            contents = [_member(members, f"cifar-10-batches-bin/{name}") for name in missing]
    except (tarfile.TarError, KeyError, EOFError, zlib.error, OSError) as error:
        raise InputError(f"{archive} is not the complete archive of CIFAR-10 ({error}): get it again") from error
    for name, content in zip(missing, contents, strict=True):
        write_whole(folder / name, content)


def _member(members: tarfile.TarFile, name: str) -> bytes:
    member = members.getmember(name)
    file = members.extractfile(member) if member.isreg() and member.size == RECORDS * _RECORD else None
    if file is None:
        raise tarfile.TarError(f"its entry '{name}' is not a file of {RECORDS * _RECORD:,} bytes")
    return file.read()


def _read_batch(path: Path, md5: str) -> tuple[np.ndarray, np.ndarray]:
    with open_checked(path, unpack=False) as file:
        content = file.read(MOST_BYTES)
    if fault := _fault(content, md5):
        raise InputError(
            f"{path} {fault}: delete it and run again; it is then unpacked from {ARCHIVE.name} ({ARCHIVE.url})"
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    images = records[:, 1:].reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1)  # (N, C, H, W) -> (N, H, W, C)
    return np.ascontiguousarray(images), records[:, 0]


def _fault(content: bytes, md5: str) -> str | None:
    """What is wrong with the content of a batch file; None if nothing is.

    The checksum comes last: it sees every fault but does not say what the fault is.
    """
    if not content:
        return "is empty"
    if content[0] == 0x80:  # pickles begin with this byte; as a label it would be too large
        return "is a pickle under another name, which can run code when it is read"
    if len(content) % _RECORD:
        return f"has {len(content):,} bytes, not a multiple of {_RECORD:,}, which one image and its label take"
    if len(content) != RECORDS * _RECORD:
        return f"has {len(content) // _RECORD:,} images instead of {RECORDS:,}"
    labels = np.frombuffer(content, np.uint8)[::_RECORD]
    if labels.max() >= _CLASSES:
        return f"has the label {labels.max()} at image {labels.argmax():,}, but labels run from 0 to {_CLASSES - 1}"
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return None if found == md5 else f"is not the published file: its MD5 is {found} instead of {md5}"
