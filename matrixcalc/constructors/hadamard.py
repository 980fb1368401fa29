"""Elementwise products."""

from __future__ import annotations

from matrixcalc import build
from matrixcalc.constructors.atoms import ones, zeros
from matrixcalc.constructors.factors import (
    divides,
    elementwise_base,
    has_scalars,
    is_reciprocal,
    without_signs,
)
from matrixcalc.constructors.powers import epower
from matrixcalc.constructors.products import mul
from matrixcalc.constructors.transposes import is_skew, pair, transpose
from matrixcalc.dims import Shape
from matrixcalc.expr import Expr, node


def had(*factors: Expr) -> Expr:
    """The elementwise (Hadamard) product; scalar factors scale it."""
    front: list[Expr] = []
    bases: dict[bytes, tuple[Expr, Expr]] = {}
    shape: Shape | None = None
    zero = False
    stack = list(reversed(factors))
    while stack:
        f = stack.pop()
        if f.is_scalar:
            front.append(f)
            continue
        shape = f.shape
        if f.op == "had":
            stack.extend(reversed(f.args))
        elif f.op == "mul" and f.args[0].is_scalar:
            scalars = [a for a in f.args if a.is_scalar]
            front.extend(scalars)
            stack.append(mul(*f.args[len(scalars) :]))
        elif f.op == "T" and f.args[0].op == "had":
            stack.extend(transpose(a) for a in reversed(f.args[0].args))
        elif f.op == "ones":
            continue
        elif f.op == "zeros":
            zero = True
        else:
            base, exponent = elementwise_base(f)
            known = bases.get(base.key)
            if known is not None:
                base, exponent = known[0], build.add(known[1], exponent)
            bases[base.key] = (base, exponent)
    if shape is None:
        return mul(*front)
    if zero:
        return zeros(shape)
    if without_signs(bases):
        return had(*front, *(epower(b, x) for b, x in bases.values()))
    parts = [p for p in (epower(b, x) for b, x in bases.values()) if p.op != "ones"]
    scalars = [p for p in parts if p.op == "mul" and p.args[0].is_scalar]
    if scalars:
        return mul(*front, had(*parts))
    if any(map(divides, parts)):
        parts.sort(key=divides)
    spine = next((p for p in parts if p.op == "diag"), None)
    if spine is not None and len(parts) > 1:
        rest = had(*(p for p in parts if p is not spine))
        inner = had(spine.args[0], build.call("diagonal", rest))
        return mul(*front, build.call("diag", inner))
    if not parts:
        made = ones(shape)
    elif len(parts) == 1:
        made = parts[0]
    else:
        made = _hadamard(tuple(parts))
    return mul(*front, made) if front else made


def _hadamard(parts: tuple[Expr, ...]) -> Expr:
    if any(p.op == "eye" for p in parts):
        return _diagonal_part(parts)
    lean = sum(p.lean for p in parts)
    if lean < 0:
        flipped = tuple(transpose(p) for p in parts)
        signed = any(map(has_scalars, flipped))
        return transpose(had(*flipped) if signed else _hadamard(flipped))
    cost = len(parts) - 1
    for i, p in enumerate(parts):
        reciprocal = i and p.op == "epow" and is_reciprocal(p)
        cost += p.cost - 2 if reciprocal else p.cost
    made = node("had", parts, None, parts[0].shape, cost, min(lean, 1))
    if lean == 0 and made.flipped is None and not any(map(is_skew, parts)):
        flipped = tuple(transpose(p) for p in parts)
        if not any(map(has_scalars, flipped)):
            pair(made, node("had", flipped, None, made.shape[::-1], cost, 0))
    return made


def _diagonal_part(parts: tuple[Expr, ...]) -> Expr:
    """eye.*A, which is symmetric: eye.*A' is the same."""
    upright = tuple(transpose(p) if p.lean < 0 else p for p in parts)
    cost = len(parts) - 1 + sum(p.cost for p in upright)
    if len(parts) == 2:
        other = next(p for p in upright if p.op != "eye")
        spine = build.call("diag", build.call("diagonal", other))
        if spine.cost < cost:
            return spine
    made = node("had", upright, None, parts[0].shape, cost, 0)
    made.flipped = made
    return made
