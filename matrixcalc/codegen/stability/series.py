"""Power series with exact coefficients, for functions of one thing.

A value is ``k*log(t) + log(q) + t^v*(c0 + c1*t + …)`` with numbers k, v and coefficients that are
fractions and a positive fraction q: closed under sums, products, exponentials and logarithms, as
far as no other numbers than fractions come up. Where they would, there is no series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from matrixcalc import build
from matrixcalc.codegen.stability.logs import upright
from matrixcalc.expr import Expr, topological

_ZERO, _ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Series:
    """``times*log(t) + log(constant) + t^low*sum(coefficients_i*t^i)``, to the power ``end``.

    The first coefficient is not zero; ``end`` is the first power that is not known.
    """

    low: int
    coefficients: tuple[Fraction, ...]
    times: Fraction = _ZERO
    constant: Fraction = _ONE

    @property
    def pure(self) -> bool:
        """Whether there are no logarithms."""
        return not self.times and self.constant == 1

    @property
    def end(self) -> int:
        return self.low + len(self.coefficients)


class NoSeries(Exception):
    """Other numbers than fractions come up, or a root of the variable."""


def stripped(low: int, coefficients: Sequence[Fraction]) -> Series:
    """A pure series, beginning with what is not zero."""
    first = next((i for i, c in enumerate(coefficients) if c), len(coefficients))
    return Series(low + first, tuple(coefficients[first:]))


def plus(a: Series, b: Series) -> Series:
    low, end = min(a.low, b.low), min(a.end, b.end)
    made = [_at(a, i) + _at(b, i) for i in range(low, end)]
    pure = stripped(low, made)
    return Series(pure.low, pure.coefficients, a.times + b.times, a.constant * b.constant)


def _at(a: Series, i: int) -> Fraction:
    return a.coefficients[i - a.low] if a.low <= i < a.end else _ZERO


def times(a: Series, b: Series) -> Series:
    if not (a.pure and b.pure):
        for number, other in ((a, b), (b, a)):
            if number.pure and number.low == 0 and not any(number.coefficients[1:]):
                return _multiple(number.coefficients[0], other)
        raise NoSeries
    n = min(len(a.coefficients), len(b.coefficients))
    made = [
        sum((a.coefficients[j] * b.coefficients[i - j] for j in range(i + 1)), _ZERO)
        for i in range(n)
    ]
    return stripped(a.low + b.low, made)


def _multiple(k: Fraction, a: Series) -> Series:
    if not k:
        return Series(a.end, ())
    if a.constant != 1 and k.denominator != 1:
        raise NoSeries
    constant = a.constant ** int(k) if a.constant != 1 else _ONE
    return Series(a.low, tuple(k * c for c in a.coefficients), k * a.times, constant)


def power(a: Series, k: Fraction) -> Series:
    """By a^k*k*a' = (a^k)'*a; the power of the first coefficient is to be a fraction."""
    if not a.pure or not a.coefficients:
        raise NoSeries
    first = a.coefficients[0]
    low = k * a.low
    if low.denominator != 1 or (k.denominator != 1 and first != 1):
        raise NoSeries
    made = [first**int(k) if k.denominator == 1 else _ONE]
    for n in range(1, len(a.coefficients)):
        total = sum(
            ((k * j - n + j) * a.coefficients[j] * made[n - j] for j in range(1, n + 1)), _ZERO
        )
        made.append(total / (n * first))
    return Series(int(low), tuple(made))


def exp(a: Series) -> Series:
    """By e' = a'*e."""
    if a.low < 0 or (a.coefficients and a.low == 0) or a.times.denominator != 1:
        raise NoSeries
    made = [a.constant]
    for n in range(1, a.end):
        total = sum((j * _at(a, j) * made[n - j] for j in range(1, n + 1)), _ZERO)
        made.append(total / n)
    return Series(int(a.times), tuple(made))


def log(a: Series) -> Series:
    """By l' = a'/a."""
    if not a.pure or not a.coefficients or a.coefficients[0] <= 0:
        raise NoSeries
    first = a.coefficients[0]
    c = [x / first for x in a.coefficients]
    made = [_ZERO]
    for n in range(1, len(c)):
        total = sum((j * made[j] * c[n - j] for j in range(1, n)), _ZERO)
        made.append(c[n] - total / n)
    pure = stripped(0, made)
    return Series(pure.low, pure.coefficients, Fraction(a.low), first)


def _integral(rate: Series, inner: Series) -> Series:
    """The f with f(0) = 0 of which df = rate*d(inner)."""
    slope = stripped(
        inner.low - 1, [(inner.low + i) * c for i, c in enumerate(inner.coefficients)]
    )
    made = times(rate, slope)
    if made.low < 0:
        raise NoSeries
    low = made.low + 1
    return Series(low, tuple(c / (low + i) for i, c in enumerate(made.coefficients)))


def _circular(a: Series) -> tuple[Series, Series]:
    """sin and cos, by s' = c*a' and c' = -s*a'."""
    if not a.pure or a.low < 1:
        raise NoSeries
    s, c = [_ZERO], [_ONE]
    for n in range(1, a.end):
        s.append(sum((j * _at(a, j) * c[n - j] for j in range(1, n + 1)), _ZERO) / n)
        c.append(-sum((j * _at(a, j) * s[n - j] for j in range(1, n + 1)), _ZERO) / n)
    return stripped(0, s), stripped(0, c)


def unit(a: Expr) -> tuple[Fraction, Expr]:
    """The number in front of an expression, or of the first term of a sum, and the rest, which
    is the same for x - y and y - x."""
    if a.op != "add":
        return build.split_number(a)
    number = build.split_number(a.args[0])[0]
    rest = build.add(*(build.mul(build.num(1 / number), t) for t in a.args))
    turned = upright(rest)
    return (number if turned is rest else -number), turned


def is_chain(e: Expr) -> bool:
    """Whether a product has a product of matrices in it."""
    arrays = [a for a in e.args if not a.is_scalar]
    plain = sum(a.op != "ones" for a in arrays)
    return e.op == "mul" and (plain > 1 or (e.is_scalar and bool(arrays)))


class Expansion:
    """The series of expressions in t, which is known for the one thing they are functions of."""

    def __init__(self, thing: Expr, series: Series, count: int) -> None:
        self.thing, self.series, self.count = thing, series, count
        self.known: dict[Expr, Series | None] = {thing: series}

    def number(self, k: Fraction | int) -> Series:
        if not k:
            return Series(self.count, ())
        return Series(0, (Fraction(k), *(_ZERO,) * (self.count - 1)))

    def of(self, root: Expr) -> Series | None:
        """The series of an expression, or None."""
        for e in topological(root, lambda e: e not in self.known):
            if e not in self.known:
                try:
                    self.known[e] = self._made(e)
                except NoSeries:
                    self.known[e] = None
        return self.known[root]

    def _args(self, e: Expr) -> Iterator[Series]:
        for a in e.args:
            s = self.known[a]
            if s is None:
                raise NoSeries
            yield s

    def _made(self, e: Expr) -> Series:
        op = e.op
        if op in ("add", "mul"):
            number, rest = unit(e)
            if rest is self.thing:
                return _multiple(number, self.series)
        if op == "num":
            return self.number(e.data)
        if op == "ones":
            return self.number(1)
        if op in ("pow", "epow") and (op == "epow" or e.is_scalar):
            base, k = self.known[e.args[0]], e.args[1].number
            if base is None or k is None:
                raise NoSeries
            return power(base, k)
        if op in ("add", "had", "mul"):
            if is_chain(e):
                raise NoSeries
            first, *others = self._args(e)
            for s in others:
                first = plus(first, s) if op == "add" else times(first, s)
            return first
        rule = FUNCTIONS.get(op)
        if rule is None:
            raise NoSeries
        return rule(self.number(1), *self._args(e))


def _minus(a: Series) -> Series:
    return _multiple(-_ONE, a)


def _softplus(one: Series, a: Series) -> Series:
    return log(plus(one, exp(a)))


def _tanh(one: Series, a: Series) -> Series:
    e = exp(_multiple(Fraction(2), a))
    return times(plus(e, _minus(one)), power(plus(e, one), -_ONE))


def _two(a: Series) -> tuple[Series, Series]:
    return exp(a), exp(_minus(a))


_HALF = Fraction(1, 2)
FUNCTIONS: dict[str, Callable[..., Series]] = {
    "T": lambda one, a: a,
    "exp": lambda one, a: exp(a),
    "log": lambda one, a: log(a),
    "log1p": lambda one, a: log(plus(one, a)),
    "sqrt": lambda one, a: power(a, _HALF),
    "sigmoid": lambda one, a: power(plus(one, exp(_minus(a))), -_ONE),
    "softplus": _softplus,
    "tanh": _tanh,
    "sinh": lambda one, a: _multiple(_HALF, plus(_two(a)[0], _minus(_two(a)[1]))),
    "cosh": lambda one, a: _multiple(_HALF, plus(*_two(a))),
    "sin": lambda one, a: _circular(a)[0],
    "cos": lambda one, a: _circular(a)[1],
    "tan": lambda one, a: times(_circular(a)[0], power(_circular(a)[1], -_ONE)),
    "arctan": lambda one, a: _integral(power(plus(one, times(a, a)), -_ONE), a),
    "arcsin": lambda one, a: _integral(power(plus(one, _minus(times(a, a))), -_HALF), a),
    "_near": lambda one, t, a, *numbers: a,
    "_expm1": lambda one, a: plus(exp(a), _minus(one)),
    "_log1mexp": lambda one, a: log(plus(one, _minus(exp(a)))),
    "_log_inv_cloglog": lambda one, a: log(plus(one, _minus(exp(_minus(exp(a)))))),
    "_log_cosh": lambda one, a: log(_multiple(_HALF, plus(*_two(a)))),
    "_log_softplus": lambda one, a: log(_softplus(one, a)),
    "_logaddexp": lambda one, a, b: log(plus(exp(a), exp(b))),
    "_sech2": lambda one, a: plus(one, _minus(times(_tanh(one, a), _tanh(one, a)))),
}
"""Functions by their series; the first argument is the series of 1."""
