"""Published numbers: Lu et al. 2021 (arXiv 2103.05247v2), and its rebuttal, Rothermel et al. 2021 (arXiv 2107.12460).

Rows and columns have the names that the studies in `studies/paper.py` use. It imports no torch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

Source = Literal["Lu et al. 2021", "Rothermel et al. 2021"]
PAPER: Source = "Lu et al. 2021"
REBUTTAL: Source = "Rothermel et al. 2021"

TRUST = {
    "read": "second-hand: from reading notes of the paper's tables, not checked against the paper itself",
    "copied": "from the same notes; the paper copied the number from another work, whose set-up differs",
    "diverged": "from the same notes; the training diverged, and this is the value before that",
    "recalled": "from memory; no text was found that confirms it",
    "large": "from the same notes; of the paper's model of 36 blocks, and its model of 12 blocks has 68.2",
}
"""Mark of a number -> how far it can be trusted."""

_SHORT = {"l": "large", "r": "recalled", "c": "copied", "d": "diverged"}  # as the tables below mark a number


@dataclass(frozen=True)
class Published:
    """One published number."""

    value: float
    """Test accuracy in percent; in table 6 a number of steps."""

    trust: str
    """A key of `TRUST`."""

    @property
    def is_plain(self) -> bool:
        """Whether it was read, and is of the arm that its row names, so that others can be set against it."""
        return self.trust == "read"


# A column is parted from the next by two spaces or more. Behind a number may stand the mark of its trust.
_TASKS = "bit-memory  bit-xor  listops  mnist  cifar10  cifar10-lra  remote-homology"

_TABLES = {
    "table-1": f"""
                                 {_TASKS}
    pretrained                   100  100  38.4  98.0  72.1 l  38.6  12.7
    fully trained                100  100  38 c  99.1  70.3  42 c  9 c
    LSTM, fully trained          60.9  50.1  17.1  99.5  73.6  11.7  12 r
    """,
    "table-2": f"""
                                 {_TASKS}
    pretrained                   100  100  38.4  98.0  68.2  38.6  12.7
    random                       75.8  100  34.3  91.7  61.7  36.1  9.3
    pretrained on bit memory     100  100  35.4  97.8  62.6  36.7  7.8
    pretrained on images         100  100  37.4  97.8  72.5  43.0  7.5
    """,
    "table-3": f"""
                                 {_TASKS}
    random transformer           75.8  100  34.3  91.7  61.7  36.1  9.3
    random LSTM                  50.9 r  50.0 r  16.8 r  70.9 r  34.4 r  10.4 r  6.6 r
    random LSTM*                 75.0 r  50.0 r  16.7 r  92.5 r  43.5 r  10.6 r  8.6 r
    """,
    "table-4": """
                                 listops  mnist  cifar10  cifar10-lra
    LSTM, 3 layers               16.8 r  70.9 r  34.4 r  10.4 r
    LSTM, 12 layers              16.2 r  11.7 r  10.8 r  10.4 r
    """,
    "table-5": """
                                 listops  mnist  cifar10  cifar10-lra
    12 layers                    16.2 r  11.7 r  10.8 r  10.4 r
    12 layers, residuals, positions  16.7 r  92.5 r  43.5 r  10.6 r
    """,
    "table-6": f"""
                                 {_TASKS}
    pretrained                   1e4  5e2  2e3  5e3  4e5  3e5  1e5
    random                       4e4  2e4  6e3  2e4  4e5  6e5  1e5
    """,
    "table-7": """
                                 cifar10-lra, test  cifar10-lra, train
    pretrained                   38.6  38.5
    fully trained                42 c  70 c
    Linformer                    39 c  97 c
    """,
    "table-8": """
                                 cifar10
    gpt2, pretrained             68.2
    gpt2, random                 61.7
    gpt2-medium, pretrained      69.8
    gpt2-medium, random          64.0
    gpt2-large, pretrained       72.1
    gpt2-large, random           65.7
    """,
    "table-9": f"""
                                 {_TASKS}
    pretrained                   100  100  38.4  98.0  68.2  38.6  12.7
    statistics                   100  100  37.4  97.2  56.5  33.1  11.0
    random                       75.8  100  34.3  91.7  61.7  36.1  9.3
    """,
    "table-10": """
                                 listops  cifar10-lra
    output layer only            32.8  24.7
    pretrained                   38.4  38.6
    fully trained                38 c  42 c
    """,
    "table-11": """
                                 listops
    pretrained, 1 layer          17
    pretrained, 2 layers         36
    pretrained, 6 layers         38
    random, 1 layer              17
    random, 2 layers             16
    random, 6 layers             35
    """,
    "table-12": """
                                 listops
    pretrained, 1 layer          12
    pretrained, 3 layers         18
    pretrained, 6 layers         33
    pretrained, 12 layers        33
    random, 12 layers            17
    random, 24 layers            17
    """,
    "table-13": f"""
                                 {_TASKS}
    pretrained                   100  100  38.4  98.0  68.2  38.6  12.7
    + feed-forward               100  100  36.0  98.3  76.6  38.2  13.1
    + attention                  100  100  36.8  89.0 d  47.7 d  23.0  10.9
    + both                       100  100  35.8  93.1 d  32.9  21.0  10.5
    """,
    "table-14": """
                                 cifar10
    pretrained                   68.2
    + feed-forward               76.6
    + last attention layer       80.0
    """,
    "table-15": f"""
                                 {_TASKS}
    pretrained, output           76  56  15  23  25  17  2
    pretrained, output and norms  94  98  36  96  54  39  9
    pretrained, output, norms and input  100  98  36  98  60  39  10
    pretrained, and positions    100  100  38  98  68  39  13
    """,
    "table-16": """
                                 cifar10
    pretrained, norms frozen     61.5
    pretrained, norms trained    68.2
    random, norms frozen         55.0
    random, norms trained        61.7
    """,
    "table-17": """
                                 cifar10  listops
    gpt2                         68.2  38.4
    bert                         68.8  38.3
    t5                           64.7  15.4
    longformer                   66.8  17.0
    """,
    "tables-18-21": f"""
                                 {_TASKS}
    pretrained, output and input  98 r  72 r  17 r  85 r  53 r  22 r  8 r
    pretrained, output and positions  93 r  84 r  35 r  93 r  38 r  30 r  8 r
    pretrained, output and norms  94  98  36  96  54  39  9
    random, output               75 r  50  17  25  20  11  2 r
    random, output and norms     75 r  100  35  83  46  34  9 r
    random, output, norms and input  75 r  100  36  92  56  36  9 r
    random, and positions        76 r  100  37  92  62  36  9 r
    random, output and input     75 r  51 r  17 r  28 r  24 r  16 r  2 r
    random, output and positions  75 r  59 r  18 r  34 r  21 r  12 r  6 r
    """,
}

_ROTHERMEL = """
                                 listops  mnist  cifar10  cifar10-lra
    random                       38.9  98.0  61.8  44.2
    pretrained                   46.1  98.5  66.3  54.7
    fully trained, random        57.6  98.7  77.8  62.0
    fully trained, pretrained    56.3  99.0  77.7  67.8
