"""What is an exponential in an expression, and what is not: ``exp(L)*rest``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from matrixcalc import build
from matrixcalc.build import add, epower, had, mul, neg, num
from matrixcalc.calls import make_call
from matrixcalc.codegen.signs import nonnegative
from matrixcalc.codegen.stability.bounds import bounded
from matrixcalc.codegen.stability.logs import (
    canonical,
    exponential,
    log1mexp,
    parts_of,
    peeled,
    scaled,
    spread,
    terms,
)
from matrixcalc.codegen.stability.vanishing import VANISHING, vanishing
from matrixcalc.dims import Shape
from matrixcalc.expr import Expr, topological
from matrixcalc.positive import is_definite

_MANY = 8
"""Longer sums of exponentials are left as they are."""

_LONGEST = 800
"""Logarithms of a higher cost are given up: sums of sums of exponentials grow beyond measure."""

_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Split:
    """``exp(log)*rest``, the logarithm in canonical form.

    ``count`` factors hold an exponential; one may be huge (``high``), one may be tiny
    (``low``), and one stands below a fraction line or a root (``divides``).
    """

    log: Expr
    rest: tuple[Expr, ...] = ()
    count: int = 1
    high: bool = True
    low: bool = True
    divides: bool = False

    def numbers(self) -> Fraction | None:
        """The rest where it is numbers alone."""
        made = Fraction(1)
        for r in self.rest:
            if r.op != "num":
                return None
            made *= r.data
        return made


class Splitting:
    """The splits of expressions, each found once."""

    def __init__(self) -> None:
        self.known: dict[Expr, Split | None] = {}

    def of(self, root: Expr) -> Split | None:
        """The split of an expression, or None where it holds no exponential."""
        for e in topological(root, lambda e: e not in self.known):
            if e not in self.known:
                rule = _RULES.get(e.op)
                made = None if rule is None else rule(self, e)
                long = made is not None and made.log.cost > _LONGEST
                self.known[e] = None if long else made
        return self.known[root]

    def product(self, factors: Iterable[Expr], shape: Shape) -> Split | None:
        """The split of factors that are multiplied entry by entry, repeated where need be."""
        found = [(f, self.of(f)) for f in factors]
        splits = [s for _, s in found if s is not None]
        if not splits:
            return None
        rest: list[Expr] = []
        for f, s in found:
            rest.extend((f,) if s is None else s.rest)
        return Split(
            canonical(add(build.zeros(shape), *(spread(s.log, shape) for s in splits))),
            tuple(spread(r, shape) if not r.is_scalar else r for r in rest),
            sum(s.count for s in splits),
            any(s.high for s in splits),
            any(s.low for s in splits),
            any(s.divides for s in splits),
        )


def _named(log: Callable[[Expr], Expr], *, high: bool, low: bool) -> Callable[..., Split]:
    def rule(_: Splitting, e: Expr) -> Split:
        return Split(canonical(log(e.args[0])), high=high, low=low)

    return rule


def _softmax(u: Expr) -> Expr:
    return add(u, neg(spread(make_call("logsumexp", (u,)), u.shape)))


def _softmax_columns(u: Expr) -> Expr:
    return add(u, neg(spread(make_call("_logsumexp_columns", (u,)), u.shape)))


def _sinh(_: Splitting, e: Expr) -> Split:
    u = e.args[0]
    return Split(canonical(make_call("_log_cosh", (u,))), (make_call("tanh", (u,)),), low=False)


def _expm1(_: Splitting, e: Expr) -> Split:
    u = e.args[0]
    if nonnegative(neg(u)):
        return Split(canonical(log1mexp(u)), (build.MINUS,), high=False)
    half = make_call("tanh", (scaled(_HALF, u),))
    return Split(canonical(make_call("softplus", (u,))), (half,), low=False)


def _transposed(splitting: Splitting, e: Expr) -> Split | None:
    s = splitting.known[e.args[0]]
    if s is None:
        return None
    log = canonical(build.transpose(s.log))
    rest = tuple(build.transpose(r) for r in s.rest)
    return Split(log, rest, s.count, s.high, s.low, s.divides)


def _mul(splitting: Splitting, e: Expr) -> Split | None:
    scalars = [a for a in e.args if a.is_scalar]
    chain = [a for a in e.args if not a.is_scalar]
    if len(chain) == 2 and e.order == 2 and any(a.op == "ones" for a in chain):
        return splitting.product((*scalars, *(a for a in chain if a.op != "ones")), e.shape)
    if len(chain) > 1 and e.is_scalar:
        return _form(splitting, scalars, chain)
    if len(chain) > 1:
        chain = [mul(*chain)]
        splitting.known.setdefault(chain[0], None)
    return splitting.product((*scalars, *chain), e.shape)


def _form(splitting: Splitting, scalars: Sequence[Expr], chain: Sequence[Expr]) -> Split | None:
    """A number such as y'*exp(x): the largest exponential drawn out of each factor."""
    drawn: list[Expr] = []
    changed: list[Expr] = []
    for f in chain:
        s = splitting.known.get(f)
        if s is None or bounded(s.log):
            changed.append(f)
            continue
        top = make_call("max", (s.log,))
        drawn.append(top)
        below = exponential(add(s.log, neg(spread(top, f.shape))))
        changed.append(had(below, *s.rest))
    front = splitting.product(scalars, build.UNIT.shape)
    if not drawn:
        return front and Split(
            front.log, (*front.rest, mul(*chain)), front.count, front.high, front.low,
            front.divides,
        )
    inner = Split(canonical(add(*drawn)), (mul(*changed),))
    if front is None:
        return Split(inner.log, (*scalars, *inner.rest))
    return Split(
        canonical(add(front.log, inner.log)), (*front.rest, *inner.rest), front.count + 1,
        divides=front.divides,
    )


