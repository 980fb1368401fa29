"""Derivatives with more than two axes, from their index form.

A term is a product of factors with named axes; its core is an einsum over the distinct
free indices. A free index that stands twice is a delta: the core is written along that
diagonal of the result and the delta is never formed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from matrixcalc.codegen.ir import Dims, Value
from matrixcalc.expr import Expr
from matrixcalc.index import Indices, Term, flat

if TYPE_CHECKING:
    from matrixcalc.codegen.lower import Lowering

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def lower_terms(
    lowering: Lowering,
    terms: Sequence[Term],
    indices: Indices,
    dims: Dims,
    prepare: Callable[[Expr], Expr],
) -> Value:
    """The array with all axes that a sum of terms stands for."""
    b = lowering.builder
    cores: list[Value] = []
    patterns: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    shape: Dims = dims
    for t in terms:
        free = flat(t.free)
        shape = tuple(indices.dims[i] for i in free)
        operands: list[Value] = []
        subscripts: list[tuple[int, ...]] = []
        for e, axes in t.factors:
            v = lowering.lower(prepare(e))
            ids = tuple(flat(axes))
            if len(ids) != v.ndim:
                v = b.make("reshape", v, dims=tuple(indices.dims[i] for i in ids))
            operands.append(v)
            subscripts.append(ids)
        met = {i for ids in subscripts for i in ids}
        kept = tuple(dict.fromkeys(i for i in free if i in met))
        for s in t.scalars:
            operands.append(lowering.lower(prepare(s)))
            subscripts.append(())
        names = {i: n for n, i in enumerate(dict.fromkeys((*free, *sorted(met))))}
        pattern = tuple(names[i] for i in free)
        local = tuple(tuple(names[i] for i in ids) for ids in subscripts)
        out = tuple(names[i] for i in kept)
        core_dims = tuple(indices.dims[i] for i in kept)
        if operands:
            cores.append(b.make("einsum", *operands, dims=core_dims, data=(local, out)))
        else:
            cores.append(b.number(1))
        patterns.append((out, pattern))
    made = b.make("assemble", *cores, dims=shape, data=tuple(patterns))
    return made if shape == dims else b.make("reshape", made, dims=dims)


def letters(ids: Sequence[int]) -> str:
    """Indices as the letters of an einsum."""
    return "".join(LETTERS[i] for i in ids)
