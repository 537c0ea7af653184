"""The switch for TF32 products: on in both passes of a model that asks for it, and nowhere else."""

import pytest
import torch

from frostformer.models.kernels.tf32 import tf32_products
from frostformer.training.loop import Training


@pytest.mark.parametrize(("precision", "switch"), [("tf32", "high"), ("fp32", "highest")])
@pytest.mark.parametrize("micro_batch", [None, 4])
def test_both_passes_are_in_tf32_and_nothing_else(tasks, tiny_config, tiny_model, precision, switch, micro_batch):
    config = tiny_config(steps=1, evaluate_every=1, batch_size=8, micro_batch=micro_batch)
    training = Training(tiny_model(tasks["digits"].shape), tasks["digits"], config)
    training.model.precision = precision
    block = training.model.backbone._blocks()[0]
    seen = []
    block.register_forward_pre_hook(lambda *_: seen.append(torch.get_float32_matmul_precision()))
    block.register_full_backward_hook(lambda *_: seen.append(torch.get_float32_matmul_precision()))
    training.begin()
    training.take_step()
    assert seen == [switch] * (2 if micro_batch is None else 4)
    assert torch.get_float32_matmul_precision() == "highest"


def test_the_switch_is_put_back_after_an_error():
    with pytest.raises(KeyError), tf32_products(True):
        raise KeyError
    assert torch.get_float32_matmul_precision() == "highest"
