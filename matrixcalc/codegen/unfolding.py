"""Operations written out, so that loops can share their work.

A squared norm becomes a sum of squares. A tensor that is a sum of cores along diagonals becomes
the first of them, where that fills it, and a ``scatter`` for each of the others:

``scatter(T, c)``  T with the core c added along a diagonal; data ``(out, free)``, the indices
of the core and of the result. T is overwritten.

The product in ``diag(A*x) + B`` is computed row by row, in the pass that writes the rows:

``add_dot_diag(B, A, x)``  B with A*x added to its diagonal.
"""

from __future__ import annotations

from collections import Counter

from matrixcalc.codegen.fusion import place
from matrixcalc.codegen.ir import Builder, Value, schedule
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.rewriting import rewritten


def unfolded(program: Program) -> Program:
    """The program with these operations written out."""
    outputs = [o.value for o in program.outputs]
    uses = Counter(a for v in schedule(outputs) for a in v.args)
    uses.update(outputs)
    b = program.builder

    def change(v: Value, args: tuple[Value, ...]) -> Value | None:
        if v.op == "assemble":
            return _scattered(v, args, b)
        if v.op == "mul" and args[0] is args[1] and _vector_norm(args[0]):
            entries = args[0].args[0]
            return b.make("sum", b.binary("mul", entries, entries), dims=())
        if v.op == "add_diag" and uses[v.args[1]] == 1 and _product(v.args[1]) and args[0].ndim:
            return b.make("add_dot_diag", args[0], *args[1].args, dims=v.dims)
        return None

    return rewritten(program, change)


def _scattered(v: Value, cores: tuple[Value, ...], b: Builder) -> Value | None:
    total, rest = b.make("zeros", dims=v.dims), list(zip(cores, v.data, strict=True))
    if len(v.data[0][0]) == len(v.data[0][1]):
        total = cores[0]
        rest = rest[1:]
        if not rest or place(total) == "library":
            return None
    for core, pattern in rest:
        total = b.make("scatter", total, core, dims=v.dims, data=pattern)
    return total


def _vector_norm(v: Value) -> bool:
    return v.op == "norm2" and v.args[0].ndim > 0


def _product(v: Value) -> bool:
    return v.op == "dot" and v.args[0].ndim == 2 and v.args[1].ndim == 1
