"""`python -m benchmarks.pictures`: makes the pictures of docs/, the second one by training for a minute.

idea.svg             what is frozen and what trains
xor-attention.svg    what each answer of bit XOR attends to, in every block of the embedded backbone
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import vl_convert

from frostformer.config import RunConfig
from frostformer.files import write_whole
from frostformer.results.attention import AttentionMaps, read_attention
from frostformer.runs.one import run

FOLDER = Path("docs/pictures")
XOR = RunConfig(task="bit-xor", steps=400, backbone_precision="fp32", device="cpu")

_WIDTH, _HEIGHT, _GAP, _LEFT = 300, 34, 12, 30
_FROZEN, _TRAINED = ("#dbe7f3", "#2f5f8f"), ("#fde2c4", "#b35c00")
_PARTS = (
    ("your sequence: bits, numbers, symbols, pixels", None),
    ("input layer, and positions", _TRAINED),
    ("layer norm", _TRAINED),
    ("attention", _FROZEN),
    ("layer norm", _TRAINED),
    ("feed-forward", _FROZEN),
    ("last layer norm", _TRAINED),
    ("output layer", _TRAINED),
    ("your answer: a class, a number, labels", None),
)
_BLOCK = (2, 5)  # parts of one block, first and last


def idea() -> str:
    """The model from the input to the answer, as SVG."""
    tops = [20 + at * (_HEIGHT + _GAP) for at in range(len(_PARTS))]
    middle = _LEFT + _WIDTH / 2
    lines = [
        f'<rect x="{_LEFT - 14}" y="{tops[_BLOCK[0]] - 8}" width="{_WIDTH + 28}" rx="8" fill="none" stroke="#888" '
        f'stroke-dasharray="4 3" height="{tops[_BLOCK[1]] - tops[_BLOCK[0]] + _HEIGHT + 16}"/>',
        f'<text x="{_LEFT + _WIDTH + 24}" y="{(tops[3] + tops[4] + _HEIGHT) / 2}">one of the blocks, pretrained</text>',
        f'<text x="{_LEFT + _WIDTH + 24}" y="{(tops[3] + tops[4] + _HEIGHT) / 2 + 18}">on language</text>',
    ]
    for top, (words, colours) in zip(tops, _PARTS, strict=True):
        fill, stroke = colours or ("#ffffff", "#888888")
        lines += [
            f'<rect x="{_LEFT}" y="{top}" width="{_WIDTH}" height="{_HEIGHT}" rx="5" fill="{fill}" stroke="{stroke}"/>',
            f'<text x="{middle}" y="{top + 22}" text-anchor="middle">{words}</text>',
        ]
    for above, below in pairwise(tops):
        lines.append(f'<path d="M{middle} {above + _HEIGHT} V{below}" stroke="#444"/>')
    foot = tops[-1] + _HEIGHT + 28
    for at, (words, (fill, stroke)) in enumerate((("frozen", _FROZEN), ("trained", _TRAINED))):
        left = _LEFT + at * 110
        lines += [
            f'<rect x="{left}" y="{foot - 13}" width="18" height="16" rx="3" fill="{fill}" stroke="{stroke}"/>',
            f'<text x="{left + 26}" y="{foot}">{words}</text>',
        ]
    size = f'viewBox="0 0 {_LEFT + _WIDTH + 190} {foot + 16}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="14" role="img">\n'
        "<title>A frozen pretrained transformer: the input layer, positions, layer norms and output layer train; "
        "attention and feed-forward stay as they were learned on language</title>\n"
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{chr(10).join(lines)}\n</svg>\n'
    )


def xor_attention(found: AttentionMaps) -> str:
    """A map for each block, as SVG; dots mark the two bits that an answer is made of."""
    read, length = found.combined.shape
    values = [
        {
            "block": f"block {block}",
            "answer": answer + 1,
            "position": position + 1,
            "share": round(float(found.maps[block - 1, answer, position]), 4),
            "is part": bool(found.combined[answer, position]),
        }
        for block in range(1, len(found.maps) + 1)
        for answer in range(read)
        for position in range(length)
    ]
    x = {"field": "position", "type": "ordinal", "title": "bit", "axis": {"labelAngle": 0}}
    y = {"field": "answer", "type": "ordinal", "title": "answer"}
    shade = {"field": "share", "type": "quantitative", "scale": {"scheme": "blues"}, "title": "share"}
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "data": {"values": values},
        "facet": {"field": "block", "type": "nominal", "title": None},
        "columns": 3,
        "spec": {
            "width": 170,
            "height": 85,
            "layer": [
                {"mark": "rect", "encoding": {"x": x, "y": y, "color": shade}},
                {
                    "transform": [{"filter": "datum['is part']"}],
                    "mark": {"type": "point", "filled": True, "color": "#b35c00", "size": 25},
                    "encoding": {"x": x, "y": y},
                },
            ],
        },
    }
    svg: str = vl_convert.vegalite_to_svg(spec)
    return svg


def main() -> None:
    """Makes both."""
    write_whole(FOLDER / "idea.svg", idea())
    with TemporaryDirectory() as folder:
        run(XOR, folder)
        found = read_attention(Path(folder))
    assert found is not None
    write_whole(FOLDER / "xor-attention.svg", xor_attention(found))


if __name__ == "__main__":
    main()
