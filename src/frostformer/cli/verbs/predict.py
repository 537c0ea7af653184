"""`frostformer predict`."""

from __future__ import annotations

import sys
from pathlib import Path

from frostformer.config import Device, Precision


def predict(
    adapter: Path,
    sequences: Path,
    *,
    out: Path | None = None,
    backbone: str | None = None,
    device: Device = "auto",
    backbone_precision: Precision = "auto",
    plugin: str | None = None,
) -> None:
    """Predict answers for new sequences; one JSON object per sequence, in order.

    Parameters
    ----------
    adapter
        A run's folder or its adapter.safetensors.
    sequences
        A .npy array (N, T) or (N, T, C), or of images; or a .jsonl file with one list of numbers, of vectors or of
        words per line.
    out
        File to write; if not given, answers go to the screen.
    backbone
        Where the backbone is now, if not where the run found it.
    device
        Where to compute; `auto` takes a GPU where there is one.
    backbone_precision
        Precision of the backbone's matrix products; `auto` is bf16 on a GPU and fp32 elsewhere.
    plugin
        Where the run's plugin is now, if not where the run found it.
    """
    from frostformer.deploy.predict import Predictor
    from frostformer.files import check_writable_file
    from frostformer.locks import write_alone

    if out is not None:
        check_writable_file(out)
    predictor = Predictor(adapter, backbone, device, backbone_precision, plugin)
    lines = "".join(predictor.lines(sequences))
    print(f"predicted in {predictor.place}", file=sys.stderr)
    if out is None:
        print(lines, end="")
    else:
        write_alone(out, lines)
