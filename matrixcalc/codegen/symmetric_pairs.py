"""Products of two arrays of three axes, one of them symmetric: half of them is computed.

A target that writes them has a function ``symmetric_product(left, right)`` of its own, for a
stack of n by k matrices with ``left[i, j] = left[j, i]``, and a k by m matrix.
"""

from __future__ import annotations

from collections.abc import Sequence

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.symmetry import unchanged_by_swap
from matrixcalc.codegen.writing import Writing

Ids = tuple[int, ...]


def symmetric_product(v: Value, a: Sequence[str], w: Writing) -> str | None:
    """The call for an ``einsum`` of two arrays, or None where neither is seen to be symmetric."""
    subscripts, out = v.data
    if [len(ids) for ids in (*subscripts, out)] != [3, 3, 4]:
        return None
    summed = set(subscripts[0]) & set(subscripts[1])
    if len(summed) != 1:
        return None
    (index,) = summed
    kept = [tuple(i for i in ids if i != index) for ids in subscripts]
    symmetric = [
        unchanged_by_swap(x, *map(ids.index, pair))
        for x, ids, pair in zip(v.args, subscripts, kept, strict=True)
    ]
    if not any(symmetric):
        return None
    # indices that may change places stand in the order of the result, which is then nearer
    kept = [
        tuple(sorted(pair, key=out.index)) if free else pair
        for pair, free in zip(kept, symmetric, strict=True)
    ]
    one = symmetric.index(True)
    two = 1 - one
    left = turned(a[one], subscripts[one], (*kept[one], index))
    right = turned(a[two], subscripts[two], (index, *kept[two]))
    sizes = {
        i: w.size(d)
        for x, ids in zip(v.args, subscripts, strict=True)
        for i, d in zip(ids, x.dims, strict=True)
    }
    natural = (*kept[one], *kept[two])
    shape = ", ".join(sizes[i] for i in natural)
    made = f"symmetric_product({left}, {right}.reshape({sizes[index]}, -1)).reshape({shape})"
    return turned(made, natural, out)


def turned(text: str, ids: Ids, out: Ids) -> str:
    """An array with its axes in another order."""
    order = [ids.index(i) for i in out]
    return text if order == sorted(order) else f"{text}.transpose({', '.join(map(str, order))})"
