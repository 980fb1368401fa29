"""Operations written out, so that loops can share their work.

A squared norm becomes a sum of squares. A tensor that is a sum of cores along diagonals becomes
the sum of those that fill it, and a ``scatter`` for each of the others:

``scatter(T, c)``  T with the core c added along a diagonal; data ``(out, free)``, the indices
of the core and of the result. T is overwritten.

The product in ``diag(A*x) + B`` is computed row by row, in the pass that writes the rows:

``add_dot_diag(B, A, x)``  B with A*x added to its diagonal.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from matrixcalc.codegen.ir import Builder, Value, schedule
from matrixcalc.codegen.program import Program


def unfolded(program: Program) -> Program:
    """The program with these operations written out."""
    made: dict[Value, Value] = {}
    b = program.builder
    order = schedule([o.value for o in program.outputs])
    uses = Counter(a for v in order for a in v.args)
    uses.update(o.value for o in program.outputs)
    for v in order:
        args = tuple(made[a] for a in v.args)
        if v.op == "assemble":
            new = _scattered(v, args, b)
        elif v.op == "mul" and args[0] is args[1] and _vector_norm(args[0]):
            entries = args[0].args[0]
            new = b.make("sum", b.binary("mul", entries, entries), dims=())
        elif v.op == "add_diag" and uses[v.args[1]] == 1 and _product(v.args[1]) and args[0].ndim:
            new = b.make("add_dot_diag", args[0], *args[1].args, dims=v.dims)
        else:
            new = b.make(v.op, *args, dims=v.dims, data=v.data)
        new.note = new.note or v.note
        made[v] = new
    outputs = tuple(replace(o, value=made[o.value]) for o in program.outputs)
    return replace(program, outputs=outputs)


def _scattered(v: Value, cores: tuple[Value, ...], b: Builder) -> Value:
    total: Value | None = None
    rest = []
    for core, (out, free) in zip(cores, v.data, strict=True):
        if out == free:
            total = core if total is None else b.make("add", total, core, dims=v.dims)
        else:
            rest.append((core, (out, free)))
    if total is None:
        total = b.make("zeros", dims=v.dims)
    for core, pattern in rest:
        total = b.make("scatter", total, core, dims=v.dims, data=pattern)
    return total


def _vector_norm(v: Value) -> bool:
    return v.op == "norm2" and v.args[0].ndim > 0


def _product(v: Value) -> bool:
    return v.op == "dot" and v.args[0].ndim == 2 and v.args[1].ndim == 1
