"""Reads the configuration of a model and changes what a frozen backbone wants otherwise.

Every rate of dropout gets one value, and all other chance in training (noise on a router, dropped layers, masked time
steps) is switched off: runs that share a frozen backbone, or features computed once, need equal passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from frostformer.errors import InputError
from frostformer.models.backbones.architecture import is_chance, is_dropout
from frostformer.models.backbones.finding import Source
from frostformer.models.backbones.library_errors import library_errors
from frostformer.models.backbones.safetensor_files import read_json
from frostformer.models.compat import set_attention_kernel

_CHANCE_SWITCHES = ("apply_spec_augment",)


def read_config(source: Source, name: str) -> Any:
    """The configuration of a model on this machine.

    Raises:
        InputError: there is none, it is damaged, or the installed `transformers` does not know its kind of model.
    """
    from transformers import AutoConfig

    if source.gguf_file is None:
        _check_kind(source.folder, name)
    with library_errors(lambda reason: unreadable(name, source, reason)):
        return AutoConfig.from_pretrained(**source.arguments())


def unreadable(name: str, source: Source, reason: str) -> InputError:
    """The error for a model that `transformers` cannot read."""
    what = "the .gguf file" if source.gguf_file else "its config.json and weights"
    return InputError(f"backbone '{name}' could not be read ({reason}): check {what}, or choose another backbone")


def configure(config: Any, dropout: float) -> None:
    """Set, in place, every dropout to one rate, other chance and caches off, and GPT-2's tanh GELU to its fused form.

    The fused GELU is the same function. Configurations inside, as of a text model, are treated alike.
    """
    for part in all_configs(config):
        _change_entries(vars(part), dropout)
        part.use_cache = False
        part.transformers_weights = None  # could name another file than the one that was checked
        set_attention_kernel(part, None)  # the library chooses: a checkpoint may name a kernel to download


def all_configs(config: Any) -> Iterator[Any]:
    """A configuration and those inside it, at any depth."""
    yield config
    for value in vars(config).values():
        if hasattr(value, "to_dict") and value is not config:
            yield from all_configs(value)


def _change_entries(entries: dict[Any, Any], dropout: float) -> None:
    """Change entries in place and unchecked: MPT's class takes rates of dropout for whole numbers."""
    for key, value in list(entries.items()):
        if isinstance(value, dict):
            _change_entries(value, dropout)
        elif key in _CHANCE_SWITCHES and value:
            entries[key] = False
        elif value == "gelu_new":
            entries[key] = "gelu_pytorch_tanh"
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        elif is_dropout(str(key)):
            entries[key] = dropout
        elif value and is_chance(str(key)):
            entries[key] = 0.0


def _check_kind(folder: Path, name: str) -> None:
    """Refuse what `transformers` would read elsewhere, run, or not know, with the cause."""
    from transformers import CONFIG_MAPPING, __version__

    if (folder / "adapter_config.json").is_file():  # it names another model, which would be fetched
        raise InputError(f"backbone '{name}' is an adapter for another model: merge the two, and give that folder")
    if not (folder / "config.json").is_file():
        raise InputError(
            f"backbone '{name}' has no config.json: give a model folder with config.json and safetensors weights"
        )
    content = read_json(folder / "config.json", name)
    kind = content.get("model_type")
    if not isinstance(kind, str):
        raise InputError(f"backbone '{name}': its config.json names no model_type: give a Hugging Face model folder")
    if kind not in CONFIG_MAPPING and "auto_map" in content:
        raise InputError(
            f"backbone '{name}' needs program code that came with it (auto_map, model_type '{kind}'), which is never "
            "run: choose a model whose kind transformers knows itself"
        )
    if kind not in CONFIG_MAPPING:
        raise InputError(
            f"backbone '{name}': the installed transformers {__version__} does not know its model_type '{kind}': "
            "update transformers if the model is newer, or choose another backbone"
        )
