"""What every family of backbones promises: groups, norms, kernels, depth, truncation, and weights of every origin."""

import re
from typing import NamedTuple

import pytest
import torch

from frostformer.errors import InputError
from frostformer.models.backbones.huggingface import HuggingFaceBackbone
from frostformer.runs.attention import attention_maps
from frostformer.training.evaluation import predict_logits
from helpers import FAMILIES, VECTORS_SHAPE, WIDTH, embeddings, load, ragged, run, same_state

each_family = pytest.mark.parametrize("family", FAMILIES)
LEARNED = {"layer_norm", "position", "attention", "feedforward"}
ROTARY = LEARNED - {"position"}


class Expected(NamedTuple):
    """What is known of a tiny model with two blocks before looking at it."""

    groups: set[str]
    norms: int
    """Tensors of norms, counted by hand: blocks times norms per block times tensors per norm, and those around."""
    kernels: int = 2
    """Of attention: the eager and the fused one; 1 where `transformers` has but one, and that without maps of T x T."""


EXPECTED = {
    "gpt2": Expected(LEARNED, 2 * 2 * 2 + 2),
    "llama": Expected(ROTARY, 2 * 2 * 1 + 1),
    "gpt-neox": Expected(ROTARY, 2 * 2 * 2 + 2),
    "bert": Expected(LEARNED, 2 * 2 * 2 + 2),
    "t5": Expected(LEARNED, 2 * 2 * 1 + 1),  # its relative bias is `position`
    "t5-encoder": Expected(LEARNED, 2 * 2 * 1 + 1),
    "vit": Expected(LEARNED, 2 * 2 * 2 + 2),
    "longformer": Expected(LEARNED, 2 * 2 * 2 + 2, kernels=1),
    "qwen3": Expected(ROTARY, 2 * 4 * 1 + 1),  # queries and keys have norms too
    "opt": Expected(LEARNED, 2 * 2 * 2 + 2),
    "modernbert": Expected(ROTARY, 1 + (2 * 2 - 1) + 1),  # the first block has no norm before its attention
    "mamba": Expected({"layer_norm", "attention"}, 2 * 1 * 1 + 1, kernels=1),  # its mixer stands for attention
}


@pytest.fixture(scope="module")
def pretrained(folders):
    """Family -> backbone, to be looked at only."""
    return {family: load(folder) for family, folder in folders.items()}


@each_family
def test_groups_partition_the_parameters(pretrained, family):
    groups = pretrained[family].parameter_groups()
    assert list(groups) == [name for name, _ in pretrained[family].named_parameters()]
    assert set(groups.values()) == EXPECTED[family].groups


@each_family
def test_the_layer_norm_group_is_every_parameter_of_every_norm(pretrained, family):
    backbone = pretrained[family]
    in_norms = {
        f"{path}.{name}"
        for path, module in backbone.named_modules()
        if "Norm" in type(module).__name__
        for name, parameter in module.named_parameters(recurse=False)
        if parameter.ndim == 1
    }
    assert len(in_norms) == EXPECTED[family].norms
    assert {name for name, group in backbone.parameter_groups().items() if group == "layer_norm"} == in_norms


@each_family
def test_positions_are_tables_and_attention_and_feedforward_are_not(pretrained, family):
    backbone = pretrained[family]
    for name, group in backbone.parameter_groups().items():
        owner = backbone.get_submodule(name.rpartition(".")[0])
        assert isinstance(owner, torch.nn.Embedding) == (group == "position"), name


