"""What the package uses of the insides of torch and transformers is still there and still does what it did."""

import ast
from functools import reduce
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.utils.flop_counter
import transformers
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.flop_counter import FlopCounterMode

from frostformer.models import compat
from helpers import FAMILIES, WIDTH, embeddings

HEADS = 2
INSIDES = {  # what is reached into -> the names that are used there
    "torch": ("_int_mm", "_higher_order_ops"),
    "torch._higher_order_ops": ("scan",),
    "torch.ops.aten": (
        "_int_mm",
        "_scaled_dot_product_flash_attention_for_cpu",
        "_scaled_dot_product_flash_attention_for_cpu_backward",
    ),
    "torch.utils.flop_counter": ("sdpa_flop_count", "sdpa_backward_flop_count"),
    "transformers.masking_utils": ("find_packed_sequence_indices",),
    "a configuration": ("_attn_implementation", "model_type"),
    "GPT2Config": (
        "scale_attn_weights",
        "scale_attn_by_inverse_layer_idx",
        "reorder_and_upcast_attn",
        "add_cross_attention",
        "embd_pdrop",
        "attn_pdrop",
        "resid_pdrop",
    ),
    "GPT2Model": ("wpe", "h", "ln_f"),
    "GPT2Block": ("ln_1", "attn", "ln_2", "mlp"),
    "GPT2Attention": ("c_attn", "c_proj", "num_heads"),
}


def gpt2(**options) -> transformers.GPT2Model:
    """A tiny model in evaluation mode."""
    torch.manual_seed(0)
    sizes = {"vocab_size": 40, "n_positions": 40, "n_embd": WIDTH, "n_layer": 2, "n_head": HEADS}
    return transformers.GPT2Model(transformers.GPT2Config(**sizes | options)).eval()


@pytest.fixture(scope="module")
def owners():
    """The objects that are reached into, by their names in `INSIDES`."""
    model = gpt2()
    of_gpt2 = {
        "GPT2Config": model.config,
        "GPT2Model": model,
        "GPT2Block": model.h[0],
        "GPT2Attention": model.h[0].attn,
    }
    of_torch = {path: reduce(getattr, path.split(".")[1:], torch) for path in INSIDES if path.startswith("torch")}
    others = {"a configuration": transformers.BertConfig(), "transformers.masking_utils": transformers.masking_utils}
    return of_torch | of_gpt2 | others


@pytest.mark.parametrize(("owner", "name"), [(owner, name) for owner, names in INSIDES.items() for name in names])
def test_the_part_is_still_there(owners, owner, name):
    assert hasattr(owners[owner], name), f"{owner} has no {name} any more: mend src/frostformer/models/compat.py"


def test_no_part_is_missing_in_the_list():
    tree = ast.parse(Path(compat.__file__).read_text())
    reached = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and (node.attr.startswith("_") or ast.unparse(node.value) in ("config", "model", "block", "attention"))
    }
    assert reached <= {name for names in INSIDES.values() for name in names}


@pytest.mark.parametrize("family", [family for family in FAMILIES if family not in ("longformer", "mamba")])
def test_a_model_says_which_attention_kernel_it_has(family):
    model_class, sizes = FAMILIES[family]
    model = model_class(model_class.config_class(**sizes))
    assert compat.attention_kernel(model.config) == "sdpa"
    model.set_attn_implementation("eager")
    assert compat.attention_kernel(model.config) == "eager"


def test_a_configuration_without_a_model_has_no_kernel():
    assert compat.attention_kernel(transformers.GPT2Config()) is None


@pytest.mark.parametrize(("wanted", "got"), [("eager", "eager"), ("sdpa", "sdpa"), (None, "sdpa")])
def test_a_model_gets_the_kernel_of_its_configuration(wanted, got):
    config = transformers.BertConfig(hidden_size=WIDTH, num_attention_heads=HEADS, num_hidden_layers=1)
    compat.set_attention_kernel(config, "someone/kernel")
    compat.set_attention_kernel(config, wanted)
    assert compat.attention_kernel(transformers.BertModel(config).config) == got


@pytest.mark.parametrize("rows", [1, 3, 40])
@pytest.mark.parametrize("transposed", [False, True])
def test_the_product_of_8_bit_matrices_is_exact(rows, transposed):
    generator = np.random.default_rng(rows)
    left, right = (generator.integers(-127, 128, size, np.int8) for size in ((rows, 48), (48, 20)))
    matrix = torch.from_numpy(right.T.copy()).t() if transposed else torch.from_numpy(right)
    product = compat.int8_product(torch.from_numpy(left), matrix)
    assert product.dtype == torch.int32
    assert np.array_equal(product.numpy(), left.astype(np.int32) @ right.astype(np.int32))


def counting() -> FlopCounterMode:
    """Torch's counter with the formulas it lacks."""
    return FlopCounterMode(display=False, custom_mapping=compat.flop_formulas())


class Running(torch.nn.Module):
    """Decaying sums of (B, T, D), by a loop over the positions."""

    def forward(self, inputs):
        """(B, T, D) -> (B, T, D)."""
        return compat.scan(lambda states, at: (states[0] / 2 + at,), (torch.zeros_like(inputs[:, 0]),), inputs)


