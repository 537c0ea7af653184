"""Reads or draws a Hugging Face backbone: the one in the package, a folder, a GGUF file or the hub.

Only safetensors and GGUF weights are read, and no code from the hub is ever run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch

from frostformer.config import Weights
from frostformer.errors import InputError
from frostformer.models.backbones.architecture import is_dropout
from frostformer.models.backbones.huggingface import HuggingFaceBackbone
from frostformer.models.backbones.shapes import known_shape
from frostformer.models.backbones.vision import VisionBlocks
from frostformer.models.backbones.weights import draw_from_statistics, shuffle_values, undo_residual_shrink
from frostformer.models.compat import set_attention_kernel

EMBEDDED = "embedded"
FRESH = ("random", "random-2021")


def load_backbone(
    name: str, weights: Weights, layers: int | None, dropout: float, seed: int, revision: str | None = None
) -> HuggingFaceBackbone:
    """Build a backbone in float32.

    Args:
        name: `embedded`, a folder, a `.gguf` file, a name of `shapes.KNOWN`, or a hub id.
        weights: `pretrained` reads the checkpoint; `random` and `random-2021` draw a fresh initialisation, as
            `transformers` does today and as it did in 2021; `statistics` and `shuffled` read the checkpoint and keep of
            each tensor its mean and deviation, or its values in another order.
        layers: how many blocks to keep; None keeps all.
        dropout: rate for every dropout of the backbone's configuration.
        seed: seed of whatever is drawn.
        revision: branch, tag or commit on the hub; None is its main branch.

    Raises:
        InputError: the model is neither on disk nor reachable, is not safetensors, or does not take `inputs_embeds`; or
            a revision is given although nothing is read from the hub.
    """
    import transformers

    transformers.logging.set_verbosity_error()  # its messages on unused heads would hide ours
    transformers.logging.disable_progress_bar()
    if weights in FRESH:
        model, missing = _fresh_model(name, revision, weights, dropout, seed), dict[int, str]()
    else:
        model, missing = _read_model(name, revision, dropout)
    if model.config.model_type == "vit":
        model = VisionBlocks(model)
    backbone = _without_tokens(name, model, layers)
    for parameter in backbone.parameters():  # only what is not used may be missing, such as a pooler
        if id(parameter) in missing:
            raise InputError(f"backbone '{name}' has no weights for {missing[id(parameter)]}: get it again")
    if weights == "statistics":
        draw_from_statistics(backbone, seed)
    elif weights == "shuffled":
        shuffle_values(backbone, seed)
    return backbone


def _without_tokens(name: str, model: Any, layers: int | None) -> HuggingFaceBackbone:
    """The model as a backbone, if it takes vectors in place of tokens."""
    try:
        return HuggingFaceBackbone(name, model, layers)
    except (TypeError, AttributeError) as error:
        raise InputError(
            f"backbone '{name}' ({model.config.model_type}) takes no inputs_embeds: choose another backbone"
        ) from error


def _fresh_model(name: str, revision: str | None, weights: Weights, dropout: float, seed: int) -> Any:
    """A model drawn from `seed`; the paper's own backbones need neither a file nor a network for it."""
    import transformers

    shape = known_shape(name)
    if shape and not Path(name).exists():  # a folder of this name has precedence, as in `_locate`
        refuse_revision(name, revision, "its fresh weights need nothing from the hub")
        config = transformers.AutoConfig.for_model(shape.model_type, **shape.sizes)
    else:
        source, offline = _locate(name, revision)
        with _one_sentence(name, revision, offline):
            config = transformers.AutoConfig.from_pretrained(
                **source, trust_remote_code=False, local_files_only=offline
            )
    _configure(config, dropout)
    torch.manual_seed(seed)
    with _one_sentence(name, revision, offline=False):
        model = transformers.AutoModel.from_config(config, dtype=torch.float32, trust_remote_code=False)
    if weights == "random-2021":
        undo_residual_shrink(model, name)
    return model


