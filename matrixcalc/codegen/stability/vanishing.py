"""Sums that vanish at a point although their terms do not: a polynomial stands for them near it.

exp(x) - 1 - x and x - log(1 + x) cancel for small x, 1 - log(1 + exp(x))/exp(x) for x far below
zero. Such a sum, if it is a function of one thing u, has an exact power series at u = 0, or in
exp(u), or in exp(-u). As many of its terms are taken as are needed where the sum as it stands
begins to be right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

from matrixcalc import build
from matrixcalc.build import neg, num
from matrixcalc.calls import make_call
from matrixcalc.codegen.stability.logs import spread
from matrixcalc.codegen.stability.series import FUNCTIONS, Expansion, Series, is_chain, unit
from matrixcalc.expr import Expr, topological

_PROBE, _COUNTS = 5, (12, 24)
_LOST = 1e4
"""By how much the terms may outweigh the sum where it is computed as it stands."""
_EXACT, _TAIL, _WIDEST = 1e-16, 4, 0.5
"""The terms that are left out, of which so many are looked at, are smaller than this; the
polynomial is used no farther away."""
VANISHING = frozenset({"add", "log", "_logaddexp"})
"""What may be small though its operands are not."""
_PLAIN = frozenset({"num", "ones", "add", "had", "mul", "pow", "epow", "T"})


def vanishing(e: Expr) -> Expr:
    """The sum, with its polynomial near the points at which it cancels.

    >>> from matrixcalc.infer import parse
    >>> vanishing(parse("x - log1p(x)")).op, vanishing(parse("x + log1p(x)")).op
    ('_near', 'add')
    """
    u = _thing(e) if e.op in VANISHING else None
    if u is None:
        return e
    made = e
    for t, sign in _points(u):
        if _cancels(*_series(e, _expansion(u, sign, _PROBE))):
            for count in _COUNTS:
                near = _near(made, t, *_series(e, _expansion(u, sign, count)))
                if near is not None:
                    made = near
                    break
    return made


def _thing(e: Expr) -> Expr | None:
    """The one thing of which a sum is a function, if there is a function in it at all."""
    bare: dict[Expr, bool] = {}
    quotient = False
    leaves: set[Expr] = set()
    innermost: set[Expr] = set()
    for f in topological(e, _followed):
        if f.op in ("num", "ones"):
            bare[f] = True
        elif not _followed(f):
            bare[f] = True
            leaves.add(f)
        else:
            below = all(bare[a] for a in f.args)
            bare[f] = below and f.op in _PLAIN
            quotient = quotient or (f.op in ("pow", "epow") and f.args[0].op == "add")
            if below and f.op not in _PLAIN:
                innermost.update(unit(a)[1] for a in f.args if a.op not in ("num", "ones"))
    if not innermost and not quotient:
        return None
    found = leaves if len(leaves) == 1 else innermost
    return next(iter(found)) if len(found) == 1 else None


def _followed(f: Expr) -> bool:
    return f.op in FUNCTIONS or (f.op in _PLAIN and not is_chain(f))


def _points(u: Expr) -> Iterator[tuple[Expr, int]]:
    """What is small near each point, and how often the logarithm of that is u, if it is so."""
    yield u, 0
    for sign in (1, -1):
        # no more than 1, so that nothing overflows
        fall = make_call("relu", (neg(u) if sign > 0 else u,))
        yield make_call("exp", (neg(fall),)), sign


@lru_cache(maxsize=32)
def _expansion(u: Expr, sign: int, count: int) -> Expansion:
    own = (Fraction(1), *(Fraction(0),) * (count - 1))
    return Expansion(u, Series(count, (), Fraction(sign)) if sign else Series(1, own), count)


def _series(e: Expr, expansion: Expansion) -> tuple[Series | None, list[Series]]:
    """The series, where it has no logarithm and no pole, and those of the operands."""
    total = expansion.of(e)
    if total is None or not total.pure or total.low < 0:
        return None, []
    return total, [s for s in map(expansion.of, e.args) if s is not None]


def _cancels(total: Series | None, parts: Sequence[Series]) -> bool:
    return total is not None and any(
        s.times or s.low < total.low for s in parts
    )


def _size(s: Series, t: float) -> float:
    if s.times or not s.coefficients:
        return float(bool(s.times))
    return abs(float(s.coefficients[0])) * t**s.low


def _near(e: Expr, t: Expr, total: Series | None, parts: Sequence[Series]) -> Expr | None:
    """An expression with its polynomial for small t, if the series is long enough for one."""
    shaped = _shaped(t, e)
    if shaped is None or total is None or not total.coefficients:
        return None
    first, *others = total.coefficients
    for n in range(1, len(others) - _TAIL + 1):
        tail = [(abs(c / first), n + i) for i, c in enumerate(others[n : n + _TAIL]) if c]
        bound = min([_WIDEST, *((_EXACT / float(c)) ** (1 / (k + 1)) for c, k in tail)])
        if max(_size(s, bound) for s in parts) <= _LOST * _size(total, bound):
            numbers = (Fraction(f"{bound:.2g}"), Fraction(total.low), first, *others[:n])
            return make_call("_near", (shaped, e, *map(num, numbers)))
    return None


def _shaped(t: Expr, e: Expr) -> Expr | None:
    if t.shape == e.shape or t.is_scalar:
        return spread(t, e.shape)
    return build.transpose(t) if t.shape[::-1] == e.shape else None
