"""Exponentials in a term with indices: (1./sum(exp(Z), 1))_a exp(Z)_ba is softmax_ba.

A divisor with one index goes into the factors in which that index stands, into each as often as
that holds the exponential; a divisor without one into any factor.
"""

from __future__ import annotations

from matrixcalc import build
from matrixcalc.build import add, had, mul, neg
from matrixcalc.codegen.stability.logs import canonical, exponential, terms
from matrixcalc.codegen.stability.passes import Stabilising
from matrixcalc.expr import Expr
from matrixcalc.index import Factor, Term, flat, single


def stable_term(term: Term, stable: Stabilising) -> Term:
    """The term with what overflows or underflows in one factor taken into another."""
    factors: list[Factor] = [(stable.of(s), ()) for s in term.scalars]
    factors += [(stable.of(e), axes) for e, axes in term.factors]
    term = _without_diagonals(Term((), tuple(factors), term.free), stable)
    factors = [part for f in term.factors for part in _drawn_out(f, stable)]
    for k, (divisor, axes) in enumerate(factors):
        s = stable.splitting.of(divisor)
        if s is None or len(axes) != divisor.order or divisor.order > 1:
            continue
        log = s.log
        for t in terms(log):
            for j, (e, others) in enumerate(factors):
                if j == k or not e.order or len(others) != e.order:
                    continue
                if axes and axes[0] not in others:
                    continue
                left = next((u for u in terms(log) if _same(u, t)), None)
                place = others.index(axes[0]) if axes else None
                moved = None if left is None else stable.taken_into(e, left, place)
                if moved is not None:
                    factors[j] = (moved[0], others)
                    log = canonical(add(log, neg(moved[1])))
        if log is not s.log:
            factors[k] = (had(build.ones(divisor.shape), exponential(log), *s.rest), axes)
    factors = _shared_out(factors, stable)
    return Term(
        tuple(e for e, _ in factors if e.is_scalar and e is not build.UNIT),
        tuple(f for f in factors if not f[0].is_scalar and not _is_idle(f, factors)),
        term.free,
    )


def _shared_out(factors: list[Factor], stable: Stabilising) -> list[Factor]:
    """Divisors that are numbers, taken into what may be huge: into each as much, if that goes."""
    made = list(factors)
    huge = [j for j, (e, _) in enumerate(made) if e.order and stable.may_be_huge(e)]
    for k, (divisor, axes) in enumerate(made):
        s = stable.splitting.of(divisor) if not axes and huge else None
        if s is None:
            continue
        left = s.log
        for t in terms(s.log):
            number, rest = build.split_number(t)
            if number > 0:
                continue
            left = add(left, neg(t))
            share = number / len(huge)
            places = huge if share.denominator == 1 else huge[-1:]
            part = exponential(mul(build.num(number / len(places)), rest))
            for j in places:
                e, others = made[j]
                made[j] = (stable.of(mul(part, e)), others)
        made[k] = (mul(exponential(left), *s.rest), axes)
    return made


def _drawn_out(factor: Factor, stable: Stabilising) -> list[Factor]:
    """A matrix without the divisors of its rows and columns, and these as vectors."""
    e, axes = factor
    if e.order != 2 or len(axes) != 2:
        return [factor]
    made: list[Factor] = []
    parts = list(e.args) if e.op == "mul" else [e]
    first = next(i for i, a in enumerate(parts) if not a.is_scalar)
    for i in sorted({first, len(parts) - 1}):
        s = stable.splitting.of(parts[i])
        if s is None or parts[i].order != 2:
            continue
        log = s.log
        for t in terms(log):
            number, rest = build.split_number(t)
            chain = rest.args if rest.op == "mul" else ()
            # ones*row divides columns, column*ones rows
            place = next((1 - k for k, a in enumerate(chain) if a.op == "ones"), None)
            outer = (place == 0 and i == first) or (place == 1 and i == len(parts) - 1)
            if number < 0 and len(chain) == 2 and place is not None and outer:
                log = add(log, neg(t))
                vector = exponential(mul(build.num(number), chain[place]))
                made.append((vector, (axes[place],)))
        parts[i] = parts[i] if log is s.log else had(exponential(log), *s.rest)
    return [*made, (mul(*parts), axes)] if made else [factor]


def _same(t: Expr, u: Expr) -> bool:
    return build.split_number(t)[1] is build.split_number(u)[1]


def _is_idle(factor: Factor, factors: list[Factor]) -> bool:
    """Whether a factor is ones, and the others have its indices."""
    e, axes = factor
    return e.op == "ones" and all(
        any(a in others for other, others in factors if other is not e) for a in axes
    )


def _without_diagonals(term: Term, stable: Stabilising) -> Term:
    """(A*diag(v))_ia as A_ia v_a, and diag(v)_ab with a summed index as v_a."""
    factors: list[Factor] = []
    renamed: list[tuple[int, ...]] = []
    free = set(flat(term.free))
    for e, axes in term.factors:
        chain = [a for a in e.args if not a.is_scalar] if e.op == "mul" else []
        if e.op == "diag" and len(axes) == 2 and stable.splitting.of(e.args[0]) is not None:
            old = next((a for a in axes if isinstance(a, int) and a not in free), None)
            if old is not None and all(isinstance(a, int) for a in axes):
                factors.append((e.args[0], axes[:1]))
                renamed.append((old, single(axes[1] if old == axes[0] else axes[0])))
                continue
        if e.order == len(axes) == 2 and len(chain) > 1:
            scalars = e.args[: len(e.args) - len(chain)]
            for place, end in ((0, 0), (1, len(chain) - 1)):
                v = chain[end]
                if v.op == "diag" and stable.splitting.of(v.args[0]) is not None:
                    factors.append((v.args[0], (axes[place],)))
                    chain = [f for i, f in enumerate(chain) if i != end]
                    break
            e = mul(*scalars, *chain)
        factors.append((e, axes))
    made = Term(term.scalars, tuple(factors), term.free)
    while renamed:
        old, new = renamed.pop()
        if old != new:
            made = made.renamed(old, new)
            # what follows may name the index that is gone
            renamed = [tuple(new if i == old else i for i in pair) for pair in renamed]
    return made
