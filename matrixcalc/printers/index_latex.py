r"""Index form as LaTeX: ``\frac{\partial y_{i}}{\partial W_{jk}} = \delta_{ij} x_{k}``."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from matrixcalc import build
from matrixcalc.expr import Expr
from matrixcalc.index import Indices, Term
from matrixcalc.operators import TABLE
from matrixcalc.printers.index import IndexWriter
from matrixcalc.printers.latex import to_latex
from matrixcalc.printers.text import BOTH, PRODUCT
from matrixcalc.tex.names import letters_latex, parts_of


def index_latex(terms: Sequence[Term], indices: Indices, reserved: int = 0) -> str:
    """The sum of terms; the letters are those of the text, ``reserved`` as there."""
    return _Latex().write(terms, indices, reserved)


def entry_latex(name: str, below: str) -> str:
    r"""An entry of a variable, or the variable where ``below`` is empty.

    >>> print(entry_latex("W", "ij"), entry_latex("W_1", "ij"), entry_latex("a", ""))
    W_{ij} W_{1,ij} a
    """
    core, own = parts_of(name)
    own = own.replace("_", r"\_")
    if len(own) > 1 and not own.isdigit():
        own = rf"\mathrm{{{own}}}"
    marks = ",".join(filter(None, [own, below]))
    letters = letters_latex(core, bold=False)
    return f"{letters}_{{{marks}}}" if marks else letters


class _Latex(IndexWriter):
    def delta(self, below: str) -> str:
        return rf"\delta_{{{below}}}"

    def total(self, letters: Sequence[str]) -> str:
        return rf"\sum_{{{','.join(letters)}}} "

    def joint(self, letter: str, parts: Sequence[str]) -> str:
        return rf"[{letter} = ({', '.join(parts)})]"

    def number(self, value: Fraction) -> str:
        return to_latex(build.num(value))

    def scalar(self, e: Expr) -> str:
        return to_latex(e, binding=PRODUCT)

    def entry(self, e: Expr, below: str) -> str:
        if e.op == "sym":
            return entry_latex(e.name, below)
        # nothing but a function's parentheses bears a subscript without more of them
        plain = e.op in TABLE and TABLE[e.op].latex.endswith("({A})")
        text = to_latex(e, BOTH)
        return rf"{text}_{{{below}}}" if plain else rf"\left({text}\right)_{{{below}}}"
