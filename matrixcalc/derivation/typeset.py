"""Formulas of derivations as LaTeX."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from matrixcalc import build
from matrixcalc.expr import Expr, symbols
from matrixcalc.printers.latex import to_latex
from matrixcalc.templates import substitute

if TYPE_CHECKING:
    from matrixcalc.derivation.records import Formula, Step

_INDEXED = re.compile(r"([^\W\d_]+|\))(?:_(\d+))?_\(?([a-z,]+)\)?(?![\w(])")
_MARKS = {"Σ": r"\sum", "δ": r"\delta", "∂": r"\partial "}


def formula_latex(formula: Formula) -> str:
    """One side of an equation as LaTeX; ``d(e)`` with an upright d."""
    if not formula.parts:
        return formula.latex_template or text_latex(formula.template)
    parts = [_part(p, formula) for p in formula.parts]
    return formula.latex_template.format(*parts)


def _part(e: Expr, formula: Formula) -> str:
    """An expression; its differentials are printed as stand-ins that are then replaced."""
    change: dict[Expr, Expr] = {}
    words: dict[str, str] = {}
    for n, s in enumerate(v for v in symbols(e) if v in formula.inner or v.name.startswith("d(")):
        place = build.sym(f"qz{n + 901}" if s.order < 2 else f"QZ{n + 901}", s.shape)
        change[s] = place
        words[to_latex(place)] = differential_latex(s, formula.inner.get(s))
    text = to_latex(substitute(e, change) if change else e)
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text


def differential_latex(symbol: Expr, inner: Expr | None) -> str:
    """``d(e)`` as LaTeX, given what ``e`` is."""
    if inner is None or inner.op in ("zeros", "num"):
        inner = build.sym(symbol.name[1:], symbol.shape)
    body = to_latex(inner)
    return rf"\mathrm{{d}}{body}" if inner.op == "sym" else rf"\mathrm{{d}}\left({body}\right)"


def left_latex(step: Step) -> str:
    """The left side of a step."""
    if str(step.before) == step.left and step.before.latex_template:
        return step.before.latex_template
    return text_latex(step.left)


def text_latex(text: str) -> str:
    r"""An index form, or the name of a derivative, as LaTeX.

    >>> text_latex("∂y_i/∂x_j")
    '\\frac{\\partial y_{i}}{\\partial x_{j}}'
    >>> text_latex("Σ_k W_ik δ_kj")
    '\\sum_{k} W_{ik} \\delta_{kj}'
    """
    found = re.fullmatch(r"(∂[²³⁴⁵⁶]?[^/]+)/(∂.+)", text)
    if found:
        return rf"\frac{{{text_latex(found[1])}}}{{{text_latex(found[2])}}}"
    text = _INDEXED.sub(_subscript, text)
    text = re.sub(r"\bd(?=[^\W\d_])", r"\\mathrm{d}", text)
    text = re.sub(r"\bvec\(", r"\\operatorname{vec}(", text)
    text = re.sub(r"(?<!\\)\b(inv|exp|det|tr|sum|diag|norm2)\(", r"\\operatorname{\1}(", text)
    for mark, latex in _MARKS.items():
        text = text.replace(mark, latex)
    for mark, digit in zip("²³⁴⁵⁶", "23456", strict=True):
        text = text.replace(mark, f"^{{{digit}}} ")
    text = text.replace("'", r"^\top")
    return re.sub(r"\*", r"\\,", text).replace("  ", " ")


def _subscript(match: re.Match[str]) -> str:
    head, number, axes = match.groups()
    number = f"{number}," if number else ""
    return f"{head}_{{{number}{axes}}}"


def words_latex(text: str) -> str:
    """Words for ``\\text``."""
    return text.replace("_", r"\_").replace("δ", r"$\delta$").replace("&", r"\&")
