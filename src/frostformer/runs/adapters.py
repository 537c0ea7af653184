"""Stores the trained tensors of one run, and no others, in a safetensors file with their backbone's fingerprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from frostformer.config import Device, Precision, RunConfig
from frostformer.data.files.schema import Schema
from frostformer.errors import InputError
from frostformer.files import is_file, is_folder
from frostformer.models.backbones.finding import EMBEDDED
from frostformer.models.build import Identity, build_model, freeze_for
from frostformer.models.freezing import parameter_groups, trained_groups, trained_names
from frostformer.models.model import SequenceModel
from frostformer.plugins import load_plugin
from frostformer.schema import read_as, read_format, reading
from frostformer.tasks.reading_registry import read_reading
from frostformer.tasks.readings import Reading
from frostformer.tasks.scoring.registry import read_scoring
from frostformer.tasks.scoring.scoring import Scoring
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import Task
from frostformer.training.checkpoints import CHECKPOINT_NAME, read_tensors, write_tensors
from frostformer.training.devices import choose_device, choose_precision
from frostformer.words import counted

FILE_NAME = "adapter.safetensors"
FORMAT = 3  # format 1 has no scoring, no reading and no fingerprint of the data; formats 1 and 2 have no checksum
_FORMAT_OF_EMBEDDED = 3  # from which on adapters may be of the embedded backbone that this version has


@dataclass(frozen=True)
class Adapter:
    """What an adapter file says of itself, beside the tensors."""

    config: RunConfig
    shape: TaskShape
    task_version: int
    backbone: Identity
    scoring: Scoring
    reading: Reading
    task_fingerprint: str | None = None
    """SHA-256 of the data that it was trained and tested on; None in files of format 1."""

    schema: Schema | None = None
    """How the user's file was read that it was trained on; None for other tasks."""

    format: int = FORMAT

    @staticmethod
    def of(config: RunConfig, task: Task, backbone: Identity) -> Adapter:
        """The adapter of a run on `task` with this backbone."""
        return Adapter(
            config, task.shape, task.version, backbone, task.scoring, task.reading, task.fingerprint, task.schema
        )

    def header(self) -> dict[str, Any]:
        """All of it as plain values, for the file."""
        described = {"scoring": self.scoring.describe(), "reading": self.reading.describe()}
        fields = asdict(self) | described
        return {"adapter_format": fields.pop("format"), **fields}

    @staticmethod
    def read(path: Path, header: dict[str, Any]) -> Adapter:
        """The adapter that the plain values in a file describe.

        Raises:
            InputError: the file is not an adapter, or this version does not understand it.
        """
        if "adapter_format" not in header:
            raise InputError(f"{path} is not an adapter: give the {FILE_NAME} of a finished run")
        with reading(f"{path} cannot be read by this version of frostformer", "upgrade it, or train again"):
            read_format(header, "adapter_format", FORMAT)
            stored = read_as(_Header, header)
            scoring = stored.scoring or {"kind": "classification", "outputs": stored.shape.classes}
            adapter = Adapter(
                RunConfig.read(stored.config),
                stored.shape,
                stored.task_version,
                stored.backbone or Identity(stored.fingerprint or ""),
                read_scoring(scoring),
                read_reading(stored.reading or {"kind": "plain"}),
                stored.task_fingerprint,
                stored.schema,
                stored.adapter_format,
            )
            _check_answers(adapter.scoring, adapter.shape)
        return adapter


@dataclass(frozen=True)
class _Header:
    """The plain values in a file."""

    adapter_format: int
    config: dict[str, Any]
    shape: TaskShape
    task_version: int
    backbone: Identity | None = None
    fingerprint: str | None = None  # in its place in formats 1 and 2
    scoring: dict[str, Any] | None = None
    reading: dict[str, Any] | None = None
    task_fingerprint: str | None = None
    schema: Schema | None = None


