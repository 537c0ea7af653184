"""The paper's backbones by name: their sizes are those of the published checkpoints."""

import pytest
import torch
import transformers

from frostformer.models.backbones.shapes import KNOWN, known_shape

SIZES = {  # parameters with token table and pooler, width, blocks
    "gpt2": (124_439_808, 768, 12),
    "gpt2-medium": (354_823_168, 1024, 24),
    "gpt2-large": (774_030_080, 1280, 36),
    "gpt2-xl": (1_557_611_200, 1600, 48),
    "bert": (109_482_240, 768, 12),
    "t5": (222_903_552, 768, 12),  # with its decoder
    "longformer": (148_659_456, 768, 12),
    "vit": (86_389_248, 768, 12),
}


@pytest.mark.parametrize("name", KNOWN)
def test_has_the_size_of_the_published_checkpoint(name):
    shape = KNOWN[name]
    config = transformers.AutoConfig.for_model(shape.model_type, **shape.sizes)
    with torch.device("meta"):  # no memory, no drawing
        model = transformers.AutoModel.from_config(config)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    assert (parameters, config.hidden_size, config.num_hidden_layers) == SIZES[name]
    assert config.hidden_size // config.num_attention_heads == 64  # in all of them


def test_longformer_is_roberta_with_more_positions_and_a_second_set_of_projections():
    roberta = 124_645_632  # roberta-base, with its pooler
    positions, projections = (4098 - 514) * 768, 12 * 3 * (768 * 768 + 768)
    assert SIZES["longformer"][0] == roberta + positions + projections


@pytest.mark.parametrize("name", KNOWN)
def test_is_found_by_its_short_name_and_its_hub_ids(name):
    shape = KNOWN[name]
    owner, _, bare = shape.hub_id.partition("/")
    assert owner
    assert bare
    assert known_shape(name) is known_shape(shape.hub_id) is known_shape(bare) is shape


@pytest.mark.parametrize("name", ["", "gpt", "GPT2", "someone/gpt2", "openai-community", "gpt2/", "embedded", "./gpt2"])
def test_knows_no_other_names(name):
    assert known_shape(name) is None


def test_every_shape_says_where_the_paper_uses_it():
    assert all(shape.paper for shape in KNOWN.values())
