"""Slips in a product: factors in another order, or transposed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import permutations, product

from matrixcalc import build
from matrixcalc.build import mul, transpose
from matrixcalc.calls import rebuild
from matrixcalc.checks.slips.evidence import Evidence, Slip, replaced, safely, shown
from matrixcalc.checks.slips.terms import expanded, terms_of
from matrixcalc.expr import Expr, topological
from matrixcalc.products import Array

MOST_FACTORS = 6
_MOST_WAYS = 4000


def order(v: Evidence) -> Slip | None:
    """One term whose factors, put in another order or transposed, make the claim right."""
    if v.claimed is None:
        return _computed(v)
    terms = terms_of(v.claimed)
    if len(terms) > 6:
        return None
    for t in terms:
        own = v.at_points(t)
        if own is None:
            continue
        rest = [r - (w - o) for r, w, o in zip(v.right, v.wrong, own, strict=True)]
        found = _rearranged(v, t, rest)
        if found is not None:
            return found
    return _every_term(v, terms)


def _computed(v: Evidence) -> Slip | None:
    """One of our terms, in another order, that code must have computed."""
    for t in [] if v.ours is None else terms_of(v.ours)[:6]:
        own = v.at_points(t)
        if own is None:
            continue
        rest = [w - (r - o) for r, w, o in zip(v.right, v.wrong, own, strict=True)]
        found = _rearranged(v, t, rest)
        if found is not None:
            return Slip(found.name, f"in {shown(t)} the factors are exchanged or transposed")
    return None


def _every_term(v: Evidence, terms: list[Expr]) -> Slip | None:
    """Each term, with its factors in another order, is one of ours."""
    if v.ours is None or not 2 <= len(terms) <= 4:
        return None
    for ours in (terms_of(v.ours), expanded(v.ours)):
        if len(ours) != len(terms):
            continue
        left = list(ours)
        for t in terms:
            for o in left:
                wanted = v.at_points(o)
                if wanted is not None and _rearranged(v, t, wanted) is not None:
                    left.remove(o)
                    break
            else:
                break
        if not left:
            return Slip("order", "in every term the factors stand in the wrong order")
    return None


def _rearranged(v: Evidence, t: Expr, wanted: list[Array]) -> Slip | None:
    if t.op == "vec":
        # the columns unstacked, the matrix may be turned as well
        shapes = [a.shape for a in v.at_points(t.args[0]) or []]
        turned_too = [
            [w.reshape(s, order="F") for w, s in zip(wanted, sizes, strict=True)]
            for sizes in (shapes, [s[::-1] for s in shapes])
            if len(sizes) == len(wanted)
        ]
        slips = (_rearranged(v, t.args[0], matrices) for matrices in turned_too)
        return next((slip for slip in slips if slip is not None), None)
    inner = t.args[0] if t.op == "T" and t.args[0].op == "mul" else t
    number, chain = _chain_of(inner)
    chains = [(number, chain), (number, _flat(chain))]
    chains += _opened(inner)
    tried: list[list[Expr]] = []
    for scalar, factors in chains:
        if not 2 <= len(factors) <= MOST_FACTORS or factors in tried:
            continue
        tried.append(factors)
        arrays = [v.at_points(f) for f in factors]
        front = v.at_points(scalar)
        if front is None or any(a is None for a in arrays):
            continue
        found = _arranged(v, [a for a in arrays if a is not None], front, wanted)
        if found is None:
            continue
        places, turned = found
        parts = [transpose(factors[i]) if turned[i] else factors[i] for i in places]
        text = "*".join(_factor_text(p) for p in parts)
        plain = list(places) == list(range(len(factors)))
        if plain and scalar is number:
            which = [shown(factors[i]) for i in places if turned[i]]
            if len(which) == 1:
                return Slip("transposed", f"{which[0]} should be transposed: {text} is right")
            return Slip("transposed", f"factors are transposed: it should be {text}")
        return Slip("order", f"the factors stand in the wrong order: {text} is right")
    return None


def _arranged(
    v: Evidence, arrays: list[list[Array]], front: list[Array], wanted: list[Array]
) -> tuple[tuple[int, ...], tuple[bool, ...]] | None:
    """An order of the factors, and which to transpose, that gives what is wanted."""
    n = len(arrays)
    ways = 0
    flips = sorted(product((False, True), repeat=n), key=sum)
    for turned in flips:
        for places in permutations(range(n)):
            ways += 1
            if ways > _MOST_WAYS:
                return None
            if _product_is(v, arrays, front, places, turned, wanted):
                return places, turned
    return None


def _factor_text(e: Expr) -> str:
    text = shown(e)
    return f"({text})" if e.op == "add" else text


def _product_is(
    v: Evidence,
    arrays: list[list[Array]],
    front: list[Array],
    places: tuple[int, ...],
    turned: tuple[bool, ...],
    wanted: list[Array],
) -> bool:
    for k, target in enumerate(wanted):
        total: Array | None = front[k] if front[k].size > 1 else None
        for i in places:
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
        if not v.close(total, target):
            return False
    return True


def _chain_of(t: Expr) -> tuple[Expr, list[Expr]]:
    """The scalars of a product, and its other factors."""
    if t.op != "mul":
        return build.UNIT, [t]
    scalars = [a for a in t.args if a.is_scalar]
    chain = [a for a in t.args if not a.is_scalar]
    return mul(*scalars) if scalars else build.UNIT, chain


def _flat(chain: list[Expr]) -> list[Expr]:
    """Factors with their powers and their transposed products written out."""
    out: list[Expr] = []
    todo = list(reversed(chain))
    while todo:
        f = todo.pop()
        inner = f.args[0] if f.op == "T" else f
        parts: list[Expr] = []
        if inner.op == "mul" and not any(a.is_scalar for a in inner.args):
            parts = list(inner.args)
        elif inner.op == "pow" and not inner.is_scalar:
            k = inner.args[1].number
            if k is not None and k.denominator == 1 and 2 <= abs(k) <= 4:
                once = build.power(inner.args[0], build.num(1 if k > 0 else -1))
                parts = [once] * abs(int(k))
        if not parts:
            out.append(f)
        elif f.op == "T":
            todo.extend(transpose(p) for p in parts)
        else:
            todo.extend(reversed(parts))
    return out


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


# Inside the claim


def one_transposed(v: Evidence) -> Slip | None:
    """One factor somewhere in the claim transposed."""
    if v.claimed is None:
        return None
    nodes = topological(v.claimed)
    for e in nodes:
        if e.is_scalar or e is v.claimed or not e.is_square:
            continue
        made = safely(partial(replaced, nodes, v.claimed, {e: transpose(e)}))
        if made is not None and made.shape == v.claimed.shape and v.is_right(made):
            return Slip("transposed", f"{shown(e)} should be transposed")
    return None


def inside(v: Evidence) -> Slip | None:
    """The arguments of a Kronecker product, or the factors in a trace, exchanged or transposed."""
    if v.claimed is None:
        return None
    nodes = topological(v.claimed)
    for e in nodes:
        if e.op == "kron":
            variants = _krons(e)
        elif e.op == "tr" and e.args[0].op == "mul":
            variants = _traces(e)
        else:
            continue
        for name, made in variants:
            whole = safely(partial(replaced, nodes, v.claimed, {e: made}))
            if whole is not None and whole.shape == v.claimed.shape and v.is_right(whole):
                what = "in the wrong order" if name == "order" else "wrongly transposed"
                return Slip(name, f"the factors of {shown(e)} are {what}: {shown(made)} is right")
    return None


def _krons(e: Expr) -> Iterator[tuple[str, Expr]]:
    one, two = e.args
    for name, (a, b) in (("transposed", (one, two)), ("order", (two, one))):
        for p in (a, transpose(a)):
            for q in (b, transpose(b)):
                made = rebuild(e, (p, q), (p.rows * q.rows, p.cols * q.cols))
                if made is not e:
                    yield name, made


def _traces(e: Expr) -> Iterator[tuple[str, Expr]]:
    number, chain = _chain_of(e.args[0])
    if not 2 <= len(chain) <= 4:
        return
    for flip in range(-1, len(chain)):
        factors = [transpose(f) if i == flip else f for i, f in enumerate(chain)]
        for some in permutations(factors[1:]):
            made = safely(partial(mul, number, factors[0], *some))
            if made is not None and made.is_square:
                plain = list(some) == factors[1:]
                yield "transposed" if plain else "order", build.call("tr", made)
