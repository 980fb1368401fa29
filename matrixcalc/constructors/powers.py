"""Powers of scalars, of matrices, and of each entry."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from matrixcalc import build
from matrixcalc.constructors.atoms import (
    HALF,
    MAX_NUMBER_BITS,
    MINUS,
    UNIT,
    ZERO,
    eye,
    num,
    ones,
    size,
)
from matrixcalc.constructors.factors import is_form
from matrixcalc.constructors.transposes import is_skew, same_lean, transpose
from matrixcalc.dims import SCALAR
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr, node


def power(base: Expr, exponent: Expr) -> Expr:
    """A scalar to a scalar power, or a square matrix to a whole power."""
    if not base.is_scalar:
        return _matrix_power(base, int(exponent.data))
    if exponent is UNIT:
        return base
    if exponent.op == "num":
        k = exponent.data
        if not k:
            return UNIT
        whole = k.denominator == 1
        if base.op == "num":
            made = _number_power(base.data, k)
            if made is not None:
                return made
        elif base.op == "pow" and (whole or base.args[0].op == "pi"):
            return power(base.args[0], build.mul(base.args[1], exponent))
        elif base.op == "mul" and not is_form(base) and whole:
            return build.mul(*(power(a, exponent) for a in base.args))
        elif base.op == "abs" and whole and k % 2 == 0:
            return power(base.args[0], exponent)
        cost = base.cost + (1 if k == HALF else 2)
        if k.numerator < 0 and exponent is not MINUS:
            cost += 2
        return node("pow", (base, exponent), None, SCALAR, cost, 0)
    if base is UNIT:
        return UNIT
    return node("pow", (base, exponent), None, SCALAR, base.cost + exponent.cost + 1, 0)


def _number_power(base: Fraction, k: Fraction) -> Expr | None:
    if base == 0:
        if k < 0:
            raise UnsupportedError("division by zero")
        return ZERO
    if base == 1:
        return UNIT
    if k.denominator == 1:
        bits = (base.numerator.bit_length() + base.denominator.bit_length()) * abs(k)
        if bits > MAX_NUMBER_BITS:
            return None
        return num(base ** int(k))
    if k.denominator == 2 and base > 0 and abs(k) < 64:
        top, bottom = _whole_root(base.numerator), _whole_root(base.denominator)
        if top is not None and bottom is not None:
            return num(Fraction(top, bottom) ** int(2 * k))
    return None


def _whole_root(value: int) -> int | None:
    root = isqrt(value)
    return root if root * root == value else None


def _matrix_power(base: Expr, k: int) -> Expr:
    if k == 0:
        return eye(base.rows)
    if k == 1 or base.op == "eye":
        return base
    if base.op == "pow":
        return _matrix_power(base.args[0], int(base.args[1].data) * k)
    if base.lean < 0:
        return transpose(_matrix_power(transpose(base), k))
    if base.op == "mul" and base.args[0].is_scalar:
        scalars = [a for a in base.args if a.is_scalar]
        rest = build.mul(*base.args[len(scalars) :])
        return build.mul(*(power(s, num(k)) for s in scalars), _matrix_power(rest, k))
    if base.op == "diag":
        return build.call("diag", epower(base.args[0], num(k)))
    if base.op == "sqrtm" and k % 2 == 0:
        return _matrix_power(base.args[0], k // 2)
    if base.op == "kron" and base.args[0].is_square and base.args[1].is_square:
        return build.call("kron", *(_matrix_power(a, k) for a in base.args))
    if base.op == "sym" and k < 0 and "orthogonal" in base.data[1]:
        return transpose(_matrix_power(base, -k))
    if base.op == "zeros" and k > 0:
        return base
    if base.op in ("zeros", "ones"):
        if k < 0:
            raise UnsupportedError("the inverse of a matrix that is never invertible")
        if base.op == "ones":
            return build.mul(power(size(base.rows), num(k - 1)), base)
    cost = base.cost + (1 if k == -1 else 2)
    if is_skew(base):
        made = node("pow", (base, num(k)), None, base.shape, cost, 0)
        made.flipped = made.flipped if k % 2 else made
        return made
    return same_lean(node("pow", (base, num(k)), None, base.shape, cost, 1), base)


def epower(base: Expr, exponent: Expr) -> Expr:
    """The elementwise power; one of base and exponent may be a scalar."""
    if base.is_scalar and exponent.is_scalar:
        return power(base, exponent)
    if exponent.op == "num":
        k = exponent.data
        if k == 0:
            return ones(base.shape)
        if k == 1 or base.op == "ones":
            return base
        whole = k.denominator == 1
        if base.op == "eye" and k > 0:
            return base
        if base.op == "zeros":
            if k < 0:
                raise UnsupportedError("division by zero")
            return base
        if base.op == "epow" and whole:
            return epower(base.args[0], build.mul(base.args[1], exponent))
        if base.op == "mul" and whole and base.args[0].is_scalar:
            scalars = [a for a in base.args if a.is_scalar]
            rest = build.mul(*base.args[len(scalars) :])
            return build.mul(*(power(s, exponent) for s in scalars), epower(rest, exponent))
        if base.op == "had" and whole:
            return build.had(*(epower(a, exponent) for a in base.args))
        if base.op == "abs" and whole and k % 2 == 0:
            return epower(base.args[0], exponent)
        if base.lean < 0:
            return transpose(epower(transpose(base), exponent))
        cost = base.cost + 1 if k == HALF else base.cost + 2
        return same_lean(node("epow", (base, exponent), None, base.shape, cost, 1), base)
    if exponent.op == "zeros":
        return ones(exponent.shape)
    if exponent.op == "ones":
        return build.mul(base, exponent) if base.is_scalar else base
    if exponent.op == "mul" and exponent.args[-1].op == "ones" and exponent.args[-2].is_scalar:
        raised = epower(base, build.mul(*exponent.args[:-1]))
        return build.mul(raised, exponent.args[-1]) if base.is_scalar else raised
    if base.is_scalar:
        base = build.mul(base, ones(exponent.shape))
    if base.lean + exponent.lean < 0:
        return transpose(epower(transpose(base), transpose(exponent)))
    cost = base.cost + exponent.cost + 1
    lean = min(base.lean + exponent.lean, 1)
    return node("epow", (base, exponent), None, base.shape, cost, lean)
