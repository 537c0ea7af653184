"""A table as plain rows of text, whatever it is written as afterwards: HTML, Markdown or LaTeX. It imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Form = Literal["html", "markdown", "latex", "csv"]
"""What a report can be written as."""


RAISED = "¹²³⁴⁵⁶⁷⁸⁹ᵃᵇᶜᵈᵉ"
"""Marks of footnotes; R² has one, too."""


@dataclass(frozen=True)
class Table:
    """One table with the words around it. Lines within a cell are parted by newlines."""

    title: str
    about: Sequence[str]
    """Paragraphs above the table."""

    head: Sequence[str]
    """Names of the columns; the first column names the rows."""

    rows: Sequence[Sequence[str]]
    """As many cells in each as there are columns."""

    notes: Sequence[str] = ()
    """Footnotes."""

    command: str = ""
    """What to type to make the table again."""


def markdown(title: str, about: Sequence[str], tables: Sequence[Table]) -> str:
    """A document in GitHub's Markdown; no letter of a text is taken for markup."""
    parts = [f"# {_markdown(title)}", *map(_markdown, about)]
    for table in tables:
        parts += [f"## {_markdown(table.title)}", *map(_markdown, table.about)]
        ruler = ["---", *["---:" for _ in table.head[1:]]]
        rows = [list(map(_markdown, row)) for row in (table.head, *table.rows)]
        parts.append("\n".join(f"| {' | '.join(row)} |" for row in [rows[0], ruler, *rows[1:]]))
        parts += map(_markdown, table.notes)
        parts += [f"    {table.command}"] if table.command else []
    return "\n\n".join(parts) + "\n"


def latex(title: str, about: Sequence[str], tables: Sequence[Table]) -> str:
    r"""Sections with tables for `\input`; they need no package, and all text is escaped."""
    parts = [rf"\section*{{{_latex(title)}}}", *map(_latex, about)]
    for table in tables:
        parts += [rf"\subsection*{{{_latex(table.title)}}}", *map(_latex, table.about)]
        rows = [" & ".join(map(_latex_cell, row)) + r" \\" for row in (table.head, *table.rows)]
        begin = rf"\begin{{tabular}}{{l{'r' * (len(table.head) - 1)}}}"
        parts.append("\n".join([begin, r"\hline", rows[0], r"\hline", *rows[1:], r"\hline", r"\end{tabular}"]))
        parts += map(_latex, table.notes)
        parts += [rf"\texttt{{{_latex(table.command)}}}"] if table.command else []
    return "\n\n".join(parts) + "\n"


def _markdown(text: str) -> str:
    escaped = "".join("\\" + letter if letter in r"\`*_[]<>|#~$&" else letter for letter in text)
    return escaped.replace("\n", "<br>")


_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "#": r"\#",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "[": "{[}",  # behind a line's end it would be an option
    "“": "``",
    "”": "''",
    "±": r"$\pm$",
    "\u00d7": r"$\times$",
    "\u2212": "$-$",
    "*": r"\textasteriskcentered{}",
    "…": r"\ldots{}",
    "\u2013": "--",
    "·": r"\textperiodcentered{}",
    "\u00a0": "~",
    "\n": " ",
    **{mark: rf"\textsuperscript{{{plain}}}" for mark, plain in zip(RAISED, "123456789abcde", strict=True)},
}


def _latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)


def _latex_cell(text: str) -> str:
    first, *more = map(_latex, text.split("\n"))
    return r"\shortstack[r]{" + r" \\ ".join([first, *more]) + "}" if more else first
