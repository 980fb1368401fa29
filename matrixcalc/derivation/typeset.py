"""Formulas of derivations as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from matrixcalc import build
from matrixcalc.expr import Expr, symbols
from matrixcalc.printers.latex import differential_latex, to_latex
from matrixcalc.tex.names import name_latex

if TYPE_CHECKING:
    from matrixcalc.derivation.records import Formula

_POWERS = dict(zip("²³⁴⁵⁶", "23456", strict=True))
_NAMED = re.compile(r"[^\W\d]\w*")


def formula_latex(formula: Formula) -> str:
    """One side of an equation as LaTeX; ``d(e)`` with an upright d."""
    if not formula.parts:
        return formula.latex_template or text_latex(formula.template)
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


def text_latex(text: str, bold: Collection[str] = ()) -> str:
    r"""The name of a derivative as LaTeX.

    ``bold`` has the names of vectors and matrices; their entries are not bold.

    >>> print(text_latex("∂y_i/∂x_j"))
    \frac{\partial y_{i}}{\partial x_{j}}
    >>> print(text_latex("∂²y/∂x∂x", {"x"}))
    \frac{\partial^{2} y}{\partial \mathbf{x} \partial \mathbf{x}}
    >>> print(text_latex("vec(dY)", {"Y"}))
    \operatorname{vec}(\mathrm{d}\mathbf{Y})
    """
    if text.startswith("d("):
        return rf"\mathrm{{d}}\left({text_latex(text[2:-1], bold)}\right)"
    if text.startswith("vec(") and text.endswith(")") and "/" not in text.partition(")")[2]:
        return rf"\operatorname{{vec}}({text_latex(text[4:-1], bold)})"
    above, bar, below = text.partition("/")
    if bar:
        return rf"\frac{{{_piece(above, bold)}}}{{{_piece(below, bold)}}}"
    return _piece(text, bold)


def _piece(text: str, bold: Collection[str]) -> str:
    power = next((digit for mark, digit in _POWERS.items() if mark in text), "")
    text = text.translate(dict.fromkeys(map(ord, _POWERS)))
    text = _NAMED.sub(lambda m: _name(m, bold), text.replace("vec(", "\0"))
    text = text.replace("\0", r"\operatorname{vec}(").replace("'", r"^\top")
    sign = rf"\partial^{{{power}}} " if power else r"\partial "
    return re.sub(r"(?<=\S)∂", " ∂", text).replace("∂", sign)


def _name(match: re.Match[str], bold: Collection[str]) -> str:
    """The name of a variable, maybe after a ``d`` and with indices after it."""
    word = match[0]
    if word in bold:
        return name_latex(word, bold=True)
    if word[0] == "d" and word[1:] in bold:
        return rf"\mathrm{{d}}{name_latex(word[1:], bold=True)}"
    name, mark, axes = word.rpartition("_")
    if name in bold and mark:
        below = name_latex(name)
        return f"{below[:-1]},{axes}}}" if "_{" in below else f"{below}_{{{axes}}}"
    if word[0] == "d" and len(word) > 1:
        return rf"\mathrm{{d}}{name_latex(word[1:])}"
    return name_latex(word)


def words_latex(text: str) -> str:
    """Words for ``\\text``."""
    return text.replace("_", r"\_").replace("δ", r"$\delta$").replace("&", r"\&")
