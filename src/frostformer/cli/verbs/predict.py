"""`frostformer predict`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from frostformer.config import Device, Precision
from frostformer.errors import InputError

if TYPE_CHECKING:
    from frostformer.deploy.file_answers import FileAnswers

_HELD = 2**24  # bytes of answers for the screen that are in memory and not in a temporary file


def predict(
    adapter: Path,
    sequences: Path,
    *,
    out: Path | None = None,
    skip_bad: bool = False,
    abstain_below: float | None = None,
    backbone: str | None = None,
    device: Device = "auto",
    backbone_precision: Precision = "auto",
    plugin: str | None = None,
) -> None:
    """Predict answers for new sequences, in order.

    Parameters
    ----------
    adapter
        A run's folder, its adapter.safetensors, or the folder of a verdict, whose replicates answer together.
    sequences
        For a run on a file or folder of yours: another one of its kind; it need not have the answers. For any other
        run: a .npy array (N, T) or (N, T, C), or of images; or a .jsonl file with one list of numbers, of vectors or of
        words per line.
    out
        File to write; if not given, answers go to the screen, as one JSON object for each sequence or position. For a
        run on a file of yours the ending says the format: .csv, .parquet or .jsonl.
    skip_bad
        Leave out sequences that cannot be read, and say which; otherwise the first of them ends the command. For a run
        on a file of yours.
    abstain_below
        Leave an answer empty if no answer is as probable as this. For a run on a file of yours.
    backbone
        Where the backbone is now, if not where the run found it.
    device
        Where to compute; `auto` takes a GPU where there is one.
    backbone_precision
        Precision of the backbone's matrix products; `auto` is bf16 on a GPU and fp32 elsewhere.
    plugin
        Where the run's plugin is now, if not where the run found it.
    """
    from frostformer.cli.terminal import tell
    from frostformer.deploy.answer_files import check_answer_file
    from frostformer.deploy.averaged import predictor_at
    from frostformer.locks import write_alone
    from frostformer.results.kept import check_out_file

    if out is not None:
        check_out_file(out, sequences)
    predictor = predictor_at(adapter, backbone, device, backbone_precision, plugin)
    if predictor.adapter.schema is not None:
        found = predictor.file(sequences, skip_bad=skip_bad, abstain_below=abstain_below)
        if out is not None:
            check_answer_file(out, sequences)
        _tell_verdict(adapter)
        _write(found, out)
        sys.stdout.flush()  # where both go to one file, the answers come first
        for sentence in found.remarks.sentences():
            print(sentence, file=sys.stderr)
        tell(f"predicted in {predictor.place}")
        return
    if skip_bad or abstain_below is not None:
        raise InputError(
            f"{adapter} was not trained on a file of yours, as --skip-bad and --abstain-below need: leave them out"
        )
    lines = "".join(predictor.lines(sequences))
    _tell_verdict(adapter)
    if out is None:
        print(lines, end="", flush=True)
    else:
        write_alone(out, lines)
    tell(f"predicted in {predictor.place}")


def _tell_verdict(folder: Path) -> None:
    """Of a verdict's folder, what the verdict was, and how to use what was not beaten."""
    from frostformer.cli.terminal import tell
    from frostformer.files import is_file
    from frostformer.results.verdict import VERDICT_NAME, read_verdict

    if not is_file(folder / VERDICT_NAME):
        return
    verdict = read_verdict(folder)
    for sentence in verdict.sentences[:2]:
        tell(sentence)
    best = verdict.unbeaten
    if verdict.use != "helps" and best is not None:
        tell(f"These lines fit {best.name}, which was not surely beaten:\n{best.code}")


def _write(found: FileAnswers, out: Path | None) -> None:
    """Write the answers, or show them once all are there; where an error comes, there is nothing of them."""
    from frostformer.deploy.answer_files import write_answers, write_json_lines

    if out is not None:
        write_answers(out, found.blocks())
        return
    with tempfile.SpooledTemporaryFile(_HELD) as file:
        write_json_lines(file, found.blocks())
        file.seek(0)
        for line in file:
            print(line.decode(), end="")
