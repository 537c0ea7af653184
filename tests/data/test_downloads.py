"""Data files are found, downloaded or continued, and always checked. The server runs in the test process."""

import gzip
import hashlib
import random
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from frostformer.data import downloads as datafiles
from frostformer.data.downloads import PublishedFile, data_folder, find_data_file
from frostformer.errors import InputError
from helpers import at_once

CONTENT = random.Random(0).randbytes(5000)
PACKED = gzip.compress(CONTENT, mtime=0)  # the same bytes in every test process
NOWHERE = "http://127.0.0.1:9/digits.gz"  # the discard port: nothing listens there


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


FILE = PublishedFile("digits.gz", NOWHERE, md5(CONTENT))


class Server(HTTPServer):
    """Serves one file at every address; tests change how it answers by setting its attributes."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.status, self.knows_ranges, self.breaks_after = PACKED, 200, True, None
        self.ranges = []  # the Range header of each request so far

    def file(self) -> PublishedFile:
        """The description of the served file."""
        return PublishedFile("digits.gz", f"http://127.0.0.1:{self.server_port}/digits.gz", md5(CONTENT))


class Handler(BaseHTTPRequestHandler):
    """Answers with the server's file, whole or from the requested byte on."""

    def do_GET(self):
        """Answer one request."""
        server, asked = self.server, self.headers["Range"]
        server.ranges.append(asked)
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and server.knows_ranges else 0
        content, status = server.content[start:], server.status
        if start:
            status = 206 if content else 416
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: server.breaks_after])

    def log_message(self, *_):
        """Print nothing."""


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def content_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refused(folder, file) -> str:
    with pytest.raises(InputError) as caught:
        find_data_file(folder, file)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_data_folder_is_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("FROSTFORMER_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.setenv("FROSTFORMER_DATA", "")
    assert data_folder().name == "frostformer"


@pytest.mark.parametrize(("name", "content"), [("digits", CONTENT), ("digits.gz", PACKED)])
def test_finds_a_file_packed_or_unpacked(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert find_data_file(tmp_path, FILE) == tmp_path / name


@pytest.mark.parametrize(
    ("name", "content"), [("digits", b"other"), ("digits.gz", gzip.compress(b"other", mtime=0)), ("digits.gz", CONTENT)]
)
def test_refuses_other_content_and_keeps_the_users_file(tmp_path, server, name, content):
    (tmp_path / name).write_bytes(content)
    message = refused(tmp_path, server.file())
    assert str(tmp_path / name) in message
    assert "MD5" in message
    assert content_of(tmp_path) == {name: content}
    assert not server.ranges


def test_an_archive_is_checked_as_it_is(tmp_path):
    archive = PublishedFile("digits.gz", NOWHERE, md5(PACKED), archive=True)
    (tmp_path / "digits").write_bytes(CONTENT)  # an archive has no uncompressed form, so this is another file
    assert "MD5 of the archive" in refused(tmp_path, archive)
    (tmp_path / "digits.gz").write_bytes(PACKED)
    assert find_data_file(tmp_path, archive) == tmp_path / "digits.gz"
    (tmp_path / "digits.gz").write_bytes(gzip.compress(CONTENT, 1))
    assert "MD5 of the archive" in refused(tmp_path, archive)


def test_no_more_than_the_limit_is_unpacked(monkeypatch, tmp_path):
    (tmp_path / "digits.gz").write_bytes(gzip.compress(bytes(2**22)) + b"damage that is never reached")
    monkeypatch.setattr(datafiles, "MOST_BYTES", 2**20)
    assert md5(bytes(2**20)) in refused(tmp_path, FILE)


def test_a_download_is_kept(tmp_path, server):
    path = find_data_file(tmp_path / "new" / "folder", server.file())
    assert path == tmp_path / "new" / "folder" / "digits.gz"
    assert content_of(path.parent) == {"digits.gz": PACKED}
    assert find_data_file(path.parent, server.file()) == path
    assert server.ranges == [None]


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_download_that_broke_off_goes_on_or_starts_anew(monkeypatch, tmp_path, server, knows_ranges):
    monkeypatch.setattr(datafiles, "_CHUNK", 100)
    server.breaks_after = 1000
    assert "run again to continue" in refused(tmp_path, server.file())
    assert content_of(tmp_path) == {"digits.gz.partial": PACKED[:1000]}
    assert "run again to continue" in refused(tmp_path, FILE)  # without network the partial file stays
    assert content_of(tmp_path) == {"digits.gz.partial": PACKED[:1000]}
    server.breaks_after, server.knows_ranges = None, knows_ranges
    find_data_file(tmp_path, server.file())
    assert content_of(tmp_path) == {"digits.gz": PACKED}
    assert server.ranges == [None, "bytes=1000-"]


def test_a_download_that_broke_off_at_once_leaves_nothing(tmp_path, server):
    server.breaks_after = 0
    assert "run again" not in refused(tmp_path / "new", server.file())
    assert not list(tmp_path.iterdir())


def test_a_download_that_was_interrupted_goes_on(monkeypatch, tmp_path, server):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(datafiles, "_CHUNK", 2000)
    with monkeypatch.context() as patch:
        patch.setattr("tqdm.tqdm.update", interrupt)
        with pytest.raises(KeyboardInterrupt):
            find_data_file(tmp_path, server.file())
    assert content_of(tmp_path) == {"digits.gz.partial": PACKED[:2000]}
    find_data_file(tmp_path, server.file())
    assert content_of(tmp_path) == {"digits.gz": PACKED}
    assert server.ranges == [None, "bytes=2000-"]


def test_a_download_killed_after_its_last_byte_is_whole(tmp_path, server):
    (tmp_path / "digits.gz.partial").write_bytes(PACKED)
    find_data_file(tmp_path, server.file())
    assert content_of(tmp_path) == {"digits.gz": PACKED}


@pytest.mark.parametrize("partial", [b"of another file", bytes(9000)], ids=["short", "long"])
def test_a_wrong_partial_is_removed_and_the_next_download_is_right(tmp_path, server, partial):
    (tmp_path / "digits.gz.partial").write_bytes(partial)
    assert "MD5" in refused(tmp_path, server.file())
    assert not content_of(tmp_path)
    find_data_file(tmp_path, server.file())
    assert content_of(tmp_path) == {"digits.gz": PACKED}


@pytest.mark.parametrize("content", [b"a login page", gzip.compress(b"other", mtime=0), PACKED[:-9], b""])
def test_a_download_of_other_content_is_not_kept(tmp_path, server, content):
    server.content = content
    (tmp_path / "other").write_bytes(b"stays")
    message = refused(tmp_path, server.file())
    assert server.file().url in message
    assert "MD5" in message
    assert content_of(tmp_path) == {"other": b"stays"}
    refused(tmp_path / "new" / "folder", server.file())
    assert content_of(tmp_path) == {"other": b"stays"}


def test_what_the_server_lacks_leaves_nothing(tmp_path, server):
    server.status = 404
    assert "HTTP 404" in refused(tmp_path / "new", server.file())
    assert not list(tmp_path.iterdir())


def test_no_network_is_one_sentence_at_once_and_leaves_nothing(tmp_path):
    with at_once(connections=1):
        message = refused(tmp_path / "new" / "folder", FILE)
    assert all(part in message for part in ("digits.gz", str(tmp_path / "new" / "folder"), NOWHERE, FILE.md5))
    assert "run again" not in message
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_said(tmp_path, server):
    (tmp_path / "file").write_bytes(b"")
    assert "Not a directory" in refused(tmp_path / "file" / "folder", server.file())
