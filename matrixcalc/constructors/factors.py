"""What a factor is: a power of a base, a divisor, a bilinear form; which factors go together."""

from __future__ import annotations

from matrixcalc import build
from matrixcalc.constructors.atoms import UNIT, ZERO, num
from matrixcalc.expr import Expr


def base_and_exponent(f: Expr) -> tuple[Expr, Expr]:
    if f.op == "pow" and f.is_scalar:
        return f.args[0], f.args[1]
    return f, UNIT


def elementwise_base(f: Expr) -> tuple[Expr, Expr]:
    """A factor as elementwise power (base, exponent)."""
    if f.op == "epow":
        return f.args[0], f.args[1]
    if f.op == "T" and f.args[0].op == "epow":
        base, exponent = f.args[0].args
        return build.transpose(base), build.transpose(exponent)
    return f, UNIT


def is_reciprocal(p: Expr) -> bool:
    """Whether a power is divided by: its exponent is a negative number."""
    exponent = p.args[1]
    return exponent.op == "num" and exponent.data.numerator < 0


def divides(p: Expr) -> bool:
    """Whether a factor is printed behind a division sign."""
    if p.op == "T":
        p = p.args[0]
    if p.op == "pow" and not p.is_scalar:
        return False
    return p.op in ("pow", "epow") and p.args[1].op == "num" and is_reciprocal(p)


def is_form(e: Expr) -> bool:
    """Whether a scalar product is a bilinear form such as x'*A*y: one whole."""
    return e.is_scalar and not e.args[0].is_scalar


def has_scalars(e: Expr) -> bool:
    return e.op == "mul" and e.args[0].is_scalar


def mutually_inverse(a: Expr, b: Expr) -> bool:
    """Whether one of the two is the pseudo-inverse of the other: then a*b is symmetric."""
    return (a.op == "pinv" and a.args[0] is b) or (b.op == "pinv" and b.args[0] is a)


def without_signs(bases: dict[bytes, tuple[Expr, Expr]]) -> bool:
    """sign(a)*abs(a)^k is a^k for odd k, sign(a)*a^k is abs(a)*a^(k-1) and step(a)*relu(a)^k is
    relu(a)^k for positive k.

    Changes the factors in place; tells whether there was something to change.
    """
    for sign, exponent in bases.values():
        core = sign.args[0] if sign.op == "T" else sign
        if core.op not in ("sign", "step") or exponent is not UNIT:
            continue
        a = build.transpose(core.args[0]) if sign.op == "T" else core.args[0]
        if core.op == "step":
            if _whole(bases.get(build.call("relu", a).key)) > 0:
                del bases[sign.key]
                return True
            continue
        size_of_a = build.call("abs", a)
        k = _whole(bases.get(size_of_a.key))
        if k % 2 == 1:
            del bases[sign.key], bases[size_of_a.key]
            _times(bases, a, k)
            return True
        if _whole(bases.get(a.key)) > 0:
            del bases[sign.key]
            _times(bases, a, -1)
            _times(bases, size_of_a, 1)
            return True
    return False


def _whole(factor: tuple[Expr, Expr] | None) -> int:
    """The exponent of a factor where it is a whole number, else 0."""
    k = factor[1].number if factor else None
    return int(k) if k is not None and k.denominator == 1 else 0


def _times(bases: dict[bytes, tuple[Expr, Expr]], a: Expr, k: int) -> None:
    known = bases.get(a.key, (a, ZERO))
    bases[a.key] = (known[0], build.add(known[1], num(k)))
