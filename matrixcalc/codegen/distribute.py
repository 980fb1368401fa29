"""Cheap sums multiplied out: (diag(s) - s*s')*A never forms the matrix in parentheses.

A factor whose terms are all diagonal, of rank one or multiples of the identity is
multiplied term by term with the rest of its chain; so is a sum of variables that
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
        made[e] = _expanded(new) if new.op == "mul" else new
    return made[root]


def _expanded(e: Expr) -> Expr:
    chain = [a for a in e.args if not a.is_scalar]
    if len(chain) < 2:
        return e
    vectors = any(a.order == 1 for a in chain)
    for i, a in enumerate(e.args):
        if a.op != "add" or a.order != 2 or len(a.args) > 3:
            continue
        if all(_cheap(t) or (vectors and _leaf(t)) for t in a.args):
            terms = [build.mul(*e.args[:i], t, *e.args[i + 1 :]) for t in a.args]
            return build.add(*(_expanded(t) if t.op == "mul" else t for t in terms))
    return e


def _body(t: Expr) -> tuple[Expr, ...]:
    if t.op != "mul":
        return (t,)
    return tuple(a for a in t.args if not a.is_scalar)


def _cheap(t: Expr) -> bool:
    body = _body(t)
    if len(body) == 1:
        return body[0].op in ("diag", "eye")
    return len(body) == 2 and body[0].cols.is_one


def _leaf(t: Expr) -> bool:
    body = _body(t)
    if len(body) != 1:
        return False
    f = body[0].args[0] if body[0].op == "T" else body[0]
    return f.op == "sym"
