"""Tiny models and data that the tests share; nothing from outside the repository."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from frostformer.data.readers import cifar
from frostformer.data.sequences import Sequences, Stream
from frostformer.models.backbones.backbone import Backbone
from frostformer.models.backbones.huggingface import HuggingFaceBackbone
from frostformer.models.backbones.loading import load_backbone
from frostformer.models.freezing import parse_trainable
from frostformer.tasks.shape import TaskShape

WIDTH, POSITIONS, VOCABULARY = 32, 64, 40
TOKENS_SHAPE = TaskShape("tokens", channels=11, length=12, classes=3, read_positions=2)
VECTORS_SHAPE = TaskShape("vectors", channels=3, length=12, classes=4, read_positions=2, predictions=2)
TASK_OPTIONS = {  # small, to fit the tiny models' positions; the others are as they come
    "bit-memory": {"strings": "2", "bits": "8", "patch": "4"},
    "listops": {"shortest": "10", "longest": "60", "train": "200", "validation": "50", "test": "50"},
    "listops-lu2021": {"positions": "60", "train": "200", "validation": "50", "test": "50"},
}


_BLOCKS = {"hidden_size": WIDTH, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
_TEXT = _BLOCKS | {"vocab_size": VOCABULARY, "max_position_embeddings": POSITIONS}
_T5 = {"vocab_size": VOCABULARY, "d_model": WIDTH, "d_kv": 16, "d_ff": 64, "num_layers": 2, "num_heads": 2}
_OPT = {"ffn_dim": 64, "word_embed_proj_dim": WIDTH}
_IDS = {f"{name}_token_id": 0 for name in ("pad", "bos", "eos", "cls", "sep")}  # the library's are past the vocabulary

FAMILIES = {  # family -> its class and its sizes, where they are not the class's own
    "gpt2": (
        transformers.GPT2Model,
        {"vocab_size": VOCABULARY, "n_positions": POSITIONS, "n_embd": WIDTH, "n_layer": 2, "n_head": 2} | _IDS,
    ),
    "llama": (transformers.LlamaModel, _TEXT | {"num_key_value_heads": 1}),
    "gpt-neox": (transformers.GPTNeoXModel, _TEXT),
    "bert": (transformers.BertModel, _TEXT),
    "t5": (transformers.T5Model, _T5 | {"feed_forward_proj": "relu"}),
    "t5-encoder": (transformers.T5EncoderModel, _T5 | {"feed_forward_proj": "gated-gelu"}),
    "vit": (transformers.ViTModel, _BLOCKS | {"image_size": 8, "patch_size": 4}),
    # a window shorter than the sequences; two rows stand for padding
    "longformer": (
        transformers.LongformerModel,
        _TEXT | {"attention_window": 4, "max_position_embeddings": POSITIONS + 2},
    ),
    "qwen3": (transformers.Qwen3Model, _TEXT | {"num_key_value_heads": 1, "head_dim": 16}),
    "opt": (transformers.OPTModel, _TEXT | _OPT),
    # the first layer sees everything, the second a window
    "modernbert": (transformers.ModernBertModel, _TEXT | _IDS | {"local_attention": 8}),
    "mamba": (transformers.MambaModel, _TEXT | {"state_size": 4}),
}
CONTRACT_FAMILIES = ("gpt2", "llama", "gpt-neox", "bert", "t5", "t5-encoder", "vit")  # enough to learn every task
LENGTHS = {"gpt2": POSITIONS, "bert": POSITIONS, "longformer": POSITIONS, "opt": POSITIONS, "vit": 1024}  # others: any
CAUSAL = ("gpt2", "llama", "gpt-neox", "qwen3", "opt", "mamba")


@torch.no_grad()
def save_model(folder: Path, family: str, seed: int = 1) -> Path:
    """A model whose every tensor is unlike a fresh one, norms and biases included, as safetensors."""
    torch.manual_seed(seed)
    model_class, sizes = FAMILIES[family]
    model = model_class(model_class.config_class(**sizes))
    for parameter in model.parameters():
        parameter += 0.2 * torch.randn_like(parameter)
    model.save_pretrained(folder)
    return folder


def fresh(kind: str, seed: int = 0, **sizes) -> HuggingFaceBackbone:
    """A tiny backbone of any model type of `transformers`, with fresh weights."""
    torch.manual_seed(seed)
    config = transformers.AutoConfig.for_model(kind, **(_TEXT | {"use_cache": False} | sizes))
    return HuggingFaceBackbone(kind, transformers.AutoModel.from_config(config))


def load(source, weights="pretrained", layers=None, dropout=0.0, seed=0) -> HuggingFaceBackbone:
    """A backbone in evaluation mode."""
    return load_backbone(str(source), weights, layers, dropout, seed).eval()


def embeddings(positions: int = 9) -> torch.Tensor:
    """(2, positions, D)."""
    return torch.randn(2, positions, WIDTH, generator=torch.Generator().manual_seed(3))


def run(backbone: Backbone, vectors: torch.Tensor) -> torch.Tensor:
    """What a backbone makes of sequences without padding."""
    return backbone(vectors, torch.full((len(vectors),), vectors.shape[1]))


def same_state(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    """Equal in every tensor."""
    one, other = one.state_dict(), other.state_dict()
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def write_idx(path: Path, array: np.ndarray) -> bytes:
    """Write a uint8 array as a plain idx file; returns its content."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    content = bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()
    path.write_bytes(content)
    return content


