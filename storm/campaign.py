"""Makes tries one after the other; each becomes a line of a file at once, and what is in the file is not made again."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from storm.kinds import KINDS, can_mount, tries
from storm.outcome import OUTCOMES
from storm.shop import Shop

FILE_NAME = "storm.jsonl"


def campaign(out: Path, most: int, kinds: Sequence[str], seed: int) -> list[dict[str, Any]]:
    """Make the tries that `out/storm.jsonl` lacks. Returns a line for each of them, and those that were there."""
    out.mkdir(parents=True, exist_ok=True)
    path, screen = out / FILE_NAME, Console(stderr=True, highlight=False, markup=False)
    if "small-disk" in kinds and not can_mount():
        screen.print("small-disk is left out: only root on Linux can make a disk in memory")
        kinds = [kind for kind in kinds if kind != "small-disk"]
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {(line["seed"], line["try"]) for line in lines}
    waiting = [one for one in tries(most, kinds) if (seed, one.number) not in done]
    if not waiting:
        return lines
    with tempfile.TemporaryDirectory() as folder, path.open("a") as file:
        shop = Shop(Path(folder) / "shop")
        for one in track(waiting, "storm", console=screen, disable=not screen.is_terminal):
            outcome = asdict(one.outcome(shop, seed))
            line = {"try": one.number, "seed": seed, "kind": one.kind, "what": one.what} | outcome
            lines.append({key: value for key, value in line.items() if value != ""})
            file.write(json.dumps(lines[-1], separators=(",", ":")) + "\n")
            file.flush()
            if line["note"]:
                screen.print(json.dumps(line), soft_wrap=True)
            shop.clear()
    return lines


def table(lines: Sequence[dict[str, Any]]) -> str:
    """How many tries of each kind had each outcome, as a table in Markdown."""
    counts = Counter((line["kind"], line["outcome"]) for line in lines)
    rows = [["kind", "tried", *OUTCOMES], ["---", *["---:"] * (1 + len(OUTCOMES))]]
    for kind in (*KINDS, "all"):
        found = [sum(n for (k, o), n in counts.items() if o == outcome and kind in (k, "all")) for outcome in OUTCOMES]
        rows += [[kind, str(sum(found)), *map(str, found)]] if sum(found) else []
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
