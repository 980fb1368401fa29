"""Differences from the greatest entry, whose sign tells where it stands, kept whole.

What is subtracted must be the very array that max has seen, so that the difference is
exactly zero there; as a sum of its own it would be computed in another order.
"""

from __future__ import annotations

from matrixcalc.build import neg
from matrixcalc.calls import make_call, rebuild
from matrixcalc.expr import Expr, topological
from matrixcalc.extremes import extreme


def with_gaps(root: Expr) -> Expr:
    """The expression with the sign of a gap as one function.

    >>> from matrixcalc.infer import parse
    >>> kinds = {"x": "vector(n)", "y": "vector(n)"}
    >>> with_gaps(parse("1 - sign(max(x - y) - x + y)", vars=kinds))
    1 - _below_max(x - y)
    """
    made: dict[Expr, Expr] = {}
    for e in topological(root):
        found = extreme(e.args[0]) if e.op == "sign" else None
        if found is not None:
            m, a, below = found
            # the operands of max stand before it in the order
            whole = make_call("_below_max" if m.op == "max" else "_above_min", (a,))
            made[e] = whole if below == (m.op == "max") else neg(whole)
        else:
            args = tuple(made[a] for a in e.args)
            made[e] = e if args == e.args else rebuild(e, args, e.shape)
    return made[root]
