"""Transposes, and which way of writing leans to the shorter side."""

from __future__ import annotations

from fractions import Fraction

from matrixcalc import build
from matrixcalc.constructors.atoms import MINUS, SYMMETRIC, commutation, ones, zeros
from matrixcalc.expr import Expr, node


def transpose(e: Expr) -> Expr:
    """The transpose, moved inside products."""
    if e.is_scalar:
        return e
    if e.flipped is not None:
        return e.flipped
    op = e.op
    if op == "T":
        return pair(e, e.args[0])
    if op in ("eye", "diag"):
        return pair(e, e)
    if op == "ones":
        return pair(e, ones(e.shape[::-1]))
    if op == "commutation":
        return pair(e, commutation(e.data[1], e.data[0]))
    if op == "zeros":
        return pair(e, zeros(e.shape[::-1]))
    if e.flipped is None and is_skew(e):
        e.flipped = node("mul", (MINUS, e), None, e.shape, e.cost + 1, 0)
        e.flipped.flipped = e
        return e.flipped
    if op == "sym":
        properties = e.data[1]
        if SYMMETRIC.intersection(properties):
            return pair(e, e)
    if op == "mul":
        scalars = [a for a in e.args if a.is_scalar]
        chain = [transpose(a) for a in reversed(e.args[len(scalars) :])]
        return turned_to(e, build.mul(*scalars, *chain))
    if op == "kron" or (op == "had" and e.lean == 0):
        return _turned(e)
    if op == "add" and e.lean == 0:
        return turned_to(e, build.add(*(transpose(a) for a in e.args)))
    if e.lean == 0 and e.args:  # f(A') for f(A)', as short
        inner = transpose(e.args[0])
        if op == "epow":
            return pair(e, build.epower(inner, transpose(e.args[1])))
        if op == "pow":
            return pair(e, build.power(inner, e.args[1]))
        return pair(e, build.function(op, (inner,), e.shape[::-1], True))
    return pair(e, node("T", (e,), None, e.shape[::-1], e.cost + 1, -1))


def _turned(e: Expr) -> Expr:
    """The transpose of a product that is transposed factor by factor.

    Skew factors bring their sign in front: e' = -f, and with it f' = -e, noted at once, for
    the node of a product asks for the transposes of its factors.
    """
    pieces = [build.split_number(transpose(a)) for a in e.args]
    if e.flipped is not None:
        return e.flipped
    sign = Fraction(1)
    for number, _ in pieces:
        sign *= number
    rests = [rest for _, rest in pieces]
    made = build.call("kron", *rests) if e.op == "kron" else build.had(*rests)
    if sign == 1:
        return pair(e, made)
    negative = node("mul", (MINUS, made), None, made.shape, made.cost + 1, made.lean)
    back = node("mul", (MINUS, e), None, e.shape, e.cost + 1, e.lean)
    e.flipped, negative.flipped = negative, negative.flipped or e
    made.flipped, back.flipped = made.flipped or back, back.flipped or made
    return negative


def pair(e: Expr, transposed: Expr) -> Expr:
    """Note that two nodes are each other's transpose; the same key makes them one.

    A transpose that came out simpler keeps its own: A*inv(A)' must not become that of eye.
    """
    if e.key == transposed.key:
        transposed = e
    e.flipped = transposed
    mirrored = e.op == transposed.op and transposed.cost == e.cost + e.lean
    if transposed.flipped is None and (mirrored or "T" in (e.op, transposed.op)):
        transposed.flipped = e
    return transposed


def turned_to(e: Expr, transposed: Expr) -> Expr:
    """As :func:`pair`, but one way alone where the transpose came out simpler.

    What is simpler is no longer the transpose of ``e`` as it is written: it would be spelled
    by ``e`` wherever it is turned, and simplified again, for ever.
    """
    inner = transposed.args[0] if transposed.op == "T" else transposed
    if inner.op == e.op and len(inner.args) == len(e.args):
        return pair(e, transposed)
    e.flipped = transposed
    return transposed


def same_lean(made: Expr, inner: Expr) -> Expr:
    """For f with f(A') = f(A)': f leans as its argument where that stands upright."""
    if made.flipped is not None or made.order == 0 or inner.lean != 0:
        return made
    # a sign that the transpose brings would have to come out of f
    if build.split_sign(transpose(inner)) == build.split_sign(inner):
        made.lean = 0
        if inner.flipped is inner:
            made.flipped = made
    return made


def is_symmetric(e: Expr) -> bool:
    """Whether the expression is known to equal its transpose."""
    return e.is_square and transpose(e) is e


def is_skew(e: Expr) -> bool:
    """Whether the transpose is the negative, so that it is no plain factor."""
    if e.op == "kron":
        a, b = e.args
        return (is_skew(a) and b.flipped is b) or (is_skew(b) and a.flipped is a)
    if e.op == "pow" and not e.is_scalar:
        return bool(e.args[1].data % 2) and is_skew(e.args[0])
    return e.op == "sym" and "skew" in e.data[1]
