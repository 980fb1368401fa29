"""Numbers of a finite field, in which transcendental functions have values of their own.

An identity that holds whatever the values of ``exp(u)``, ``log(u)``, … are, so long as they
are differentiated as they should be, holds for the functions themselves. Here every such
value is drawn at random for its argument, and roots are roots: what agrees at random points
agrees as rational functions of the entries, of the values and of the roots (Schwartz 1980,
Zippel 1979). An identity that needs more, such as ``exp(a + b) = exp(a)*exp(b)``, does not
show here, which proves nothing against it.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any

from matrixcalc.jets import Exact, OutsideDomain

PRIME = 2**127 - 1
"""It leaves 3 on division by 4, so that a square v has the root v^((PRIME + 1)/4)."""

_NEARLY_ZERO = 512
_ODD = frozenset({"asin", "atan", "erf"})


class Formal(Exact):
    """Arithmetic of jets over SymPy's integers modulo :data:`PRIME`.

    >>> at = Formal()
    >>> s, c = at.function("sin", at.number(Fraction(1, 3))), at.function("cos", 1 / field()(3))
    >>> s*s + c*c == 1
    True
    """

    def number(self, value: Fraction) -> Any:
        if value.denominator == 1:
            return value.numerator
        return element(value)

    def divide(self, a: Any, b: Any) -> Any:
        divisor = field()(b)
        if not divisor:
            raise OutsideDomain("division by zero")
        return field()(a) / divisor

    def shows(self, x: Any) -> bool:
        return bool(field()(self.value(x)))

    def magnitude(self, x: Any) -> Any:
        return int(bool(self.value(x)))

    def pi(self) -> Any:
        return _drawn("pi", 0) ** 2  # erf asks for its root

    def derivatives(self, name: str, x: Any, order: int) -> list[Any]:
        if name in ("abs", "sign"):
            if not field()(x):
                raise OutsideDomain(f"{name} at zero")
            sign = _of(name="sign", x=x)
            found: list[Any] = [sign * x, sign] if name == "abs" else [sign, 0]
            return found + [0] * max(0, order - 1)
        return [self._evaluate(form, field()(x)) for form in _forms(name, order)]

    def power(self, base: Any, exponent: Any) -> Any:
        if isinstance(exponent, Fraction) and exponent.denominator == 2:
            return super().power(self._root(base), Fraction(exponent.numerator))
        return super().power(base, exponent)

    def general_power(self, base: Any, exponent: Any) -> Any:
        below = PRIME - int(field()(exponent))
        if below <= _NEARLY_ZERO:
            return super().power(base, Fraction(-below))
        return self.function("exp", self.mul(exponent, self.function("log", base)))

    def _root(self, base: Any) -> Any:
        value = field()(self.value(base))
        term = value ** ((PRIME + 1) // 4)
        if not term or term * term != value:
            raise OutsideDomain("a number without a square root")
        found = []
        for k in range(self.order + 1):
            found.append(term)
            term = term * element(Fraction(1, 2) - k) / value
        return self.taylor(found, base)

    def _evaluate(self, form: Any, x: Any) -> Any:
        """A primitive's derivative, as SymPy writes it, at x."""
        if form.is_Symbol:
            return x
        if form.is_Rational:
            return element(Fraction(int(form.p), int(form.q)))
        if not form.args:
            return self.pi()
        args = [self._evaluate(a, x) for a in form.args]
        if form.is_Add:
            return sum(args)
        if form.is_Mul:
            total = args[0]
            for a in args[1:]:
                total = total * a
            return total
        if form.is_Pow:
            exponent = Fraction(int(form.exp.p), int(form.exp.q))
            return self.power(args[0], exponent)
        return _of(form.func.__name__, args[0])


@lru_cache(maxsize=1)
def field() -> Any:
    """The elements of the field: SymPy's integers modulo the prime."""
    from sympy.polys.domains import GF

    return GF(PRIME, symmetric=False)


def element(value: Any) -> Any:
    """A rational number as an element of the field."""
    modulo = field()
    below = modulo(int(value.denominator))
    if not below:
        raise OutsideDomain("division by zero")
    return modulo(int(value.numerator)) / below


@cache
def _forms(name: str, order: int) -> list[Any]:
    """A primitive and its derivatives, as SymPy writes them."""
    import sympy

    t = sympy.Symbol("t", real=True)
    forms = [getattr(sympy, name)(t)]
    for _ in range(order):
        forms.append(forms[-1].diff(t))
    return forms


def _of(name: str, x: Any) -> Any:
    """The value that stands for a primitive at x: what is odd or even stays so."""
    at = int(field()(x))
    negative = at > PRIME // 2
    if negative:
        at = PRIME - at
    if name == "sign":
        value = field()(1 if int(_drawn(name, at)) % 2 else -1)
        return -value if negative else value
    if name in ("sin", "cos"):
        # the point of the circle that the half angle's tangent gives
        half = _drawn("tan", at)
        below = 1 + half * half
        if name == "cos":
            return (1 - half * half) / below
        return (-2 if negative else 2) * half / below
    if name in _ODD:
        return -_drawn(name, at) if negative else _drawn(name, at)
    if name == "exp":
        return 1 / _drawn(name, at) if negative else _drawn(name, at)
    if name == "log" and not at:
        raise OutsideDomain("the logarithm of zero")
    return _drawn(name, PRIME - at if negative else at)


def _drawn(name: str, at: int) -> Any:
    digest = blake2b(f"{name}|{at}".encode(), digest_size=24).digest()
    return field()(int.from_bytes(digest, "big"))
