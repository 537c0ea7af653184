"""Every run on bit XOR of every study of the paper can be made, at the smallest scale."""

from frostformer.runs.many import run_many
from frostformer.studies.paper import STUDIES
from frostformer.studies.planning import Request, plan_study
from frostformer.studies.scales import SMOKE
from frostformer.studies.study import Backbones, Model


def test_every_run_on_bit_xor_can_be_made(tmp_path, folders):
    models = {name: Model(str(folders[family])) for name, family in (("bit_memory", "gpt2"), ("images", "vit"))}
    runs = {}
    for study in STUDIES.values():
        plan, own = plan_study(study, Request(SMOKE, Backbones("embedded", **models), seeds=1))
        runs |= {folder: run for folder, run in own.items() if run.task == "bit-xor"}
        assert plan.cells
    outcome = run_many(runs, tmp_path)
    assert not outcome.failures
    assert len(outcome.results) == len(runs) >= 30
