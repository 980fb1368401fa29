"""Cheap sums multiplied out: (diag(s) - s*s')*A never forms the matrix in parentheses.

A factor whose terms are all diagonal, of rank one, Kronecker products or multiples of the
identity is multiplied term by term with the rest of its chain; so is a sum of variables and
powers that meets a vector, (A + inv(B))*x; one with products that are symmetric, of which half
is computed, inv(S)*(X*X'*inv(S) - eye); and any sum for which the hints on sizes say that it
pays: with few columns in V, (T - U*V')*V is T*V - U*(V'*V). Any other sum is kept whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matrixcalc import build
from matrixcalc.calls import rebuild
from matrixcalc.codegen.chain import size_of
from matrixcalc.expr import Expr, topological

Sizes = Mapping[str, int]

_LONG = 12
"""Longer chains are left as they are."""


def distributed(root: Expr, sizes: Sizes | None = None) -> Expr:
    """The expression with cheap sums multiplied out.

    >>> from matrixcalc.infer import parse
    >>> distributed(parse("(diag(x) - x*x')*A"))
    diag(x)*A - x*x'*A
    >>> distributed(parse("(T - U*V')*V"), {"n": 1000, "m": 1000, "p": 10})
    T*V - U*V'*V
    """
    made: dict[Expr, Expr] = {}
    for e in topological(root):
        args = tuple(made[a] for a in e.args)
        new = e if args == e.args else rebuild(e, args, e.shape)
        if new.op == "mul":
            new = _expanded(new, sizes or {})
        elif new.op in ("sum", "tr") and new.args[0].op == "add":
            terms = new.args[0].args
            if any(_body(t)[0].op == "kron" for t in terms):
                new = build.add(*(rebuild(new, (t,), new.shape) for t in terms))
        made[e] = new
    return made[root]


def _expanded(e: Expr, sizes: Sizes, times: int = 2) -> Expr:
    """A product with its cheap sums multiplied out, so ``times`` at most."""
    chain = [a for a in e.args if not a.is_scalar]
    if len(chain) < 2 or not times:
        return e
    vectors = any(a.order == 1 for a in chain)
    for i, a in enumerate(e.args):
        terms = _terms(a)
        if not 1 < len(terms) <= 3:
            continue
        if (
            all(_cheap(t) or (vectors and _leaf(t)) for t in terms)
            or _mirrored(e, i, terms)
            or _pays(e, i, terms, sizes)
        ):
            parts = [build.mul(*e.args[:i], t, *e.args[i + 1 :]) for t in terms]
            return build.add(
                *(_expanded(t, sizes, times - 1) if t.op == "mul" else t for t in parts)
            )
    return e


def _mirrored(e: Expr, i: int, terms: Sequence[Expr]) -> bool:
    """Whether the products are of the form Z*Z', beside a multiple of a single factor."""
    found = False
    for t in terms:
        body = _body(build.mul(*(a for a in e.args[:i] if not a.is_scalar), *_body(t),
                               *(a for a in e.args[i + 1 :] if not a.is_scalar)))
        if len(body) < 2:
            continue
        half = body[: len(body) // 2]
        mirror = tuple(build.transpose(f) for f in reversed(body[len(body) // 2 :]))
        if len(body) < 4 or half != mirror:
            return False
        found = True
    return found


def _pays(e: Expr, i: int, terms: Sequence[Expr], sizes: Sizes) -> bool:
    """Whether the products of the terms take clearly less work than that of the sum."""
    if any(n not in sizes for a in e.args for d in a.shape for n in d.names):
        return False
    before = [a for a in e.args[:i] if not a.is_scalar]
    after = [a for a in e.args[i + 1 :] if not a.is_scalar]
    bodies = [_body(t) for t in terms]
    if any(n not in sizes for b in bodies for a in b for d in a.shape for n in d.names):
        return False
    whole = _work([*before, e.args[i], *after], sizes) + sum(_work(b, sizes) for b in bodies)
    split = sum(_work([*before, *b, *after], sizes) for b in bodies)
    return split < 0.75 * whole


def _work(chain: Sequence[Expr], sizes: Sizes) -> float:
    """The multiplications of a chain in its best order."""
    dims = [float(size_of(a.rows, sizes)) for a in chain] + [float(size_of(chain[-1].cols, sizes))]
    best = {(k, k): 0.0 for k in range(len(chain))}
    for length in range(1, min(len(chain), _LONG)):
        for k in range(len(chain) - length):
            last = k + length
            best[k, last] = min(
                best[k, c] + best[c + 1, last] + dims[k] * dims[c + 1] * dims[last + 1]
                for c in range(k, last)
            )
    return best.get((0, len(chain) - 1), math.inf)


def _terms(a: Expr) -> Sequence[Expr]:
    """The terms of a matrix that is a sum or the transpose of one."""
    if a.order != 2:
        # the digits that x and m have in common would be lost in x'*S*z - m'*S*z
        return ()
    if a.op == "T" and a.args[0].op == "add":
        return [build.transpose(t) for t in a.args[0].args]
    return a.args if a.op == "add" else ()


def _body(t: Expr) -> tuple[Expr, ...]:
    if t.op != "mul":
        return (t,)
    return tuple(a for a in t.args if not a.is_scalar)


def _cheap(t: Expr) -> bool:
    body = _body(t)
    if len(body) == 1:
        return body[0].op in ("diag", "eye", "kron")
    # of rank one, where an inner dimension is 1
    return any(f.cols.is_one for f in body[:-1])


def _leaf(t: Expr) -> bool:
    body = _body(t)
    if len(body) != 1:
        return False
    f = body[0].args[0] if body[0].op == "T" else body[0]
    return f.op in ("sym", "pow")
