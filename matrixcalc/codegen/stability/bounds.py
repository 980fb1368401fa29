"""Whether a logarithm has an upper bound, so that its exponential cannot overflow.

Each name is like a function of straight pieces: softplus(u) differs from max(0, u) by log(2) at
most, log_cosh(u) from abs(u). A sum of them is bounded if it is so for every piece of what is
added, and for one of the lines below each convex function that is subtracted:
``u - 2*softplus(u)`` is at most ``u - u``. No such line found is no proof of the contrary.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from matrixcalc import build
from matrixcalc.build import add, mul, neg, num
from matrixcalc.codegen.stability.logs import (
    canonical,
    factor_of,
    log_of,
    parts_of,
    peeled,
    scaled,
    summed_of,
    terms,
)
from matrixcalc.expr import Expr

_MOST = 60
"""Sums that are looked at, before it is given up."""

_HALF = Fraction(1, 2)
_CONVEX = frozenset({"softplus", "_log_cosh"})
_SOFTMAX = frozenset({"log_softmax", "_log_softmax_columns", "rows"})


@lru_cache(maxsize=512)
def bounded(log: Expr) -> bool:
    """Whether an exponential cannot overflow, or is taken relative to the largest.

    >>> from matrixcalc.infer import parse
    >>> bounded(parse("x - 2*softplus(x)")), bounded(parse("x - softplus(2*x)/3"))
    (True, False)
    >>> bounded(parse("x - a - 2*softplus(softplus(x) - a)"))
    True
    """
    return _bounded(_less_than_largest(canonical(log)), [_MOST])


def _less_than_largest(log: Expr) -> Expr:
    """``u - max(u)`` left out."""
    for t in terms(log):
        k, rest = build.split_number(t)
        top = next((f for f in parts_of(rest) if f.op == "max"), None)
        if top is not None and k < 0 and top.args[0].shape == log.shape:
            less = canonical(add(log, neg(t), scaled(k, top.args[0])))
            log = less if len(terms(less)) < len(terms(log)) else log
    return log


def _bounded(log: Expr, left: list[int]) -> bool:
    """Nesting is as deep as there are names in names."""
    left[0] -= 1
    if left[0] < 0:
        return False
    pieces, others = peeled(log)
    if build.is_zero(others) and all(p.name == "number" or factor_of(p) for p in pieces):
        return True
    for p in pieces:
        if p.name in _SOFTMAX and p.times > 0:
            log = canonical(add(log, neg(mul(num(p.times), log_of(p, log.shape)))))
    todo = [t for t in terms(log) if not _harmless(t)]
    if not todo:
        return True
    for t in todo:
        k, rest = build.split_number(t)
        summed = summed_of(rest, log.shape)
        if summed is not None and k < 0:
            # the logarithm of a sum is above each term
            return _bounded(canonical(add(log, neg(t), scaled(k, summed[1]))), left)
    convex = [(t, *named) for t in todo if (named := _named(t))[1].op in _CONVEX]
    if not convex:
        return False
    # what is added first, then what holds others
    convex.sort(key=lambda a: (a[1] < 0, -a[0].cost))
    t, k, f, wrapped = convex[0]
    u = mul(*(f.args[0] if g is f else g for g in wrapped))
    rest = add(log, neg(t))

    def with_slope(slope: Fraction) -> bool:
        return _bounded(canonical(add(rest, scaled(k * slope, u))), left)

    low = Fraction(0 if f.op == "softplus" else -1)
    if k > 0:
        return with_slope(low) and with_slope(Fraction(1))
    slopes = [low, Fraction(1), *(Fraction(i) / -k for i in range(1, int(-k)))]
    slopes += [_HALF] if f.op == "softplus" else [Fraction(0), -_HALF, _HALF]
    return any(map(with_slope, dict.fromkeys(slopes)))


def _named(t: Expr) -> tuple[Fraction, Expr, list[Expr]]:
    """A term as a number times a name, and the factors that repeat the name to a shape."""
    k, rest = build.split_number(t)
    alone = parts_of(rest)
    wrapped = list(rest.args) if rest.op == "mul" else [rest]
    return k, alone[0] if len(alone) == 1 else rest, wrapped


def _harmless(t: Expr) -> bool:
    """Whether a term is bounded by itself, or grows as slowly as log(softplus(u)) does."""
    k, f, _ = _named(t)
    if f.op == "log" and f.args[0].op == "num":
        return True
    if f.op in ("exp", "_log_softplus"):
        return (k > 0) == (f.op == "_log_softplus")
    return f.op in ("num", "ones")
