"""Figures 3 and 4 of Lu et al. 2021: what the frozen attention layers look at. It imports no torch.

See `studies/paper.py` for what the docstrings say, and `runs/attention.py` for what is measured.
"""

from __future__ import annotations

from dataclasses import replace

from frostformer.studies.arms import cells, four_weights
from frostformer.studies.scales import Scale
from frostformer.studies.study import Backbones, Cell


def figure_3(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Figure 3: on bit XOR, does each output position attend to the two bits that it combines?

    Expected: clearly, with pretrained weights at 5 bits; by the authors' blog up to 256. Takes 20 minutes.
    """
    lengths = (5,) if scale.name == "smoke" else (5, 32, 256)
    found = []
    for length in lengths:
        for cell in cells(scale, ("bit-xor",), four_weights(backbones)):
            assert cell.run is not None
            options = {} if length == 5 else {"length": str(length)}  # of the default length are the runs of table 2
            run = replace(cell.run, task_options=options)
            found.append(replace(cell, column=f"bit-xor, {length} bits", run=run))
    return found


def figure_4(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Figure 4: on bit memory, does each output position attend to the string that it repeats?

    Expected: with pretrained weights it finds the string by its visible bits. Its runs are those of table 9.
    """
    return cells(scale, ("bit-memory",), four_weights(backbones))
