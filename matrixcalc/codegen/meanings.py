"""Functions that code has no spelling for, written out by their meaning.

Those are the functions that a user has registered. Their texts are read as expressions of the
language like any other; none of them is ever a part of the code.
"""

from __future__ import annotations

from matrixcalc.calls import rebuild
from matrixcalc.codegen.spellings import ELEMENTWISE
from matrixcalc.elementwise import formal_argument, template
from matrixcalc.errors import LimitError
from matrixcalc.expr import Expr, topological
from matrixcalc.operators import TABLE
from matrixcalc.templates import substitute

_ROUNDS = 50
"""How deep meanings may rest on other meanings."""


def written_out(root: Expr) -> Expr:
    """The expression in terms of functions that code has a spelling for.

    >>> from matrixcalc.infer import parse
    >>> from matrixcalc.registration import register, unregister
    >>> row = register("gauss", differential="-2*A.*gauss(A).*dA", meaning="exp(-A.^2)")
    >>> written_out(parse("sum(gauss(x - y))"))
    sum(exp(-(x - y).^2))
    >>> unregister("gauss")
    """
    for _ in range(_ROUNDS):
        found = _once(root)
        if found is root:
            return root
        root = found
    raise LimitError(f"functions rest on one another more than {_ROUNDS} deep")


def _once(root: Expr) -> Expr:
    made: dict[Expr, Expr] = {}
    for e in topological(root):
        args = tuple(made[a] for a in e.args)
        if _spelled(e.op):
            made[e] = e if args == e.args else rebuild(e, args, e.shape)
        else:
            made[e] = _meaning(e.op, args)
    return made[root]


def _spelled(op: str) -> bool:
    row = TABLE.get(op)
    if row is None:
        return True
    return op in ELEMENTWISE if row.elementwise else bool(row.numpy)


def _meaning(op: str, args: tuple[Expr, ...]) -> Expr:
    formal = tuple(formal_argument(n, a.shape) for n, a in zip("AB", args, strict=False))
    dims = {
        p.names[0]: d
        for f, a in zip(formal, args, strict=True)
        for p, d in zip(f.shape, a.shape, strict=True)
        if p.names
    }
    return substitute(template(op, formal), dict(zip(formal, args, strict=True)), dims)
