"""Describes a Hugging Face model without its tensors, in a text that is the same in every version of `transformers`.

An adapter holds the fingerprint of its backbone, and this text is a part of it. A new version of the library may give a
configuration entries it did not have. Hence an entry is written down only where it is not the default of its class: in
an old model a new entry is at its default. We assume that defaults of old entries stay, as old checkpoints need them.
"""

from __future__ import annotations

import json
import re
from typing import Any

_CHANGES_NO_VALUE = ("transformers_version", "architectures", "dtype", "use_cache", "id2label", "label2id")

_CHANCE = re.compile(r"jitter|layer_?drop|drop_?path|path_drop|stochastic|gumbel|mask_(time|feature)_prob|drop_rate$")


def architecture_text(config: Any) -> str:
    """The kind of model and every entry of a configuration that is not at its default, as JSON with sorted keys.

    Entries that change no value are left out: where the model lay, who wrote it, names of classes, rates of chance in
    training. So are repeated ones: up to version 5.17 Phi, StableLM and others repeat an entry of `rope_parameters`
    beside it.
    """
    stated = config.to_dict()
    rotation = stated.get("rope_parameters") or {}
    entries = _differences(stated, _defaults(type(config)))
    entries = {key: value for key, value in entries.items() if key not in rotation or rotation[key] != value}
    return json.dumps(entries | {"model_type": config.model_type}, sort_keys=True, default=str)


def is_dropout(key: str) -> bool:
    """Whether an entry of a Hugging Face configuration is a rate of dropout."""
    return "dropout" in key or key.endswith("_pdrop")


def is_chance(key: str) -> bool:
    """Whether an entry is the rate of anything else that is drawn in training: noise, dropped layers, masked steps."""
    return _CHANCE.search(key) is not None


def _defaults(kind: type[Any]) -> dict[str, Any]:
    """The default entries of a configuration class; none if the class cannot be made without arguments."""
    try:
        defaults: dict[str, Any] = kind().to_dict()
    except (TypeError, ValueError):
        return {}
    return defaults


def _differences(entries: dict[Any, Any], defaults: dict[Any, Any]) -> dict[str, Any]:
    """The entries that are not at their default, nested ones too; an entry that only the defaults have is None."""
    found: dict[str, Any] = {}
    for key in entries.keys() | defaults.keys():
        name = str(key)
        if name in _CHANGES_NO_VALUE or name.startswith("_") or is_dropout(name) or is_chance(name):
            continue
        value, default = entries.get(key), defaults.get(key)
        if isinstance(value, dict) and isinstance(default, dict):
            value, default = _differences(value, default), {}
        if value != default:
            found[name] = value
    return found
