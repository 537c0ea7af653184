"""Two examples or more for every verb, shown at the end of its help."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "demo": ("demo", "demo runs/mine --seeds 5"),
    "verdict": (
        "verdict heart.csv --target label --budget 10m --out runs/v",
        "verdict --task mnist --sizes 500,5000 --budget 2h --out runs/mnist",
    ),
    "reproduce": (
        "reproduce table-2 --scale smoke",
        "reproduce table-1 table-2 --backbone-precision int8 --jobs 2 --out runs/paper",
        "reproduce all --part 3/16 --out runs/3",
    ),
    "data": ("data heart.csv", "data sounds/ --json"),
    "run": (
        "run --task bit-xor --steps 400 --out runs/xor",
        "run --data heart.csv --target label --tune --out runs/heart",
        "run --task digits --weights random --seeds 0-4 --out runs/random",
    ),
    "runs": ("runs", "runs results --json"),
    "evaluate": ("evaluate runs/xor --json", "evaluate runs/heart --data moved/heart.csv --split validation"),
    "predict": ("predict runs/heart new.csv --out answers.csv", "predict runs/v new.csv"),
    "export": ("export runs/xor xor.onnx", "export runs/mine mine.onnx --backbone models/mine"),
    "explain": ("explain --task digits", "explain --task mnist --backbone gpt2 --weights random --trainable full"),
    "backbones": ("backbones", "explain --backbone models/mine --task digits"),
    "tasks": ("tasks --json", "tasks digits --show 3"),
    "pretrain": (
        "pretrain novels.txt --out backbones/novels",
        "pretrain --objective bit-memory --out backbones/bit-memory",
        "pretrain --out backbones/novels --measure-on tales.txt",
    ),
    "report": ("report", "report runs results --reference weights=random --format markdown --out tables.md"),
    "card": ("card runs/xor", "card runs/heart --overwrite"),
    "doctor": ("doctor", "doctor --json"),
}


def epilogue(verb: str) -> str:
    """The examples of a verb as its help shows them."""
    return "Examples:\n\n" + "\n".join(f"  frostformer {words}" for words in EXAMPLES[verb])
