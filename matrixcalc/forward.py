"""Forward mode: the differential of an expression, as an expression.

The differential is linear in the increments: dy = d(W*x) = dW*x + W*dx. By a scalar t
it is the derivative at once, with dt = 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matrixcalc import build
from matrixcalc.build import MINUS, add, had, mul, num, power
from matrixcalc.calls import make_call
from matrixcalc.errors import LimitError
from matrixcalc.expr import Expr, depends, topological
from matrixcalc.operators import TABLE
from matrixcalc.pullback import MAX_POWER, second_derivative
from matrixcalc.simplify import simplify_sum
from matrixcalc.templates import differential_of, slope, substitute

LINEAR = frozenset(["sum", "colsum", "rowsum", "tr", "diag", "diagonal", "vec", "cumsum"])

Changes = dict[Expr, Expr]


def differential(root: Expr, increments: Mapping[Expr, Expr]) -> Expr:
    """The differential of ``root``, given those of some of its variables.

    Shape: that of ``root``. An increment has the shape of its variable.

    >>> from matrixcalc.dims import Dim
    >>> n = Dim.named("n")
    >>> X, dX = build.sym("X", (n, n)), build.sym("dX", (n, n))
    >>> differential(power(X, MINUS), {X: dX})
    -inv(X)*dX*inv(X)
    """
    active = depends(root, increments)
    changes: Changes = dict(increments)
    for e in topological(root, lambda e: e in active and e not in increments):
        if e not in active or e in changes:
            continue
        terms = terms_of(e, changes, active)
        changes[e] = simplify_sum(terms) if terms else build.zeros(e.shape)
    return changes.get(root, build.zeros(root.shape))


def terms_of(e: Expr, d: Changes, active: set[Expr]) -> list[Expr]:
    """The terms of the differential of one node."""
    op = e.op
    if op == "add":
        return [d[a] for a in e.args if a in active]
    if op in ("mul", "had"):
        make = mul if op == "mul" else had
        return [
            make(*e.args[:i], d[a], *e.args[i + 1 :])
            for i, a in enumerate(e.args)
            if a in active and not build.is_zero(d[a])
        ]
    if op == "T":
        return [build.transpose(d[e.args[0]])]
    if op in ("pow", "epow"):
        return _power(e, d, active)
    if op == "kron":
        a, b = e.args
        parts = []
        if a in active:
            parts.append(make_call("kron", (d[a], b)))
        if b in active:
            parts.append(make_call("kron", (a, d[b])))
        return parts
    if op in LINEAR:
        return [_linear(op, d[e.args[0]])]
    if op.endswith("_frechet"):
        if e.args[0] in active:
            raise second_derivative(op)
        return [make_call(op, (e.args[0], d[e.args[1]]))]
    row = TABLE[op]
    if row.elementwise:
        factor = slope(e)
        return [] if factor is None else [had(factor, d[e.args[0]])]
    linear, increment = differential_of(e)
    made = substitute(linear, {increment: d[e.args[0]]})
    return list(made.args) if made.op == "add" else [made]


def _linear(op: str, change: Expr) -> Expr:
    """A linear function of a sum, term by term where each comes out shorter."""
    whole = make_call(op, (change,))
    if change.op == "add" and op in ("tr", "sum", "diag"):
        parts = simplify_sum(make_call(op, (t,)) for t in change.args)
        return parts if parts.cost < whole.cost else whole
    return whole


def _power(e: Expr, d: Changes, active: set[Expr]) -> list[Expr]:
    base, exponent = e.args
    if e.op == "pow" and not e.is_scalar:
        k = int(exponent.data)
        if abs(k) > MAX_POWER:
            raise LimitError(f"the derivative of a matrix power above {MAX_POWER} is too long")
        if k > 0:
            pairs = [(i, k - 1 - i) for i in range(k)]
            return [mul(power(base, num(i)), d[base], power(base, num(j))) for i, j in pairs]
        pairs = [(-i, k - 1 + i) for i in range(1, -k + 1)]
        return [mul(MINUS, power(base, num(i)), d[base], power(base, num(j))) for i, j in pairs]
    raised: Callable[[Expr, Expr], Expr] = power if e.op == "pow" else build.epower
    times: Callable[..., Expr] = mul if e.op == "pow" else had
    terms: list[Expr] = []
    if base in active:
        terms.append(times(exponent, raised(base, add(exponent, MINUS)), d[base]))
    if exponent in active:
        terms.append(times(e, make_call("log", (base,)), d[exponent]))
    return terms
