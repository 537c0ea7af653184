"""Public data files: found or downloaded, checked either way."""

import gzip
import hashlib
from pathlib import Path

import pooch
import pytest

from frostformer.datafiles import DataFile, data_folder, find_data_file
from frostformer.errors import InputError

CONTENT = b"what was published"
NOWHERE = "http://127.0.0.1:9/digits.gz"  # the discard port: nothing listens there
FILE = DataFile("digits.gz", NOWHERE, hashlib.md5(CONTENT).hexdigest())


def downloading(monkeypatch, content):
    """Let pooch 'download' `content`."""

    def downloader(**_):
        return lambda url, path, _: Path(path).write_bytes(content)

    monkeypatch.setattr(pooch, "HTTPDownloader", downloader)


def test_the_data_folder_is_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("FROSTFORMER_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.setenv("FROSTFORMER_DATA", "")
    assert data_folder().name == "frostformer"


@pytest.mark.parametrize(("name", "content"), [("digits", CONTENT), ("digits.gz", gzip.compress(CONTENT))])
def test_finds_a_file_packed_or_unpacked(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert find_data_file(tmp_path, FILE) == tmp_path / name


@pytest.mark.parametrize(("name", "content"), [("digits", b"other"), ("digits.gz", gzip.compress(b"other"))])
def test_refuses_other_content_and_keeps_the_users_file(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="MD5"):
        find_data_file(tmp_path, FILE)
    assert (tmp_path / name).read_bytes() == content


def test_a_download_is_kept(monkeypatch, tmp_path):
    downloading(monkeypatch, gzip.compress(CONTENT))
    path = find_data_file(tmp_path / "new" / "folder", FILE)
    assert gzip.decompress(path.read_bytes()) == CONTENT
    assert [found.name for found in path.parent.iterdir()] == ["digits.gz"]


def test_a_download_of_other_content_is_not_kept(monkeypatch, tmp_path):
    downloading(monkeypatch, gzip.compress(b"a login page"))
    with pytest.raises(InputError, match="MD5"):
        find_data_file(tmp_path, FILE)
    assert not list(tmp_path.iterdir())


def test_no_network_is_one_sentence_that_says_what_to_do(tmp_path):
    with pytest.raises(InputError) as caught:
        find_data_file(tmp_path, FILE)
    message = str(caught.value)
    assert all(part in message for part in ("digits.gz", str(tmp_path), NOWHERE, FILE.md5))
    assert "\n" not in message
    assert not list(tmp_path.iterdir())
