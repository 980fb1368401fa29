"""Which axes have a size that can be read off a text: constants there need none of their own.

``eye`` in ``A + eye`` has the size of A, that in ``eye(n)`` alone must be said.
"""

from __future__ import annotations

from matrixcalc.expr import Expr
from matrixcalc.operators import row_of

ROWS, COLS, BOTH = 1, 2, 3
CONSTANTS = frozenset({"eye", "ones", "zeros"})


def swapped(known: int) -> int:
    """The axes of the transpose."""
    return (known & ROWS) << 1 | (known & COLS) >> 1


def provided(e: Expr, below: dict[Expr, int]) -> int:
    """The axes whose size the expression itself tells, being that of a variable in it."""
    op = e.op
    own = 0
    if op in CONSTANTS:
        own = 0
    elif op == "sym" or not e.args:
        own = BOTH
    elif op in ("add", "had"):
        for a in e.args:
            own |= below[a]
    elif op == "mul":
        chain = [a for a in e.args if not a.is_scalar]
        if chain:
            own = (below[chain[0]] & ROWS) | (below[chain[-1]] & COLS)
    elif op == "T":
        own = swapped(below[e.args[0]])
    elif op in ("pow", "epow"):
        own = below[e.args[0]] | (0 if e.args[1].is_scalar else below[e.args[1]])
        if op == "pow" and own:
            own = BOTH
    elif op == "kron":
        own = below[e.args[0]] & below[e.args[1]]
    elif op == "vec":
        own = BOTH if below[e.args[0]] == BOTH else COLS
    elif op == "diag":
        own = BOTH if below[e.args[0]] & ROWS else 0
    elif op == "diagonal":
        own = BOTH if below[e.args[0]] else COLS
    elif op == "colsum":
        own = ROWS | (below[e.args[0]] & COLS)
    elif op == "rowsum":
        own = COLS | (below[e.args[0]] & ROWS)
    elif op == "pinv":
        own = swapped(below[e.args[0]])
    else:
        own = below[e.args[0]]
        row = row_of(op)
        assert row is not None
        if row.signature.startswith("[n,n]") and own:
            own = BOTH
    if e.rows.is_one:
        own |= ROWS
    if e.cols.is_one:
        own |= COLS
    if op == "eye" and own:
        own = BOTH
    return own