def write_cifar10(folder: Path, count: int) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Write the six files of CIFAR-10's binary version with random images; returns their records and checksums."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    records = {name: generator.integers(0, 256, (count, 3073), dtype=np.uint8) for name in cifar.MD5}
    for name, array in records.items():
        array[:, 0] %= 10  # the label
        (folder / name).write_bytes(array.tobytes())
    return records, {name: hashlib.md5(array.tobytes()).hexdigest() for name, array in records.items()}


def ragged(shape: TaskShape, lengths: list[int], positions: int, seed: int = 0, padding_seed: int = 0) -> Sequences:
    """Sequences of the given lengths; the content depends on `seed` alone, the padding on `padding_seed` alone."""
    size = (len(lengths), positions, *(() if shape.input_kind == "tokens" else (shape.channels,)))
    real, padding = (_values(shape, size, number) for number in (seed, 1000 + padding_seed))
    lengths = np.array(lengths)
    is_real = np.arange(positions) < lengths[:, None]  # (N, T)
    inputs = np.where(is_real.reshape(is_real.shape + (1,) * (len(size) - 2)), real, padding)
    targets = np.random.default_rng(seed).integers(
        0, shape.classes, (len(lengths), shape.read_positions, shape.predictions)
    )
    return Sequences(inputs, lengths, targets)


def _values(shape: TaskShape, size: tuple[int, ...], seed: int) -> np.ndarray:
    """The value at each place is the same whatever the number of positions."""
    generator = np.random.default_rng(seed)
    widest = (size[0], POSITIONS, *size[2:])
    if shape.input_kind == "tokens":
        return generator.integers(0, shape.channels, widest)[:, : size[1]]
    return generator.standard_normal(widest).astype(np.float32)[:, : size[1]]


def first_batch(split: Sequences | Stream, count: int) -> Sequences:
    """`count` sequences of a split, endless or not."""
    return split.draw(np.random.default_rng(0), count) if isinstance(split, Stream) else split[:count]


@contextmanager
def at_once(connections: int = 0) -> Iterator[None]:
    """Fails if the block waits or makes more connections: both can be counted, while time depends on the machine."""
    waits, asked = [], []
    connect = socket.socket.connect

    def counted(self, address):
        asked.append(address)
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", waits.append)
        patch.setattr(socket.socket, "connect", counted)
        yield
    assert not waits
    assert len(asked) <= connections, asked


def is_trained(group: str, trainable: str = "frozen") -> bool:
    """Whether a parameter group trains under a preset."""
    return group in parse_trainable(trainable)


def same_sequences(one: Sequences, other: Sequences) -> bool:
    """Equal in every array."""
    names = ("inputs", "lengths", "targets", "marked")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)
