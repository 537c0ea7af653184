"""A table says the same in Markdown and LaTeX, whatever letters it has."""

from __future__ import annotations

import re

from frostformer.report.table import Table, latex, markdown

TABLE = Table(
    title="50 % of a_b",
    about=["Above & below."],
    head=["Arm", "Score"],
    rows=[["a|b", "97.3 ± 0.4 %\npaper 98.0ᵃ"], ["[c]", "x"]],
    notes=["ᵃ read <b>"],
    command="make it_again",
)


def test_markdown_has_rows_and_escapes():
    text = markdown("A #1", ["One_two."], [TABLE])
    assert text == (
        "# A \\#1\n\nOne\\_two.\n\n## 50 % of a\\_b\n\nAbove \\& below.\n\n"
        "| Arm | Score |\n| --- | ---: |\n| a\\|b | 97.3 ± 0.4 %<br>paper 98.0ᵃ |\n| \\[c\\] | x |\n\n"
        "ᵃ read \\<b\\>\n\n    make it_again\n"
    )


def test_latex_has_rows_and_escapes():
    text = latex("A #1", ["One_two."], [TABLE])
    for part in (
        r"\section*{A \#1}",
        r"One\_two.",
        r"\subsection*{50 \% of a\_b}",
        "\\begin{tabular}{lr}\n\\hline\nArm & Score \\\\\n\\hline\n",
        r"a\textbar{}b & \shortstack[r]{97.3 $\pm$ 0.4 \% \\ paper 98.0\textsuperscript{a}} \\",
        "{[}c] & x \\\\\n\\hline\n\\end{tabular}",
        r"\textsuperscript{a} read \textless{}b\textgreater{}",
        r"\texttt{make it\_again}",
    ):
        assert part in text, part


def test_no_letter_of_a_text_is_a_command_of_latex():
    text = latex('\\ { } # $ % & _ ~ ^ " < > |', [], [])
    inside = text.removeprefix(r"\section*{").removesuffix("}\n")
    bare = re.sub(r"\\text[a-z]+\{\}|\\[#$%&_{}]", "", inside)
    assert not set(bare) & set('\\#$%&_~^<>|{}"')
