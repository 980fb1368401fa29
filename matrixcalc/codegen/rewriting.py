"""A program rewritten value by value, which is how a target brings in operations of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from matrixcalc.codegen.ir import Value, schedule
from matrixcalc.codegen.program import Output, Program

Change = Callable[[Value, tuple[Value, ...]], Value | None]
"""From a value and its rewritten arguments to what stands for it, or None to keep it."""


def rewritten(program: Program, change: Change) -> Program:
    """The program with every value, operands first, passed through ``change``."""
    known: dict[Value, Value] = {}
    for v in schedule([o.value for o in program.outputs]):
        args = tuple(known[a] for a in v.args)
        made = change(v, args)
        if made is None and v.op == "T":
            # what is transposed may be a transpose now
            made = program.builder.transpose(args[0])
        if made is None:
            made = program.builder.make(v.op, *args, dims=v.dims, data=v.data)
        made.note = made.note or v.note
        known[v] = made
    outputs = tuple(Output(o.label, known[o.value]) for o in program.outputs)
    return replace(program, outputs=outputs)
