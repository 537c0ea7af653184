"""What a Hugging Face model computes beside its tensors, as a text that stays the same in every `transformers`.

An adapter holds the fingerprint of its backbone, and this text is a part of it. A new version of the library may give a
configuration entries it did not have. Hence an entry is written down only where it is not the default of its class: in
an old model a new entry is at its default. The defaults of old entries are taken to stay, as old checkpoints need.
"""

from __future__ import annotations

import json
from typing import Any

_CHANGES_NO_VALUE = ("transformers_version", "architectures", "dtype", "use_cache", "id2label", "label2id")


def architecture_text(config: Any) -> str:
    """The kind of model and every entry of a configuration that is not at its default, as JSON with sorted keys.

    Left out is what changes no value: where the model lay, who wrote it, the names of classes, rates of dropout. So is
    what stands there twice: up to version 5.17 Phi, StableLM and others repeat an entry of `rope_parameters` beside it.
    """
    stated = config.to_dict()
    rotation = stated.get("rope_parameters") or {}
    entries = _differences(stated, _defaults(type(config)))
    entries = {key: value for key, value in entries.items() if key not in rotation or rotation[key] != value}
    return json.dumps(entries | {"model_type": config.model_type}, sort_keys=True, default=str)


def is_dropout(key: str) -> bool:
    """Whether an entry of a Hugging Face configuration is a rate of dropout."""
    return "dropout" in key or key.endswith("_pdrop")


def _defaults(kind: type[Any]) -> dict[str, Any]:
    """What a class of configurations says where nothing was chosen; nothing where it must be told something."""
    try:
        defaults: dict[str, Any] = kind().to_dict()
    except (TypeError, ValueError):
        return {}
    return defaults


def _differences(entries: dict[Any, Any], defaults: dict[Any, Any]) -> dict[str, Any]:
    """The entries that are not at their default, inside of nested ones too; None where a default one is missing."""
    found: dict[str, Any] = {}
    for key in entries.keys() | defaults.keys():
        name = str(key)
        if name in _CHANGES_NO_VALUE or name.startswith("_") or is_dropout(name):
            continue
        value, default = entries.get(key), defaults.get(key)
        if isinstance(value, dict) and isinstance(default, dict):
            value, default = _differences(value, default), {}
        if value != default:
            found[name] = value
    return found
