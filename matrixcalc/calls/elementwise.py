"""Elementwise functions: inverse functions, signs, values at a few numbers."""

from __future__ import annotations

from fractions import Fraction

from matrixcalc import build
from matrixcalc.build import is_zero, num
from matrixcalc.calls.making import Simplifier, make_call
from matrixcalc.expr import Expr
from matrixcalc.positive import is_positive


def _abs(a: Expr) -> Expr | None:
    if a.op == "num":
        return num(abs(a.data))
    factor, rest = build.split_number(a)
    if factor != 1:
        return build.mul(num(abs(factor)), make_call("abs", (rest,)))
    if a.op in ("abs", "norm1", "norm2", "exp", "sigmoid", "softplus", "relu", "step", "ones"):
        return a
    return a if is_positive(a) else None


def _sign(a: Expr) -> Expr | None:
    if a.op == "num":
        return num((a.data > 0) - (a.data < 0))
    if a.op in ("ones", "zeros"):
        return a
    if is_positive(a):
        return build.ones(a.shape)
    factor, rest = build.split_number(a)
    if factor != 1:
        sign = num(1 if factor > 0 else -1)
        return build.mul(sign, make_call("sign", (rest,)))
    return None


def _step(a: Expr) -> Expr | None:
    return build.ones(a.shape) if is_positive(a) else None


def _relu(a: Expr) -> Expr | None:
    return a if is_zero(a) or is_positive(a) else None


def _log(a: Expr) -> Expr | None:
    return a.args[0] if a.op == "exp" else _at_numbers({1: 0})(a)


def _exp(a: Expr) -> Expr | None:
    return a.args[0] if a.op == "log" else _at_numbers({0: 1})(a)


def _at_numbers(table: dict[int, int]) -> Simplifier:
    """The value at a few whole numbers, as exp(0) = 1."""

    def simplify(a: Expr) -> Expr | None:
        value: Fraction | None = None
        if a.op == "num":
            value = a.data
        elif a.op == "zeros":
            value = Fraction(0)
        elif a.op == "ones":
            value = Fraction(1)
        if value is None or value.denominator != 1 or int(value) not in table:
            return None
        return build.mul(num(table[int(value)]), build.ones(a.shape))

    return simplify


def _odd(name: str) -> Simplifier:
    """f(-A) = -f(A), f(0) = 0."""

    def simplify(a: Expr) -> Expr | None:
        if is_zero(a):
            return a
        factor, rest = build.split_number(a)
        if factor < 0 and rest is not build.UNIT:
            positive = build.mul(num(-factor), rest)
            return build.mul(build.MINUS, make_call(name, (positive,)))
        return None

    return simplify


SIMPLIFIERS: dict[str, Simplifier] = {
    "abs": _abs,
    "log": _log,
    "exp": _exp,
    "sign": _sign,
    "step": _step,
    "relu": _relu,
    "cos": _at_numbers({0: 1}),
    "cosh": _at_numbers({0: 1}),
    "log1p": _at_numbers({0: 0}),
    **{name: _odd(name) for name in ("sin", "tan", "arcsin", "arctan", "sinh")},
    **{name: _odd(name) for name in ("tanh", "erf", "cbrt")},
}
