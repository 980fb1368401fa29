"""Products of many matrices, multiplied in a cheap order."""

from __future__ import annotations

import numpy
import numpy.typing as npt

Array = npt.NDArray[numpy.float64]

_LONG = 40
"""Longer products are multiplied from one end."""


def product(args: list[Array]) -> Array:
    """The matrix product, 1×1 factors scaling it, in the cheapest order.

    >>> product([numpy.array([[2.0]]), numpy.eye(2), numpy.ones((2, 1))]).ravel().tolist()
    [2.0, 2.0]
    """
    scale = numpy.ones((1, 1))
    start = 0
    while start < len(args) and args[start].size == 1:
        scale = scale * args[start]
        start += 1
    chain = args[start:]
    if not chain:
        return scale
    value = _chain(chain)
    return value if start == 0 else scale[0, 0] * value


def _chain(chain: list[Array]) -> Array:
    if len(chain) <= 2:
        return chain[0] if len(chain) == 1 else chain[0] @ chain[1]
    if chain[-1].shape[1] == 1 or (len(chain) > _LONG and chain[0].shape[0] != 1):
        value = chain[-1]
        for a in reversed(chain[:-1]):
            value = a @ value
        return value
    if chain[0].shape[0] == 1 or len(chain) > _LONG:
        value = chain[0]
        for a in chain[1:]:
            value = value @ a
        return value
    return _cheapest(chain)


def _cheapest(chain: list[Array]) -> Array:
    """The product in the order with the fewest multiplications."""
    count = len(chain)
    dims = [a.shape[0] for a in chain] + [chain[-1].shape[1]]
    cost = [[0] * count for _ in range(count)]
    values: dict[tuple[int, int], Array] = {}
    split = [[0] * count for _ in range(count)]
    for length in range(2, count + 1):
        for i in range(count - length + 1):
            j = i + length - 1
            cost[i][j], split[i][j] = min(
                (cost[i][k] + cost[k + 1][j] + dims[i] * dims[k + 1] * dims[j + 1], k)
                for k in range(i, j)
            )
    todo = [(0, count - 1, False)]
    while todo:
        i, j, ready = todo.pop()
        if i == j:
            values[i, j] = chain[i]
        elif ready:
            k = split[i][j]
            values[i, j] = values.pop((i, k)) @ values.pop((k + 1, j))
        else:
            k = split[i][j]
            todo.extend(((i, j, True), (i, k, False), (k + 1, j, False)))
    return values[0, count - 1]
