"""Steps as lines to read, as an ``align*`` block for a paper, as a table for a notebook."""

from __future__ import annotations

import re
import textwrap
from html import escape
from typing import TYPE_CHECKING

from matrixcalc.derivation.typeset import words_latex

if TYPE_CHECKING:
    from matrixcalc.derivation.records import Step, Steps

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


def lines_of(steps: Steps) -> str:
    """The derivation as text."""
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


def _lines(steps: Steps) -> list[tuple[str, str, str]]:
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
    >>> note_of(derive("sin(x)", "x", verify=False).steps[0])
    'sin: d(sin(A)) = cos(A).*dA'
    """
    source = _SHORT.get(step.source, step.source)
    for long, short in _BOOKS.items():
        source = source.replace(long, short)
    source = f" [{source}]" if source else ""
    reason = f": {step.reason}" if step.reason else ""
    return f"{step.rule}{source}{reason}"


def block_of(steps: Steps) -> str:
    """The derivation as an ``align*`` block."""
    out: list[str] = []
    left = ""
    for step in steps:
        fresh = step.left != left
        left = step.left
        head = step.left_latex() if fresh else ""
        if fresh and str(step.before) != step.left:
            out.append(f"{head} &= {step.before.latex()}")
            head = ""
        if step.via is not None:
            out.append(f"{head} &= {step.via.latex()}")
            head = ""
        out.append(f"{head} &= {step.after.latex()} && \\text{{{words_latex(step.rule)}}}")
    body = " \\\\\n".join(f"  {line.strip()}" for line in out)
    return "\\begin{align*}\n" + body + "\n\\end{align*}"


def table(steps: Steps) -> str:
    """The steps as a table for a notebook: the equation, and beside it the rule."""
    rows: list[str] = []
    left = ""
    for step in steps:
        sides = [f"= {f.latex()}" for f in (step.via, step.after) if f is not None]
        if step.left != left:
            left = step.left
            head = step.left_latex()
            first = str(step.before) != left
            rows.append(_row(head, f"= {step.before.latex()}" if first else sides.pop(0), ""))
        rows += [_row("", side, "") for side in sides]
        rows[-1] = rows[-1].replace(_EMPTY, f"{_NOTE}{escape(note_of(step))}</td>")
    return f'<table class="matrixcalc-steps">{"".join(rows)}</table>'


_CELL = '<td style="text-align:{}; border:none; padding:2px 4px">\\({}\\)</td>'
_NOTE = '<td style="text-align:left; border:none; padding:2px 16px">'
_EMPTY = f"{_NOTE}</td>"


def _row(left: str, right: str, note: str) -> str:
    cells = _CELL.format("right", escape(left)) + _CELL.format("left", escape(right))
    return f'<tr style="background:none">{cells}{_NOTE}{escape(note)}</td></tr>'
