r"""Whole answers: ``\frac{\partial y}{\partial x} = …`` typeset, and ``∂y/∂x = …`` in signs."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Protocol

from matrixcalc.cases import Case
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr, symbols
from matrixcalc.index import Indices, Term
from matrixcalc.printers.ascii import to_ascii
from matrixcalc.printers.index import axis_names, entry_latex, index_latex
from matrixcalc.printers.latex import formula_rows, gathered, to_latex
from matrixcalc.printers.pieces import ATOM, POWER
from matrixcalc.printers.text import to_text
from matrixcalc.printers.unicode import name_unicode, to_unicode
from matrixcalc.tex.names import name_latex

LONGEST_LEFT = 12
"""The greatest cost of a function that stands itself on the left-hand side."""

FORMS = ("matrix", "index", "vec", "vjp")


class Tensor(Protocol):
    """What an index form needs of a tensor."""

    @property
    def indices(self) -> Indices: ...
    @property
    def orders(self) -> tuple[int, ...]: ...


class Check(Protocol):
    @property
    def status(self) -> str: ...


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
    def vec(self) -> Expr | None: ...
    @property
    def backpropagated(self) -> Expr | None: ...
    @property
    def layout(self) -> str: ...
    @property
    def shape(self) -> tuple[str, ...]: ...
    @property
    def case(self) -> Case: ...
    @property
    def conditions(self) -> list[str]: ...
    @property
    def problem_dependent(self) -> bool: ...
    @property
    def verification(self) -> Check: ...
    @property
    def tensor(self) -> Tensor: ...
    @property
    def index_terms(self) -> Sequence[Term]: ...
    @property
    def index_left(self) -> str: ...
    @property
    def index_form(self) -> str: ...


def _wanted(d: Answer, form: str) -> tuple[str, Expr | None]:
    """The form that is meant, and its expression; None for the index form."""
    if form not in FORMS:
        raise UnsupportedError(f"no form {form!r}", hint=f"the forms are {', '.join(FORMS)}")
    found = {"matrix": d.result, "vec": d.vec, "vjp": d.backpropagated, "index": None}[form]
    if found is None and form in ("vec", "vjp"):
        raise UnsupportedError(f"this derivative, {d.case}, has no {form} form")
    return ("index" if found is None else form), found


def derivative_latex(d: Answer, right_only: bool = False, form: str = "matrix") -> str:
    """The equation, or its right side alone."""
    form, e = _wanted(d, form)
    if e is None:
        right = index_latex(d.index_terms, d.tensor.indices)
        return right if right_only else f"{_index_left(d)} = {right}"
    if right_only:
        return to_latex(e)
    *shared, right = formula_rows(e)
    if form == "vjp":
        given = name_latex(_upstream(d, e), bold=not d.function.is_scalar)
        return gathered([*shared, rf"{given} \mapsto {right}"])
    vec = form == "vec" or (d.problem_dependent and len(d.wrt) == 1)
    return gathered([*shared, f"{_left(d, vec, form == 'vec')} = {right}"])


def _upstream(d: Answer, e: Expr) -> str:
    """The name of the gradient that flows back."""
    known = {s.name for s in symbols(d.function)}
    names = [s.name for s in symbols(e) if s.name not in known and s.name.startswith("G")]
    return names[0] if names else next(n for n in ("G", "G_1", "G_2") if n not in known)


def _index_left(d: Answer) -> str:
    names = axis_names(d.tensor.orders)
    power = "" if len(d.wrt) == 1 else f"^{{{len(d.wrt)}}}"
    below = " ".join(
        rf"\partial {entry_latex(n, ''.join(axes))}"
        for n, axes in zip(d.wrt, names[1:], strict=True)
    )
    above = entry_latex(d.name or "y", "".join(names[0]))
    return rf"\frac{{\partial{power} {above}}}{{{below}}}"


def _free(d: Answer) -> str:
    """A letter for a function without a name."""
    taken = {x.name for x in symbols(d.function)}
    return next(n for n in ("f", "F", "g", "G", "f_0") if n not in taken)


def _left(d: Answer, vec: bool, numerator: bool) -> str:
    order = len(d.wrt)
    power = "" if order == 1 else f"^{{{order}}}"
    turned = vec and d.layout == "denominator" and not numerator
    below = []
    for x in d.targets:
        name = name_latex(x.name, bold=not x.is_scalar)
        below.append(rf"\operatorname{{vec}}({name})" if vec and x.order == 2 else name)
    if vec and not turned and not d.targets[-1].is_scalar:
        below[-1] += r"^\top"
    bottom = r" \, ".join(rf"\partial {name}" for name in below)
    y = d.function
    flip = r"^\top" if turned else ""
    if d.name or y.op == "sym" or y.cost > LONGEST_LEFT:
        top = name_latex(d.name or (y.name if y.op == "sym" else _free(d)), bold=not y.is_scalar)
        top = rf"\operatorname{{vec}}({top})" if vec and y.order == 2 else top
        return rf"\frac{{\partial{power} {top}{flip}}}{{{bottom}}}"
    body = to_latex(y, binding=ATOM if flip else POWER)
    if vec and y.order == 2:
        body = rf"\operatorname{{vec}}({to_latex(y)})"
    return rf"\frac{{\partial{power}}}{{{bottom}}} {body}{flip}"


def derivative_pretty(d: Answer, form: str = "matrix", ascii: bool = False) -> str:
    """The equation on a line, in mathematical signs or in ASCII."""
    form, e = _wanted(d, form)
    if e is None:
        line = f"{d.index_left} = {d.index_form}"
        return to_ascii(line) if ascii else line
    written = to_text if ascii else to_unicode
    right = written(e)
    if form == "vjp":
        line = f"{_upstream(d, e)} {'->' if ascii else '↦'} {right}"
    else:
        vec = form == "vec" or (d.problem_dependent and len(d.wrt) == 1)
        line = f"{_signs_left(d, vec, form == 'vec', ascii)} = {right}"
    return to_ascii(line) if ascii else line


def _signs_left(d: Answer, vec: bool, numerator: bool, ascii: bool) -> str:
    y = d.function
    top = d.name or (y.name if y.op == "sym" else _free(d))
    long = bool(d.name) or y.op == "sym" or y.cost > LONGEST_LEFT
    if ascii:
        top = top if long else _grouped(to_text(y))
    else:
        top = name_unicode(top) if long else _grouped(to_unicode(y))
    prime = "'" if ascii else "ᵀ"
    power = "" if len(d.wrt) == 1 else "²³⁴⁵⁶"[len(d.wrt) - 2]
    below = [x.name if ascii else name_unicode(x.name) for x in d.targets]
    if vec:
        turned = d.layout == "denominator" and not numerator
        if y.order == 2:
            top = f"vec{top}" if top.startswith("(") and not long else f"vec({top})"
        below = [f"vec({b})" if x.order == 2 else b
                 for b, x in zip(below, d.targets, strict=True)]
        last = "" if turned or d.targets[-1].is_scalar else prime
        top, below[-1] = (top + prime if turned else top), below[-1] + last
    return f"∂{power}{top}/" + "".join(f"∂{b}" for b in below)


def _grouped(text: str) -> str:
    """A function's text as it stands behind ∂."""
    return f"({text})"


def derivative_html(d: Answer) -> str:
    """An answer for a notebook: the equation, and below it what it is."""
    size = "×".join(f"({axis})" if "*" in axis else axis for axis in d.shape) or "1×1"
    status = d.verification.status
    notes = [str(d.case), f"{d.layout} layout", size]
    notes += ["problem-dependent"] if d.problem_dependent else []
    notes += ["not verified" if status == "skipped" else f"{status} by SymPy"]
    notes += [f"where {condition}" for condition in d.conditions]
    plain = d.index_form if d.result is None else to_text(d.result)
    return html(derivative_latex(d), plain, ", ".join(notes))


def html(latex: str, plain: str, note: str = "") -> str:
    """A formula for a notebook, with the plain text for those who cannot see it."""
    label = escape(plain, quote=True)
    style = "display: inline-block; padding: 4px 0"
    below = f"<br><small>{escape(note)}</small>" if note else ""
    body = f"\\(\\displaystyle {escape(latex)}\\)"
    return f'<div class="matrixcalc" style="{style}" title="{label}">{body}{below}</div>'
