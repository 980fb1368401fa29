"""Differences of fractions of exponentials: put over one denominator and multiplied out.

What cancels then does so in whole numbers, before anything is computed. The second derivative of
log(1 + exp(x) + exp(2*x)) is a difference of two fractions that agree to all digits for large x,
but its numerator over the common denominator is exp(x) + 4*exp(2*x) + exp(3*x).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from matrixcalc import build
from matrixcalc.build import add, mul, neg, num
from matrixcalc.calls import make_call
from matrixcalc.codegen.logs import canonical, scaled, spread, terms
from matrixcalc.codegen.split import Split, Splitting, log_of_sum
from matrixcalc.dims import Shape
from matrixcalc.expr import Expr

_MOST = 24
"""Numerators with more terms are left as they are."""
_ROUNDS = 4


class Monomial(NamedTuple):
    """A number times exp(log)."""

    number: Fraction
    log: Expr


def over_one_denominator(e: Expr, splitting: Splitting) -> Split | None:
    """A difference of fractions of exponentials as one, if terms of its numerator cancel and the
    signs of the others agree.

    >>> from matrixcalc.infer import parse
    >>> s = over_one_denominator(parse("1 + exp(2*a) - (1 + exp(a))^2"), Splitting())
    >>> s.log, s.rest
    (a + log(2), (-1,))
    """
    parts: list[Monomial] = []
    for t in e.args:
        found = _monomials(t, splitting)
        if found is None:
            return None
        parts += found
    if len({p.number > 0 for p in parts}) == 1:
        return None
    front: Expr = build.zeros(e.shape)
    cancelled = False
    for _ in range(_ROUNDS):
        step = _without_fractions(parts, e.shape)
        if step is None:
            return None
        every, common = step
        parts = [p for p in every if p.number]
        cancelled = cancelled or len(parts) < len(every)
        front = add(front, common)
        if not parts or build.is_zero(common):
            break
    if not cancelled:
        return None
    if not parts:
        return Split(build.zeros(e.shape), (build.ZERO,))
    signs = {p.number > 0 for p in parts}
    if len(signs) != 1:
        return None
    log = canonical(add(front, log_of_sum([_sized(p) for p in parts])))
    return Split(log, () if signs.pop() else (build.MINUS,), divides=True)


def _monomials(t: Expr, splitting: Splitting) -> list[Monomial] | None:
    """A term as numbers times exponentials; tanh(v) is one minus 2*sigmoid(-2*v)."""
    s = splitting.of(t)
    factors = [t] if s is None else s.rest
    made = [Monomial(Fraction(1), build.zeros(t.shape) if s is None else s.log)]
    for f in factors:
        number, rest = build.split_number(f)
        made = [Monomial(p.number * number, p.log) for p in made]
        if rest.op == "tanh":
            twice = scaled(Fraction(2), spread(rest.args[0], t.shape))
            fall = Monomial(Fraction(-2), neg(make_call("softplus", (canonical(twice),))))
            made += [Monomial(p.number * fall.number, add(p.log, fall.log)) for p in made]
        elif rest is not build.UNIT and rest.op != "ones":
            return None
    return made


def _without_fractions(
    parts: Sequence[Monomial], shape: Shape
) -> tuple[list[Monomial], Expr] | None:
    """The sum with the powers of 1 + exp(u) that all have drawn out, the others multiplied out.

    What cancels is there with the number 0.
    """
    numbers: list[Monomial] = []
    powers: list[dict[Expr, Fraction]] = []
    arguments: list[Expr] = []
    for p in parts:
        number, plain = p.number, build.zeros(shape)
        own: dict[Expr, Fraction] = {}
        for t in terms(_in_softplus(p.log)):
            c, rest = build.split_number(t)
            constant = _constant(rest)
            if rest.op == "softplus":
                u = rest.args[0]
                own[u] = own.get(u, Fraction(0)) + c
                if u not in arguments:
                    arguments.append(u)
            elif constant is not None and c.denominator == 1:
                number *= constant ** int(c)
            else:
                plain = add(plain, t)
        numbers.append(Monomial(number, plain))
        powers.append(own)
    common = {u: min(own.get(u, Fraction(0)) for own in powers) for u in arguments}
    total: dict[bytes, Monomial] = {}
    for m, own in zip(numbers, powers, strict=True):
        made = [m]
        for u in arguments:
            k = own.get(u, Fraction(0)) - common[u]
            if k.denominator != 1 or len(made) * (k + 1) > _MOST:
                return None
            for _ in range(int(k)):
                made += [Monomial(p.number, add(p.log, u)) for p in made]
        for p in made:
            log = canonical(p.log)
            known = total.get(log.key)
            total[log.key] = Monomial(p.number + (known.number if known else 0), log)
    if len(total) > _MOST:
        return None
    drawn = (mul(num(c), make_call("softplus", (u,))) for u, c in common.items())
    return list(total.values()), add(build.zeros(shape), *drawn)


def _in_softplus(log: Expr) -> Expr:
    """A logarithm with log_cosh(v) as softplus(2*v) - v - log(2)."""
    made = [build.zeros(log.shape)]
    for t in terms(log):
        c, rest = build.split_number(t)
        if rest.op == "_log_cosh":
            v = rest.args[0]
            whole = make_call("softplus", (canonical(scaled(Fraction(2), v)),))
            two = spread(make_call("log", (num(2),)), v.shape)
            t = mul(num(c), add(whole, neg(v), neg(two)))
        made.append(t)
    return canonical(add(*made))


def _constant(e: Expr) -> Fraction | None:
    """k of log(k), repeated or not."""
    factors = [f for f in (e.args if e.op == "mul" else (e,)) if f.op != "ones"]
    if len(factors) == 1 and factors[0].op == "log" and factors[0].args[0].op == "num":
        return Fraction(factors[0].args[0].data)
    return None


def _sized(p: Monomial) -> Expr:
    size = make_call("log", (num(abs(p.number)),)) if abs(p.number) != 1 else build.ZERO
    return add(p.log, spread(size, p.log.shape))
