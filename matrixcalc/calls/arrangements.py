"""The same entries in another order or shape: diagonals, stacked columns, Kronecker products."""

from __future__ import annotations

from matrixcalc import build
from matrixcalc.build import function, is_zero
from matrixcalc.calls.making import Simplifier, make_call, scalars_out
from matrixcalc.dims import ONE
from matrixcalc.expr import Expr
from matrixcalc.operators import TABLE


def _diag(a: Expr) -> Expr | None:
    if a.rows.is_one:
        a = build.transpose(a)
    if a.op == "ones":
        return build.eye(a.rows)
    if a.op == "zeros":
        return build.zeros((a.rows, a.rows))
    made = scalars_out("diag")(a)
    if made is not None:
        return made
    return function("diag", (a,), (a.rows, a.rows))


def _diagonal(a: Expr) -> Expr | None:
    if a.op == "diag":
        return a.args[0]
    if a.op == "eye":
        return build.ones((a.rows, ONE))
    if a.op == "ones":
        return build.ones((a.rows, ONE))
    if a.op == "zeros":
        return build.zeros((a.rows, ONE))
    if a.op == "sym" and "skew" in a.data[1]:
        return build.zeros((a.rows, ONE))
    if a.op == "T":
        return make_call("diagonal", a.args)
    if a.op in ("had", "epow"):
        parts = [f if f.is_scalar else make_call("diagonal", (f,)) for f in a.args]
        return build.had(*parts) if a.op == "had" else build.epower(*parts)
    if a.op in TABLE and TABLE[a.op].elementwise:
        return make_call(a.op, (make_call("diagonal", a.args),))
    if a.op == "mul":
        cut = next((i for i, f in enumerate(a.args) if i and f.rows.is_one), None)
        if cut is not None and not a.args[0].is_scalar:
            row = build.mul(*a.args[cut:])
            return build.had(build.mul(*a.args[:cut]), build.transpose(row))
    return scalars_out("diagonal")(a)


def _vec(a: Expr) -> Expr | None:
    if a.cols.is_one:
        return a
    if a.rows.is_one:
        return build.transpose(a)
    known = _stacked(a)
    if known is not None:
        return known
    if a.op in ("ones", "zeros"):
        shape = (a.rows * a.cols, ONE)
        return build.ones(shape) if a.op == "ones" else build.zeros(shape)
    return scalars_out("vec")(a)


def _stacked(a: Expr) -> Expr | None:
    """The vector b of the matrix (vec(eye)' ⊗ eye)(eye ⊗ b), whose columns are its parts."""
    if a.op != "mul" or len(a.args) != 2 or any(f.op != "kron" for f in a.args):
        return None
    row, unit = a.args[0].args
    eye, b = a.args[1].args
    if eye.op != "eye" or unit.op != "eye" or row.op != "T":
        return None
    inner = row.args[0]
    same = inner.op == "vec" and inner.args[0] is eye and unit.rows == a.rows
    return b if same and b.cols.is_one else None


def _kron(a: Expr, b: Expr) -> Expr | None:
    if a.is_scalar or b.is_scalar:
        return build.mul(a, b)
    if (a.cols.is_one and b.rows.is_one) or (a.rows.is_one and b.cols.is_one):
        return build.mul(a, b) if a.cols.is_one else build.mul(b, a)
    if a.op == "eye" and b.op == "eye":
        return build.eye(a.rows * b.rows)
    if is_zero(a) or is_zero(b):
        return build.zeros((a.rows * b.rows, a.cols * b.cols))
    if a.op == "ones" and b.op == "ones":
        return build.ones((a.rows * b.rows, a.cols * b.cols))
    scalars = [s for e in (a, b) if e.op == "mul" for s in e.args if s.is_scalar]
    if scalars:
        inner = [
            build.mul(*(f for f in e.args if not f.is_scalar)) if e.op == "mul" else e
            for e in (a, b)
        ]
        return build.mul(*scalars, make_call("kron", tuple(inner)))
    return None


SIMPLIFIERS: dict[str, Simplifier] = {
    "diag": _diag,
    "diagonal": _diagonal,
    "vec": _vec,
    "kron": _kron,
}
