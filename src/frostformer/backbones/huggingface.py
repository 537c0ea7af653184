"""Any Hugging Face model that takes `inputs_embeds`, from the package, a folder or the hub.

Only safetensors weights are read, and no code from the hub is ever run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from frostformer.backbones.backbone import Backbone, Group, groups_by_structure
from frostformer.config import Weights
from frostformer.errors import InputError

EMBEDDED = "embedded"

_NOT_ARCHITECTURE = ("_name_or_path", "transformers_version", "dtype", "architectures", "use_cache")


class HuggingFaceBackbone(Backbone):
    """A transformer without its token table: vectors come in as `inputs_embeds`."""

    def __init__(self, name: str, model: Any, layers: int | None = None) -> None:
        """Take `model` over: drop what is not on the way of the sequence, keep the first `layers` blocks."""
        super().__init__()
        if hasattr(model, "encoder") and hasattr(model, "decoder"):  # T5EncoderModel's config denies its decoder
            model = model.get_encoder()
        if getattr(model, "pooler", None) is not None:
            model.pooler = None
        self.name = name
        self.width = model.get_input_embeddings().weight.shape[1]
        model.set_input_embeddings(_NoTokenTable(self.width))
        self._blocks_path = _find_blocks(model, name)
        _truncate(model, self._blocks_path, layers, name)
        self.model = model
        self.max_length = _max_length(model)
        self.causal = False  # until shown
        self.output_width, self.causal = self._probe()

    def forward(self, embeddings: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, D), (B,) -> (B, T, D)."""
        mask = None
        if not self.causal:
            mask = (torch.arange(embeddings.shape[1], device=lengths.device) < lengths[:, None]).long()  # (B, T)
        hidden: Tensor = self.model(inputs_embeds=embeddings, attention_mask=mask).last_hidden_state
        return hidden

    def architecture(self) -> str:
        """The configuration, without what changes no value: where it lay, who wrote it, dropouts."""
        config = self.model.config.to_diff_dict()
        kept = {key: value for key, value in config.items() if key not in _NOT_ARCHITECTURE and not _is_dropout(key)}
        return json.dumps(kept, sort_keys=True, default=str)

    def parameter_groups(self) -> dict[str, Group]:
        """See `groups_by_structure`."""
        return groups_by_structure(self)

    def depth_of(self, parameter: str) -> int:
        """0, block number from 1, or number of blocks + 1; what is defined behind the blocks runs behind them."""
        names = [name for name, _ in self.named_parameters()]
        inside = f"model.{self._blocks_path}."
        if parameter.startswith(inside):
            return 1 + int(parameter.removeprefix(inside).split(".")[0])
        first_inside = next(i for i, name in enumerate(names) if name.startswith(inside))
        return 0 if names.index(parameter) < first_inside else self.num_blocks + 1

    @property
    def num_blocks(self) -> int:
        """L."""
        blocks: Any = self.model.get_submodule(self._blocks_path)
        return len(blocks)

    @torch.no_grad()
    def _probe(self) -> tuple[int, bool]:
        """Width of the output, and whether a change at the last of three positions leaves the first two alone."""
        training = self.training
        self.eval()
        generator = torch.Generator().manual_seed(0)
        one = torch.randn(1, 3, self.width, generator=generator)
        other = torch.cat([one[:, :2], torch.randn(1, 1, self.width, generator=generator)], dim=1)
        lengths = torch.tensor([3])
        hidden, changed = self(one, lengths), self(other, lengths)  # (1, 3, output width)
        self.train(training)
        return hidden.shape[-1], torch.equal(hidden[:, :2], changed[:, :2])