@torch.no_grad()
def test_an_exported_loop_takes_any_number_of_positions():
    dynamic = {"inputs": {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}}
    exported = torch.export.export(Running(), (torch.randn(3, 5, 2),), dynamic_shapes=dynamic).module()
    for size in ((2, 9, 2), (4, 2, 2)):
        inputs, expected = torch.randn(size), []
        for at in inputs.unbind(1):
            expected.append(at + (expected[-1] / 2 if expected else 0))
        torch.testing.assert_close(exported(inputs), torch.stack(expected, 1))


def test_an_8_bit_product_counts_two_operations_for_each_of_its_terms():
    with counting() as counter:
        compat.int8_product(torch.ones(7, 16, dtype=torch.int8), torch.ones(16, 8, dtype=torch.int8))
    assert counter.get_total_flops() == 2 * 7 * 16 * 8


def test_fused_attention_counts_two_products_forward_and_five_backward():
    queries, keys, values = (torch.randn(2, 3, length, 16, requires_grad=True) for length in (5, 9, 9))
    product = 2 * 2 * 3 * 5 * 9 * 16
    with counting() as forward:
        mixed = scaled_dot_product_attention(queries, keys, values)
    with counting() as backward:
        torch.autograd.grad(mixed.sum(), [queries, keys, values])
    assert (forward.get_total_flops(), backward.get_total_flops()) == (2 * product, 5 * product)


@pytest.mark.skipif(
    tuple(map(int, transformers.__version__.split(".")[:2])) < (5, 23),
    reason="an older version makes a mask in every captured step",
)
def test_a_captured_step_has_the_attention_of_any_other(monkeypatch):
    """While a graph is recorded, `transformers` must not read positions; rows are known to hold one sequence each."""
    torch.manual_seed(0)
    sizes = {"vocab_size": 40, "hidden_size": WIDTH, "num_hidden_layers": 1, "num_attention_heads": HEADS}
    model = transformers.LlamaModel(transformers.LlamaConfig(**sizes, intermediate_size=8, use_cache=False)).eval()
    masks = []
    attend = transformers.masking_utils.create_causal_mask

    def noted(**given):
        masks.append(attend(**given))
        return masks[-1]

    monkeypatch.setattr("transformers.models.llama.modeling_llama.create_causal_mask", noted)
    monkeypatch.setattr(transformers.masking_utils, "is_tracing", lambda tensor=None: True)
    inputs = embeddings(5)
    with torch.no_grad():
        model(inputs_embeds=inputs)
        with compat.one_sequence_per_row():
            model(inputs_embeds=inputs)
        model(inputs_embeds=inputs)
    assert [mask is None for mask in masks] == [False, True, False]


def test_gpt2_as_it_comes_is_plain():
    assert compat.is_plain_gpt2(gpt2().config)


@pytest.mark.parametrize(
    "option",
    [
        {"scale_attn_weights": False},
        {"scale_attn_by_inverse_layer_idx": True},
        {"reorder_and_upcast_attn": True},
        {"add_cross_attention": True},
        {"attn_implementation": "eager"},
    ],
    ids=lambda option: next(iter(option)),
)
def test_other_attention_is_not_plain(option):
    assert not compat.is_plain_gpt2(gpt2(**option).config)


def test_another_architecture_is_not_plain_gpt2():
    model_class, sizes = FAMILIES["bert"]
    assert not compat.is_plain_gpt2(model_class(model_class.config_class(**sizes)).config)


@pytest.mark.parametrize("rate", ["embd_pdrop", "attn_pdrop", "resid_pdrop"])
def test_any_dropout_of_gpt2_is_seen(rate):
    none = dict.fromkeys(("embd_pdrop", "attn_pdrop", "resid_pdrop"), 0.0)
    assert not compat.gpt2_has_dropout(transformers.GPT2Config(**none))
    assert compat.gpt2_has_dropout(transformers.GPT2Config(**none | {rate: 0.1}))


@torch.no_grad()
def test_the_parts_of_gpt2_make_the_model():
    model, vectors = gpt2(), embeddings()

    def heads(part: torch.Tensor) -> torch.Tensor:
        return part.unflatten(-1, (HEADS, -1)).transpose(1, 2)  # (B, H, T, D / H)

    hidden = vectors + compat.gpt2_positions(model)(torch.arange(vectors.shape[1]))
    for block in compat.gpt2_blocks(model):
        parts = compat.gpt2_parts(block)
        assert parts.heads == HEADS
        queries, keys, values = map(heads, parts.query_key_value(parts.attention_norm(hidden)).chunk(3, dim=-1))
        mixed = scaled_dot_product_attention(queries, keys, values, is_causal=True).transpose(1, 2).flatten(2)
        after_attention = hidden + parts.projection(mixed)
        expected = after_attention + parts.feedforward(parts.feedforward_norm(after_attention))
        torch.testing.assert_close(block(hidden), expected, rtol=1e-5, atol=1e-5)
        hidden = expected
    found = compat.gpt2_final_norm(model)(hidden)
    torch.testing.assert_close(found, model(inputs_embeds=vectors).last_hidden_state, rtol=1e-5, atol=1e-5)