@each_family
@torch.no_grad()
def test_eager_and_fused_attention_agree(tiny_model, family):
    model, split = tiny_model(VECTORS_SHAPE, family), ragged(VECTORS_SHAPE, [12, 7, 2, 5], positions=12)
    config = model.backbone.model.config
    assert config._attn_implementation == ("sdpa" if EXPECTED[family].kernels == 2 else "eager")
    as_it_came = predict_logits(model, split, batch_size=4)
    model.backbone.model.set_attn_implementation("eager")
    torch.testing.assert_close(predict_logits(model, split, batch_size=4), as_it_came, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("positions", [5, 12])  # Longformer's maps have 5 columns, one per place in its window
@each_family
def test_attention_maps_are_of_positions_or_none(tiny_model, family, positions):
    maps = attention_maps(tiny_model(VECTORS_SHAPE, family), ragged(VECTORS_SHAPE, [positions] * 3, positions))
    if EXPECTED[family].kernels == 1:
        assert maps is None
    else:
        assert maps.shape == (2, 3, positions, positions)  # blocks, sequences
        torch.testing.assert_close(maps.sum(-1), torch.ones(2, 3, positions))


@each_family
def test_no_gradient_comes_out_of_padding(pretrained, family):
    vectors, lengths = torch.randn(4, 12, WIDTH, requires_grad=True), torch.tensor([12, 7, 2, 5])
    is_real = torch.arange(12) < lengths[:, None]
    hidden = pretrained[family](vectors, lengths)
    (gradient,) = torch.autograd.grad(hidden[is_real].square().sum(), vectors)
    assert gradient.isfinite().all()
    assert (gradient[~is_real] == 0).all()
    assert (gradient[is_real].abs().amax(dim=-1) > 0).all()


def states(backbone: HuggingFaceBackbone, vectors: torch.Tensor) -> list[torch.Tensor]:
    """What goes into the first block, what comes out of each, and what the backbone returns."""
    seen = []

    def first(output):
        return output if isinstance(output, torch.Tensor) else output[0]

    blocks = backbone._blocks()
    hooks = [blocks[0].register_forward_pre_hook(lambda _, args: seen.append(args[0]))]
    hooks += [block.register_forward_hook(lambda _, args, output: seen.append(first(output))) for block in blocks]
    seen.append(run(backbone, vectors))
    for hook in hooks:
        hook.remove()
    assert len(seen) == backbone.num_blocks + 2
    return seen


@each_family
def test_depth_says_from_where_on_a_parameter_matters(pretrained, family):
    backbone = pretrained[family]
    parameters = dict(backbone.named_parameters())
    seen = states(backbone, embeddings().requires_grad_())  # so that each state has a gradient, if only of the input
    for depth, state in enumerate(seen):
        found = torch.autograd.grad(state.sum(), parameters.values(), allow_unused=True, retain_graph=True)
        reached = {name for name, gradient in zip(parameters, found, strict=True) if gradient is not None}
        assert reached == {name for name in parameters if backbone.depth_of(name) <= depth}
    assert reached == set(parameters)  # everything is on the way


@each_family
def test_embeddings_blocks_and_what_is_behind_have_their_depths(pretrained, family):
    behind = []
    for name in pretrained[family].parameter_groups():
        depth, inside = pretrained[family].depth_of(name), re.search(r"\.(?:h|layers|layer|block)\.(\d+)\.", name)
        if depth == 3:
            behind.append(name)
        assert depth == int(inside[1]) + 1 if inside else depth in (0, 3), name
        assert inside or depth == (0 if re.search(r"embed|wpe|positions", name) else 3), name
    assert all(re.search(r"norm|ln_f", name) for name in behind)
    assert bool(behind) == (family not in ("bert", "longformer"))  # whose norms are inside the blocks


@each_family
@torch.no_grad()
def test_truncation_keeps_the_first_block_and_what_is_around(folders, pretrained, family):
    short, long = load(folders[family], layers=1), pretrained[family]
    assert short.num_blocks == 1
    kept, everything = dict(short.named_parameters()), dict(long.named_parameters())
    assert list(kept) == [name for name in everything if long.depth_of(name) != 2]
    assert all(torch.equal(parameter, everything[name]) for name, parameter in kept.items())
    assert all(short.depth_of(name) == min(long.depth_of(name), 2) for name in kept)
    before, after_first, output = states(short, embeddings())
    expected = states(long, embeddings())
    assert torch.equal(before, expected[0])
    assert torch.equal(after_first, expected[1])
    assert not torch.allclose(output, expected[-1], atol=1e-2)


@each_family
@torch.no_grad()
def test_fresh_weights_have_norms_that_do_nothing(folders, pretrained, family):
    fresh = load(folders[family], "random")
    old = dict(pretrained[family].named_parameters())
    for (name, parameter), group in zip(fresh.named_parameters(), fresh.parameter_groups().values(), strict=True):
        if group == "layer_norm":
            assert (parameter == (0 if name.endswith("bias") else 1)).all()
        if family != "vit" or group != "position":  # those are zeros whatever the weights
            assert not torch.equal(parameter, old[name]), name


@pytest.mark.parametrize("weights", ["random", "statistics", "shuffled"])
@each_family
def test_drawn_weights_are_a_function_of_the_seed(folders, family, weights):
    one = load(folders[family], weights, seed=1)
    torch.rand(7)  # whatever was drawn before does not matter
    assert same_state(one, load(folders[family], weights, seed=1))
    assert not same_state(one, load(folders[family], weights, seed=2))
    assert run(one, embeddings()).isfinite().all()


@torch.no_grad()
@pytest.mark.parametrize("layers", [None, 1])
def test_gpt2_of_2021_has_wider_residual_projections(folders, layers):
    today, then = (load(folders["gpt2"], weights, layers, seed=5) for weights in ("random", "random-2021"))
    then = dict(then.named_parameters())
    for name, parameter in today.named_parameters():
        factor = 2 if name.endswith("c_proj.weight") else 1  # sqrt(2L) of the two blocks it is drawn with
        assert torch.equal(then[name], factor * parameter), name
        if name.endswith((".c_proj.weight", ".c_attn.weight", ".c_fc.weight")):
            assert then[name].std() == pytest.approx(0.02, rel=0.1)  # one deviation for all


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "gpt2"])
def test_other_families_have_no_weights_of_2021(folders, family):
    message = r"^backbone '.*' \(.*\) is drawn today as it was in 2021: use --weights random$"
    with pytest.raises(InputError, match=message):
        load(folders[family], "random-2021")


