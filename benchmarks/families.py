"""`python -m benchmarks.families`: what each family of `transformers` is as a backbone, by building a tiny one.

python -m benchmarks.families --out results/families
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cyclopts import App
from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

from benchmarks.tiny_configs import tiny_config
from frostformer.errors import InputError
from frostformer.files import write_whole
from frostformer.models.backbones.loading import load_backbone
from frostformer.provenance import environment

app = App(name="families", help_format="plaintext")


@app.default
def families(*kinds: str, out: Path = Path("runs/families")) -> None:
    """Build a tiny backbone of each family with random weights; writes OUT/families.json and OUT/README.md.

    Parameters
    ----------
    kinds
        Model types of `transformers`; all if not given.
    out
        Folder for the table.
    """
    rows = {kind: examine(kind) for kind in kinds or sorted(MODEL_MAPPING_NAMES)}
    content = {"families": rows, "environment": environment("cpu", 1)}
    write_whole(out / "families.json", json.dumps(content, indent=1) + "\n")
    write_whole(out / "README.md", table(rows))


def examine(kind: str) -> dict[str, Any]:
    """What the probe finds, the tensors of each group, and limits; or why the family is no backbone."""
    try:
        config = tiny_config(kind)
    except Exception as error:  # noqa: BLE001 (a configuration of the library that this program did not think of)
        return {"refused": f"no tiny configuration ({type(error).__name__})"}
    with tempfile.TemporaryDirectory() as folder:
        try:
            config.save_pretrained(folder)
            backbone = load_backbone(folder, "random", None, 0.0, 0)
        except InputError as error:
            reason = re.sub(r"[^' ]*/site-packages/", "", str(error))  # where the library lies says nothing
            return {"refused": reason.replace(folder, kind)}
    found = asdict(backbone.probe)
    groups = Counter(backbone.parameter_groups().values())
    return {**found, "max_length": backbone.max_length, "groups": dict(sorted(groups.items()))}


def table(rows: dict[str, dict[str, Any]]) -> str:
    """The families that load, a line each, and those that do not, with the reason."""
    loaded = {kind: row for kind, row in rows.items() if "refused" not in row}
    refused = {kind: row["refused"] for kind, row in rows.items() if kind not in loaded}
    lines = [
        "# Families of backbones",
        "",
        f"Made by `python -m benchmarks.families --out results/families` from tiny models with random weights: "
        f"{len(loaded)} families load, {len(refused)} are refused. Numbers under groups count tensors; `fixed` ones "
        "get no gradient and never train. Gradients are multiples of those at inputs of deviation 1.",
        "",
        "| family | sees | padding changes nothing | draws in training | first reaches last | gradient at 0.001 | at 0 "
        "| most positions | groups |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(kind, row) for kind, row in loaded.items()]
    lines += ["", "| refused | why |", "|---|---|", *(f"| {kind} | {why} |" for kind, why in refused.items()), ""]
    return "\n".join(lines)


def _line(kind: str, row: dict[str, Any]) -> str:
    yes_no = ("obeys_padding", "draws_in_training", "first_reaches_last")
    gradients = ("too large" if row[key] is None else f"{row[key]:.3g}" for key in _GRADIENTS)
    cells = [
        kind,
        "earlier" if row["causal"] else "all",
        *("yes" if row[key] else "no" for key in yes_no),
        *gradients,
        str(row["max_length"] or "any"),
        ", ".join(f"{group} {count}" for group, count in row["groups"].items()),
    ]
    return f"| {' | '.join(cells)} |"


_GRADIENTS = ("gradient_at_small", "gradient_at_zero")

if __name__ == "__main__":
    try:
        app()
    except InputError as error:
        sys.exit(f"families: {error}")
