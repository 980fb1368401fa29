"""Slips in a product: factors in another order, or transposed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import permutations, product

from matrixcalc import build
from matrixcalc.build import mul, transpose
from matrixcalc.checks.points import close
from matrixcalc.checks.slips.evidence import Evidence, Slip, replaced, safely, shown
from matrixcalc.checks.slips.terms import terms_of
from matrixcalc.expr import Expr, topological
from matrixcalc.products import Array


def order(v: Evidence) -> Slip | None:
    terms = terms_of(v.claimed)
    if len(terms) > 6:
        return None
    for t in terms:
        own = v.at_points(t)
        if own is None:
            continue
        rest = [r - (w - o) for r, w, o in zip(v.right, v.wrong, own, strict=True)]
        inner = t.args[0] if t.op == "T" else t
        for again in _rearranged(v, inner, rest):
            return again
    return None


def _rearranged(v: Evidence, t: Expr, wanted: list[Array]) -> Iterator[Slip]:
    number, chain = _chain_of(t)
    chains = [(number, chain)] if len(chain) >= 2 else []
    for others, loop in _opened(t):
        chains.append((others, loop))
    for scalar, factors in chains:
        if not 2 <= len(factors) <= 5:
            continue
        arrays = [v.at_points(f) for f in factors]
        front = v.at_points(scalar)
        if front is None or any(a is None for a in arrays):
            continue
        known = [a for a in arrays if a is not None]
        flips = _flips(len(factors))
        for order in permutations(range(len(factors))):
            for turned in flips:
                if _product_is(known, front, order, turned, wanted):
                    parts = [transpose(factors[i]) if turned[i] else factors[i] for i in order]
                    text = "*".join(_factor_text(p) for p in parts)
                    plain = tuple(order) == tuple(range(len(factors)))
                    if plain and factors == chain:
                        yield Slip("transposed", f"a factor is transposed: it should be {text}")
                    else:
                        sentence = f"the factors stand in the wrong order: {text} is right"
                        yield Slip("order", sentence)
                    return


def _factor_text(e: Expr) -> str:
    text = shown(e)
    return f"({text})" if e.op == "add" else text


def _flips(n: int) -> list[tuple[bool, ...]]:
    every = [tuple(f) for f in product((False, True), repeat=n)]
    every.sort(key=sum)
    return every if n <= 4 else [f for f in every if sum(f) <= 2]


def _product_is(
    arrays: list[list[Array]],
    front: list[Array],
    order: tuple[int, ...],
    turned: tuple[bool, ...],
    wanted: list[Array],
) -> bool:
    for k, target in enumerate(wanted):
        total: Array | None = front[k] if front[k].size > 1 else None
        for i in order:
            a = arrays[i][k].T if turned[i] else arrays[i][k]
            if total is None:
                total = a
            elif total.shape[1] != a.shape[0]:
                return False
            else:
                total = total @ a
        if total is None:
            return False
        if front[k].size == 1:
            total = total * float(front[k].reshape(-1)[0])
        if not close(total, target):
            return False
    return True


def _chain_of(t: Expr) -> tuple[Expr, list[Expr]]:
    """The scalars of a product, and its other factors, powers written out."""
    if t.op != "mul":
        return build.UNIT, [t]
    scalars = [a for a in t.args if a.is_scalar]
    chain: list[Expr] = []
    for a in t.args:
        if a.is_scalar:
            continue
        chain.append(a)
    return mul(*scalars) if scalars else build.UNIT, chain


def _opened(t: Expr) -> Iterator[tuple[Expr, list[Expr]]]:
    """A scalar x'*A*x times eye, as the chain of its factors: an outer product was meant."""
    if t.op != "mul":
        return
    factors = list(t.args)
    if not any(f.op == "eye" for f in factors):
        return
    rest = [f for f in factors if f.op != "eye"]
    for k, f in enumerate(rest):
        if f.is_scalar and f.op == "mul":
            scalars = [*rest[:k], *rest[k + 1 :], *(a for a in f.args if a.is_scalar)]
            loop = [a for a in f.args if not a.is_scalar]
            for cut in range(1, len(loop)):
                turned = loop[cut:] + loop[:cut]
                head = mul(*scalars) if scalars else build.UNIT
                yield head, _joined(turned)


def _joined(chain: list[Expr]) -> list[Expr]:
    """A chain in two halves, so that it stays in order."""
    return chain if len(chain) <= 4 else [mul(*chain[:2]), *chain[2:4], mul(*chain[4:])]


def one_transposed(v: Evidence) -> Slip | None:
    """One factor somewhere in the claim transposed."""
    order = topological(v.claimed)
    for e in order:
        if e.is_scalar or e is v.claimed:
            continue
        if not e.is_square:
            continue
        made = safely(partial(replaced, order, v.claimed, {e: transpose(e)}))
        if made is None or made.shape != v.claimed.shape:
            continue
        arrays = v.at_points(made)
        if arrays is not None and all(close(a, b) for a, b in zip(arrays, v.right, strict=True)):
            return Slip("transposed", f"{shown(e)} should be transposed")
    return None
