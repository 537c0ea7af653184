"""Builds the model of a run, computes its backbone's fingerprint, and freezes and shares its tensors."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from frostformer.config import Precision, RunConfig
from frostformer.errors import InputError
from frostformer.models.backbones.backbone import Backbone
from frostformer.models.backbones.extensions import add_lora, extend_positions
from frostformer.models.backbones.probe import alike, answers, probe
from frostformer.models.backbones.registry import build_backbone
from frostformer.models.freezing import freeze, trained_groups, trained_names
from frostformer.models.kernels.int8 import quantize_frozen
from frostformer.models.kernels.matrices import called_matrices, keep_in_bf16
from frostformer.models.model import SequenceModel, check_read_out
from frostformer.tasks.shape import TaskShape


@dataclass(frozen=True)
class Identity:
    """What tells backbones apart."""

    fingerprint: str
    """SHA-256 of architecture and tensors."""

    tensors: str = ""
    """SHA-256 of the tensors alone; empty in files that were written before it was kept."""

    answer: tuple[float, ...] = ()
    """See `probe.answers`."""

    def is_of(self, other: Identity) -> bool:
        """Whether both are of one backbone, which another version of `transformers` may describe in other words."""
        if self.fingerprint == other.fingerprint:
            return True
        return self.tensors == other.tensors != "" and alike(self.answer, other.answer)


def build_model(config: RunConfig, shape: TaskShape, module: nn.Module | None = None) -> tuple[SequenceModel, Identity]:
    """The model of a run before training, and what identifies its backbone; both depend on the arguments alone.

    Args:
        config: names the backbone, its weights and what trains.
        shape: what a model needs to know of the task.
        module: a backbone of your own, in place of the one that `config` names.

    Raises:
        InputError: the backbone cannot be loaded, holds numbers that are not finite, or does not fit an option or the
            task.
    """
    trainable = trained_groups(config)  # a wrong name fails before a large model is read
    check_read_out(config.read_out, shape)
    backbone = build_backbone(config, module)
    if config.weights in ("statistics", "shuffled"):  # drawn after the backbone was run for the first time
        backbone.probe = probe(backbone)
    as_it_came = identify(backbone, shape.length, config.backbone_precision)
    if config.extend_positions:
        if "position" not in trainable:
            raise InputError("extend_positions adds rows that must train: add `position` to trainable, or leave it out")
        extend_positions(backbone, shape.length, config.seed)
    if config.lora_rank:
        add_lora(backbone, config.lora_rank, config.seed)
    if config.backbone_precision != "fp32":
        backbone.matrices = called_matrices(backbone)  # now: later its tensors may be shared and rounded
    torch.manual_seed(config.seed)  # so the two new layers are the same, whatever the backbone drew
    return SequenceModel(shape, backbone, config.dropout, config.read_out), as_it_came


def model_beside(other: SequenceModel, config: RunConfig) -> SequenceModel:
    """What `build_model` gives for a run with the same backbone as `other`, whose frozen tensors it uses.

    Args:
        other: as `build_model` made it.
        config: differs from that of `other` in nothing that a backbone depends on.
    """
    names = {name.removeprefix("backbone.") for name in trained_names(other, trained_groups(config))}
    tensors = (*other.backbone.named_parameters(), *other.backbone.named_buffers())
    shared = {id(tensor): tensor for name, tensor in tensors if name not in names}
    backbone = copy.deepcopy(other.backbone, shared)
    torch.manual_seed(config.seed)  # as in `build_model`
    return SequenceModel(other.shape, backbone, config.dropout, config.read_out)


def identify(backbone: Backbone, length: int, precision: Precision = "fp32") -> Identity:
    """What tells this backbone from others, on sequences of at most `length` positions."""
    tensors = hashlib.sha256()
    _add_tensors(tensors, backbone)
    return Identity(fingerprint(backbone, precision), tensors.hexdigest(), answers(backbone, length))


def fingerprint(backbone: Backbone, precision: Precision = "fp32") -> str:
    """SHA-256 of the architecture, of every tensor's name, type, shape and values, and of `int8` if it is in 8 bits."""
    digest = hashlib.sha256(backbone.architecture().encode())
    if precision == "int8":  # its matrices have other values; bf16 rounds only what goes into a product
        digest.update(b"int8")
    _add_tensors(digest, backbone)
    return digest.hexdigest()


def _add_tensors(digest: hashlib._Hash, backbone: Backbone) -> None:
    for name, tensor in sorted(backbone.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(np.ascontiguousarray(tensor.detach().cpu().numpy()).data)


def check_padding(model: SequenceModel, ragged: bool) -> None:
    """Refuse sequences of different lengths if padding would change what the backbone computes."""
    if ragged and not model.backbone.probe.obeys_padding:
        raise InputError(
            f"backbone '{model.backbone.name}' gives other values where a sequence is padded, and lengths differ here: "
            "use sequences of one length, or another backbone; a module of your own may take the lengths as an argument"
        )


def freeze_for(model: SequenceModel, config: RunConfig) -> dict[str, nn.Parameter]:
    """Freeze what does not train in a run and set the backbone's precision; returns the trained parameters by name."""
    trained = freeze(model, trained_groups(config))
    model.precision = config.backbone_precision
    if config.backbone_precision == "int8":
        quantize_frozen(model.backbone)
    if config.backbone_precision == "bf16":
        keep_in_bf16(model.backbone)
    return trained


def share_frozen(model: SequenceModel, other: SequenceModel, trained: set[str]) -> None:
    """Let `model` use the frozen backbone tensors of `other`, which equal its own: memory then holds them once."""
    for name, tensor in (*other.named_parameters(), *other.named_buffers()):
        if name.startswith("backbone.") and name not in trained:
            path, _, attribute = name.rpartition(".")
            setattr(model.get_submodule(path), attribute, tensor)
