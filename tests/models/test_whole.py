"""A checkpoint is read whole or refused: nothing of the blocks is missing, ignored, scaled elsewhere, or not finite."""

import json
import shutil

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from benchmarks.tiny_configs import tiny_config
from frostformer.errors import InputError
from helpers import WIDTH, load, same_state

TENSOR = "h.0.mlp.c_fc.weight"


@pytest.fixture
def changed(folders, tmp_path):
    """A function: a change of the tiny GPT-2's tensors, or of entries of its configuration -> the changed folder."""

    def make(change=None, **entries):
        folder = shutil.copytree(folders["gpt2"], tmp_path / "changed")
        tensors = load_file(folder / "model.safetensors")
        save_file(change(tensors) if change else tensors, folder / "model.safetensors", {"format": "pt"})
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | entries))
        return folder

    return make


def refused(folder, *parts) -> None:
    with pytest.raises(InputError) as caught:
        load(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert all(part in message for part in (str(folder), *parts)), message


@pytest.mark.parametrize("kind", [torch.float8_e4m3fn, torch.float8_e5m2, torch.int8, torch.bool, torch.complex64])
@pytest.mark.parametrize("prefix", ["", "transformer."])
def test_weights_that_are_no_floating_numbers_are_refused(changed, kind, prefix):
    folder = changed(lambda all_: {f"{prefix}{k}": t.to(kind) if k == TENSOR else t for k, t in all_.items()})
    refused(folder, f"holds {prefix}{TENSOR} as ", "get the model in float32, float16 or bfloat16")


@pytest.mark.parametrize("method", ["fp8", "gptq", "awq", "mxfp4", "bitsandbytes"])
def test_a_quantized_checkpoint_is_refused(changed, method):
    folder = changed(quantization_config={"quant_method": method})
    refused(folder, f"is quantized ({method}): get the model in float32, float16 or bfloat16")
    assert load(folder, "random").num_blocks == 2  # needs its sizes alone


@pytest.mark.parametrize("kind", [torch.float64, torch.float16, torch.bfloat16])
def test_other_floating_numbers_become_float32(changed, kind):
    backbone = load(changed(lambda all_: {key: tensor.to(kind) for key, tensor in all_.items()}))
    assert {parameter.dtype for parameter in backbone.parameters()} == {torch.float32}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_refused(changed, value):
    def spoil(tensors):
        tensors[TENSOR][1, 2] = value
        return tensors

    refused(changed(spoil), f"holds numbers that are not finite, in 'model.{TENSOR}'")


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("h.0.mlp.c_fc.weight_scale", ""), ("h.2.ln_1.weight", ""), ("h.1.new.weight", "transformer.")],
)
def test_a_tensor_of_the_blocks_that_was_ignored_is_named(changed, name, prefix):
    folder = changed(lambda all_: {f"{prefix}{key}": tensor for key, tensor in (all_ | {name: torch.ones(3)}).items()})
    refused(folder, f"holds {prefix}{name}, which a model of its config.json does not have")


def test_a_configuration_of_fewer_blocks_than_the_file_is_refused(changed):
    refused(changed(n_layer=1), "holds h.1.", "which a model of its config.json does not have")


def test_a_configuration_of_more_blocks_than_the_file_is_refused(changed):
    refused(changed(n_layer=3), "has no weights for h.2.")


def test_a_tensor_of_another_shape_is_named_with_both(changed):
    refused(changed(n_inner=64), "holds h.0.mlp.c_fc.bias in the shape (128,), but its config.json says (64,)")


def test_heads_and_tensors_that_are_computed_today_may_be_left(changed, folders):
    left = {
        "lm_head.weight": torch.ones(40, WIDTH),
        "score.weight": torch.ones(2, WIDTH),
        "h.0.attn.bias": torch.ones(1, 1, 64, 64),
        "h.1.attn.bias": torch.ones(1, 1, 64, 64).bool(),
        "h.1.attn.masked_bias": torch.tensor(-1e4),
    }
    assert same_state(load(changed(lambda tensors: tensors | left)), load(folders["gpt2"]))


def test_the_decoder_of_a_language_model_is_read_whole(tmp_path):
    model = transformers.LlamaForCausalLM(tiny_config("llama"))
    model.save_pretrained(tmp_path)
    assert same_state(load(tmp_path).model.layers, model.model.layers)


def test_an_adapter_is_not_taken_for_the_model_it_names(changed):
    folder = changed()
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "gpt2", "peft_type": "LORA"}')
    refused(folder, "is an adapter for another model")


def test_weights_named_by_the_configuration_are_not_read(changed, folders):
    folder = changed(transformers_weights="../elsewhere.safetensors")
    assert same_state(load(folder), load(folders["gpt2"]))
