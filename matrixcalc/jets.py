"""Numbers with derivatives: truncated Taylor series over exact or 60-digit numbers.

A jet is a value and the coefficients of infinitesimals whose squares vanish, one
family of them for each differentiation. The coefficient of e_i*f_j in the value of a
function at x + e_i + f_j is its second derivative. Plain numbers are jets without
infinitesimal part.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DecimalException, getcontext
from fractions import Fraction
from functools import cache, lru_cache
from math import factorial
from typing import Any

from matrixcalc.errors import MatrixCalcError
from matrixcalc.grids import Grid

DIGITS = 60
"""Decimal digits that sampling works with."""


class NotExact(MatrixCalcError):
    """The value is not a rational number, or not a polynomial: a weaker check is needed."""


class OutsideDomain(MatrixCalcError):
    """The function is not real, finite and smooth at this point: another one is needed."""


class Jet:
    """A number with infinitesimal parts.

    ``parts[s]`` holds, for the set ``s`` of differentiations (a bit mask), coefficients by
    the indices of the directions, each shifted to the place of its differentiation.
    ``parts[0]`` holds the value alone, under the key 0.
    """

    __slots__ = ("parts",)

    def __init__(self, parts: list[dict[int, Any]]) -> None:
        self.parts = parts


SHIFT = 16
"""Bits for the index of a direction in the key of a coefficient."""


class Exact:
    """Arithmetic of jets over whole numbers and SymPy's rationals; nothing is rounded.

    Functions that leave the rational numbers raise :class:`NotExact`.

    >>> Exact().mul(Exact().number(Fraction(1, 2)), 4) == 2
    True
    """

    def __init__(self, order: int = 0) -> None:
        self.order = order
        self.pieces = 1 << order
        self.piecewise = False

    def seed(self, value: Any, directions: list[dict[int, Any]]) -> Any:
        """The jet at ``value`` with a coefficient for each direction of each differentiation."""
        if not any(directions):
            return value
        parts: list[dict[int, Any]] = [{} for _ in range(self.pieces)]
        parts[0] = {0: value}
        for k, coefficients in enumerate(directions):
            parts[1 << k] = {(i + 1) << (SHIFT * k): c for i, c in coefficients.items() if c}
        return Jet(parts)

    def coefficient(self, x: Any, directions: tuple[int, ...]) -> Any:
        """The coefficient of one direction of each differentiation."""
        if not directions:
            return self.value(x)
        if not isinstance(x, Jet):
            return 0
        key = sum((i + 1) << (SHIFT * k) for k, i in enumerate(directions))
        return x.parts[self.pieces - 1].get(key, 0)

    @staticmethod
    def value(x: Any) -> Any:
        """The number without its infinitesimal part."""
        return x.parts[0].get(0, 0) if isinstance(x, Jet) else x

    # The field

    def number(self, value: Fraction) -> Any:
        """A rational number."""
        if value.denominator == 1:
            return value.numerator
        return _rationals()(value.numerator, value.denominator)

    def divide(self, a: Any, b: Any) -> Any:
        """The quotient of two plain numbers."""
        if not b:
            raise OutsideDomain("division by zero")
        quotient = _rationals()(a) / b
        return quotient.numerator if quotient.denominator == 1 else quotient

    def pi(self) -> Any:
        raise NotExact("pi is not rational")

    def derivatives(self, name: str, x: Any, order: int) -> list[Any]:
        """The value of a primitive and its derivatives up to an order."""
        raise NotExact(f"{name} is not rational")

    def general_power(self, base: Any, exponent: Any) -> Any:
        raise NotExact("a power that is not whole")

    def matrix_function(self, name: str, grid: Grid) -> Grid:
        raise NotExact(f"{name} is not rational")

    # Jets

    def add(self, a: Any, b: Any) -> Any:
        if not isinstance(a, Jet):
            if not isinstance(b, Jet):
                return a + b
            a, b = b, a
        parts = [dict(p) for p in a.parts]
        if not isinstance(b, Jet):
            parts[0][0] = parts[0].get(0, 0) + b
            return Jet(parts)
        for mine, other in zip(parts, b.parts, strict=True):
            for key, x in other.items():
                mine[key] = mine[key] + x if key in mine else x
        return Jet(parts)

    def mul(self, a: Any, b: Any) -> Any:
        if not isinstance(a, Jet):
            if not isinstance(b, Jet):
                return a * b
            a, b = b, a
        if not isinstance(b, Jet):
            if not b:
                return 0
            return Jet([{key: x * b for key, x in part.items()} for part in a.parts])
        parts: list[dict[int, Any]] = [{} for _ in range(self.pieces)]
        _accumulate(parts, a, b)
        return Jet(parts)

    def dot(self, a: list[Any], b: list[Any]) -> Any:
        plain: Any = 0
        parts: list[dict[int, Any]] | None = None
        for x, y in zip(a, b, strict=True):
            if not isinstance(x, Jet):
                if not isinstance(y, Jet):
                    plain = plain + x * y
                    continue
                x, y = y, x
            if parts is None:
                parts = [{} for _ in range(self.pieces)]
            if isinstance(y, Jet):
                _accumulate(parts, x, y)
            elif y:
                for out, part in zip(parts, x.parts, strict=True):
                    for key, v in part.items():
                        out[key] = out[key] + v * y if key in out else v * y
        if parts is None:
            return plain
        parts[0][0] = parts[0].get(0, 0) + plain
        return Jet(parts)

    def div(self, a: Any, b: Any) -> Any:
        if not isinstance(b, Jet):
            if not isinstance(a, Jet):
                return self.divide(a, b)
            return self.mul(a, self.divide(1, b))
        reciprocal = self.divide(1, self.value(b))
        series, term = [], reciprocal
        for k in range(self.order + 1):
            series.append(term)
            term = -term * reciprocal * (k + 1)
        return self.mul(a, self.taylor(series, b))

    def taylor(self, derivatives: list[Any], x: Any) -> Any:
        """f(x) from the derivatives of f at the value of x."""
        if not isinstance(x, Jet):
            return derivatives[0]
        nilpotent = Jet([{}, *x.parts[1:]])
        result: Any = derivatives[0]
        power: Any = nilpotent
        for k in range(1, self.order + 1):
            d = derivatives[k]
            if d:
                factor = d if k == 1 else self.divide(d, factorial(k))
                result = self.add(result, self.mul(power, factor))
            if k < self.order:
                power = self.mul(power, nilpotent)
        return result

    def function(self, name: str, x: Any) -> Any:
        order = self.order if isinstance(x, Jet) else 0
        return self.taylor(self.derivatives(name, self.value(x), order), x)

    def power(self, base: Any, exponent: Any) -> Any:
        if isinstance(exponent, Jet):
            if any(exponent.parts[1:]):
                logarithm = self.function("log", base)
                return self.function("exp", self.mul(exponent, logarithm))
            exponent = self.value(exponent)
        elif isinstance(exponent, Fraction):
            exponent = self.number(exponent)
        whole = int(exponent)
        if whole != exponent or abs(whole) > _LONG_POWER:
            return self.general_power(base, exponent)
        if whole < 0:
            base, whole = self.div(1, base), -whole
        result: Any = 1
        while whole:
            if whole & 1:
                result = self.mul(result, base) if result != 1 else base
            whole >>= 1
            if whole:
                base = self.mul(base, base)
        return result

    def magnitude(self, x: Any) -> Any:
        """The absolute value of the number without its infinitesimal part."""
        return abs(self.value(x))

    def check_regular(self, det: Any, grid: Grid) -> None:
        """Nothing to do: a determinant of zero is exactly zero here."""

    def shows(self, x: Any) -> bool:
        """Whether the number without its infinitesimal part is not zero."""
        return bool(self.value(x))

    def greater(self, a: Any, b: Any) -> bool:
        raise NotExact("the order of numbers is not rational")


_LONG_POWER = 512


def _accumulate(parts: list[dict[int, Any]], a: Jet, b: Jet) -> None:
    """Add the product of two jets."""
    for s, left in enumerate(a.parts):
        if not left:
            continue
        for t, right in enumerate(b.parts):
            if s & t or not right:
                continue
            out = parts[s | t]
            for key, x in left.items():
                for other, y in right.items():
                    place = key + other
                    if place in out:
                        out[place] += x * y
                    else:
                        out[place] = x * y


def _kink(name: str, x: Any, order: int) -> list[Any]:
    if not x and order:
        raise OutsideDomain(f"{name} at zero")
    sign = (x > 0) - (x < 0)
    found: list[Any] = [abs(x), sign] if name == "abs" else [sign, 0]
    return found + [0] * max(0, order - 1)


@lru_cache(maxsize=1)
def _rationals() -> Any:
    from sympy.polys.domains import QQ

    return QQ.dtype


_ROUNDING = Decimal("1e-25")
"""A determinant this small, beside its bound, is zero but for rounding."""


_AT_KINK = Decimal("1e-45")


class Decimals(Exact):
    """Arithmetic of jets over decimal numbers with the digits of the current context.

    The derivatives of the primitives are SymPy's, evaluated by mpmath.
    """

    def number(self, value: Fraction) -> Any:
        if value.denominator == 1:
            return value.numerator
        return Decimal(value.numerator) / value.denominator

    def divide(self, a: Any, b: Any) -> Any:
        if not b:
            raise OutsideDomain("division by zero")
        return Decimal(a) / b

    def pi(self) -> Any:
        return self._evaluate(_pi, 0)[0]

    def derivatives(self, name: str, x: Any, order: int) -> list[Any]:
        if name in ("abs", "sign"):
            self.piecewise = True
            # what is zero but for rounding stands at the kink
            return _kink(name, Decimal(0) if abs(x) < _AT_KINK else x, order)
        if not isinstance(x, Decimal):
            x = Decimal(x)
        if name == "log" and x <= 0:
            raise OutsideDomain("the logarithm of a number that is not positive")
        if name in ("asin", "acos") and abs(x) >= 1:
            raise OutsideDomain(f"{name} outside (-1, 1)")
        if name == "exp":
            if abs(x) > _LARGE:
                raise OutsideDomain("the exponential of a large number")
            return [x.exp()] * (order + 1)
        if name == "log":
            found = [x.ln()]
            term: Any = self.divide(1, x)
            for k in range(order):
                found.append(term)
                term = -term * self.divide(k + 1, x)
            return found
        return self._evaluate(primitive(name, order), x)

    @staticmethod
    def _evaluate(function: Callable[[Any], Any], x: Any) -> list[Any]:
        import mpmath

        digits = getcontext().prec
        with mpmath.workdps(digits + 5):
            found = function(mpmath.mpf(str(x)))
            if not all(mpmath.isfinite(v) and isinstance(v, mpmath.mpf) for v in found):
                raise OutsideDomain("a value that is not real and finite")
            return [Decimal(mpmath.nstr(v, digits + 5)) for v in found]

    def shows(self, x: Any) -> bool:
        return bool(abs(self.value(x)) > _AT_KINK)

    def greater(self, a: Any, b: Any) -> bool:
        self.piecewise = True
        x, y = self.value(a), self.value(b)
        if abs(x - y) < _AT_KINK:
            raise OutsideDomain("two entries are equal")
        return bool(x > y)

    def check_regular(self, det: Any, grid: Grid) -> None:
        """Refuse a determinant that is nothing but rounding, as of a matrix of lower rank."""
        bound = Decimal(1)
        for row in grid:
            bound *= sum((Decimal(self.magnitude(x)) for x in row), Decimal(0))
        if Decimal(self.magnitude(det)) <= bound * _ROUNDING:
            raise OutsideDomain("a matrix without an inverse")

    def general_power(self, base: Any, exponent: Any) -> Any:
        x = Decimal(self.value(base))
        if not x or (x < 0 and exponent != int(exponent)):
            raise OutsideDomain("a power of a number that is not positive")
        try:
            term = x ** Decimal(exponent)
        except DecimalException:
            raise OutsideDomain("a power that is too large") from None
        found = []
        for k in range(self.order + 1):
            found.append(term)
            term = term * (exponent - k) / x
        return self.taylor(found, base)


_LARGE = 10**5


def _pi(_: Any) -> list[Any]:
    import mpmath

    return [+mpmath.mp.pi]


@cache
def primitive(name: str, order: int) -> Callable[[Any], list[Any]]:
    """A primitive and its derivatives by SymPy, as one function of an mpmath number."""
    import sympy

    t = sympy.Symbol("t", real=True)
    f = getattr(sympy, name)(t)
    forms = [f]
    for _ in range(order):
        forms.append(forms[-1].diff(t))
    function: Callable[[Any], list[Any]] = sympy.lambdify(t, forms, "mpmath", cse=True)
    return function
