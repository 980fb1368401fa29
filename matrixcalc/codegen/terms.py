"""Derivatives with more than two axes, from their index form.

A term is a product of factors with named axes. A free index that stands twice is a delta:
the product is written along that diagonal of the result and the delta is never formed.
Terms that end in the same product are added before it, and those that are products of two
unconnected parts become one product of the parts stacked.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matrixcalc.codegen.chain import size_of
from matrixcalc.codegen.contract import Contraction, Operand, multiplied, permuted
from matrixcalc.codegen.ir import Dims, Value
from matrixcalc.dims import Dim
from matrixcalc.expr import Expr
from matrixcalc.index import Indices, Term, flat

if TYPE_CHECKING:
    from matrixcalc.codegen.lower import Lowering

Ids = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Core:
    """The last product of a term: operands over positions of the result, negative if summed.

    ``pattern`` names the axes of the result; equal names are a diagonal.
    """

    operands: tuple[Operand, ...]
    pattern: Ids


def lower_terms(
    lowering: Lowering,
    terms: Sequence[Term],
    indices: Indices,
    dims: Dims,
    prepare: Callable[[Expr], Expr],
) -> Value:
    """The array with all axes that a sum of terms stands for."""
    b = lowering.builder
    if not terms:
        return b.make("zeros", dims=dims) if dims else b.number(0)
    cores: list[_Core] = []
    lengths: dict[int, Dim] = {}
    shape: Dims = dims
    for t in terms:
        free = flat(t.free)
        shape = tuple(indices.dims[i] for i in free)
        operands = _operands(lowering, t, indices, prepare)
        scale = lowering.lower(prepare(t.coefficient))
        operands, scale = _scaled(lowering, operands, scale)
        kept = tuple(dict.fromkeys(i for i in free if any(i in ids for _, ids in operands)))
        left = Contraction(operands, kept, indices.dims, lowering.sizes, b).reduce()
        left, _ = _scaled(lowering, left, scale, last=True)
        cores.append(_canonical(left, free, indices, lengths))
    made = []
    for core in _stacked(lowering, _gathered(lowering, cores, lengths), lengths):
        out = tuple(dict.fromkeys(i for i in core.pattern if _occurs(i, core)))
        made.append((_finished(lowering, core, out, lengths), out, core.pattern))
    full = [v for v, out, _ in made if len(out) == len(shape)]
    partial = [m for m in made if len(m[1]) < len(shape)]
    if full:
        total = full[0]
        for v in full[1:]:
            total = b.binary("add", total, v)
        if partial:
            whole = tuple(range(len(shape)))
            partial.insert(0, (total, whole, whole))
    if partial:
        patterns = tuple((out, pattern) for _, out, pattern in partial)
        total = b.make("assemble", *(v for v, _, _ in partial), dims=shape, data=patterns)
    return total if shape == dims else b.make("reshape", total, dims=dims)


def _operands(
    lowering: Lowering, t: Term, indices: Indices, prepare: Callable[[Expr], Expr]
) -> list[Operand]:
    b = lowering.builder
    made: list[Operand] = []
    for e, axes in t.factors:
        v, ids = lowering.lower(prepare(e)), tuple(flat(axes))
        if len(ids) != v.ndim:
            v = b.make("reshape", v, dims=tuple(indices.dims[i] for i in ids))
        made.append((v, ids))
    return made


def _scaled(
    lowering: Lowering, operands: list[Operand], scale: Value, last: bool = False
) -> tuple[list[Operand], Value]:
    """The scale on the smallest operand that stands once, and what is left of the scale.

    Of equal operands none is changed, so that they stay one, until the ``last`` product.
    """
    b = lowering.builder
    one = b.number(1)
    if not operands:
        return [(scale, ())], one
    count = Counter(v for v, _ in operands)
    places = [k for k, (v, _) in enumerate(operands) if last or count[v] == 1]
    if scale is one or not places:
        return operands, scale

    def entries(k: int) -> tuple[float, int]:
        v = operands[k][0]
        return math.prod(float(size_of(d, lowering.sizes)) for d in v.dims), -v.place

    place = min(places, key=entries)
    v, ids = operands[place]
    return [*operands[:place], (b.scaled(scale, v), ids), *operands[place + 1 :]], one


def _canonical(
    operands: Sequence[Operand], free: Sequence[int], indices: Indices, lengths: dict[int, Dim]
) -> _Core:
    """The operands over positions of the result; summed indices are counted down from -1."""
    names: dict[int, int] = {}
    for place, i in enumerate(free):
        names.setdefault(i, place)
    for _, ids in sorted(operands, key=lambda o: -o[0].place):
        for i in ids:
            names.setdefault(i, -1 - sum(n < 0 for n in names.values()))
    lengths.update((n, indices.dims[i]) for i, n in names.items())
    moved = tuple((v, tuple(names[i] for i in ids)) for v, ids in operands)
    return _Core(moved, tuple(names[i] for i in free))


def _occurs(i: int, core: _Core) -> bool:
    return any(i in ids for _, ids in core.operands)


def _gathered(
    lowering: Lowering, cores: Sequence[_Core], lengths: dict[int, Dim]
) -> list[_Core]:
    """Terms with one operand in common, added before they are multiplied by it."""
    b = lowering.builder
    made: list[_Core] = []
    for core in cores:
        place = next(
            (k for k, other in enumerate(made) if _common(core, other) is not None), None
        )
        if place is None:
            made.append(core)
            continue
        found = _common(core, made[place])
        assert found is not None
        shared, (v, ids), (w, jds) = found
        total = b.binary("add", w, permuted(b, v, ids, jds))
        made[place] = _Core((shared, (total, jds)), core.pattern)
    return made


def _common(one: _Core, other: _Core) -> tuple[Operand, Operand, Operand] | None:
    if one.pattern != other.pattern or len(one.operands) != 2 or len(other.operands) != 2:
        return None
    for k in (0, 1):
        for j in (0, 1):
            (v, ids), (w, jds) = one.operands[1 - k], other.operands[1 - j]
            if one.operands[k] == other.operands[j] and sorted(ids) == sorted(jds) and ids:
                return one.operands[k], (v, ids), (w, jds)
    return None


def _stacked(
    lowering: Lowering, cores: Sequence[_Core], lengths: dict[int, Dim]
) -> list[_Core]:
    """Terms that are products of two unconnected parts with the same axes, as one product."""
    b = lowering.builder
    groups: dict[tuple[frozenset[int], frozenset[int], Ids], list[_Core]] = {}
    made: list[_Core] = []
    for core in cores:
        parts = [set(ids) for _, ids in core.operands]
        if len(parts) == 2 and not parts[0] & parts[1] and min(map(len, parts)) > 1:
            one, two = map(frozenset, sorted(parts, key=min))
            groups.setdefault((one, two, core.pattern), []).append(core)
        else:
            made.append(core)
    for (first, _, pattern), group in groups.items():
        if len(group) == 1:
            made.append(group[0])
            continue
        index = min(lengths) - 1
        lengths[index] = Dim.number(len(group))
        sides = []
        for mine in (True, False):
            side = [next(o for o in c.operands if (set(o[1]) == first) is mine) for c in group]
            # in the order of the result, so that it is written along its rows
            ids = tuple(sorted(side[0][1]))
            values = [permuted(b, v, jds, ids) for v, jds in side]
            dims = (lengths[index], *values[0].dims)
            sides.append((b.make("stack", *values, dims=dims), (index, *ids)))
        made.append(_Core(tuple(sides), pattern))
    return made


def _finished(
    lowering: Lowering, core: _Core, out: Ids, lengths: dict[int, Dim]
) -> Value:
    b = lowering.builder
    if len(core.operands) == 1:
        v, ids = core.operands[0]
        return permuted(b, v, ids, out)
    x, y = core.operands
    return multiplied(b, lengths, x, y, out)
