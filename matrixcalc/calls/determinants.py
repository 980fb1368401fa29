"""Determinants, adjugates and inverses."""

from __future__ import annotations

from matrixcalc import build
from matrixcalc.build import ZERO
from matrixcalc.calls.making import Simplifier, make_call
from matrixcalc.expr import Expr


def _det(a: Expr) -> Expr | None:
    if a.is_scalar:
        return a
    if a.op == "eye":
        return build.UNIT
    if a.op == "T":
        return make_call("det", a.args)
    if a.op == "pow":
        return build.power(make_call("det", (a.args[0],)), a.args[1])
    if a.op == "kron" and all(f.is_square for f in a.args):
        left, right = a.args
        powers = ((left, right.rows), (right, left.rows))
        return build.mul(*(build.power(make_call("det", (f,)), build.size(n)) for f, n in powers))
    if a.op == "mul" and a.args[0].is_scalar:
        scalars = [s for s in a.args if s.is_scalar]
        inner = build.mul(*a.args[len(scalars) :])
        front = build.power(build.mul(*scalars), build.size(a.rows))
        return build.mul(front, make_call("det", (inner,)))
    squares = _square_factors(a)
    return build.mul(*(make_call("det", (f,)) for f in squares)) if squares else None


def _logdet(a: Expr) -> Expr | None:
    if a.is_scalar:
        return make_call("log", (make_call("abs", (a,)),))
    if a.op == "eye":
        return ZERO
    if a.op == "T":
        return make_call("logdet", a.args)
    if a.op == "pow":
        return build.mul(a.args[1], make_call("logdet", (a.args[0],)))
    return None


def _adj(a: Expr) -> Expr | None:
    if a.is_scalar:
        return build.UNIT
    if a.op == "eye":
        return a
    squares = _square_factors(a)
    return build.mul(*(make_call("adj", (f,)) for f in reversed(squares))) if squares else None


def _square_factors(a: Expr) -> list[Expr]:
    """The square matrices that a product is made of; none where it is no such product."""
    if a.op != "mul" or a.args[0].is_scalar:
        return []
    found: list[Expr] = []
    start = 0
    for end, f in enumerate(a.args, 1):
        if f.cols == a.rows:
            found.append(build.mul(*a.args[start:end]))
            start = end
    return found if len(found) > 1 else []


def _inverse(a: Expr) -> Expr | None:
    return build.power(a, build.MINUS)


def _pinv(a: Expr) -> Expr | None:
    if a.order != 1:
        return None
    # of a column x it is x'/(x'*x)
    turned = build.transpose(a)
    row, column = (turned, a) if a.cols.is_one else (a, turned)
    return build.mul(build.power(build.mul(row, column), build.MINUS), turned)


SIMPLIFIERS: dict[str, Simplifier] = {
    "det": _det,
    "logdet": _logdet,
    "adj": _adj,
    "inv": _inverse,
    "pinv": _pinv,
}
