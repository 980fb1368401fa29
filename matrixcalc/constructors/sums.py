"""Sums, where like terms merge."""

from __future__ import annotations

from fractions import Fraction

from matrixcalc.constructors.atoms import MINUS, ZERO, is_zero, num, ones, zeros
from matrixcalc.constructors.products import mul, split_number, split_sign
from matrixcalc.constructors.transposes import pair, transpose
from matrixcalc.dims import SCALAR
from matrixcalc.expr import Expr, node


def add(*terms: Expr) -> Expr:
    """The sum; a scalar beside vectors or matrices is added to each entry."""
    shape = next((t.shape for t in terms if not t.is_scalar), SCALAR)
    numbers: dict[bytes, Fraction] = {}
    rests: dict[bytes, Expr] = {}
    alone: dict[bytes, Expr] = {}
    stack = list(reversed(terms))
    while stack:
        term = stack.pop()
        if shape is not SCALAR and term.is_scalar and term is not ZERO:
            term = mul(term, ones(shape))
        if term.op == "add":
            stack.extend(reversed(term.args))
            continue
        if is_zero(term):
            continue
        factor, rest = split_number(term)
        known = numbers.get(rest.key)
        if known is None:
            numbers[rest.key] = factor
            rests[rest.key] = rest
            alone[rest.key] = term
        else:
            numbers[rest.key] = known + factor
            alone.pop(rest.key, None)
    parts = [
        alone.get(key) or mul(num(numbers[key]), rest)
        for key, rest in rests.items()
        if numbers[key]
    ]
    if not parts:
        return zeros(shape)
    if len(parts) == 1:
        return parts[0]
    return _sum(tuple(parts))


def _sum(parts: tuple[Expr, ...]) -> Expr:
    shape = parts[0].shape
    lean = sum(p.lean for p in parts)
    if lean < 0:
        flipped = tuple(transpose(p) for p in parts)
        if any(p.op == "add" for p in flipped):
            return transpose(add(*flipped))
        # where signs of skew factors changed the terms, neither way may be upright
        upright = sum(p.lean for p in flipped) >= 0
        return transpose(_sum(flipped) if upright else _sum_node(flipped, 1))
    made = _sum_node(parts, min(lean, 1))
    if lean == 0 and shape != SCALAR and made.flipped is None:
        flipped = tuple(transpose(p) for p in parts)
        if not any(p.op == "add" for p in flipped):
            pair(made, _sum_node(flipped, 0))
    return made


def _sum_node(parts: tuple[Expr, ...], lean: int) -> Expr:
    """The node for terms that are unlike, a positive one put first."""
    first = next((i for i, p in enumerate(parts) if split_sign(p) > 0), 0)
    if parts[first].lean < 0:
        # A + A' rather than A' + A
        plain = transpose(parts[first])
        first = next((i for i, p in enumerate(parts) if p is plain), first)
    parts = (parts[first], *parts[:first], *parts[first + 1 :])
    cost = len(parts) - 1
    for i, p in enumerate(parts):
        cost += p.cost if p.is_scalar else _cost_in_sum(p)
        if i and p.op == "mul" and p.args[0] is MINUS:
            cost -= 1
    return node("add", parts, None, parts[0].shape, cost, lean)


def _cost_in_sum(p: Expr) -> int:
    """The cost of a term: a scalar stands beside a vector without its ones."""
    if p.op == "ones":
        return 1
    if p.op != "mul" or p.args[-1].op != "ones" or not p.args[-2].is_scalar:
        return p.cost
    return 2 if p.args[0] is MINUS and len(p.args) == 2 else p.cost - 1 - p.args[-1].cost


def sub(a: Expr, b: Expr) -> Expr:
    return add(a, neg(b))


def neg(e: Expr) -> Expr:
    return mul(MINUS, e)