def _read_model(name: str, revision: str | None, dropout: float) -> tuple[Any, dict[int, str]]:
    """A model with its checkpoint's values, and the names, by id, of the parameters that the checkpoint lacks."""
    import transformers

    source, offline = _locate(name, revision)
    with _one_sentence(name, revision, offline):
        config = transformers.AutoConfig.from_pretrained(**source, trust_remote_code=False, local_files_only=offline)
        _configure(config, dropout)
        model, info = transformers.AutoModel.from_pretrained(
            **source,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=offline,
            output_loading_info=True,
        )
    present = dict(model.named_parameters())
    return model, {id(present[key]): key for key in info["missing_keys"] if key in present}


@contextmanager
def _one_sentence(name: str, revision: str | None, offline: bool) -> Iterator[None]:
    """Turns the many kinds of errors of `transformers` about a checkpoint into one sentence that names it."""
    try:
        yield
    except Exception as error:
        if offline and not Path(name).exists() and name != EMBEDDED:
            raise _unreachable(name, revision) from error
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"backbone '{name}' could not be read ({reason}): it must be a Hugging Face model folder or id "
            "with a config.json and safetensors weights, or a .gguf file (with the package gguf)"
        ) from error


def _locate(name: str, revision: str | None) -> tuple[dict[str, str], bool]:
    """Arguments that tell `transformers` where the model is and which revision, and whether to stay on this machine.

    Fails at once where `transformers` would try again for most of a minute.
    """
    if name == EMBEDDED:
        refuse_revision(name, revision, "it is a part of this package")
        return _source(str(files("frostformer.models.backbones") / "embedded")), True
    path = Path(name)
    if path.is_dir():
        refuse_revision(name, revision, "it is a folder on this machine")
        return _source(name), True
    if path.suffix == ".gguf" and path.is_file():
        refuse_revision(name, revision, "it is a file on this machine")
        return _source(str(path.parent)) | {"gguf_file": path.name}, True
    if name.startswith((".", "/", "~")) or "\\" in name or name.count("/") > 1:
        raise InputError(f"backbone '{name}': there is no such folder; give one that exists, or a hub id")
    shape = known_shape(name)
    hub_id = shape.hub_id if shape else name
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        cached = isinstance(try_to_load_from_cache(hub_id, "config.json", revision=revision), str)
    except HFValidationError:
        raise InputError(
            f"backbone '{name}' is neither a folder nor a hub id such as `gpt2` or `owner/model`"
        ) from None
    offline = not _hub_answers()
    if offline and not cached:
        raise _unreachable(name, revision)
    return _source(hub_id) | ({} if revision is None else {"revision": revision}), offline


def _source(folder_or_id: str) -> dict[str, str]:
    return {"pretrained_model_name_or_path": folder_or_id}


def refuse_revision(name: str, revision: str | None, why: str) -> None:
    """Refuse a revision that would have no effect, since its user believes that it has one."""
    if revision is not None:
        raise InputError(f"backbone '{name}' has no revision '{revision}', since {why}: leave the revision out")


def _unreachable(name: str, revision: str | None) -> InputError:
    shape = known_shape(name)
    hub_id = shape.hub_id if shape else name
    described, option = ("", "") if revision is None else (f" in revision '{revision}'", f" --revision {revision}")
    return InputError(
        f"backbone '{name}'{described} is not a folder, not whole in the Hugging Face cache, and the hub cannot be "
        f"reached: give the folder of a downloaded model, run `hf download {hub_id}{option}` where there is a network, "
        + ("take fresh weights with `--weights random`, " if shape and revision is None else "")
        + f"or use `--backbone {EMBEDDED}`"
    )


def _hub_answers() -> bool:
    """One quick question to the hub, without retries."""
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        get_session().head(constants.ENDPOINT, timeout=5)
    except Exception:  # noqa: BLE001 (whatever the client raises, the hub is not there)
        return False
    return True


def _configure(config: Any, dropout: float) -> None:
    """Set every dropout to one value, no cache, and GPT-2's tanh GELU to its fused form, which is the same function."""
    for key, value in config.to_dict().items():
        if is_dropout(key) and isinstance(value, (int, float)):
            setattr(config, key, dropout)
        elif value == "gelu_new":
            setattr(config, key, "gelu_pytorch_tanh")
    config.use_cache = False
    set_attention_kernel(config, None)  # the library chooses: a checkpoint may name a kernel to download
