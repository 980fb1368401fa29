"""Neighbours in a matrix product that make one factor: powers, inverses, adjugates, ones,
diagonal matrices, Kronecker products and projectors.

Each is an identity wherever both sides are defined.
"""

from __future__ import annotations

from collections.abc import Sequence

from matrixcalc import build
from matrixcalc.constructors.atoms import MINUS, eye, num, ones, size, zeros
from matrixcalc.constructors.factors import mutually_inverse
from matrixcalc.constructors.powers import power
from matrixcalc.constructors.transposes import transpose
from matrixcalc.dims import ONE
from matrixcalc.expr import Expr


def merged(before: Sequence[Expr], f: Expr) -> tuple[Expr | None, int]:
    """What ``f`` and the last one or two factors before it make, and how many of those go."""
    if len(before) > 1:
        made = _triple(before[-2], before[-1], f)
        if made is not None:
            return made, 2
    return _pair(before[-1], f), 1


def _pair(a: Expr, b: Expr) -> Expr | None:
    if a.op == "ones" and b.op == "ones":
        return build.mul(size(a.cols), ones((a.rows, b.cols)))
    if a.op == "ones" and a.order == 2:
        total = build.call("sum", b) if b.cols.is_one else build.call("colsum", b)
        return build.mul(ones((a.rows, ONE)), total)
    if b.op == "ones" and b.order == 2:
        total = build.call("sum", a) if a.rows.is_one else build.call("rowsum", a)
        return build.mul(total, ones((ONE, b.cols)))
    if a.op == "ones" and a.rows.is_one and b.order == 2:
        return build.call("colsum", b)
    if b.op == "ones" and b.cols.is_one and a.order == 2:
        return build.call("rowsum", a)
    if a.op == "diag":
        if b.op == "diag":
            return build.call("diag", build.had(a.args[0], b.args[0]))
        if b.cols.is_one:
            return build.had(a.args[0], b)
    if b.op == "diag" and a.rows.is_one and not a.cols.is_one:
        return build.had(a, transpose(b.args[0]))
    if a.op == "kron" or b.op == "kron":
        return _kronecker(a, b)
    x, y = _stacked(a), _stacked(b)
    if x is not None and y is not None and a.rows.is_one and x.shape == y.shape:
        return build.call("tr", build.mul(transpose(x), y))
    if a.rows == a.cols and b.rows == b.cols:
        return _powers(a, b)
    return _symmetric_projector(a, b)


# Powers, inverses, adjugates


def power_of(f: Expr) -> tuple[Expr, bool, int]:
    """A square factor as (base, whether transposed, whole exponent)."""
    flipped = f.op == "T"
    if flipped:
        f = f.args[0]
    if f.op == "pow":
        return f.args[0], flipped, int(f.args[1].data)
    return f, flipped, 1


def _powers(a: Expr, b: Expr) -> Expr | None:
    base, flipped, i = power_of(a)
    other, other_flipped, j = power_of(b)
    orthogonal = base.op == "sym" and "orthogonal" in base.data[1]
    if orthogonal and base is other and flipped != other_flipped and i == j:
        return eye(a.rows)
    if flipped == other_flipped and base.key == other.key:
        made = power(base, num(i + j))
        return transpose(made) if flipped else made
    return _adjugate(a, b) or _cancelled(a, b) or _symmetric_projector(a, b)


def _adjugate(a: Expr, b: Expr) -> Expr | None:
    """adj(A)*A and A*adj(A) are det(A)*eye."""
    for f, g in ((a, b), (b, a)):
        core, turned, k = power_of(f)
        base, flipped, exponent = power_of(g)
        if core.op != "adj" or k != 1 or exponent < 1:
            continue
        inner = core.args[0]
        if turned != flipped:
            base = transpose(base)
        if inner.key == base.key:
            rest = power(inner, num(exponent - 1))
            return build.mul(build.call("det", inner), transpose(rest) if turned else rest)
    return None


def _cancelled(a: Expr, b: Expr) -> Expr | None:
    """A*inv(B*A) is inv(B) and inv(A*B)*A is inv(B), for square A and B."""
    for f, g, left in ((a, b, True), (b, a, False)):
        flipped = f.op == "T"
        if flipped:
            f, g, left = f.args[0], transpose(g), not left
        if f.op != "pow" or f.args[1] is not MINUS or f.args[0].op != "mul":
            continue
        inner = f.args[0]
        chain = [p for p in inner.args if not p.is_scalar]
        # f*g with g the first factor of the inner product; g*f with g the last
        edge = chain[0] if left else chain[-1]
        # both are square, and so the rest of the product is
        if len(chain) < 2 or edge.key != g.key or edge.rows != edge.cols:
            continue
        scalars = [power(p, MINUS) for p in inner.args if p.is_scalar]
        rest = chain[1:] if left else chain[:-1]
        made = build.mul(*scalars, power(build.mul(*rest), MINUS))
        return transpose(made) if flipped else made
    return None


# Kronecker products and stacked columns


def _kronecker(a: Expr, b: Expr) -> Expr | None:
    """kron(A, B)*kron(C, D) is kron(A*C, B*D); kron(A, B)*vec(X) is vec(B*X*A')."""
    if a.op == b.op == "kron":
        if all(f.cols == g.rows for f, g in zip(a.args, b.args, strict=True)):
            return build.call("kron", *map(build.mul, a.args, b.args))
        return None
    if b.op == "kron":
        x = _stacked(a)
        made = None if x is None else _kronecker(transpose(b), build.call("vec", x))
        return None if made is None else transpose(made)
    x = _stacked(b)
    if x is None:
        return None
    left, right = a.args
    if (right.cols, left.cols) != x.shape:
        return None
    return build.call("vec", build.mul(right, x, transpose(left)))


def _stacked(e: Expr) -> Expr | None:
    """X, where e is vec(X) or its transpose."""
    if e.op == "T":
        e = e.args[0]
    return e.args[0] if e.op == "vec" else None


# Projectors


def _symmetric_projector(a: Expr, b: Expr) -> Expr | None:
    """pinv(X)'*X' is X*pinv(X); what a projector leaves alone is annihilated by the rest."""
    if a.op == "T" and b.op == "T" and mutually_inverse(a.args[0], b.args[0]):
        return build.mul(b.args[0], a.args[0])
    for rest, other, left in ((b, a, True), (a, b, False)):
        pair = _complement(rest)
        if pair is not None:
            first, second = pair
            kept = (transpose(first), second) if left else (first, transpose(second))
            if any(other is k for k in kept):
                return zeros((a.rows, b.cols))
    return None


def _complement(e: Expr) -> tuple[Expr, Expr] | None:
    """(X, pinv(X)) for eye - X*pinv(X), (pinv(X), X) for eye - pinv(X)*X."""
    if e.op != "add" or len(e.args) != 2 or e.args[0].op != "eye":
        return None
    number, rest = build.split_number(e.args[1])
    if number != -1 or rest.op != "mul" or len(rest.args) != 2 or not mutually_inverse(*rest.args):
        return None
    return rest.args[0], rest.args[1]


def _triple(a: Expr, b: Expr, c: Expr) -> Expr | None:
    """X*pinv(X)*X is X, X'*X*pinv(X) is X', and their like."""
    if mutually_inverse(b, c) and (a is c or a is transpose(b)):
        return a
    if mutually_inverse(a, b) and (c is a or c is transpose(b)):
        return c
    return None
