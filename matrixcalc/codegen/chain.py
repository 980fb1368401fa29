"""The order of multiplication of a chain, by dynamic programming over symbolic sizes.

Sizes come from hints; a dimension without one counts as large, so that vectors are
multiplied first and an outer product is left to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matrixcalc.codegen.ir import Builder, Value
from matrixcalc.dims import Dim

UNKNOWN_SIZE = 1000
_LONG = 40


@dataclass(frozen=True, slots=True)
class Link:
    """A factor of a chain: a matrix, a vector, a diagonal or an inverse.

    ``kind`` is ``"plain"``, ``"diag"`` (``value`` is the diagonal) or ``"solve"``
    (``value`` is the factorisation's matrix, ``flipped`` for its transposed inverse).
    """

    kind: str
    value: Value
    rows: Dim
    cols: Dim
    flipped: bool = False


def size_of(dim: Dim, sizes: Mapping[str, int]) -> int:
    """The size of a dimension by the hints."""
    return dim.value({name: sizes.get(name, UNKNOWN_SIZE) for name in dim.names})


def split_points(
    links: Sequence[Link],
    sizes: Mapping[str, int],
    builder: Builder,
    shared: Sequence[bool],
) -> dict[tuple[int, int], int]:
    """For each stretch of the chain, the place at which it is cut.

    A product that has been computed costs nothing, and one of two neighbours that another
    chain has too (``shared``, by the first of them) costs half.
    """
    count = len(links)
    if count > _LONG:
        if links[0].rows.is_one:
            return {(0, j): j - 1 for j in range(1, count)}
        return {(i, count - 1): i for i in range(count - 1)}
    dims = [size_of(k.rows, sizes) for k in links] + [size_of(links[-1].cols, sizes)]
    cost: dict[tuple[int, int], float] = {}
    best: dict[tuple[int, int], int] = {}
    known = {(i, i): k.value for i, k in enumerate(links) if k.kind == "plain"}
    for length in range(1, count + 1):
        for i in range(count - length + 1):
            j = i + length - 1
            if i == j:
                # an inverse that stands alone must be formed
                cost[i, j] = 2.0 * dims[i] ** 3 if links[i].kind == "solve" else 0.0
                continue
            choices = []
            for k in range(i, j):
                work = float(dims[i]) * dims[k + 1] * dims[j + 1]
                if (i, k) in known and (k + 1, j) in known:
                    a, b = known[i, k], known[k + 1, j]
                    found = None if links[k].cols.is_one else builder.known_dot(a, b)
                    if found is not None:
                        known[i, j] = found
                        choices = [(0.0, k)]
                        break
                if length == 2 and shared[i]:
                    work /= 2
                left, right = cost[i, k], cost[k + 1, j]
                if i == k and links[i].kind != "plain":
                    left = 0.0
                    work = work if links[i].kind == "solve" else work / dims[i]
                elif k + 1 == j and links[j].kind != "plain":
                    right = 0.0
                    work = work if links[j].kind == "solve" else work / dims[j + 1]
                choices.append((left + right + work, k))
            # of equals the middle: y'*A*A*y is (A'*y)'*(A*y), which may be the same vector twice
            work, k = min(choices, key=lambda c: (c[0], 2 * c[1] + 1 != i + j, c[1]))
            cost[i, j], best[i, j] = work, k
    return best


def undecided(
    links: Sequence[Link],
    sizes: Mapping[str, int],
    builder: Builder,
    shared: Sequence[bool],
) -> bool:
    """Whether the best order of a chain of matrices hangs on sizes for which there is no hint."""
    if not 3 <= len(links) <= _LONG or any(shared):
        return False
    if any(k.kind != "plain" or k.value.ndim != 2 for k in links):
        return False
    names = {n for k in links for d in (k.rows, k.cols) for n in d.names} - set(sizes)
    best = split_points(links, sizes, builder, shared)
    for name in sorted(names):
        for own, other in ((UNKNOWN_SIZE // 50, UNKNOWN_SIZE), (UNKNOWN_SIZE, UNKNOWN_SIZE // 50)):
            tried = {**dict.fromkeys(names, other), name: own, **sizes}
            if split_points(links, tried, builder, shared) != best:
                return True
    return False


def multiply(
    links: Sequence[Link],
    sizes: Mapping[str, int],
    builder: Builder,
    shared: Sequence[bool],
    apply: Callable[[Link, Value, bool], Value],
    form: Callable[[Link], Value],
) -> Value:
    """The product of the chain in the chosen order.

    ``apply(link, value, left)`` multiplies an inverse by a value from the left or the
    right; ``form(link)`` is a link as an array.
    """
    if len(links) == 1:
        return form(links[0])
    if undecided(links, sizes, builder, shared):
        ends = (links[0].rows, links[-1].cols)
        return builder.make("multi_dot", *(k.value for k in links), dims=ends)
    best = split_points(links, sizes, builder, shared)
    done: dict[tuple[int, int], Value] = {}
    todo = [(0, len(links) - 1, False)]
    while todo:
        i, j, ready = todo.pop()
        if i == j:
            continue
        k = best[i, j]
        if not ready:
            todo.extend(((i, j, True), (i, k, False), (k + 1, j, False)))
            continue
        left = links[i] if i == k else None
        right = links[j] if k + 1 == j else None
        inner = links[k].cols
        if left is not None and left.kind != "plain":
            other = done[k + 1, j] if right is None else form(right)
            if left.kind == "solve":
                done[i, j] = apply(left, other, True)
            elif other.ndim == 1:
                done[i, j] = builder.binary("mul", left.value, other)
            else:
                done[i, j] = builder.rows(left.value, other)
        elif right is not None and right.kind != "plain":
            other = done[i, k] if left is None else form(left)
            if right.kind == "solve":
                done[i, j] = apply(right, other, False)
            elif other.ndim == 1:
                done[i, j] = builder.binary("mul", other, right.value)
            else:
                done[i, j] = builder.columns(other, right.value)
        else:
            a = done[i, k] if left is None else left.value
            b = done[k + 1, j] if right is None else right.value
            if inner.is_one:
                done[i, j] = builder.outer(a, b) if a.ndim and b.ndim else builder.binary(
                    "mul", a, b
                )
            else:
                done[i, j] = builder.dot(a, b)
    return done[0, len(links) - 1]
