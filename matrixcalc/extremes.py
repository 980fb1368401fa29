"""Where the greatest or the least entry stands: sign(max(A) - A), as the table has it.

In normal form the A that is subtracted is multiplied out, max(A) - X*x - Y*y. Computed so, it
differs from what max has seen by rounding, and the sign of that is not zero. Found again here,
both can be the same array.
"""

from __future__ import annotations

from matrixcalc.build import add, mul, num, split_number, transpose
from matrixcalc.expr import Expr


def extreme(e: Expr) -> tuple[Expr, Expr, bool] | None:
    """max(A) or min(A), its A in the shape of ``e``, and whether A counts with a minus sign.

    None where ``e`` is no multiple of such a difference.

    >>> from matrixcalc.infer import parse
    >>> kinds = {"x": "vector(n)", "y": "vector(n)"}
    >>> extreme(parse("x + y - min(x + y)", vars=kinds))
    (min(x + y), x + y, False)
    """
    if e.op != "add":
        return None
    for t in e.args:
        number, rest = split_number(t)
        for m in rest.args if rest.op == "mul" else (rest,):
            if m.op not in ("max", "min"):
                continue
            a = m.args[0]
            for inner in (a, transpose(a)):
                whole = inner.shape == e.shape
                if whole and add(t, mul(num(-number), inner)).key == e.key:
                    return m, inner, number > 0
    return None
