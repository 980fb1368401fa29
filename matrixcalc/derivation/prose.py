"""A derivation as lines to read, or as an ``align*`` block for a paper."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from matrixcalc.derivation.elements import elements
from matrixcalc.derivation.records import Step
from matrixcalc.derivation.trace import trace
from matrixcalc.errors import UnsupportedError

if TYPE_CHECKING:
    from matrixcalc.derive import Derivative

STYLES = ("differential", "elements")
FORMATS = ("text", "latex")
WIDTH = 96
_GLUE = re.compile(r" [=+-] |, (?=[^()]*\))|^[^:]*\]")
"""Where a line is not broken: within formulas."""

_SHORT = dict.fromkeys(
    ("algebra", "calculus", "definition", "definition of δ", "declared"), ""
)
_BOOKS = {
    "Petersen & Pedersen, The Matrix Cookbook (2012),": "Matrix Cookbook",
    "Magnus & Neudecker, Matrix Differential Calculus (2019),": "Magnus & Neudecker",
}


def steps_in(d: Derivative, style: str) -> tuple[Step, ...]:
    """The steps of a derivation in one of the two styles."""
    if style not in STYLES:
        raise UnsupportedError(f"no style {style!r}", hint=f"the styles are {', '.join(STYLES)}")
    return trace(d) if style == "differential" else elements(d)


def explain(d: Derivative, style: str = "differential", format: str = "text") -> str:
    """The derivation, as text or as LaTeX.

    >>> from matrixcalc.derive import derive
    >>> print(explain(derive("y = W*x", "x", verify=False)))
    dy = d(W*x)
       = dW*x + W*dx
       = W*dx                 constant factor [Matrix Cookbook (34)]: W being constant
    ∂y/∂x = W                 identification [Magnus & Neudecker 9.3]: dy = W*dx; in the numerator
                              layout
    """
    if format not in FORMATS:
        raise UnsupportedError(
            f"no format {format!r}", hint=f"the formats are {', '.join(FORMATS)}"
        )
    steps = steps_in(d, style)
    return _latex(steps) if format == "latex" else _text(steps)


def _text(steps: tuple[Step, ...]) -> str:
    rows: list[tuple[str, str]] = []
    for left, body, note in _lines(steps):
        rows.append((f"{left} = {body}", note))
    short = [len(line) for line, note in rows if note and len(line) <= WIDTH // 2]
    column = max([24, *(n + 2 for n in short)])
    out: list[str] = []
    for line, note in rows:
        if not note:
            out.append(line)
        elif len(line) + 2 <= column:
            out += _hanging(line.ljust(column) + "  ", note, column + 2)
        else:
            out.append(line)
            out += _hanging(" " * 8 + "· ", note, 10)
    return "\n".join(out)


def _hanging(head: str, note: str, indent: int) -> list[str]:
    lines = textwrap.wrap(
        _GLUE.sub(_glued, note) if len(note) < 300 else note,
        max(WIDTH, indent + 50),
        initial_indent=head,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\u00a0", " ") for line in lines]


def _glued(match: re.Match[str]) -> str:
    return match[0].replace(" ", "\u00a0")


def _lines(steps: tuple[Step, ...]) -> list[tuple[str, str, str]]:
    """Left side (blank where it stays), right side and note of each line."""
    out: list[tuple[str, str, str]] = []
    left, last = "", ""
    for step in steps:
        fresh = step.left != left
        if fresh and str(step.before) != step.left:
            out.append((step.left, str(step.before), ""))
        elif str(step.before) not in (last, step.left):
            out.append((" " * len(step.left), str(step.before), ""))
        head = step.left if fresh and str(step.before) == step.left else " " * len(step.left)
        left = step.left
        if step.via is not None:
            out.append((head, str(step.via), ""))
            head = " " * len(step.left)
        out.append((head, str(step.after), note_of(step)))
        last = str(step.after)
    return out


def note_of(step: Step) -> str:
    """The rule and the reason in one phrase.

    >>> from matrixcalc.derive import derive
    >>> note_of(trace(derive("sin(x)", "x", verify=False))[0])
    'sin'
    """
    source = _SHORT.get(step.source, step.source)
    for long, short in _BOOKS.items():
        source = source.replace(long, short)
    source = f" [{source}]" if source else ""
    reason = f": {step.reason}" if step.reason else ""
    return f"{step.rule}{source}{reason}"


def _latex(steps: tuple[Step, ...]) -> str:
    from matrixcalc.derivation.typeset import words_latex

    out: list[str] = []
    left = ""
    for step in steps:
        fresh = step.left != left
        left = step.left
        head = step.left_latex if fresh else ""
        if fresh and str(step.before) != step.left:
            out.append(f"{head} &= {step.before.latex()}")
            head = ""
        if step.via is not None:
            out.append(f"{head} &= {step.via.latex()}")
            head = ""
        out.append(f"{head} &= {step.after.latex()} && \\text{{{words_latex(step.rule)}}}")
    body = " \\\\\n".join(f"  {line.strip()}" for line in out)
    return "\\begin{align*}\n" + body + "\n\\end{align*}"
