"""Models of the hub: what is cached needs no question, and a hub that is not there is asked once."""

import shutil
import socket

import pytest
from huggingface_hub import constants
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

from frostformer.errors import InputError
from frostformer.models.backbones import hub
from helpers import load, same_state

NAME = "somebody/gpt2"


class Session:
    """Stands for the hub's client, and counts the questions."""

    def __init__(self, *, answers: bool) -> None:
        self.answers, self.questions = answers, 0

    def head(self, url, timeout):
        """Answer, or fail as a network does."""
        assert url == constants.ENDPOINT
        assert timeout <= 5
        self.questions += 1
        if not self.answers:
            raise OSError("no network")


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """A function that puts a session in the hub's place, with an empty cache and no other way to a network."""

    def use(*, answers: bool) -> Session:
        session = Session(answers=answers)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr("huggingface_hub.get_session", lambda: session)
        monkeypatch.setattr(socket, "getaddrinfo", None)  # calling it fails
        hub._answers_now.cache_clear()
        return session

    yield use
    hub._answers_now.cache_clear()


@pytest.fixture
def snapshot(tmp_path):
    """Where the cache would keep the model's main branch."""
    model = tmp_path / f"models--{NAME.replace('/', '--')}"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("0" * 40)
    (model / "snapshots").mkdir()
    return model / "snapshots" / ("0" * 40)


def test_a_cached_model_is_read_without_a_question(ask, snapshot, folders):
    session = ask(answers=False)
    shutil.copytree(folders["gpt2"], snapshot)
    assert same_state(load(NAME), load(folders["gpt2"]))
    load(NAME, "random")
    assert session.questions == 0


def test_a_cached_model_in_shards_is_read_without_a_question(ask, snapshot, sharded):
    session = ask(answers=False)
    shutil.copytree(sharded, snapshot)
    assert same_state(load(NAME), load(sharded))
    assert session.questions == 0


def test_links_to_the_blobs_of_the_cache_are_followed(ask, snapshot, sharded):
    ask(answers=False)
    snapshot.mkdir()
    blobs = snapshot.parent.parent / "blobs"
    shutil.copytree(sharded, blobs)
    for path in blobs.iterdir():
        (snapshot / path.name).symlink_to(f"../../blobs/{path.name}")
    assert same_state(load(NAME), load(sharded))


def test_a_hub_that_does_not_answer_is_asked_once_in_a_process(ask, snapshot, sharded):
    session = ask(answers=False)
    shutil.copytree(sharded, snapshot)
    next(snapshot.glob("*-00002-*")).unlink()  # a shard is not there yet
    for name in (NAME, NAME, "nobody/nothing"):
        with pytest.raises(InputError, match="the hub cannot be reached"):
            load(name)
    assert session.questions == 1
    assert load(NAME, "random").num_blocks == 2  # its configuration is cached
    assert session.questions == 1


def test_a_hub_set_offline_is_not_asked(ask, monkeypatch):
    session = ask(answers=True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="the hub cannot be reached"):
        load("nobody/nothing")
    assert session.questions == 0


def test_a_model_is_downloaded_with_its_shards_and_nothing_else(ask, snapshot, sharded, monkeypatch):
    session, fetched = ask(answers=True), []

    def download(hub_id, revision, allow_patterns):
        assert (hub_id, revision) == (NAME, None)
        snapshot.mkdir(exist_ok=True)
        fetched.extend(allow_patterns)
        for name in allow_patterns:
            if (sharded / name).is_file():
                shutil.copy(sharded / name, snapshot)
        return str(snapshot)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert same_state(load(NAME), load(sharded))
    shards = sorted(path.name for path in sharded.glob("*.safetensors"))
    assert fetched == ["config.json", "model.safetensors", "model.safetensors.index.json", *shards]
    load(NAME)
    assert session.questions == 1


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        (RepositoryNotFoundError, "the hub has no model 'somebody/gpt2'"),
        (RevisionNotFoundError, "the hub has no model 'somebody/gpt2' with a revision 'v9'"),
        (OSError, r"could not be downloaded \(OSError: connection lost\): try again, or give a folder$"),
    ],
)
def test_a_download_that_fails_names_the_cause(ask, monkeypatch, kind, parts):
    ask(answers=True)

    def fail(*_, **__):
        error = kind.__new__(kind, "connection lost")
        raise error

    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    with pytest.raises(InputError, match=parts):
        hub.hub_folder(NAME, NAME, "v9", weights=True)
