"""Cheap sums multiplied out: (diag(s) - s*s')*A never forms the matrix in parentheses.

A factor whose terms are all diagonal, of rank one, Kronecker products or multiples of the
identity is multiplied term by term with the rest of its chain; so is a sum of variables that
meets a vector, (A + A')*x. Any other sum is kept whole.
"""

from __future__ import annotations

from matrixcalc import build
from matrixcalc.calls import rebuild
from matrixcalc.expr import Expr, topological


def distributed(root: Expr) -> Expr:
    """The expression with cheap sums multiplied out.

    >>> from matrixcalc.infer import parse
    >>> distributed(parse("(diag(x) - x*x')*A"))
    diag(x)*A - x*x'*A
    """
    made: dict[Expr, Expr] = {}
    for e in topological(root):
        args = tuple(made[a] for a in e.args)
        new = e if args == e.args else rebuild(e, args, e.shape)
        if new.op == "mul":
            new = _expanded(new)
        elif new.op in ("sum", "tr") and new.args[0].op == "add":
            terms = new.args[0].args
            if any(_body(t)[0].op == "kron" for t in terms):
                new = build.add(*(rebuild(new, (t,), new.shape) for t in terms))
        made[e] = new
    return made[root]


def _expanded(e: Expr) -> Expr:
    chain = [a for a in e.args if not a.is_scalar]
    if len(chain) < 2:
        return e
    vectors = any(a.order == 1 for a in chain)
    for i, a in enumerate(e.args):
        inner = a.args[0] if a.op == "T" else a
        if inner.op != "add" or a.order != 2 or len(inner.args) > 3:
            continue
        parts = inner.args if inner is a else [build.transpose(t) for t in inner.args]
        if all(_cheap(t) or (vectors and _leaf(t)) for t in parts):
            terms = [build.mul(*e.args[:i], t, *e.args[i + 1 :]) for t in parts]
            return build.add(*(_expanded(t) if t.op == "mul" else t for t in terms))
    return e


def _body(t: Expr) -> tuple[Expr, ...]:
    if t.op != "mul":
        return (t,)
    return tuple(a for a in t.args if not a.is_scalar)


def _cheap(t: Expr) -> bool:
    body = _body(t)
    if len(body) == 1:
        return body[0].op in ("diag", "eye", "kron")
    return any(f.cols.is_one for f in body[:-1])


def _leaf(t: Expr) -> bool:
    body = _body(t)
    if len(body) != 1:
        return False
    f = body[0].args[0] if body[0].op == "T" else body[0]
    return f.op == "sym"
