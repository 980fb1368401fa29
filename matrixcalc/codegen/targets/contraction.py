"""An einsum spelled by what the Array API has: sums, broadcasting, ``tensordot`` and ``matmul``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.pairs import Side, pair_of
from matrixcalc.dims import Dim

Ids = tuple[int, ...]
Permuted = Callable[[str, Sequence[int]], str]
"""Writes an array with its axes in another order."""

Broadcast = Callable[[str, Ids, Ids], str]
"""Writes an array with its axes at the places of a longer list of indices."""


def reduced(text: str, ids: Ids, out: Ids, permuted: Permuted) -> str:
    """One array: diagonals taken, axes summed, the others in the order of the result."""
    for i in dict.fromkeys(ids):
        while ids.count(i) > 1:
            first = ids.index(i)
            second = ids.index(i, first + 1)
            rest = [k for k in range(len(ids)) if k not in (first, second)]
            if rest:
                text = permuted(text, (*rest, first, second))
            text, ids = f"xp.linalg.diagonal({text})", (*(ids[k] for k in rest), i)
    summed = tuple(k for k, i in enumerate(ids) if i not in out)
    if summed:
        text = f"xp.sum({text}, axis={_axes(summed)})"
    left = tuple(i for i in ids if i in out)
    return text if left == out else permuted(text, [left.index(i) for i in out])


def paired(
    v: Value, a: Sequence[str], permuted: Permuted, broadcast: Broadcast, size: Callable[[Dim], str]
) -> str:
    """Two arrays with a sum: one matrix product, a stack of them, or a sum of products."""
    (one, two), out = v.data
    pair = pair_of(v)
    assert pair is not None  # for there is a sum
    shared = [i for i in one if i in two]
    summed = tuple(i for i in shared if i not in out)
    if pair.batch and pair.batch == len(out):
        every = (*out, *summed)
        product = " * ".join(broadcast(t, ids, every) for t, ids in zip(a, (one, two), strict=True))
        return f"xp.sum({product}, axis={_axes(tuple(range(len(out), len(every))))})"
    if pair.batch:
        left, right = (
            _stack(text, side, permuted, size)
            for text, side in zip(a, (pair.left, pair.right), strict=True)
        )
        made = f"xp.matmul({left}, {right})"
        if len(one) - len(shared) != 1 or len(two) - len(shared) != 1:
            made = f"xp.reshape({made}, ({', '.join(map(size, pair.dims))}))"
    elif len(summed) == 1 and len(one) <= 2 and len(two) <= 2:
        made = " @ ".join(
            f"{text}.T" if side.turned else text
            for text, side in zip(a, (pair.left, pair.right), strict=True)
        )
        made = f"({made})" if pair.order else made
    else:
        places = tuple(tuple(ids.index(i) for i in summed) for ids in (one, two))
        made = f"xp.tensordot({a[0]}, {a[1]}, axes={places})"
    return made if pair.order is None else permuted(made, pair.order)


def _stack(text: str, side: Side, permuted: Permuted, size: Callable[[Dim], str]) -> str:
    """One side of a stack of matrix products; the axes of rows and of columns each in one."""
    if side.order is not None:
        text = permuted(text, side.order)
    batch, *groups = side.groups
    if any(len(g) != 1 for g in groups):
        shape = [*map(size, batch), *(" * ".join(map(size, g)) or "1" for g in groups)]
        text = f"xp.reshape({text}, ({', '.join(shape)}))"
    return f"xp.matrix_transpose({text})" if side.turned else text


def _axes(places: Ids) -> str:
    return str(places[0]) if len(places) == 1 else str(places)
