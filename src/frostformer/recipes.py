"""Recipes: many options in one word. What is given beside the word wins. It imports no torch.

`frostformer run --recipe lu2021 --task cifar10 --backbone gpt2 --steps 20000 --out runs/cifar10`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from frostformer.errors import unknown_name

Fields = Mapping[str, Any]
"""Field of `RunConfig` -> value."""

_SETTINGS = {  # scripts/run.py, experiment.py and trainer.py of kzl/universal-computation, the same for every task
    "batch_size": 4,
    "learning_rate": 1e-3,
    "dropout": 0.1,
    "gradient_clip": 1.0,
    "evaluate_every": 100,
    "backbone_precision": "fp32",
}
_TASKS = {name: f"{name}-lu2021" for name in ("listops", "cifar10", "cifar10-lra", "remote-homology")}

DRAWN_AS_TODAY = (
    *("bert", "t5", "longformer", "vit"),
    *("lstm", "lstm-2021", "lstm-residual", "lstm-star", "identity", "one-attention"),
)
"""Backbones whose fresh weights are the same today as in 2021; those of GPT-2 are not."""


def lu2021(given: Fields) -> Fields:
    """What the official code of Lu et al. 2021 does unless told otherwise.

    Tasks and fresh weights become what they were there: `cifar10` stands for `cifar10-lu2021`, `random` for
    `random-2021`. Backbone and number of steps are left open, as that code goes on until it is stopped by hand.
    """
    fields = {**_SETTINGS, **given}
    if "task" in given:
        fields["task"] = _TASKS.get(given["task"], given["task"])
    if given.get("weights") == "random" and given.get("backbone") not in DRAWN_AS_TODAY:
        fields["weights"] = "random-2021"
    return fields


RECIPES: dict[str, Callable[[Fields], Fields]] = {"lu2021": lu2021}


def expand(recipe: str | None, given: Fields) -> Fields:
    """The fields that a recipe sets, with those that are given beside it; without a recipe only these.

    Raises:
        InputError: there is no such recipe.
    """
    if recipe is None:
        return given
    if recipe not in RECIPES:
        raise unknown_name("recipe", recipe, RECIPES)
    return RECIPES[recipe](given)
