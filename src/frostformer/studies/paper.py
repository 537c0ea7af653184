"""Every table and figure of Lu et al. 2021 by name. It imports no torch.

frostformer reproduce                                        # lists them
frostformer reproduce table-2 --scale laptop --out results/paper

Each is a function of `transfer.py`, `freezing.py` or `attending.py` that returns its runs. The first line of its
docstring is the question. "Expected" is what the paper found; "takes" is an estimate, of
three seeds at scale `laptop` with 8 bits on two CPU cores, if no run is there yet. All arms have the learning rate 1e-3
and LSTMs 3e-4, as there; at scale `paper` transformers have 1e-4 on remote homology, as there. `--tuned` lets every
run choose its rate.
"""

from __future__ import annotations

from frostformer.studies.attending import figure_3, figure_4
from frostformer.studies.freezing import (
    table_11,
    table_12,
    table_13,
    table_14,
    table_15,
    table_16,
    tables_18_to_21,
)
from frostformer.studies.study import Study
from frostformer.studies.transfer import (
    ROTHERMEL_RATES,
    rothermel_2021,
    table_1,
    table_2,
    table_3,
    table_4,
    table_5,
    table_6,
    table_7,
    table_8,
    table_9,
    table_10,
    table_17,
)

STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        Study("table-1", table_1, reference="pretrained"),
        Study("table-2", table_2, reference="random"),
        Study("table-3", table_3, reference="random transformer"),
        Study("table-4", table_4, reference="LSTM, 3 layers"),
        Study("table-5", table_5, reference="12 layers"),
        Study("table-6", table_6, shows="steps"),
        Study("table-7", table_7, shows="fit"),
        Study("table-8", table_8),
        Study("table-9", table_9, reference="pretrained"),
        Study("table-10", table_10, reference="pretrained"),
        Study("table-11", table_11),
        Study("table-12", table_12),
        Study("table-13", table_13, reference="pretrained"),
        Study("table-14", table_14, reference="pretrained"),
        Study("table-15", table_15),
        Study("table-16", table_16),
        Study("table-17", table_17),
        Study("tables-18-21", tables_18_to_21),
        Study("figure-3", figure_3, shows="attention"),
        Study("figure-4", figure_4, shows="attention"),
        Study("rothermel-2021", rothermel_2021, reference="pretrained", tunes=True, rates=ROTHERMEL_RATES),
    )
}
