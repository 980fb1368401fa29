"""Functions of the table."""

from __future__ import annotations

from matrixcalc.constructors.transposes import same_lean, transpose
from matrixcalc.dims import SCALAR, Shape
from matrixcalc.expr import Expr, node


def call(op: str, *args: Expr) -> Expr:
    """A function of the table by its name there, with light simplification.

    The arguments must fit its signature. Raises UnsupportedError for what has no value
    (``inv`` of zeros).
    """
    from matrixcalc.calls import make_call

    return make_call(op, args)


def function(
    op: str,
    args: tuple[Expr, ...],
    shape: Shape,
    follows: bool = False,
    key: bytes | None = None,
) -> Expr:
    """The plain node of a function; ``follows`` says that f(A') = f(A)'."""
    if follows and args[0].lean < 0:
        return transpose(function(op, (transpose(args[0]),), shape[::-1], True))
    cost = 1 + sum(a.cost for a in args) + (op in ("colsum", "rowsum"))
    lean = 0 if shape == SCALAR or op == "diag" else 1
    if op == "kron":
        lean = sum(a.lean for a in args)
    made = node(op, args, None, shape, cost, lean, key)
    return same_lean(made, args[0]) if follows else made
