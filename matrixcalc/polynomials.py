"""Entries as polynomials in SymPy's rings, and a bound on the work they take."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from matrixcalc.grids import Grid
from matrixcalc.jets import NotExact


class Division:
    """The operations that polynomials do not have: each raises :class:`NotExact`."""

    def pi(self) -> Any:
        raise NotExact("pi is not rational")

    def div(self, a: Any, b: Any) -> Any:
        raise NotExact("a quotient is no polynomial")

    def function(self, name: str, x: Any) -> Any:
        raise NotExact(f"{name} is no polynomial")

    def matrix_function(self, name: str, grid: Grid) -> Grid:
        raise NotExact(f"{name} is no polynomial")

    def magnitude(self, x: Any) -> Any:
        raise NotExact("polynomials are not ordered")

    def check_regular(self, det: Any, grid: Grid) -> None:
        """Nothing to do: a polynomial is zero or it is not."""

    def greater(self, a: Any, b: Any) -> bool:
        raise NotExact("polynomials are not ordered")


def whole(exponent: Any) -> int:
    """A whole exponent that is not negative; raises NotExact for any other."""
    if isinstance(exponent, int | Fraction) and exponent == int(exponent) and exponent >= 0:
        return int(exponent)
    raise NotExact("a power that is no polynomial")


class Polynomials(Division):
    """Arithmetic of a sparse ring over the rationals.

    >>> from sympy.polys.domains import QQ
    >>> from sympy.polys.rings import ring
    >>> R, x = ring("x", QQ)
    >>> Polynomials(R).power(x, 2).diff(x)
    2*x
    """

    def __init__(self, ring: Any) -> None:
        self.ring = ring

    def number(self, value: Fraction) -> Any:
        return self.ring.domain(value.numerator, value.denominator)

    def add(self, a: Any, b: Any) -> Any:
        return a + b

    def mul(self, a: Any, b: Any) -> Any:
        return a * b

    def dot(self, a: list[Any], b: list[Any]) -> Any:
        total = a[0] * b[0]
        for x, y in zip(a[1:], b[1:], strict=True):
            if x and y:
                total = total + x * y
        return total

    def power(self, base: Any, exponent: Any) -> Any:
        return base ** whole(exponent)


class Counting(Division):
    """Bounds instead of values: how many terms the polynomials may have.

    ``work`` counts products of terms; above the limit NotExact is raised.

    >>> Counting(100).power(2, Fraction(3))
    8
    """

    def __init__(self, limit: int) -> None:
        self.work = 0
        self.limit = limit

    def number(self, value: Fraction) -> int:
        return 1 if value else 0

    def add(self, a: int, b: int) -> int:
        self.work += 1
        return a + b

    def mul(self, a: int, b: int) -> int:
        self.work += a * b
        if self.work > self.limit:
            raise NotExact("too many terms")
        return a * b

    def dot(self, a: list[int], b: list[int]) -> int:
        return sum(self.mul(x, y) for x, y in zip(a, b, strict=True))

    def power(self, base: int, exponent: Any) -> int:
        if not isinstance(exponent, Fraction):
            raise NotExact("an exponent that is not written as a number")
        result = 1
        for _ in range(min(whole(exponent), 64)):
            result = self.mul(result, base)
        return result