@each_family
@torch.no_grad()
def test_statistics_keep_mean_and_deviation_of_each_tensor(folders, pretrained, family):
    drawn = dict(load(folders[family], "statistics").named_parameters())
    for name, old in pretrained[family].named_parameters():
        new, deviation = drawn[name], old.std(correction=0)
        assert abs(new.mean() - old.mean()) <= 5 * deviation / old.numel() ** 0.5, name
        assert abs(new.std(correction=0) - deviation) <= 5 * deviation / (2 * old.numel()) ** 0.5, name
        assert torch.equal(new, old) == bool(deviation == 0), name  # only ViT's positions are constant


@each_family
@torch.no_grad()
def test_shuffling_keeps_the_values_of_each_tensor(folders, pretrained, family):
    shuffled = dict(load(folders[family], "shuffled").named_parameters())
    for name, old in pretrained[family].named_parameters():
        assert torch.equal(shuffled[name].flatten().sort().values, old.flatten().sort().values), name
        assert torch.equal(shuffled[name], old) == bool((old == old.flatten()[0]).all()), name


@each_family
def test_fresh_weights_do_not_depend_on_the_number_of_layers(folders, family):
    short, long = (dict(load(folders[family], "random", layers).named_parameters()) for layers in (1, None))
    assert all(torch.equal(parameter, long[name]) for name, parameter in short.items())


@each_family
def test_another_dropout_or_folder_is_the_same_architecture(folders, pretrained, family):
    assert load(folders[family], dropout=0.5).architecture() == pretrained[family].architecture()
    assert load(folders[family], layers=1).architecture() != pretrained[family].architecture()