class _NoTokenTable(nn.Module):
    """Stands where the token table was. Longformer asks it for the vectors of its own padding, which it masks."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, ids: Tensor) -> Tensor:
        """(B, T) -> zeros (B, T, D)."""
        return torch.zeros(*ids.shape, self.width, device=ids.device)


def load_backbone(name: str, weights: Weights, layers: int | None, dropout: float, seed: int) -> HuggingFaceBackbone:
    """Build a backbone in float32.

    Args:
        name: `embedded`, a folder, or a hub id.
        weights: `pretrained` reads the checkpoint; `random` draws today's `transformers` initialisation from `seed`.
        layers: keep only so many blocks; None keeps all.
        dropout: put into every dropout of the backbone's configuration.
        seed: of `weights="random"`.

    Raises:
        InputError: the model is neither on disk nor reachable, is not safetensors, or does not take `inputs_embeds`.
    """
    import transformers

    source, offline = _locate(name)
    info: dict[str, Any] = {"missing_keys": []}
    transformers.logging.set_verbosity_error()  # its notes on unused heads would bury ours
    transformers.logging.disable_progress_bar()
    with _one_sentence(name, offline):
        config = transformers.AutoConfig.from_pretrained(source, trust_remote_code=False, local_files_only=offline)
        _configure(config, dropout)
        if weights == "random":
            torch.manual_seed(seed)
            model = transformers.AutoModel.from_config(config, dtype=torch.float32, trust_remote_code=False)
        else:
            model, info = transformers.AutoModel.from_pretrained(
                source,
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=offline,
                output_loading_info=True,
            )
    fresh = {id(model.get_parameter(key)): key for key in info["missing_keys"] if key in dict(model.named_parameters())}
    try:
        backbone = HuggingFaceBackbone(name, model, layers)
    except (TypeError, AttributeError) as error:
        raise InputError(f"backbone '{name}' ({config.model_type}) takes no inputs_embeds; choose another") from error
    for parameter in backbone.parameters():  # a pooler or a decoder may be missing, nothing that is used
        if id(parameter) in fresh:
            raise InputError(f"backbone '{name}' has no weights for {fresh[id(parameter)]}: get it again")
    return backbone


@contextmanager
def _one_sentence(name: str, offline: bool) -> Iterator[None]:
    """Turns what `transformers` raises about a checkpoint, which is of many kinds, into one sentence that names it."""
    try:
        yield
    except Exception as error:
        if offline and not Path(name).is_dir() and name != EMBEDDED:
            raise _unreachable(name) from error
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"backbone '{name}' could not be read ({reason}): it must be a Hugging Face model folder or id "
            "with a config.json and safetensors weights"
        ) from error


def _locate(name: str) -> tuple[str, bool]:
    """The folder or hub id to load, and whether to keep to this machine.

    Fails at once where `transformers` would retry for most of a minute.
    """
    if name == EMBEDDED:
        return str(files("frostformer.backbones") / "embedded"), True
    if Path(name).is_dir():
        return name, True
    if name.startswith((".", "/", "~")) or "\\" in name or name.count("/") > 1:
        raise InputError(f"backbone '{name}': there is no such folder")
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        cached = isinstance(try_to_load_from_cache(name, "config.json"), str)
    except HFValidationError:
        raise InputError(
            f"backbone '{name}' is neither a folder nor a hub id such as `gpt2` or `owner/model`"
        ) from None
    offline = not _hub_answers()
    if offline and not cached:
        raise _unreachable(name)
    return name, offline


def _unreachable(name: str) -> InputError:
    return InputError(
        f"backbone '{name}' is not a folder, not whole in the Hugging Face cache, and the hub cannot be reached: "
        f"give the folder of a downloaded model, run `hf download {name}` where there is a network, "
        f"or use `--backbone {EMBEDDED}`"
    )


def _hub_answers() -> bool:
    """One quick question to the hub, without retries."""
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        get_session().head(constants.ENDPOINT, timeout=5)
    except Exception:  # noqa: BLE001 (whatever the client raises, the hub is not there)
        return False
    return True


def _configure(config: Any, dropout: float) -> None:
    """Every dropout to one value, no cache, and the fused form of GPT-2's tanh GELU: the same function."""
    for key, value in config.to_dict().items():
        if _is_dropout(key) and isinstance(value, (int, float)):
            setattr(config, key, dropout)
        elif value == "gelu_new":
            setattr(config, key, "gelu_pytorch_tanh")
    config.use_cache = False
    config._attn_implementation = None  # the library's choice: a checkpoint's may name a kernel to download


def _is_dropout(key: str) -> bool:
    return "dropout" in key or key.endswith("_pdrop")


def _find_blocks(model: Any, name: str) -> str:
    """Path of the list of transformer blocks: the first list as long as the configuration says."""
    wanted = model.config.num_hidden_layers
    for path, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == wanted:
            return str(path)
    raise InputError(f"backbone '{name}' has no list of {wanted} blocks to freeze: choose another")


def _truncate(model: Any, blocks_path: str, layers: int | None, name: str) -> None:
    if layers is None:
        return
    blocks: Any = model.get_submodule(blocks_path)
    if layers > len(blocks):
        raise InputError(f"layers is {layers}, but backbone '{name}' has {len(blocks)}")
    parent, _, attribute = blocks_path.rpartition(".")
    setattr(model.get_submodule(parent), attribute, blocks[:layers])
    model.config.num_hidden_layers = layers


def _max_length(model: Any) -> int | None:
    """Rows of the shortest absolute position table; None for rotary and relative positions."""
    most = getattr(model.config, "max_position_embeddings", None)
    usable = [
        min(most, module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1))
        for module in model.modules()
        if most and isinstance(module, nn.Embedding) and module.num_embeddings >= most
    ]
    return min(usable, default=None)
