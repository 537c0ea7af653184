"""Groups by what modules do, in families whose names say nothing or something else."""

import pytest
import torch
import transformers
from torch import nn

from frostformer.models.backbones.huggingface import HuggingFaceBackbone
from frostformer.models.backbones.own import backbone_of
from frostformer.models.backbones.structure import Call, is_norm, mixes_positions
from helpers import WIDTH, fresh

POSITIONS = 5


def called_with(*shape: int) -> Call:
    return Call((torch.randn(*shape, generator=torch.Generator().manual_seed(0)),), {})


class Unlike(nn.Module):
    """A norm that no name gives away."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.rand(WIDTH) + 0.5)

    def forward(self, vectors):
        """(B, T, D) -> (B, T, D)."""
        return self.gain * vectors / vectors.square().mean(-1, keepdim=True).add(1e-6).sqrt()


class Scale(nn.Module):
    """One factor for each channel, and no norm."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.rand(WIDTH) + 0.5)

    def forward(self, vectors):
        """(B, T, D) -> (B, T, D)."""
        return self.gain * vectors.tanh() if vectors.abs().max() < 1 else self.gain * vectors


@pytest.mark.parametrize(
    ("module", "norm"),
    [
        (Unlike(), True),
        (nn.LayerNorm(WIDTH), True),
        (nn.RMSNorm(WIDTH, eps=1e-6), True),
        (Scale(), False),
        (nn.Linear(WIDTH, WIDTH), False),
        (nn.PReLU(WIDTH), False),
        (nn.GELU(), False),
    ],
)
def test_a_norm_takes_no_notice_of_the_scale(module, norm):
    assert is_norm(module, called_with(1, POSITIONS, WIDTH)) == norm


@pytest.mark.parametrize("shape", [(1, POSITIONS, WIDTH), (POSITIONS, 1, WIDTH), (POSITIONS, WIDTH)])
@pytest.mark.parametrize(
    ("mixes", "function"), [(True, lambda x, axis: x.cumsum(axis)), (False, lambda x, _: x.tanh())]
)
def test_what_mixes_positions_is_seen_whatever_the_axis(shape, mixes, function):
    axis = next(axis for axis, size in enumerate(shape) if size > 1)

    class Module(nn.Module):
        def forward(self, vectors):
            return function(vectors, axis)

    assert mixes_positions(Module(), called_with(*shape)) == mixes


def names(backbone: HuggingFaceBackbone, group: str) -> set[str]:
    """The last module's name of every parameter in a group."""
    return {name.split(".")[-2] for name, found in backbone.parameter_groups().items() if found == group}


LAYERS = {"num_key_value_heads": 2, "head_dim": 16}


@pytest.mark.parametrize(
    ("kind", "sizes", "expected"),
    [
        (
            "nemotron",
            {"num_key_value_heads": 2},
            {
                "layer_norm": {"input_layernorm", "post_attention_layernorm", "norm"},
                "feedforward": {"up_proj", "down_proj"},
            },
        ),
        (
            "minimax",
            LAYERS | {"num_local_experts": 2, "block_size": 4},
            {"feedforward": {"gate", "experts"}},
        ),
        (
            "lfm2",
            {"num_key_value_heads": 2, "layer_types": ["conv", "full_attention"], "block_ff_dim": 64},
            {
                "attention": {"conv", "in_proj", "out_proj", "q_proj", "k_proj", "v_proj"},
                "feedforward": {"w1", "w2", "w3"},
            },
        ),
        (
            "roformer",
            {"embedding_size": WIDTH},
            {"fixed": {"embed_positions"}, "position": {"token_type_embeddings"}},
        ),
        (
            "luke",
            {"entity_vocab_size": 30, "entity_emb_size": 16},
            {"position": {"position_embeddings", "token_type_embeddings"}},
        ),
    ],
)
def test_groups_are_told_by_what_modules_do(kind, sizes, expected):
    backbone = fresh(kind, **sizes)
    for group, wanted in expected.items():
        assert names(backbone, group) == wanted, group


def test_what_gets_no_gradient_never_trains():
    backbone = fresh("luke", entity_vocab_size=30, entity_emb_size=16)
    fixed = [name for name, group in backbone.parameter_groups().items() if group == "fixed"]
    assert fixed
    assert all(".entity_embeddings." in name for name in fixed)


def test_lists_beside_the_blocks_have_their_depths():
    config = transformers.AutoConfig.for_model("xlm", emb_dim=WIDTH, n_layers=2, n_heads=2, n_words=40)
    backbone = HuggingFaceBackbone("xlm", transformers.AutoModel.from_config(config))
    for name in backbone.parameter_groups():
        number = next((part for part in name.split(".") if part.isdigit()), None)
        assert backbone.depth_of(name) == (0 if number is None else 1 + int(number)), name


def test_a_module_of_somebodys_own_is_told_apart_by_what_its_parts_do():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = Unlike(), Unlike()
            self.carry = nn.GRU(WIDTH, WIDTH, batch_first=True)
            self.think = nn.Linear(WIDTH, WIDTH)

        def forward(self, vectors):
            vectors = vectors + self.carry(self.first(vectors))[0]
            return vectors + self.think(self.second(vectors)).relu()

    class Stack(nn.Module):
        width = WIDTH

        def __init__(self):
            super().__init__()
            self.places = nn.Embedding(64, WIDTH)
            self.blocks = nn.ModuleList([Block(), Block()])

        def forward(self, vectors):
            vectors = vectors + self.places(torch.arange(vectors.shape[1]))
            for block in self.blocks:
                vectors = block(vectors)
            return vectors

    groups = backbone_of(Stack(), "own").parameter_groups()
    told = {"first": "layer_norm", "second": "layer_norm", "carry": "attention", "think": "feedforward"}
    for name, group in groups.items():
        assert group == ("position" if "places" in name else told[name.split(".")[3]]), name


def test_parts_that_give_no_tensor_and_parameters_that_are_whole_numbers_are_no_hindrance():
    class Noting(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(WIDTH, WIDTH)

        def forward(self, vectors):
            self.noted = self.inner(vectors)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = Noting()
            self.carry = nn.GRU(WIDTH, WIDTH, batch_first=True)

        def forward(self, vectors):
            self.part(vectors)
            return vectors + self.carry(self.part.noted)[0]

    class Stack(nn.Module):
        width = WIDTH

        def __init__(self):
            super().__init__()
            self.count = nn.Parameter(torch.zeros(3, dtype=torch.int64), requires_grad=False)
            self.blocks = nn.ModuleList([Block()])

        def forward(self, vectors):
            return self.blocks[0](vectors)

    groups = backbone_of(Stack(), "own").parameter_groups()
    told = {"count": "feedforward", "part": "feedforward", "carry": "attention"}
    for name, group in groups.items():
        assert group == next(told[part] for part in name.split(".") if part in told), name


def test_a_module_without_parameters_has_no_groups():
    class Sum(nn.Module):
        width = WIDTH

        def forward(self, vectors):
            return vectors.cumsum(dim=1)

    assert backbone_of(Sum(), "own").parameter_groups() == {}
