"""Formulas of derivations as LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matrixcalc import build
from matrixcalc.expr import Expr, symbols
from matrixcalc.printers.latex import differential_latex, to_latex

if TYPE_CHECKING:
    from matrixcalc.derivation.records import Formula, Step


def formula_latex(formula: Formula) -> str:
    """One side of an equation as LaTeX; ``d(e)`` with an upright d."""
    if not formula.parts:
        return formula.latex_template or rf"\text{{{words_latex(formula.template)}}}"
    parts = [_part(p, formula) for p in formula.parts]
    return formula.latex_template.format(*parts)


def _part(e: Expr, formula: Formula) -> str:
    """An expression, its differentials as what they are the differentials of."""
    written = {
        s.name: differential_latex(_of(s, formula.inner.get(s)))
        for s in symbols(e)
        if s in formula.inner or s.name.startswith("d(")
    }
    return to_latex(e, increments=written)


def _of(symbol: Expr, inner: Expr | None) -> Expr:
    """What a differential is one of."""
    if inner is None or inner.op in ("zeros", "num"):
        return build.sym(symbol.name[1:], symbol.shape)
    return inner


def step_latex(step: Step) -> str:
    """A step's equation, behind what both of its sides are equal to."""
    sides = [step.before, *([step.via] if step.via else []), step.after]
    texts = [s.latex() for s in sides if str(s) != step.left]
    return " = ".join([step.left_latex, *texts])


def words_latex(text: str) -> str:
    """Words for ``\\text``."""
    return text.replace("_", r"\_").replace("δ", r"$\delta$").replace("&", r"\&")
