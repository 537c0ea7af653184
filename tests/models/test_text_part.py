"""Model types of every kind: each gives a backbone, or one true sentence."""

import pytest
import torch
import transformers

from benchmarks.tiny_configs import WIDTH, tiny_config
from frostformer.errors import InputError
from frostformer.models.backbones.own import backbone_of
from helpers import load, same_state

TEXT_INSIDE = ["gemma3", "llava", "qwen2_5_vl", "mllama", "idefics3", "llama4", "mistral3", "blip-2"]
CALLED_INSIDE = ["squeezebert", "layoutlm"]  # modules that are called past torch's hooks, or where none is
STATE_SPACE = ["mamba", "mamba2", "falcon_mamba", "rwkv", "recurrent_gemma"]
ENCODERS = ["t5", "bart", "pegasus", "t5gemma", "led"]
NO_VECTORS = [
    *("clip", "siglip", "clip_text_model", "clip_vision_model", "convnext", "resnet", "deit"),
    *("whisper", "encodec", "vits", "patchtst", "timesfm", "segformer"),
]


@pytest.fixture
def folder(tmp_path):
    """A function: model type -> a folder with its tiny configuration."""

    def make(model_type: str):
        tiny_config(model_type).save_pretrained(tmp_path)
        return tmp_path

    return make


@pytest.mark.parametrize("model_type", TEXT_INSIDE + STATE_SPACE + ENCODERS + CALLED_INSIDE)
@torch.no_grad()
def test_is_a_backbone(folder, model_type):
    backbone = load(folder(model_type), "random")
    assert backbone(torch.randn(2, 5, WIDTH), torch.tensor([5, 5])).shape == (2, 5, WIDTH)
    assert 2 <= backbone.num_blocks <= 3
    assert not [name for name, _ in backbone.named_parameters() if "vision" in name or "decoder.embed_tokens" in name]


def one_sentence(folder) -> str:
    with pytest.raises(InputError) as caught:
        load(folder, "random")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("model_type", NO_VECTORS)
def test_a_model_whose_forward_takes_no_vectors_is_refused_for_that(folder, model_type):
    assert f"({model_type}) takes no inputs_embeds: choose another backbone" in one_sentence(folder(model_type))


@pytest.mark.parametrize(
    ("model_type", "cause"),
    [
        ("canine", "keeps its token vectors where no others can take their place"),  # it hashes characters
        ("fsmt", "keeps its token vectors where no others can take their place"),
        ("albert", "has no list of 2 blocks"),  # all are one
        ("git", "does not run its first list of blocks"),  # that of its images
        ("dpr", "gives no vector of each position"),
        ("bros", "does not run on inputs_embeds alone (ValueError: You have to specify bbox)"),
        ("xmod", "does not run on inputs_embeds alone (ValueError: Input language unknown"),
        ("time_series_transformer", "cannot be built from its configuration (ValueError: The `prediction_length`"),
    ],
)
def test_any_other_model_is_refused_with_its_own_cause(folder, model_type, cause):
    assert cause in one_sentence(folder(model_type))


@pytest.mark.parametrize(
    ("model_type", "with_head", "path"),
    [
        ("gemma3", transformers.Gemma3ForConditionalGeneration, "language_model"),
        ("llava", transformers.LlavaForConditionalGeneration, "language_model"),
        ("t5", transformers.T5ForConditionalGeneration, "encoder"),
        ("bart", transformers.BartForConditionalGeneration, "encoder"),
    ],
)
def test_weights_of_the_part_inside_are_read(tmp_path, model_type, with_head, path):
    model = with_head(tiny_config(model_type))
    model.save_pretrained(tmp_path)
    backbone = load(tmp_path)
    inside = model.model if hasattr(model, "model") else model
    blocks = backbone.model.get_submodule(backbone._block_lists[0])
    assert same_state(blocks, inside.get_submodule(path).get_submodule(backbone._block_lists[0]))


def test_a_model_given_as_an_object_is_refused_alike():
    with pytest.raises(InputError, match=r"^backbone 'mine' \(clip\) takes no inputs_embeds"):
        backbone_of(transformers.CLIPModel(tiny_config("clip")), "mine")
