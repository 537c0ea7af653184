"""Writes a trained model as one ONNX file, which runs in other programs, without torch and without this package.

frostformer export runs/xor model.onnx

The file takes `inputs`, (B, T) int64 tokens or (B, T, C) float32 vectors, padded on the right, and `lengths`, (B,)
int64, and gives `logits`, (B, R, G, K). Its metadata says how values become inputs and what logits stand for. It is
written only if onnxruntime computes from it what the model computes.

B batch, T positions, C channels of an input vector, R read positions, G predictions per position, K outputs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from frostformer.deploy.graph import INPUTS, LENGTHS, LOGITS, PACKAGES, onnx_content
from frostformer.errors import InputError
from frostformer.files import check_space, is_folder
from frostformer.locks import write_alone
from frostformer.models.model import SequenceModel
from frostformer.provenance import version_of
from frostformer.results.kept import check_out_file
from frostformer.results.verdict_folder import refuse_verdict
from frostformer.runs.adapters import Adapter, load_adapter, read_adapter

TOLERANCE = 1e-4  # of the largest logit, or of 1 where all are smaller; rounding in float32 makes about 1e-6


@dataclass(frozen=True)
class Exported:
    """What was written."""

    bytes: int
    inputs: str
    """Their shape and kind, in words."""

    outputs: tuple[int, ...]
    """R, G and K."""

    sequences: int
    """How many sequences the file was checked on."""

    difference: float
    """The largest between logits of the file and of the model, as a share of the largest logit, or of 1."""


def export(
    path: Path | str, out: Path | str, *, backbone: str | nn.Module | None = None, plugin: str | None = None
) -> Exported:
    """Write the model of a run as an ONNX file, whole or not at all.

    Args:
        path: a run's folder or its adapter.
        out: the file; one that is there is replaced.
        backbone: where the backbone is now, if not where the run found it; or the module it was trained on.
        plugin: where the run's plugin is now, if not where the run found it.

    Raises:
        InputError: a package is missing, the model cannot be exported, or the file would compute something else.
    """
    out = Path(out)
    refuse_verdict(Path(path), f"export takes one run, such as {path}/adapters/replicate-0-fold-0")
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        raise InputError(f"export needs {_listed(missing)}: pip install 'frostformer[export]'")
    check_out_file(out, *([] if is_folder(Path(path)) else [Path(path)]))
    if read_adapter(Path(path))[2].config.backbone_precision == "int8":
        raise InputError(
            f"{path} was trained on 8-bit matrices, whose rounding no ONNX file has: train it again with "
            "--backbone-precision fp32, or use `frostformer predict`"
        )
    model, adapter = load_adapter(path, backbone, device="cpu", precision="fp32", plugin=plugin)
    content = onnx_content(model, described(adapter))
    sequences, difference = _checked(model, content)
    check_space(out.parent, len(content), "the ONNX file")
    write_alone(out, content)
    shape = adapter.shape
    kind = "(B, T) int64" if shape.input_kind == "tokens" else f"(B, T, {shape.channels}) float32"
    return Exported(len(content), kind, (shape.read_positions, shape.predictions, shape.classes), sequences, difference)


def described(adapter: Adapter) -> dict[str, str]:
    """Metadata of the file: name -> text; all but the first two are JSON."""
    scoring = adapter.scoring.describe()
    return {
        "made_by": f"frostformer {version_of('frostformer')}",
        "task": adapter.config.task,
        "task_fingerprint": json.dumps(adapter.task_fingerprint),
        "shape": json.dumps(asdict(adapter.shape)),
        "reading": json.dumps(adapter.reading.describe()),
        "scoring": json.dumps(scoring),
        "read_out": json.dumps(adapter.config.read_out),
    }


def _checked(model: SequenceModel, content: bytes) -> tuple[int, float]:
    """On how many sequences the file was run, and how far it was off at most, see `Exported.difference`.

    Raises:
        InputError: it cannot be run, or gives other logits.
    """
    run = _runner(content, model.backbone.name)
    worst, sequences = 0.0, 0
    for inputs, lengths in _batches(model):
        with torch.no_grad():
            expected = model(inputs, lengths)
        found = run(inputs, lengths)
        sequences += len(lengths)
        if not expected.isfinite().all():
            raise InputError(
                "the model gives no finite numbers: its training diverged; train it again before exporting"
            )
        if found.shape != expected.shape:
            raise _differs(model, f"logits of shape {tuple(found.shape)} and not {tuple(expected.shape)}")
        off = float((found - expected).abs().max() / expected.abs().max().clamp(min=1))
        if not off <= TOLERANCE:
            raise _differs(model, f"logits that are off by {off:.1e}, more than {TOLERANCE:.0e} of the largest")
        worst = max(worst, off)
    return sequences, worst


def _differs(model: SequenceModel, how: str) -> InputError:
    return InputError(
        f"exported, backbone '{model.backbone.name}' gives {how}, so nothing was written: use `frostformer predict`, "
        "or train on another backbone"
    )


def _runner(content: bytes, name: str) -> Any:
    """A function from inputs and lengths to the logits that onnxruntime computes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors alone
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise _not_run(name, error) from error

    def run(inputs: Tensor, lengths: Tensor) -> Tensor:
        try:
            (logits,) = session.run([LOGITS], {INPUTS: inputs.numpy(), LENGTHS: lengths.numpy()})
        except Exception as error:
            raise _not_run(name, error) from error
        return torch.from_numpy(logits)

    return run


def _not_run(name: str, error: Exception) -> InputError:
    reason = str(error).strip().partition("\n")[0][:200]
    return InputError(
        f"backbone '{name}' was exported, but onnxruntime cannot run it ({reason}), so nothing was written: use "
        "`frostformer predict`, or train on another backbone"
    )


def _batches(model: SequenceModel) -> Iterator[tuple[Tensor, Tensor]]:
    """Made-up batches: one sequence, several; longest and shortest; and ragged ones with anything in the padding."""
    shape, generator = model.shape, np.random.default_rng(0)
    longest, least = shape.length, 1 if shape.per_position else shape.read_positions
    half = max(least, longest // 2)
    lengths = [[longest], [least], [half] * 3, [longest] * 2]
    if model.backbone.probe.obeys_padding:
        lengths += [np.linspace(least, longest, 5).round().astype(int).tolist(), [half, least, half]]
    for one in lengths:
        size = (len(one), max(one))
        if shape.input_kind == "tokens":
            inputs = torch.from_numpy(generator.integers(0, shape.channels, size))
        else:
            inputs = torch.from_numpy(generator.standard_normal((*size, shape.channels)).astype(np.float32))
        yield inputs, torch.tensor(one)


def _listed(names: list[str]) -> str:
    return f"the package{'s' if len(names) > 1 else ''} {', '.join(names)}"
