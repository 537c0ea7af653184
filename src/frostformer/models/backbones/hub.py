"""Models of the Hugging Face hub: from its cache without a question, otherwise downloaded if the hub answers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from frostformer.errors import InputError
from frostformer.models.backbones.library_errors import library_errors
from frostformer.models.backbones.safetensor_files import INDEX, SINGLE, shards_of

_CONFIG = "config.json"
_SECONDS = 5  # to wait for the hub's answer


class Unreachable(InputError):  # noqa: N818 (it says how things stand)
    """A model of the hub is not on this machine, and the hub does not answer."""


def hub_folder(name: str, hub_id: str, revision: str | None, *, weights: bool) -> Path:
    """The folder of a model of the hub in the cache.

    What is cached is used as it is, without asking whether the hub has a newer one: name a revision to choose.

    Raises:
        Unreachable: it is not cached, and the hub does not answer.
        InputError: the hub does not have it, or not for this user.
    """
    folder = _cached_folder(name, hub_id, revision)
    if folder is not None and not (weights and _missing(folder, name)):
        return folder
    if not hub_answers():
        raise _unreachable(name, hub_id, revision)
    return _download(name, hub_id, revision, weights=weights)


def hub_answers() -> bool:
    """Whether the hub can be reached; asked once in a process, with a short time limit and without retries."""
    from huggingface_hub import constants

    return not constants.HF_HUB_OFFLINE and _answers_now()


@cache
def _answers_now() -> bool:
    from huggingface_hub import constants, get_session

    try:
        get_session().head(constants.ENDPOINT, timeout=_SECONDS)
    except Exception:  # noqa: BLE001 (whatever the client raises, the hub is not there)
        return False
    return True


def _cached_folder(name: str, hub_id: str, revision: str | None) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(hub_id, _CONFIG, revision=revision)
    except HFValidationError:
        raise InputError(
            f"backbone '{name}' is neither a folder nor a hub id such as `gpt2` or `owner/model`: give one of these"
        ) from None
    return Path(config).parent if isinstance(config, str) else None


def _missing(folder: Path, name: str) -> list[str]:
    """Files of weights that a cached folder lacks."""
    if (folder / SINGLE).is_file():
        return []
    if not (folder / INDEX).is_file():
        return [SINGLE]
    return [shard for shard in shards_of(folder, name) if not (folder / shard).is_file()]


def _download(name: str, hub_id: str, revision: str | None, *, weights: bool) -> Path:
    """First the configuration and, if wanted, the weights or the list of their shards, then the shards."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    described = f"model '{hub_id}'" + (f" with a revision '{revision}'" if revision else "")
    with library_errors(
        lambda reason: InputError(f"backbone '{name}' could not be downloaded ({reason}): try again, or give a folder")
    ):
        try:
            wanted = [_CONFIG, SINGLE, INDEX] if weights else [_CONFIG]
            folder = Path(snapshot_download(hub_id, revision=revision, allow_patterns=wanted))
            if weights and (shards := _missing(folder, name)) and (folder / INDEX).is_file():
                snapshot_download(hub_id, revision=revision, allow_patterns=shards)
        except GatedRepoError:
            raise InputError(
                f"backbone '{name}': its owner must allow you to read it: ask on its page of the hub, and run "
                "`hf auth login`"
            ) from None
        except (RepositoryNotFoundError, RevisionNotFoundError):
            raise InputError(
                f"backbone '{name}' is not a folder, and the hub has no {described}: check the name, or run "
                "`hf auth login` if it is private"
            ) from None
    return folder


def _unreachable(name: str, hub_id: str, revision: str | None) -> Unreachable:
    described, option = ("", "") if revision is None else (f" in revision '{revision}'", f" --revision {revision}")
    return Unreachable(
        f"backbone '{name}'{described} is not a folder, not whole in the Hugging Face cache, and the hub cannot be "
        f"reached: give the folder of a downloaded model, or run `hf download {hub_id}{option}` where there is a "
        "network"
    )
