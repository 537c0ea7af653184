"""Modules of somebody's own as backbones: what they are is found by running them; what does not fit is refused."""

import pytest
import torch
from torch import nn

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.models.backbones import registry
from frostformer.models.backbones.own import backbone_of
from frostformer.models.backbones.registry import build_backbone, register_backbone
from frostformer.models.build import build_model, fingerprint, identify
from helpers import VECTORS_SHAPE, load

WIDTH = 16


class Recurrent(nn.Module):
    """Causal; says its width nowhere."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(WIDTH, WIDTH, batch_first=True)

    def forward(self, x):  # noqa: D102
        return self.gru(x)


class Masked(nn.Module):
    """Looks everywhere, and takes the lengths."""

    def __init__(self):
        super().__init__()
        self.width = WIDTH
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(WIDTH, 2, 32, dropout=0.0, batch_first=True) for _ in range(2)
        )

    def forward(self, x, lengths):  # noqa: D102
        padding = torch.arange(x.shape[1], device=x.device) >= lengths[:, None]
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=padding)
        return x


class Turned(nn.Module):
    """(B, T, D) to (B, D, T), and back."""

    def forward(self, x):  # noqa: D102
        return x.transpose(1, 2)


def encoder(**options):
    return nn.TransformerEncoderLayer(WIDTH, 2, 32, **{"batch_first": True, "dropout": 0.0} | options)


@pytest.mark.parametrize(
    ("module", "causal", "obeys_padding", "draws", "blocks"),
    [
        (Recurrent(), True, True, False, 0),
        (Masked(), False, True, False, 2),
        (encoder(), False, False, False, 0),
        (encoder(dropout=0.5), False, False, True, 0),
        (nn.Linear(WIDTH, WIDTH), True, True, False, 0),
    ],
    ids=["recurrent", "masked", "encoder", "with dropout", "linear"],
)
def test_what_a_module_is_gets_known_by_running_it(module, causal, obeys_padding, draws, blocks):
    backbone = backbone_of(module, "mine")
    assert (backbone.width, backbone.output_width) == (WIDTH, WIDTH)
    found = backbone.probe
    assert (found.causal, found.obeys_padding, found.draws_in_training) == (causal, obeys_padding, draws)
    assert backbone.num_blocks == blocks
    assert set(backbone.parameter_groups()) == {name for name, _ in backbone.named_parameters()}


def test_depths_are_blocks_of_the_first_list():
    backbone = backbone_of(Masked(), "mine")
    depths = {name.split(".")[2]: backbone.depth_of(name) for name, _ in backbone.named_parameters()}
    assert depths == {"0": 1, "1": 2}


def test_the_module_itself_stays_as_it_is():
    module = Recurrent()
    backbone = backbone_of(module, "mine")
    with torch.no_grad():
        next(backbone.parameters()).add_(1)
    assert not torch.equal(next(backbone.parameters()), next(module.parameters()))


def test_a_model_of_transformers_is_taken_as_one_from_a_folder(folders):
    import transformers

    model = transformers.AutoModel.from_pretrained(folders["gpt2"])
    assert backbone_of(model, "mine").parameter_groups() == load(folders["gpt2"]).parameter_groups()


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (encoder(batch_first=False), "mixes the sequences of a batch"),
        (nn.LSTM(WIDTH, WIDTH), "mixes the sequences of a batch"),
        (nn.Sequential(Turned(), nn.BatchNorm1d(WIDTH), Turned()), "changes its buffers in training"),
        (nn.Conv2d(3, 3, 3), "takes no \\(sequences, positions, width\\)"),
        ("text", "wanted a torch.nn.Module"),
        (nn.Linear(WIDTH, WIDTH).bfloat16(), "holds torch.bfloat16 in 'weight'"),
        (nn.Linear(WIDTH, WIDTH).double(), "holds torch.float64 in 'weight'"),
        (nn.LazyLinear(WIDTH), "has no values in 'weight' yet"),
    ],
)
def test_refuses(module, message):
    with pytest.raises(InputError, match=message):
        backbone_of(module, "mine")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 8}, "width is fixed by backbone 'mine'"),
        ({"layers": 1}, "cut its layers there"),
        ({"weights": "random"}, "give it fresh weights there"),
    ],
)
def test_options_that_do_not_go_with_a_module(options, message):
    with pytest.raises(InputError, match=message):
        build_backbone(RunConfig(backbone="mine", **options), Recurrent())


def test_weights_can_be_mixed_up():
    plain, shuffled = (
        build_backbone(RunConfig(weights=weights), Masked().requires_grad_()) for weights in ("pretrained", "shuffled")
    )
    assert plain.module is not shuffled.module


def test_the_fingerprint_tells_modules_apart():
    one = Recurrent()
    model, mark = build_model(RunConfig(), VECTORS_SHAPE, one)
    assert mark == identify(backbone_of(one, "other name"), VECTORS_SHAPE.length)
    assert mark != build_model(RunConfig(), VECTORS_SHAPE, Recurrent())[1]
    assert model.backbone.width == WIDTH


def recurrent():
    return Recurrent()


def of_run(config):
    return nn.Linear(config.seed + 2, config.seed + 2)


def test_a_registered_name_is_built_from_the_seed(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {})
    register_backbone("recurrent", recurrent)
    register_backbone("recurrent", recurrent)
    register_backbone("of-run", of_run)
    one, same, other = (build_backbone(RunConfig(backbone="recurrent", seed=seed)) for seed in (0, 0, 1))
    assert fingerprint(one) == fingerprint(same) != fingerprint(other)
    assert build_backbone(RunConfig(backbone="of-run", seed=6)).width == 8
    for name in ("recurrent", "lstm", "gpt2", "embedded"):
        with pytest.raises(InputError, match=f"there is a backbone '{name}' already"):
            register_backbone(name, of_run)


def test_a_module_that_is_not_at_hand_is_one_sentence():
    with pytest.raises(InputError, match="was given as a Python object"):
        build_backbone(RunConfig(backbone="module:Recurrent"))
