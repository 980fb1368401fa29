"""What is linear in dx, brought to the form from which the derivative is read off.

A scalar by a vector is ``a'*dx``, by a matrix ``tr(A*dX)``, a vector by a vector
``A*dx``, anything by a scalar ``A*dt``, and with three axes or more ``A*vec(dX)``.
"""

from __future__ import annotations

from dataclasses import dataclass

from matrixcalc import build, engine
from matrixcalc.build import add, mul, transpose
from matrixcalc.calls import make_call, rebuild
from matrixcalc.derivation.records import Formula
from matrixcalc.expr import Expr, depends, topological
from matrixcalc.index import Indices
from matrixcalc.pullback import Pullback
from matrixcalc.raise_ import to_matrix
from matrixcalc.templates import substitute


@dataclass(frozen=True)
class Shape:
    """How the coefficient C and the increment dx stand in the form.

    Attributes:
        before, after: the text before and after the coefficient; latex: the same for LaTeX.
        flipped: whether the coefficient in the form is the transpose of the natural one.
        stacked: whether the form is of ``vec(dY)``.
        trace: whether it is a trace.
    """

    before: str
    after: str
    latex_before: str
    latex_after: str
    flipped: bool
    stacked: bool = False
    trace: bool = False


def shape_of(y: Expr, x: Expr) -> Shape:
    """The form for a function of the kind of ``y`` and a variable of the kind of ``x``."""
    if x.is_scalar:
        return Shape("", "*{}", "", r"\,{}", False)
    if y.order + x.order > 2:
        if x.order == 2:
            return Shape("", "*vec({})", "", r"\operatorname{{vec}}({})", False, True)
        end, latex = ("*{}'", r"\,{}^\top") if x.kind == "row" else ("*{}", r"\,{}")
        return Shape("", end, "", latex, False, True)
    if y.is_scalar:
        if x.order == 2:
            head, tail = r"\operatorname{{tr}}\left(", r"\,{}\right)"
            return Shape("tr(", "*{})", head, tail, True, trace=True)
        if x.kind == "row":
            return Shape("{}*", "", r"{}\,", "", True)
        return Shape("", "*{}", "", r"\,{}", True)
    if y.kind == "row":
        if x.kind == "row":
            return Shape("{}*", "", r"{}\,", "", True)
        return Shape("{}'*", "", r"{}^\top\,", "", True)
    if x.kind == "row":
        return Shape("", "*{}'", "", r"\,{}^\top", False)
    return Shape("", "*{}", "", r"\,{}", False)


def form(y: Expr, natural: Expr, dx: Expr) -> Formula:
    """The form with a coefficient, given in its natural shape."""
    s = shape_of(y, dx)
    c = transpose(natural) if s.flipped else natural
    value = _value(y, natural, dx)
    front, rest = _numbers_first(c) if s.before.startswith("{}") else (build.UNIT, c)
    inner, latex_inner = "{}", "{}"
    scalar_product = c.is_scalar and c.op == "mul" and not c.args[0].is_scalar
    behind = s.before.startswith("{}") and rest.op == "had"
    if rest.op == "add" or behind or (scalar_product and s.before):
        inner, latex_inner = "({})", r"\left({}\right)"
    elif {c.op, *(a.op for a in c.args if c.op == "mul")} & {"kron", "had"}:
        latex_inner = r"\left({}\right)"  # an infix sign there
    unit = c is build.UNIT or c.op == "eye"
    minus = c is build.MINUS or (c.op == "mul" and c.args[0] is build.MINUS and _bare(c))
    if unit or minus:
        sign = "-" if minus else ""
        text = (s.before + s.after).replace("*", "", 1)
        latex = (s.latex_before + s.latex_after).replace(r"\,", "", 1)
        if s.trace:
            text, latex = "tr({})", r"\operatorname{{tr}}({})"
        return Formula(sign + text, (dx,), value, sign + latex)
    if not s.before.startswith("{}"):
        template = s.before + inner + s.after
        return Formula(template, (c, dx), value, s.latex_before + latex_inner + s.latex_after)
    template, latex = s.before + inner, s.latex_before + latex_inner
    if front is build.UNIT:
        return Formula(template, (dx, c), value, latex)
    if front is build.MINUS:
        return Formula(f"-{template}", (dx, rest), value, f"-{latex}")
    return Formula("{}*" + template, (front, dx, rest), value, r"{}\," + latex)


def _numbers_first(c: Expr) -> tuple[Expr, Expr]:
    """The numbers of a product, and the rest of it."""
    if c.op != "mul":
        return build.UNIT, c
    numbers = [a for a in c.args if a.is_scalar]
    return mul(*numbers), mul(*(a for a in c.args if not a.is_scalar))


