"""An objective by its name."""

from __future__ import annotations

from pathlib import Path

from frostformer.errors import InputError
from frostformer.pretraining.bit_memory import BitMemory
from frostformer.pretraining.config import PretrainConfig
from frostformer.pretraining.language import Language
from frostformer.pretraining.objective import BIT_MEMORY, Objective


def build_objective(
    config: PretrainConfig, corpus: Path | None, measure_on: tuple[Path, ...], tokenizer: Path, keep_tokenizer: bool
) -> Objective:
    """The objective that the configuration names, with fresh weights.

    A language's tokenizer is written to the file `tokenizer`, or the one that lies there is kept.

    Raises:
        InputError: a text is missing, too short, or given where none is read; too few positions.
    """
    if config.objective == BIT_MEMORY:
        if corpus is not None or measure_on:
            raise InputError("bit-memory draws its own strings: give neither a corpus nor a text to measure on")
        return BitMemory(config)
    if corpus is None:
        raise InputError("language needs a corpus: give a text, or choose the objective bit-memory")
    return Language(config, corpus, measure_on, tokenizer, keep_tokenizer)
