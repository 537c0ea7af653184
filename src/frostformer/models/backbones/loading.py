"""Reads or draws a Hugging Face backbone. Only safetensors and GGUF weights are read, and no strange code is run.

The way of a model: `finding` its files, `configuring`, its `sizes`, its `safetensor_files`, then the tensors and
whether they are `whole`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from frostformer.config import Weights
from frostformer.errors import InputError
from frostformer.models.backbones.configuring import configure, read_config, unreadable
from frostformer.models.backbones.finding import Source, find_model, is_there, refuse_revision
from frostformer.models.backbones.hub import Unreachable
from frostformer.models.backbones.huggingface import HuggingFaceBackbone
from frostformer.models.backbones.library_errors import library_errors
from frostformer.models.backbones.safetensor_files import stored_tensors
from frostformer.models.backbones.shapes import known_shape
from frostformer.models.backbones.sizes import model_without_memory, not_built
from frostformer.models.backbones.vision import VisionBlocks
from frostformer.models.backbones.weights import draw_from_statistics, shuffle_values, undo_residual_shrink
from frostformer.models.backbones.whole import check_complete, check_kept, check_stored

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
        InputError: the model is neither on disk nor reachable, is damaged, too large or not safetensors, or does not
            take `inputs_embeds`; or a revision is given although nothing is read from the hub.
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
    kind = model.config.model_type
    with library_errors(
        lambda reason: InputError(
            f"backbone '{name}' ({kind}) does not run on inputs_embeds alone ({reason}): choose another backbone"
        )
    ):
        backbone = HuggingFaceBackbone(name, model, layers)
    check_complete(backbone, missing, name)
    if weights == "statistics":
        draw_from_statistics(backbone, seed)
    elif weights == "shuffled":
        shuffle_values(backbone, seed)
    return backbone


def _fresh_model(name: str, revision: str | None, weights: Weights, dropout: float, seed: int) -> Any:
    """A model drawn from `seed`; the paper's own backbones need neither a file nor a network for it."""
    import transformers

    shape = known_shape(name)
    if shape and not is_there(Path(name)):  # a folder of this name has precedence, as in `find_model`
        refuse_revision(name, revision, "its fresh weights need nothing from the hub")
        config = transformers.AutoConfig.for_model(shape.model_type, **shape.sizes)
    else:
        config = read_config(_find(name, revision, weights=False), name)
    configure(config, dropout)
    model_without_memory(config, name)
    torch.manual_seed(seed)
    with library_errors(lambda reason: not_built(name, config, reason)):
        model = transformers.AutoModel.from_config(config, dtype=torch.float32, trust_remote_code=False)
    if weights == "random-2021":
        undo_residual_shrink(model, name)
    return model


def _find(name: str, revision: str | None, *, weights: bool) -> Source:
    """Where the model is; if it cannot be reached, the error also says what could be asked in its place."""
    try:
        return find_model(name, revision, weights=weights)
    except Unreachable as error:
        fresh = ", or take fresh weights with `--weights random`" if known_shape(name) and revision is None else ""
        raise InputError(f"{error}{fresh}, or use `--backbone embedded`") from error


def _read_model(name: str, revision: str | None, dropout: float) -> tuple[Any, dict[int, str]]:
    """A model with its checkpoint's values, and the names, by id, of the parameters that the checkpoint lacks."""
    import transformers

    source = _find(name, revision, weights=True)
    config = read_config(source, name)
    configure(config, dropout)
    expected = model_without_memory(config, name)
    stored = stored_tensors(source.folder, name) if source.gguf_file is None else {}
    check_stored(stored, expected, name)
    with library_errors(lambda reason: unreadable(name, source, reason)):
        model, info = transformers.AutoModel.from_pretrained(
            **source.arguments(),
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            ignore_mismatched_sizes=True,  # those are refused below, with their shapes
            output_loading_info=True,
        )
    check_kept(model, info, stored, name)
    present = dict(model.named_parameters())
    return model, {id(present[key]): key for key in info["missing_keys"] if key in present}