"""

_ALSO_IN_REBUTTAL = {  # rows of other studies whose arm a row of the rebuttal has, there with tuned rates
    "table-1": {"pretrained": "pretrained"},
    "table-2": {"pretrained": "pretrained", "random": "random"},
    "table-3": {"random transformer": "random"},
    "table-9": {"pretrained": "pretrained", "random": "random"},
    "table-13": {"pretrained": "pretrained", "+ both": "fully trained, pretrained"},
    "tuned": {"pretrained": "pretrained", "random": "random"},
    "rothermel-2021": {
        row: row for row in ("random", "pretrained", "fully trained, random", "fully trained, pretrained")
    },
}


DRAWN_IN_2021 = ", drawn as in 2021"
"""Ending of a row with fresh weights as the paper drew them, where another row has them as they are drawn today."""


def published(study: str, row: str, column: str) -> dict[Source, Published]:
    """What has been published for a cell of a study's table; empty where nothing has."""
    row = row.removesuffix(DRAWN_IN_2021)
    found = {PAPER: _read(_TABLES.get(study, "")).get((row, column))}
    other = _ALSO_IN_REBUTTAL.get(study, {}).get(row)
    if other is not None and (column != "listops" or study == "rothermel-2021"):  # theirs kept its closing brackets
        found[REBUTTAL] = _read(_ROTHERMEL).get((other, column))
    return {source: number for source, number in found.items() if number is not None}


def tables() -> dict[str, dict[tuple[str, str], Published]]:
    """The paper's tables by study: (row, column) -> number."""
    return {study: _read(table) for study, table in _TABLES.items()}


@cache
def _read(table: str) -> dict[tuple[str, str], Published]:
    """(row, column) -> number."""
    lines = [re.split(r"\s{2,}", line.strip()) for line in table.strip().splitlines()]
    if not table:
        return {}
    columns, *rows = lines
    found = {}
    for name, *texts in rows:
        for column, text in zip(columns, texts, strict=True):
            number, _, mark = text.partition(" ")
            found[name, column] = Published(float(number), _SHORT.get(mark, "read"))
    return found
