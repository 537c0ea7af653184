"""From a model to the content of an ONNX file, by the exporter that comes with torch.

B batch, T positions, C channels of an input vector, R read positions, G predictions per position, K outputs.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import torch
from torch import Tensor

from frostformer.errors import InputError
from frostformer.models.compat import attention_kernel
from frostformer.models.model import SequenceModel

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
INPUTS, LENGTHS, LOGITS = "inputs", "lengths", "logits"  # names in the file
MOST_BYTES = 2**31 - 2**24  # of tensors: an ONNX file ends at 2 GiB, and the steps of the model need room, too

_MOST_LETTERS = 150  # of the exporter's reason

log = logging.getLogger(__name__)


def onnx_content(model: SequenceModel, described: Mapping[str, str]) -> bytes:
    """The content of an ONNX file that gives what `model` gives, for any B and T, with these texts as its metadata.

    Args:
        model: on the CPU, in float32 and in evaluation mode.
        described: name -> text.

    Raises:
        InputError: the model is too large for one file, or computes something that the exporter cannot take down.
    """
    size = sum(tensor.nbytes for tensor in (*model.parameters(), *model.buffers()))
    if size > MOST_BYTES:
        raise InputError(
            f"backbone '{model.backbone.name}' has {size / 1e9:.1f} GB, and an ONNX file holds at most 2: "
            "export a run on a smaller backbone, or with fewer --layers"
        )
    from onnx_ir.passes import common

    program = _exported(model)
    common.ClearMetadataAndDocStringPass()(program.model)  # where on this machine each step's code lies
    program.model.metadata_props.update(described)
    content: bytes = program.model_proto.SerializeToString()
    return content


def example(model: SequenceModel) -> tuple[Tensor, Tensor]:
    """Inputs (3, T) or (3, T, C) and lengths (3,); sizes of 1 would be taken for the only ones."""
    shape, longest = model.shape, max(2, model.shape.length)
    size = (3, longest) if shape.input_kind == "tokens" else (3, longest, shape.channels)
    inputs = torch.zeros(size, dtype=torch.long if shape.input_kind == "tokens" else torch.float32)
    return inputs, torch.full((3,), longest)


def _exported(model: SequenceModel) -> Any:
    """What the exporter makes of the model; T5's attention it takes down only as it is computed without fusion."""
    reason: Exception | None = None
    for kernel in _kernels(model):
        try:
            with _attention(model, kernel), _quiet(), torch.no_grad():
                return torch.onnx.export(
                    model,
                    example(model),
                    dynamo=True,
                    verbose=False,
                    input_names=[INPUTS, LENGTHS],
                    output_names=[LOGITS],
                    dynamic_shapes={"inputs": {0: "batch", 1: "positions"}, "lengths": {0: "batch"}},
                )
        except Exception as error:
            log.debug("not exported with attention '%s'", kernel, exc_info=True)
            reason = reason or error
    assert reason is not None
    raise InputError(
        f"backbone '{model.backbone.name}' computes what cannot be exported for sequences of any number and length "
        f"({_first_cause(reason)}): use `frostformer predict`, or train on another backbone"
    ) from reason


def _kernels(model: SequenceModel) -> list[str | None]:
    """Attention kernels to try: the model's own, and for models of `transformers` the plain one."""
    inside: Any = getattr(model.backbone, "model", None)
    if not hasattr(inside, "set_attn_implementation"):
        return [None]
    return list(dict.fromkeys([attention_kernel(inside.config), "eager"]))


@contextmanager
def _attention(model: SequenceModel, kernel: str | None) -> Iterator[None]:
    """Within it the backbone attends by this kernel; None leaves it as it is."""
    if kernel is None:
        yield
        return
    inside: Any = model.backbone.model
    own = attention_kernel(inside.config)
    inside.set_attn_implementation(kernel)
    try:
        yield
    finally:
        inside.set_attn_implementation(own)


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of what is no concern of a user, such as packages for images, and prints whole programs."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _first_cause(error: BaseException) -> str:
    """The first line of the error that began it, cut if it is long."""
    while error.__cause__ is not None:
        error = error.__cause__
    line = next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(":. ")
    return line if len(line) <= _MOST_LETTERS else line[:_MOST_LETTERS] + "..."