def _had(splitting: Splitting, e: Expr) -> Split | None:
    return splitting.product(e.args, e.shape)


def _power(splitting: Splitting, e: Expr) -> Split | None:
    base, exponent = e.args
    s = splitting.known[base]
    if s is None or (e.op == "pow" and not e.is_scalar):
        return None
    k = exponent.number
    if k is None:
        if s.rest or not exponent.is_scalar or exponent.op == "add":
            return None
        log = add(build.zeros(e.shape), *(mul(exponent, t) for t in terms(s.log)))
        return Split(canonical(log), count=s.count, divides=True)
    high, low = (s.high, s.low) if k > 0 else (s.low, s.high)
    rest = (epower(had(*s.rest), exponent),) if s.rest else ()
    divides = s.divides or (k < 0 and s.high) or k.denominator != 1
    return Split(canonical(scaled(k, s.log)), rest, s.count, high, low, divides)


def _add(splitting: Splitting, e: Expr) -> Split | None:
    """A sum of exponentials and numbers of one sign; a difference of two; or any other sum,
    relative to the largest exponential in it."""
    if len(e.args) > _MANY:
        return None
    parts = [_part(splitting, t) for t in e.args]
    if not any(high for _, _, high in parts):
        return None
    numbers = [build.split_number(r) for _, r, _ in parts]
    if any(rest.op != "num" and rest.op != "ones" for _, rest in numbers):
        return _relative(parts, e.shape)
    logs: list[Expr] = []
    for (log, _, _), (number, _) in zip(parts, numbers, strict=True):
        size = make_call("log", (num(abs(number)),)) if abs(number) != 1 else build.ZERO
        logs.append(add(log, spread(size, e.shape)))
    low = all(not build.is_zero(log) for log in logs)
    signs = {number > 0 for number, _ in numbers}
    if len(signs) == 1:
        return Split(log_of_sum(logs), () if signs.pop() else (build.MINUS,), low=low)
    if len(logs) > 2:
        return _relative(parts, e.shape)
    if numbers[0][0] < 0:
        logs.reverse()
    rest = _rest_of_softmax(*logs)
    if rest is not None:
        return rest
    half = canonical(scaled(_HALF, add(logs[0], neg(logs[1]))))
    return Split(log_of_sum(logs), (make_call("tanh", (vanishing(half),)),), low=low)


def _rest_of_softmax(one: Expr, other: Expr) -> Split | None:
    """1 - s and 1/s - 1 for a softmax s, and multiples of them."""
    pieces, left = peeled(canonical(add(one, neg(other))))
    if not build.is_zero(left) or len(pieces) != 1:
        return None
    (p,) = pieces
    if p.name != "log_softmax" or abs(p.times) != 1:
        return None
    # exp(one) - exp(other) is the larger of the two times 1 - s
    rest = make_call("_softmax_rest", (p.inner,))
    return Split(one, (rest,)) if p.times < 0 else Split(other, (build.MINUS, rest))


def _part(splitting: Splitting, t: Expr) -> tuple[Expr, Expr, bool]:
    """A term of a sum as its logarithm and the rest; whether it may be huge."""
    s = splitting.of(t)
    if s is None:
        return build.zeros(t.shape), t, False
    return s.log, had(build.ones(t.shape), *s.rest), s.high and not bounded(s.log)


def _relative(parts: Sequence[tuple[Expr, Expr, bool]], shape: Shape) -> Split | None:
    logs = list({log.key: log for log, _, _ in parts}.values())
    for top in logs:
        below = [canonical(add(log, neg(top))) for log in logs if log is not top]
        if all(map(bounded, below)):
            break
    else:
        if len(logs) > _MANY // 2:
            return None
        top = log_of_sum(logs)
    made = [had(r, exponential(add(log, neg(top)))) for log, r, _ in parts]
    return Split(top, (add(build.zeros(shape), *made),), low=False)


