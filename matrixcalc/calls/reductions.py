"""Functions that make fewer numbers of many: sums, norms, the greatest and the least entry."""

from __future__ import annotations

from matrixcalc import build
from matrixcalc.build import ZERO, is_zero, num
from matrixcalc.calls.making import Simplifier, make_call, scalars_out
from matrixcalc.dims import ONE
from matrixcalc.expr import Expr


def _sum(a: Expr) -> Expr | None:
    if a.is_scalar:
        return a
    if a.op == "ones":
        return build.mul(build.size(a.rows), build.size(a.cols))
    if a.op == "eye":
        return build.size(a.rows)
    if is_zero(a):
        return ZERO
    if a.op == "diag":
        return make_call("sum", a.args)
    if a.op in ("colsum", "rowsum"):
        return make_call("sum", a.args)
    if a.op == "softmax":
        return build.UNIT
    if a.op == "mul":
        column, row = _outer_parts(a)
        if row is not None:
            return build.mul(make_call("sum", (column,)), make_call("sum", (row,)))
    if a.op == "diagonal":
        return make_call("tr", a.args)
    return scalars_out("sum")(a)


def _colsum(a: Expr) -> Expr | None:
    if a.rows.is_one:
        return a
    if a.cols.is_one:
        return make_call("sum", (a,))
    if a.op == "ones":
        return build.mul(build.size(a.rows), build.ones((ONE, a.cols)))
    if a.op == "eye":
        return build.ones((ONE, a.cols))
    if a.op == "zeros":
        return build.zeros((ONE, a.cols))
    if a.op == "diag":
        return build.transpose(a.args[0])
    if a.op == "T":
        return build.transpose(make_call("rowsum", a.args))
    if a.op == "mul":
        column, row = _outer_parts(a)
        if row is not None:
            return build.mul(make_call("sum", (column,)), row)
    return scalars_out("colsum")(a)


def _rowsum(a: Expr) -> Expr | None:
    if a.cols.is_one:
        return a
    if a.rows.is_one:
        return make_call("sum", (a,))
    if a.op == "ones":
        return build.mul(build.size(a.cols), build.ones((a.rows, ONE)))
    if a.op == "eye":
        return build.ones((a.rows, ONE))
    if a.op == "zeros":
        return build.zeros((a.rows, ONE))
    if a.op == "diag":
        return a.args[0]
    if a.op == "T":
        return build.transpose(make_call("colsum", a.args))
    if a.op == "mul":
        column, row = _outer_parts(a)
        if row is not None:
            return build.mul(column, make_call("sum", (row,)))
    return scalars_out("rowsum")(a)


def _outer_parts(a: Expr) -> tuple[Expr, Expr | None]:
    """A column times a row as the two; (a, None) for another product."""
    cut = next((i for i, f in enumerate(a.args) if i and f.rows.is_one and not f.is_scalar), None)
    if cut is None or a.args[0].is_scalar:
        return a, None
    return build.mul(*a.args[:cut]), build.mul(*a.args[cut:])


def _norm(name: str) -> Simplifier:
    def simplify(a: Expr) -> Expr | None:
        if a.is_scalar:
            return make_call("abs", (a,))
        if is_zero(a):
            return ZERO
        factor, rest = build.split_number(a)
        if factor not in (0, 1):
            return build.mul(num(abs(factor)), make_call(name, (rest,)))
        if a.op == "kron":
            return build.mul(*(make_call(name, (f,)) for f in a.args))
        return None

    return simplify


def _extreme(a: Expr) -> Expr | None:
    return a if a.is_scalar else None


SIMPLIFIERS: dict[str, Simplifier] = {
    "sum": _sum,
    "colsum": _colsum,
    "rowsum": _rowsum,
    "norm1": _norm("norm1"),
    "norm2": _norm("norm2"),
    "max": _extreme,
    "min": _extreme,
}
