"""Derivatives of matrix functions along directions that commute with the argument."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from matrixcalc import build
from matrixcalc.build import is_zero, num
from matrixcalc.calls.making import Simplifier, make_call
from matrixcalc.expr import Expr, topological


def _frechet(name: str) -> Simplifier:
    def simplify(a: Expr, b: Expr) -> Expr | None:
        if is_zero(b):
            return b
        if b.op == "mul" and b.args[0].is_scalar:
            scalars = [s for s in b.args if s.is_scalar]
            inner = build.mul(*b.args[len(scalars) :])
            return build.mul(*scalars, make_call(name, (a, inner)))
        if not _commute(a, b):
            return None
        return build.mul(b, SLOPES[name](a))

    return simplify


SLOPES: dict[str, Callable[[Expr], Expr]] = {
    "expm_frechet": lambda a: make_call("expm", (a,)),
    "logm_frechet": lambda a: build.power(a, build.MINUS),
    "sqrtm_frechet": lambda a: build.mul(
        num(Fraction(1, 2)), build.power(make_call("sqrtm", (a,)), build.MINUS)
    ),
}
"""The derivative of a matrix function along a direction that commutes with its argument."""


def _commute(a: Expr, b: Expr) -> bool:
    """Whether two matrices plainly commute: both are functions of one."""
    return _bases(b, a) <= {a} or len(_bases(a) | _bases(b)) < 2


def _bases(e: Expr, whole: Expr | None = None) -> set[Expr]:
    """The matrices of which an expression is made by products, powers and matrix functions.

    ``whole`` is not taken apart.
    """
    found: set[Expr] = set()
    for f in topological(e, lambda f: f is not whole and f.op in _INNER):
        if f.op == "eye" or f.is_scalar or (f is not whole and f.op in _INNER):
            continue
        found.add(f)
    return found


_INNER = frozenset({"add", "mul", "pow", "adj", "expm", "logm", "sqrtm"})


SIMPLIFIERS: dict[str, Simplifier] = {
    name: _frechet(name) for name in ("expm_frechet", "logm_frechet", "sqrtm_frechet")
}
