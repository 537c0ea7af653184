"""`frostformer pretrain`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

from frostformer.cli.options import Flat, Paths
from frostformer.pretraining.config import PretrainConfig


def pretrain(
    corpus: Path | None = None,
    config: Annotated[PretrainConfig, Flat] = PretrainConfig(),  # noqa: B008 (frozen)
    *,
    out: Path,
    measure_on: Paths = (),
) -> None:
    """Pretrain a small GPT-2 to use as a backbone; goes on where an interrupted one stopped.

    Without CORPUS and with `--measure-on` the language model in OUT is only measured.

    Parameters
    ----------
    corpus
        Text to learn from: .txt, .txt.xz or .parquet with a text column; lines `<<< name >>>` separate documents.
    out
        Folder to write, or to measure; give it to `--backbone` afterwards.
    measure_on
        Further text files to measure bits per byte on, not to train on.
    """
    from frostformer.cli.progress import Progress
    from frostformer.cli.terminal import say
    from frostformer.pretraining.loop import Watch
    from frostformer.pretraining.loop import pretrain as pretrain_one
    from frostformer.pretraining.objective import num_steps

    if corpus is None and measure_on and config.objective == "language":
        from frostformer.pretraining.measuring import measure

        _say_bits(measure(out, measure_on))
        return
    with closing(Progress(num_steps(config), "pretrain")) as bar:
        watch = Watch(bar.step, lambda nats: bar.tell(f"loss {nats:.3f} nats"))
        record = pretrain_one(corpus, out, config, measure_on, watch)
    _say_bits(record.get("bits_per_byte", {}))
    for name, accuracy in record.get("accuracy", {}).items():
        say(f"{name}: {100 * accuracy:.2f} % right")
    say(f"backbone written to {out}")


def _say_bits(measured: dict[str, float]) -> None:
    from frostformer.cli.terminal import say

    for name, bits in measured.items():
        say(f"{name}: {bits:.3f} bits per byte")