def _bare(c: Expr) -> bool:
    return len(c.args) == 2 and c.args[1].op == "eye"


def _value(y: Expr, natural: Expr, dx: Expr) -> Expr:
    """The form as one expression, for checking."""
    s = shape_of(y, dx)
    if dx.is_scalar:
        return mul(natural, dx)
    if s.stacked:
        return mul(natural, as_column(dx))
    c = transpose(natural) if s.flipped else natural
    if s.trace:
        return make_call("tr", (mul(c, dx),))
    if y.kind == "row":
        return mul(dx if dx.kind == "row" else transpose(dx), c)
    if y.is_scalar and dx.kind == "row":
        return mul(dx, c)
    return mul(c, as_column(dx))


def as_column(e: Expr) -> Expr:
    """A vector, row or matrix with its columns stacked."""
    if e.order == 2:
        return make_call("vec", (e,))
    return transpose(e) if e.kind == "row" else e


def stacked(y: Expr, e: Formula) -> Formula:
    """``vec(…)`` of a formula, where the form is of the stacked differential."""
    assert e.value is not None
    value = as_column(e.value)
    if y.order == 2:
        latex = rf"\operatorname{{{{vec}}}}({e.latex_template})"
        return Formula(f"vec({e.template})", e.parts, value, latex, e.inner)
    if y.kind == "row":
        return Formula("{}", (value,), value, "{}", e.inner)
    return e


def pattern(y: Expr, dx: Expr) -> str:
    """The form with C for the coefficient, such as ``tr(C*dX)``."""
    s = shape_of(y, dx)
    text = s.before + "{c}" + s.after
    return text.replace("{}", dx.name).replace("{c}", "C")


MOST_TERMS = 12
"""The most terms into which a differential is multiplied out."""


def monomials(e: Expr, dx: Expr) -> list[Expr]:
    """The terms of ``e``, which is linear in ``dx``, each with ``dx`` in it once.

    Sums that stand inside are multiplied out, as far as there are not too many terms.

    >>> from matrixcalc.expr import symbols
    >>> from matrixcalc.infer import parse
    >>> e = parse("tr(A*(X + B*X'))")
    >>> monomials(e, next(s for s in symbols(e) if s.name == "X"))
    [tr(A*X), tr(A*B*X')]
    """
    active = depends(e, [dx])
    made: dict[Expr, list[Expr]] = {dx: [dx]}
    for node in topological(e, lambda n: n in active):
        if node not in active or node in made:
            continue
        terms: list[Expr] = []
        for i, a in enumerate(node.args):
            if a not in active:
                continue
            for part in made[a]:
                args = part if node.op == "add" else (*node.args[:i], part, *node.args[i + 1 :])
                terms.append(args if isinstance(args, Expr) else rebuild(node, args, node.shape))
        made[node] = terms if len(terms) <= MOST_TERMS else [node]
    return made[e]


def coefficient(e: Expr, dx: Expr) -> Expr | None:
    """What multiplies ``dx`` in ``e``, in its natural shape, term by term and not simplified.

    None where matrix notation has no such coefficient.

    >>> from matrixcalc.infer import parse
    >>> e = parse("tr(A*X*B)", vars={"A": "matrix(p, n)", "X": "matrix(n, m)"})
    >>> coefficient(e, e.args[0].args[1])
    (B*A)'
    """
    if dx.is_scalar:
        return substitute(e, {dx: build.UNIT})
    if e.order + dx.order > 2:
        return _stacked_coefficient(e, dx)
    raised: list[Expr] = []
    for term in monomials(e, dx):
        pullback = Pullback(Indices())
        for t in pullback.derivative(term, [dx])[dx]:
            matrix = to_matrix(t, pullback.indices)
            if matrix is None:
                return None
            raised.append(matrix)
    if not raised:
        made = build.zeros(dx.shape if e.is_scalar else (e.rows * e.cols, dx.rows * dx.cols))
    else:
        made = add(*raised)
    return transpose(made) if e.is_scalar and dx.kind == "row" and made.kind != "row" else made


def _stacked_coefficient(e: Expr, dx: Expr) -> Expr | None:
    raised: list[Expr] = []
    for term in monomials(e, dx):
        tensor = engine.derivative(engine.value_of(term), dx)
        form = engine.vec_form(tensor) if tensor.terms else None
        if tensor.terms and form is None:
            return None
        if form is not None:
            raised.append(form)
    return add(*raised) if raised else None
