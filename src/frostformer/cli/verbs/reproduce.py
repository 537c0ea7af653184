"""`frostformer reproduce`."""

from __future__ import annotations

from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from frostformer.cli.options import Flat, Texts, Workers
from frostformer.config import Device, Precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from frostformer.studies.scales import Scale
    from frostformer.studies.study import Backbones, Model, Study


def reproduce(
    *names: str,
    scale: Literal["smoke", "laptop", "paper"] = "laptop",
    out: Path | None = None,
    seeds: int | None = None,
    tuned: bool = False,
    backbone: str | None = None,
    bit_memory: str | None = None,
    images: str | None = None,
    models: Texts = (),
    backbone_precision: Precision = "auto",
    device: Device = "auto",
    minutes: float | None = None,
    workers: Annotated[Workers, Flat] = Workers(),  # noqa: B008 (frozen)
    part: str | None = None,
) -> None:
    """Make the runs of the paper's tables and figures, and a page that sets their scores beside the paper's.

    Without NAMES it lists the studies: `table-1` to `table-17`, `figure-3`, and so on. Finished runs in OUT are kept,
    and a run that two tables need is made once. The exit status is 1 if a run could not be made.

    Parameters
    ----------
    names
        Studies, or `all` for all of the paper's.
    scale
        `smoke`: a minute each, only to see that it works; `laptop`: the embedded backbone, hours on two cores; `paper`:
        GPT-2 and the sizes and settings of the official code, hours on a GPU.
    out
        Folder for runs and page, `runs/SCALE` if not given.
    seeds
        Runs of each arm on each task; 3, at the smoke scale 1.
    tuned
        Every run chooses its learning rate on validation among three.
    backbone
        The pretrained language model, in place of the embedded one or of GPT-2: a folder or a name.
    bit_memory
        A model that was pretrained on bit memory, see `frostformer pretrain --objective bit-memory`.
    images
        A model that was pretrained on images, such as a ViT; `FOLDER:6` takes the first six blocks of one.
    models
        Further models, for tables 8 and 17; `FOLDER:4` uses the first four blocks of one.
    backbone_precision
        Precision of the frozen weights in all runs.
    device
        Where to train.
    minutes
        Stop after so many minutes, wherever it is; the same command goes on.
    part
        `3/16` makes the third of sixteen parts of the runs, for several machines; each may have an OUT of its own, and
        `frostformer report` over all of them joins the parts.
    """
    given = locals()
    from frostformer.cli.studies import list_studies, run_studies
    from frostformer.errors import InputError, check_range
    from frostformer.studies import paper
    from frostformer.studies.planning import Part, Request
    from frostformer.studies.registry import ALL, study
    from frostformer.studies.scales import SCALES

    if not names:
        if any(given[name] != one.default for name, one in signature(reproduce).parameters.items() if name != "names"):
            raise InputError("no study is named: give one, such as table-2, or `all`; without options they are listed")
        list_studies()
        return
    asked = [one for name in names for one in (paper.STUDIES if name == ALL else [name])]
    chosen = [study(name) for name in dict.fromkeys(asked)]
    size = SCALES[scale]
    check_range("seeds", seeds := size.seeds if seeds is None else seeds, 1, 1000)
    if minutes is not None and not 0 <= minutes < float("inf"):
        raise InputError(f"minutes is {minutes}: give a number of at least 0")
    backbones = _backbones(size, backbone, bit_memory, images, models)
    _check_used(chosen, size, backbones)
    if workers.address is None:  # else the runs are made elsewhere
        _check_device(device, backbone_precision)
    settings = {"backbone_precision": backbone_precision, "device": device}
    options = {name: value for name, value in settings.items() if value != "auto"}
    request = Request(size, backbones, seeds, tuned, options, part=None if part is None else Part.parse(part))
    run_studies(chosen, request, out or Path("runs") / scale, minutes, workers)


def _backbones(
    size: Scale, language: str | None, bit_memory: str | None, images: str | None, models: Sequence[str]
) -> Backbones:
    """The models of a study, all of them looked at: it is long, and its runs on one that is not there may be the last.

    Raises:
        InputError: one of the models is not there, or cannot be read.
    """
    from frostformer.studies.study import Backbones, Model, tidy

    bits, pictures = (None if name is None else Model.parse(name) for name in (bit_memory, images))
    others = tuple(map(Model.parse, models))
    found = Backbones(tidy(language or size.backbone), bits, pictures, None if language else size.blocks, others)
    _look_at("--backbone" if language else f"--scale {size.name}", Model(found.language))
    given = [("--bit-memory", bits), ("--images", pictures), *(("--models", one) for one in others)]
    for option, model in given:
        if model is not None:
            _look_at(option, model)
    return found


def _look_at(option: str, model: Model) -> None:
    """Read the configuration of a model, and see that it has the blocks that were asked for.

    Raises:
        InputError: it cannot be read, or has fewer blocks; the sentence begins with the option.
    """
    from frostformer.errors import InputError
    from frostformer.models.backbones.configuring import read_config
    from frostformer.models.backbones.finding import find_model
    from frostformer.models.backbones.hub import Unreachable
    from frostformer.words import counted

    try:
        config = read_config(find_model(model.backbone, None, weights=False), model.backbone)
    except InputError as error:
        is_language = isinstance(error, Unreachable) and option.startswith(("--backbone", "--scale"))
        instead = ", or use `--backbone embedded`" if is_language else ""
        raise InputError(f"{option}: {error}{instead}") from error
    there = getattr(config, "num_hidden_layers", None)
    if model.layers is not None and there is not None and model.layers > there:
        raise InputError(
            f"{option}: '{model}' asks for {counted(model.layers, 'block')}, but the model has {there}: give fewer"
        )


def _check_used(chosen: Sequence[Study], size: Scale, backbones: Backbones) -> None:
    """Refuse a model that no study asks for, since its user believes that a run has it.

    Raises:
        InputError: the runs would be the same without it.
    """
    from frostformer.errors import InputError
    from frostformer.results.compare import listed

    for option, without in (
        ("--bit-memory", replace(backbones, bit_memory=None)),
        ("--images", replace(backbones, images=None)),
        ("--models", replace(backbones, others=())),
    ):
        if without != backbones and all(one.make(size, without) == one.make(size, backbones) for one in chosen):
            names = listed([one.name for one in chosen])
            raise InputError(
                f"{option} changes no run of {names}: leave it out, or add a study that uses it, "
                "see `frostformer reproduce --help`"
            )


def _check_device(device: Device, precision: Precision) -> None:
    """What this machine does not have would be missed in every run.

    Raises:
        InputError: the device is not here, or does not have the precision.
    """
    from frostformer.training.devices import choose_device, choose_precision

    choose_precision(precision, choose_device(device)[0])