def _check_answers(scoring: Scoring, shape: TaskShape) -> None:
    """Refuse a scoring whose names or numbers are not as many as the answers of a model of this shape."""
    wanted = shape.classes if scoring.kind == "classification" else shape.predictions
    for name in ("names", "weights", "mean", "deviation"):
        values = getattr(scoring, name, None)
        if values is not None and len(values) != wanted:
            raise InputError(f"its {name} are {len(values)}, but there are {wanted} answers")
    if scoring.outputs != shape.classes:
        raise InputError(f"it scores {scoring.outputs} outputs, but there are {shape.classes}")


def save_adapter(path: Path, trained: dict[str, nn.Parameter], before: dict[str, Tensor], adapter: Adapter) -> None:
    """Write the trained tensors; for `before` see `kept_tensors`."""
    write_tensors(path, kept_tensors(trained, before), adapter.header())


def kept_tensors(trained: Mapping[str, nn.Parameter], before: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The trained tensors as an adapter keeps them.

    `before` holds the position tables as they were before training. Of these only the rows up to the last one that
    changed are kept: a task of 10 positions needs 10 of 1,024 rows, and an adapter takes only kilobytes.
    """
    tensors = {name: parameter.detach() for name, parameter in trained.items()}
    for name in tensors.keys() & before.keys():
        changed = (tensors[name] != before[name].to(tensors[name].device)).any(dim=1).nonzero()
        tensors[name] = tensors[name][: int(changed.max()) + 1 if len(changed) else 0]
    return tensors


def position_tables(model: SequenceModel) -> dict[str, Tensor]:
    """A copy of the position tables, to be taken before training."""
    groups = parameter_groups(model)
    return {name: tensor.detach().clone() for name, tensor in model.named_parameters() if groups[name] == "position"}


def load_adapter(
    path: Path | str,
    backbone: str | nn.Module | None = None,
    *,
    device: Device = "auto",
    precision: Precision = "auto",
    plugin: str | None = None,
) -> tuple[SequenceModel, Adapter]:
    """The trained model, in evaluation mode, and what its adapter says of itself.

    Args:
        path: an adapter file, or the folder of a run.
        backbone: where the backbone is now, if not where the run found it; or the module that it was trained on.
        device: where the model goes; `auto` takes a GPU where there is one. 8-bit backbones stay on the CPU.
        precision: of the backbone's matrix products, whatever the run had; `auto` is bf16 on a GPU and fp32 elsewhere.
            A run in int8 has matrices of its own and stays in int8.
        plugin: where the run's plugin is now, if not where the run found it.

    Raises:
        InputError: the file is not an adapter, or the backbone is not the one that it was trained on.
    """
    path, tensors, adapter = read_adapter(Path(path))
    load_plugin(plugin or adapter.config.plugin)
    return put_on_backbone(path, tensors, adapter, backbone, device=device, precision=precision), adapter


def put_on_backbone(
    path: Path,
    tensors: dict[str, Tensor],
    adapter: Adapter,
    backbone: str | nn.Module | None,
    *,
    device: Device,
    precision: Precision = "auto",
) -> SequenceModel:
    """The trained model of the tensors and the description in an adapter; `path` is what errors call it."""
    config = _placed(path, adapter.config, device, precision)
    module = backbone if isinstance(backbone, nn.Module) else None
    if isinstance(backbone, str):
        config = replace(config, backbone=backbone)
    _check_layers(path, tensors, adapter.shape)
    try:
        model, found = build_model(config, adapter.shape, module)
    except InputError as error:
        if backbone is None and "/" in config.backbone and not is_folder(Path(config.backbone)):
            raise InputError(
                f"{error}; if it is a folder that lies elsewhere now, name it, --backbone FOLDER"
            ) from None
        raise
    if not found.is_of(adapter.backbone):
        raise _other_backbone(path, adapter, config, found)
    _put_tensors(path, model, tensors, trained_groups(config))
    freeze_for(model, config)
    return model.eval().to(config.device)


def read_adapter(path: Path) -> tuple[Path, dict[str, Tensor], Adapter]:
    """The file, its tensors, and what it says of itself, without its backbone; `path` is the file or a run's folder.

    Raises:
        InputError: it is not an adapter.
    """
    path = _file_in(path) if is_folder(path) else path
    try:
        tensors, header = read_tensors(path)
    except InputError as error:
        if path.suffix == Path(FILE_NAME).suffix:
            raise
        raise InputError(f"{error}; wanted is a run's folder, or the {FILE_NAME} in it") from error
    return path, tensors, Adapter.read(path, header)


def _file_in(folder: Path) -> Path:
    """The adapter of a run's folder.

    Raises:
        InputError: it is a folder of several runs.
    """
    file = folder / FILE_NAME
    if not is_file(file) and (runs := sorted(one.parent for one in folder.glob(f"*/{FILE_NAME}"))):
        raise InputError(f"{folder} is no run and holds {counted(len(runs), 'run')}: give one, such as {runs[0]}")
    if not is_file(file) and is_file(folder / CHECKPOINT_NAME):
        raise InputError(f"{folder} holds a run that has not ended: the command that began it goes on with --resume")
    return file


def _other_backbone(path: Path, adapter: Adapter, config: RunConfig, found: Identity) -> InputError:
    if adapter.config.backbone == config.backbone == EMBEDDED and adapter.format < _FORMAT_OF_EMBEDDED:
        return InputError(
            f"{path} was trained on the embedded backbone of 0.1, which this version does not have: train it again, or "
            "use frostformer 0.1"
        )
    old, new = adapter.backbone.fingerprint[:12], found.fingerprint[:12]
    return InputError(
        f"{path} belongs to backbone '{adapter.config.backbone}' with fingerprint {old}, but '{config.backbone}' has "
        f"{new}: load it on the backbone it was trained on"
    )


def _check_layers(path: Path, tensors: dict[str, Tensor], shape: TaskShape) -> None:
    """Refuse a shape that is not that of the two new layers, before memory is taken for layers of this shape."""
    sizes = {"input_layer.weight": (0, shape.channels), "input_layer.0.weight": (1, shape.channels)}
    sizes["output_layer.weight"] = (0, shape.predictions * shape.classes)
    for name, (axis, size) in sizes.items():
        if name in tensors and (tensors[name].ndim != 2 or tensors[name].shape[axis] != size):
            raise InputError(f"{path} does not fit the model at '{name}': it was written for another one")


def _placed(path: Path, config: RunConfig, device: Device, precision: Precision) -> RunConfig:
    """The run's configuration with the device and the precision to use it in."""
    in_int8 = config.backbone_precision == "int8"
    if in_int8 and precision not in ("auto", "int8"):
        raise InputError(f"{path} was trained on 8-bit matrices and fits no others: leave the precision out")
    if precision == "int8" and not in_int8:
        raise InputError(f"{path} was not trained on 8-bit matrices: use fp32 or bf16")
    chosen, _ = choose_device("cpu" if in_int8 and device == "auto" else device)
    settled, _ = choose_precision("int8" if in_int8 else precision, chosen)
    known: dict[str, Any] = {"device": chosen.type, "backbone_precision": settled}
    return replace(config, **known)


@torch.no_grad()
def _put_tensors(path: Path, model: SequenceModel, tensors: dict[str, Tensor], trainable: tuple[str, ...]) -> None:
    """Copy exactly the trained tensors, each in its full shape, into the model; position tables may lack last rows."""
    groups, parameters = parameter_groups(model), dict(model.named_parameters())
    wanted = set(trained_names(model, trainable))
    misfits = sorted(wanted ^ set(tensors))
    for name in sorted(wanted & set(tensors)):
        tensor = tensors[name]
        rows = len(tensor) if groups[name] == "position" and tensor.ndim else None
        target = parameters[name][:rows] if rows is not None else parameters[name]
        if (target.shape, target.dtype) == (tensor.shape, tensor.dtype):
            target.copy_(tensor)
        else:
            misfits.append(name)
    if misfits:
        raise InputError(f"{path} does not fit the model at '{misfits[0]}': it was written for another one")
