"""`python -m storm`: kills, full disks, second writers and damaged files, hundreds of them, and what became of each.

python -m storm --tries 500 --out results/storm
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the tries are forked, which a GPU does not survive
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

import torch
from cyclopts import App, Parameter

from frostformer.errors import unknown_name
from frostformer.provenance import PACKAGE, git_state
from storm.campaign import campaign, table
from storm.kinds import KINDS

app = App(name="storm", help_format="plaintext")


@app.default
def storm(
    *,
    out: Path = Path("runs/storm"),
    tries: int = 500,
    kinds: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = tuple(KINDS),
    seed: int = 0,
) -> None:
    """Strike the command line and look what becomes of the work; the exit status is 1 if anything was lost.

    Parameters
    ----------
    out
        Folder for storm.jsonl, a line for each try, and for README.md, the table. Tries that are there are not made
        again.
    tries
        How many there shall be in the end.
    kinds
        kill, damage, full, writers, small-disk, moment, process; all if not given.
    seed
        Decides what is struck, and where.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise unknown_name("kind", kind, KINDS)
    torch.set_num_threads(1)
    lines = campaign(out, tries, kinds, seed)
    found = table(lines)
    sys.stdout.write(found)
    text = _ABOUT.format(table=found, commit=git_state(PACKAGE), tries=tries, seed=seed)
    (out / "README.md").write_text(text)
    sys.exit(int(any(line["outcome"] in ("traceback", "lost") for line in lines)))


_ABOUT = """# Storm: what becomes of the work when something happens

{table}
Made by commit {commit} with `python -m storm --tries {tries} --seed {seed}`, the long form of a test of `make check`.
Each line of `storm.jsonl` is a try.

- survived: the command ended, or the one that goes on did, with the bytes of a run that nothing has struck, seconds
  and environment aside; or a damaged file was read, and the answer is right.
- sentence: one sentence said what was wrong; where a folder was written, it was then finished to the same bytes.
- traceback: an error that nobody foresaw.
- lost: other bytes, a finished run gone, a file left over, or a command that does not end.

The kinds:

- kill, moment: a command, or what goes on with it, is killed before a change of a file, or at a moment of its time.
- process: the same with a command that is started as from a shell.
- full: there is no room from a change of a file on, or for files over a size.
- small-disk: the folder is a disk in memory that is too small.
- writers: a second command writes to the folder of a first one, which is stopped before a change of a file.
- damage: a file is cut, lengthened or changed, and then read.
"""

if __name__ == "__main__":
    app()
