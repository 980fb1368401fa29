"""Raising: a product of factors with indices back to matrix notation.

The graph of the factors is reduced; what is left between the free indices is the matrix.
"""

from __future__ import annotations

from matrixcalc import build
from matrixcalc.build import mul, ones, transpose
from matrixcalc.calls import make_call
from matrixcalc.dims import ONE
from matrixcalc.expr import Expr
from matrixcalc.index import Indices, Term, flat, single
from matrixcalc.kronecker import kronecker
from matrixcalc.reduce import Graph


def to_matrix(term: Term, indices: Indices) -> Expr | None:
    """The term in matrix notation, axes in the order of ``free``; None if there is none.

    No free axis gives a scalar, one a column, two a matrix.
    """
    if len(term.free) > 2:
        return None
    graph = Graph(term, indices)
    graph.reduce()
    if graph.stuck or graph.scaling is not None:
        return None
    free = graph.free
    if len(free) == 2 and not any(isinstance(a, tuple) for a in free):
        body = _between(graph, single(free[0]), single(free[1]))
    elif len(free) == 1 and isinstance(free[0], int):
        body = _weight(graph, free[0])
    elif not free:
        body = build.UNIT
    else:
        rows = flat(free[:1])
        cols = flat(free[1:])
        stacked = kronecker(graph, rows, cols)
        if stacked is None:
            return None
        body = stacked
    return mul(*graph.scalars, body)


def _weight(graph: Graph, index: int) -> Expr:
    known = graph.weights.get(index)
    return ones((graph.dims[index], ONE)) if known is None else known


def _between(graph: Graph, i: int, j: int) -> Expr:
    """The matrix with rows i and columns j."""
    if i == j:
        weight = graph.weights.get(i)
        return build.eye(graph.dims[i]) if weight is None else make_call("diag", (weight,))
    u, w = graph.weights.get(i), graph.weights.get(j)
    edge = next((e for e in graph.edges if {e[1], e[2]} == {i, j}), None)
    if edge is None:
        return mul(_weight(graph, i), transpose(_weight(graph, j)))
    e = edge[0] if edge[1] == i else transpose(edge[0])
    left = () if u is None else (make_call("diag", (u,)),)
    right = () if w is None else (make_call("diag", (w,)),)
    return mul(*left, e, *right)
