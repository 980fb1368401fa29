"""Backpropagation in JAX: a chain of products with transposes is computed transposed.

``V'*(m .* (W'*G))`` is ``((G'*W .* m')*V)'``. XLA multiplies two matrices as they lie in memory
by a faster routine than a transpose by a matrix, and the one transpose that is left of each
factor is that of a small ``m``, not of the weights.
"""

from __future__ import annotations

from matrixcalc.build import transpose
from matrixcalc.codegen.ir import Value, schedule
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.rewriting import rewritten
from matrixcalc.codegen.targets.python import INFIX
from matrixcalc.expr import Expr

ELEMENTWISE = frozenset({*INFIX, "neg", "apply", "scale_rows", "scale_columns"})
"""What XLA makes one loop of, together with what is done before it."""
_MIRRORED = {"scale_rows": "scale_columns", "scale_columns": "scale_rows"}


def chains_as_rows(program: Program) -> Program:
    """The program with each chain of two such products or more computed transposed."""
    chained = _chained(program)
    b = program.builder

    def change(v: Value, args: tuple[Value, ...]) -> Value | None:
        if v not in chained:
            return None
        turned = [b.transpose(a) for a in args]
        if v.op == "dot":
            made = b.make("dot", turned[1], turned[0], dims=v.dims[::-1])
        else:
            turned = turned[::-1] if v.op in _MIRRORED else turned
            op = _MIRRORED.get(v.op, v.op)
            made = b.make(op, *turned, dims=v.dims[::-1], data=v.data)
        if isinstance(v.note, Expr) and not made.note:
            made.note = transpose(v.note)
        return b.transpose(made)

    return rewritten(program, change) if chained else program


def _chained(program: Program) -> set[Value]:
    """The products of chains, and what is done entry by entry between them and after them."""
    order = [v for v in schedule([o.value for o in program.outputs]) if v.ndim == 2]
    carrying: set[Value] = set()
    chained: set[Value] = set()
    for v in order:
        if _is_turned(v):
            carrying.add(v)
            below = [v] if v.args[1] in carrying else []
            while below:
                found = below.pop()
                if found not in chained:
                    chained.add(found)
                    args = found.args[1:] if found.op == "dot" else found.args
                    below.extend(a for a in args if a in carrying)
        elif v.op in ELEMENTWISE and not carrying.isdisjoint(v.args):
            carrying.add(v)
    for v in order:
        if v.op in ELEMENTWISE and not chained.isdisjoint(v.args):
            chained.add(v)
    return chained


def _is_turned(v: Value) -> bool:
    """A transpose times a matrix that is none."""
    return v.op == "dot" and v.args[0].op == "T" and v.args[1].op != "T"
