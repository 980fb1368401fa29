"""Traces, which are the same for a product turned around."""

from __future__ import annotations

from hashlib import blake2b

from matrixcalc import build
from matrixcalc.build import ZERO, function
from matrixcalc.calls.making import Simplifier, make_call
from matrixcalc.calls.matrix_functions import SLOPES
from matrixcalc.dims import SCALAR
from matrixcalc.expr import Expr


def _tr(a: Expr) -> Expr | None:
    if a.is_scalar:
        return a
    if a.op == "eye":
        return build.size(a.rows)
    if a.op == "zeros":
        return ZERO
    if a.op == "diag":
        return make_call("sum", a.args)
    if a.op == "T":
        return make_call("tr", a.args)
    if a.op == "kron" and all(f.is_square for f in a.args):
        return build.mul(*(make_call("tr", (f,)) for f in a.args))
    if a.op == "sym" and "skew" in a.data[1]:
        return ZERO
    slope = SLOPES.get(a.op)
    if slope is not None:
        # tr(L(A, B)) = tr(f'(A)*B)
        return make_call("tr", (build.mul(slope(a.args[0]), a.args[1]),))
    if a.op == "mul":
        scalars = [s for s in a.args if s.is_scalar]
        if scalars:
            inner = build.mul(*a.args[len(scalars) :])
            return build.mul(*scalars, make_call("tr", (inner,)))
        for i, f in enumerate(a.args):
            if f.rows.is_one:
                return build.mul(*a.args[i:], *a.args[:i])
        return _of_product(a)
    return None


def _of_product(a: Expr) -> Expr:
    """tr(A*B) is tr(B*A) and tr(B'*A'): they get one key."""
    chain = a.args
    if len(chain) > 2 or chain[0].op == "pow" or chain[-1].op == "pow":
        # powers of one matrix that meet around the corner
        whole = build.mul(chain[-1], *chain[:-1])
        if whole.op != "mul" or len(whole.args) < len(chain):
            return make_call("tr", (whole,))
    if a.lean < 0:
        return make_call("tr", (build.transpose(a),))
    forward = [f.key for f in chain]
    backward = [build.transpose(f).key for f in reversed(chain)]
    least = min(_least_rotation(forward), _least_rotation(backward))
    key = blake2b(b"tr" + b"".join(least), digest_size=16).digest()
    return function("tr", (a,), SCALAR, key=key)


def _least_rotation(keys: list[bytes]) -> list[bytes]:
    """The rotation that is least in dictionary order (Booth's algorithm)."""
    doubled = keys + keys
    failure = [-1] * len(doubled)
    best = 0
    for j in range(1, len(doubled)):
        x = doubled[j]
        i = failure[j - best - 1]
        while i != -1 and x != doubled[best + i + 1]:
            if x < doubled[best + i + 1]:
                best = j - i - 1
            i = failure[i]
        if x != doubled[best + i + 1]:
            if x < doubled[best]:
                best = j
            failure[j - best] = -1
        else:
            failure[j - best] = i + 1
    return doubled[best : best + len(keys)]


SIMPLIFIERS: dict[str, Simplifier] = {"tr": _tr}
