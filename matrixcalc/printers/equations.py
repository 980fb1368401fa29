r"""Whole answers, typeset: ``\frac{\partial y}{\partial x} = …``, and their left-hand sides."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Protocol

from matrixcalc.expr import Expr, symbols
from matrixcalc.printers.latex import to_latex
from matrixcalc.tex.names import name_latex
from matrixcalc.printers.unicode import to_unicode

LONGEST_LEFT = 12
"""The greatest cost of a function that stands itself on the left-hand side."""


class Answer(Protocol):
    """What is typeset of a derivative."""

    @property
    def name(self) -> str | None: ...
    @property
    def function(self) -> Expr: ...
    @property
    def wrt(self) -> tuple[str, ...]: ...
    @property
    def targets(self) -> Sequence[Expr]: ...
    @property
    def result(self) -> Expr | None: ...
    @property
    def layout(self) -> str: ...
    @property
    def problem_dependent(self) -> bool: ...
    @property
    def index_left(self) -> str: ...
    @property
    def index_form(self) -> str: ...


def derivative_latex(d: Answer, right_only: bool = False) -> str:
    """The equation, or its right side alone."""
    if d.result is None:
        right = rf"\text{{{_words(d.index_form)}}}"
        return right if right_only else rf"\text{{{_words(d.index_left)}}} = {right}"
    right = to_latex(d.result)
    return right if right_only else f"{_left(d)} = {right}"


def _words(text: str) -> str:
    marks = {"∂": r"$\partial$", "δ": r"$\delta$", "Σ": r"$\sum$", "²": "$^2$"}
    escaped = text.replace("_", r"\_").replace("^", r"\char94 ")
    for mark, latex in marks.items():
        escaped = escaped.replace(mark, latex)
    return escaped


def _left(d: Answer) -> str:
    order = len(d.wrt)
    power = "" if order == 1 else f"^{{{order}}}"
    vec = d.problem_dependent and order == 1
    below = []
    for x in d.targets:
        name = name_latex(x.name, bold=not x.is_scalar)
        below.append(rf"\operatorname{{vec}}({name})" if vec and x.order == 2 else name)
    if vec and d.layout != "denominator":
        below[-1] += r"^\top"
    bottom = r" \, ".join(rf"\partial {name}" for name in below)
    y = d.function
    if d.name or y.op == "sym" or y.cost > LONGEST_LEFT:
        taken = {x.name for x in symbols(y)}
        free = next(n for n in ("f", "F", "g", "G", "f_0") if n not in taken)
        top = name_latex(d.name or (y.name if y.op == "sym" else free), bold=not y.is_scalar)
        top = rf"\operatorname{{vec}}({top})" if vec and y.order == 2 else top
        flip = r"^\top" if vec and d.layout == "denominator" else ""
        return rf"\frac{{\partial{power} {top}{flip}}}{{{bottom}}}"
    body = to_latex(y)
    of = r"\operatorname{vec}" if vec and y.order == 2 else ""
    flip = r"^\top" if vec and d.layout == "denominator" else ""
    return rf"\frac{{\partial{power}}}{{{bottom}}} {of}\left({body}\right){flip}"


def derivative_pretty(d: Answer) -> str:
    """The right side as a line of Unicode."""
    return d.index_form if d.result is None else to_unicode(d.result)


def html(latex: str, plain: str) -> str:
    """A formula for a notebook, with the plain text for those who cannot see it."""
    label = escape(plain, quote=True)
    return f'<span class="matrixcalc" title="{label}">\\({escape(latex)}\\)</span>'
