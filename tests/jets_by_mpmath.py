"""Values with first and second derivatives in numbers of 1,000 digits: the truth for the tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mpmath import mp, mpf

DIGITS = 1000


class Jet:
    """A number, its gradient and its Hessian."""

    def __init__(self, value: Any, first: list[Any], second: list[list[Any]]) -> None:
        self.value, self.first, self.second = value, first, second

    def through(self, f: Any, df: Any, ddf: Any) -> Jet:
        """f of it, the values of f, f' and f'' being given."""
        n = range(len(self.first))
        first = [df * self.first[i] for i in n]
        second = [
            [df * self.second[i][j] + ddf * self.first[i] * self.first[j] for j in n] for i in n
        ]
        return Jet(f, first, second)

    def __add__(self, other: Jet | float) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.value + mpf(other), self.first, self.second)
        n = range(len(self.first))
        return Jet(
            self.value + other.value,
            [self.first[i] + other.first[i] for i in n],
            [[self.second[i][j] + other.second[i][j] for j in n] for i in n],
        )

    def __mul__(self, other: Jet | float) -> Jet:
        if not isinstance(other, Jet):
            return self.through(self.value * mpf(other), mpf(other), mpf(0))
        n = range(len(self.first))
        a, b = self, other
        return Jet(
            a.value * b.value,
            [a.first[i] * b.value + a.value * b.first[i] for i in n],
            [
                [
                    a.second[i][j] * b.value + a.value * b.second[i][j]
                    + a.first[i] * b.first[j] + a.first[j] * b.first[i]
                    for j in n
                ]
                for i in n
            ],
        )

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Jet:
        return self * -1

    def __sub__(self, other: Jet | float) -> Jet:
        return self + -other

    def __rsub__(self, other: float) -> Jet:
        return -self + other

    def __truediv__(self, other: Jet | float) -> Jet:
        return self * power(other, -1) if isinstance(other, Jet) else self * (1 / mpf(other))

    def __rtruediv__(self, other: float) -> Jet:
        return power(self, -1) * other


def exp(a: Jet) -> Jet:
    e = mp.exp(a.value)
    return a.through(e, e, e)


def log(a: Jet) -> Jet:
    return a.through(mp.log(a.value), 1 / a.value, -1 / a.value**2)


def power(a: Jet, k: Any) -> Jet:
    k = mpf(k)
    v = a.value
    return a.through(v**k, k * v ** (k - 1), k * (k - 1) * v ** (k - 2))


def sqrt(a: Jet) -> Jet:
    return power(a, mpf(1) / 2)


def tanh(a: Jet) -> Jet:
    t = 1 - 2 / (exp(2 * a) + 1)
    return t


def sigmoid(a: Jet) -> Jet:
    return 1 / (1 + exp(-a))


def cosh(a: Jet) -> Jet:
    return (exp(a) + exp(-a)) / 2


def sinh(a: Jet) -> Jet:
    return (exp(a) - exp(-a)) / 2


def total(parts: Sequence[Jet]) -> Jet:
    made = parts[0]
    for p in parts[1:]:
        made = made + p
    return made


def truth(f: Callable[..., Jet], point: Sequence[float]) -> Jet:
    """A function of several numbers with its derivatives at a point, rounding not at all."""
    n = len(point)
    with mp.workdps(DIGITS):
        variables = [
            Jet(mpf(x), [mpf(int(i == j)) for j in range(n)], [[mpf(0)] * n for _ in range(n)])
            for i, x in enumerate(point)
        ]
        return f(*variables)
