"""The most positions of a model: as many run, one more does not; where none is stated, any number runs."""

import pytest
import torch
import transformers

from benchmarks.tiny_configs import POSITIONS, tiny_config
from frostformer.models.backbones.position_limit import window_of
from helpers import load

LIMITED = {
    **dict.fromkeys(
        ("gpt2", "bert", "opt", "gptj", "codegen", "ctrl", "mpt", "bart", "led", "xlm", "tipsv2_text_model"), POSITIONS
    ),
    "tipsv2_text_model": 64,
    "ibert": POSITIONS - 2,  # two rows stand for padding
    "roberta": POSITIONS - 2,
    "longformer": 72,  # of its 78 usable rows, whole windows of 8
}
ANY_LENGTH = ["llama", "gpt_neox", "t5", "bloom", "falcon", "xglm", "m2m_100", "persimmon", "mamba"]


@pytest.fixture
def backbone(tmp_path):
    """A function: model type -> a tiny backbone."""

    def make(model_type: str):
        tiny_config(model_type).save_pretrained(tmp_path)
        return load(tmp_path, "random")

    return make


def run(backbone, positions: int):
    with torch.no_grad():
        return backbone(torch.randn(1, positions, backbone.width), torch.tensor([positions]))


@pytest.mark.parametrize("model_type", LIMITED)
def test_a_limit_is_the_last_length_that_runs(backbone, model_type):
    model = backbone(model_type)
    assert model.max_length == LIMITED[model_type]
    assert run(model, model.max_length).shape[1] == model.max_length
    with pytest.raises((IndexError, RuntimeError, ValueError)):
        run(model, model.max_length + 1)


@pytest.mark.parametrize("model_type", ANY_LENGTH)
def test_without_a_limit_any_length_runs(backbone, model_type):
    model = backbone(model_type)
    assert model.max_length is None
    assert run(model, 2 * POSITIONS).shape[1] == 2 * POSITIONS


def test_a_window_is_whole_for_every_kind_of_attention():
    """Reformer has two kinds, and each pads itself."""
    assert window_of(transformers.ReformerConfig(local_attn_chunk_length=4, lsh_attn_chunk_length=6)) == 12
    assert window_of(transformers.LongformerConfig(attention_window=[4, 12])) == 12
    assert window_of(transformers.GPT2Config()) == 1


def test_a_relative_table_as_long_as_a_sequence_is_no_limit(tmp_path):
    config = tiny_config("deberta-v2")
    config.relative_attention, config.position_biased_input, config.pos_att_type = True, False, ["p2c", "c2p"]
    config.save_pretrained(tmp_path)
    model = load(tmp_path, "random")
    assert model.model.encoder.rel_embeddings.num_embeddings == 2 * POSITIONS
    assert model.max_length is None
    assert run(model, 2 * POSITIONS).shape[1] == 2 * POSITIONS