def log_of_sum(logs: Sequence[Expr]) -> Expr:
    """log(exp(a) + exp(b) + …)."""
    total = min(logs, key=lambda log: len(terms(log)))
    others = [log for log in logs if log is not total]
    if len(logs) == 2 and others:
        middle = canonical(scaled(_HALF, add(total, others[0])))
        if all(_is_constant(t) for t in terms(middle)):
            # exp(c + v) + exp(c - v)
            v = canonical(add(others[0], neg(middle)))
            two = spread(make_call("log", (num(2),)), v.shape)
            return add(middle, two, make_call("_log_cosh", (v,)))
    for log in others:
        total = canonical(add(total, make_call("softplus", (add(log, neg(total)),))))
    return total


def _is_constant(t: Expr) -> bool:
    return all(
        f.op in ("num", "ones") or (f.op == "log" and f.args[0].op == "num")
        for f in (t.args if t.op == "mul" else (t,))
    )


def _summed(splitting: Splitting, e: Expr) -> Split | None:
    """A sum of all entries, or of each column or row."""
    s = splitting.known[e.args[0]]
    if s is None:
        return None
    number = s.numbers()
    if number is None or number <= 0:
        if e.op != "sum" or bounded(s.log):
            return None
        top = make_call("max", (s.log,))
        below = exponential(add(s.log, neg(spread(top, s.log.shape))))
        return Split(top, (make_call("sum", (had(below, *s.rest),)),))
    if e.op == "rowsum":
        turned = make_call("_logsumexp_columns", (build.transpose(s.log),))
        log = build.transpose(turned)
    elif e.op == "colsum":
        log = make_call("_logsumexp_columns", (s.log,))
    else:
        log = make_call("logsumexp", (s.log,))
    return Split(log, s.rest, high=s.high, low=s.low)


def _norm(splitting: Splitting, e: Expr) -> Split | None:
    s = splitting.known[e.args[0]]
    number = None if s is None else s.numbers()
    if s is None or number is None or e.args[0].is_scalar:
        return None
    log = scaled(_HALF, make_call("logsumexp", (canonical(scaled(Fraction(2), s.log)),)))
    return Split(log, (num(abs(number)),))


def _extreme(splitting: Splitting, e: Expr) -> Split | None:
    s = splitting.known[e.args[0]]
    if s is None or s.rest:
        return None
    return Split(make_call(e.op, (s.log,)))


def _near(splitting: Splitting, e: Expr) -> Split | None:
    s = splitting.known[e.args[1]]
    rest = vanishing(s.rest[0]) if s is not None and len(s.rest) == 1 else e
    if s is None or rest is e or rest.op in VANISHING:
        return _fallen(e)
    fall = _fallen(rest) if rest.op == "_near" else None
    if fall is None:
        return Split(s.log, (rest,), s.count, s.high, s.low, s.divides)
    return Split(canonical(add(s.log, fall.log)), fall.rest, s.count, s.high, True, s.divides)


def _fallen(e: Expr) -> Split | None:
    """t^k*(c0 + c1*t + …) for t = exp(-relu(v)), with t^k drawn out: it may be too small to be
    a number where the sum is not."""
    t, plain, bound, low, *coefficients = e.args
    alone = [f for f in parts_of(t) if f.op == "exp"]
    inner = neg(alone[0].args[0]) if len(alone) == 1 else t
    if inner.op != "relu" or low.data <= 0:
        return None
    fall = scaled(low.data, spread(inner, e.shape))
    # beyond this the polynomial stands: so this is never infinite
    end = spread(num(low.data * math.ceil(-math.log(bound.data))), e.shape)
    kept = add(end, neg(make_call("relu", (add(end, neg(fall)),))))
    raised = had(plain, make_call("exp", (kept,)))
    rest = make_call("_near", (t, raised, bound, build.ZERO, *coefficients))
    return Split(canonical(neg(fall)), (rest,), high=False)


def _det(_: Splitting, e: Expr) -> Split | None:
    return Split(make_call("logdet", e.args)) if is_definite(e.args[0]) else None


_RULES: dict[str, Callable[[Splitting, Expr], Split | None]] = {
    "exp": _named(lambda u: u, high=True, low=True),
    "sigmoid": _named(lambda u: neg(make_call("softplus", (neg(u),))), high=False, low=True),
    "softmax": _named(_softmax, high=False, low=True),
    "_softmax_columns": _named(_softmax_columns, high=False, low=True),
    "_sech2": _named(lambda u: scaled(Fraction(-2), make_call("_log_cosh", (u,))),
                     high=False, low=True),
    "cosh": _named(lambda u: make_call("_log_cosh", (u,)), high=True, low=False),
    "softplus": _named(lambda u: make_call("_log_softplus", (u,)), high=False, low=True),
    "sinh": _sinh,
    "_expm1": _expm1,
    "_near": _near,
    "T": _transposed,
    "mul": _mul,
    "had": _had,
    "pow": _power,
    "epow": _power,
    "add": _add,
    "sum": _summed,
    "colsum": _summed,
    "rowsum": _summed,
    "norm2": _norm,
    "max": _extreme,
    "min": _extreme,
    "det": _det,
}
