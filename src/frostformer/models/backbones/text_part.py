"""The part of a model that a sequence passes through: an encoder, the text model inside, or the model itself."""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor, nn

from frostformer.errors import InputError


def text_part(model: Any, name: str) -> Any:
    """The module of a Hugging Face model that takes `inputs_embeds`: (B, T, D) vectors in place of tokens.

    Raises:
        InputError: none does, or it has no token table to do without, or its number of blocks is not stated.
    """
    part = inner_part(model)
    kind = model.config.model_type
    if not _takes_vectors(part):
        raise InputError(f"backbone '{name}' ({kind}) takes no inputs_embeds: choose another backbone")
    if _token_width(part) is None:
        raise InputError(
            f"backbone '{name}' ({kind}) keeps its token vectors where no others can take their place: choose another "
            "backbone"
        )
    if not isinstance(getattr(getattr(part, "config", None), "num_hidden_layers", None), int):
        raise InputError(f"backbone '{name}' ({kind}) does not state its number of blocks: choose another backbone")
    return part


def hidden_states(output: Any, name: str) -> Tensor:
    """(B, T, D) of a Hugging Face model's output.

    Raises:
        InputError: it has none, as DPR's, which is one vector for all positions.
    """
    hidden = getattr(output, "last_hidden_state", None)
    if not isinstance(hidden, Tensor):
        raise InputError(f"backbone '{name}' gives no vector of each position: choose another backbone")
    return hidden


def inner_part(model: Any) -> Any:
    """The encoder of an encoder-decoder, else the text model of a model of several kinds of data, else the model."""
    if hasattr(model, "encoder") and hasattr(model, "decoder"):  # T5EncoderModel's config says: no decoder
        encoder = model.get_encoder()
        return model if encoder is model else inner_part(encoder)
    config = getattr(model, "config", None)
    text = _text_config(config)
    if text is config:
        return model
    inside = (module for module in model.modules() if type(getattr(module, "config", None)) is type(text))
    found = next(filter(_is_headless, inside), None)  # the outermost comes first
    return model if found is None else inner_part(found)


def _text_config(config: Any) -> Any:
    try:
        return config.get_text_config()
    except (AttributeError, ValueError):  # there is no configuration, or several for text
        return config


def _is_headless(module: Any) -> bool:
    """Whether a module is a whole model, without a head that makes words of its hidden states."""
    is_model = hasattr(module, "get_input_embeddings") and _takes_vectors(module)
    return is_model and module.get_output_embeddings() is None


def _takes_vectors(module: nn.Module) -> bool:
    return "inputs_embeds" in inspect.signature(module.forward).parameters


def _token_width(part: Any) -> int | None:
    try:
        weight = getattr(part.get_input_embeddings(), "weight", None)
    except (NotImplementedError, AttributeError):  # it does not know its table, or is no model of its own, as in FSMT
        return None
    return None if weight is None or weight.ndim != 2 else int(weight.shape[1])
