"""`frostformer export`."""

from __future__ import annotations

from pathlib import Path


def export(adapter: Path, out: Path, *, backbone: str | None = None, plugin: str | None = None) -> None:
    """Write a trained model as an ONNX file, for programs without torch; needs the extra `export`.

    It takes `inputs`, (B, T) int64 tokens or (B, T, C) float32 vectors, padded on the right, and `lengths`, (B,) int64,
    for any number B and length T of sequences, and gives `logits`. How values become inputs, and what logits stand for,
    is in the file's metadata, as JSON under `reading` and `scoring`.

    The file is written only if onnxruntime computes from it what the model computes in float32.

    Parameters
    ----------
    adapter
        A run's folder or its adapter.safetensors.
    out
        File to write, such as model.onnx.
    backbone
        Where the backbone is now, if not where the run found it.
    plugin
        Where the run's plugin is now, if not where the run found it.
    """
    from frostformer.cli.terminal import say
    from frostformer.deploy.export import TOLERANCE
    from frostformer.deploy.export import export as export_model

    made = export_model(adapter, out, backbone=backbone, plugin=plugin)
    read, predictions, outputs = made.outputs
    say(
        f"{out} ({made.bytes / 1e6:,.1f} MB): inputs {made.inputs}, lengths (B,) int64; "
        f"logits (B, {read}, {predictions}, {outputs}) float32"
    )
    say(
        f"checked with onnxruntime on {made.sequences} sequences, padded ones included: logits are off by at most "
        f"{made.difference:.0e} of the largest ({TOLERANCE:.0e} is allowed)"
    )
