"""Matrices on composite axes, such as what flows back into a Kronecker product.

A matrix W with rows (i, k) and columns (j, l) is a node of its own kind in the graph of
a term. Whatever else stands on its parts is multiplied into it, blown up with ones; then
the parts that are summed go: ``kron(eye, vector(1)')*W`` sums over the minor row index.
"""

from __future__ import annotations

from dataclasses import dataclass

from matrixcalc import build
from matrixcalc.build import had, mul, ones, transpose
from matrixcalc.calls import make_call
from matrixcalc.dims import ONE, Dim
from matrixcalc.expr import Expr


@dataclass(slots=True, eq=False, repr=False)
class Wide:
    """A matrix with the parts of its rows and of its columns, major to minor."""

    matrix: Expr
    rows: list[int]
    cols: list[int]

    def parts(self) -> list[int]:
        return [*self.rows, *self.cols]


def extent(parts: list[int], dims: dict[int, Dim]) -> Dim:
    """The length of a composite axis."""
    dim = ONE
    for i in parts:
        dim = dim * dims[i]
    return dim


def times_edge(wide: Wide, e: Expr, a: int, b: int, dims: dict[int, Dim]) -> bool:
    """Multiply an edge between two parts into the matrix; False if it does not lie so."""
    if a in wide.cols and b in wide.rows:
        e, a, b = transpose(e), b, a
    if a in wide.rows and b in wide.cols:
        i, j = wide.rows.index(a), wide.cols.index(b)
        before = ones((extent(wide.rows[:i], dims), extent(wide.cols[:j], dims)))
        after = ones((extent(wide.rows[i + 1 :], dims), extent(wide.cols[j + 1 :], dims)))
        wide.matrix = had(wide.matrix, _kron(before, e, after))
        return True
    for side in (wide.rows, wide.cols):
        if side == [a, b] or side == [b, a]:
            stacked = make_call("vec", (transpose(e) if side == [a, b] else e,))
            _scale(wide, stacked, side is wide.rows)
            return True
    return False


def times_weight(wide: Wide, u: Expr, a: int, dims: dict[int, Dim]) -> None:
    """Multiply a vector on one part into the matrix."""
    on_rows = a in wide.rows
    side = wide.rows if on_rows else wide.cols
    i = side.index(a)
    before = ones((extent(side[:i], dims), ONE))
    after = ones((extent(side[i + 1 :], dims), ONE))
    _scale(wide, _kron(before, u, after), on_rows)


def _scale(wide: Wide, vector: Expr, on_rows: bool) -> None:
    scaling = make_call("diag", (vector,))
    wide.matrix = mul(scaling, wide.matrix) if on_rows else mul(wide.matrix, scaling)


def apply(wide: Wide, e: Expr, part: int, other: int, dims: dict[int, Dim]) -> None:
    """Sum over a part against an edge (part, other): the part becomes the other index."""
    on_rows = part in wide.rows
    side = wide.rows if on_rows else wide.cols
    i = side.index(part)
    before = build.eye(extent(side[:i], dims))
    after = build.eye(extent(side[i + 1 :], dims))
    if on_rows:
        wide.matrix = mul(_kron(before, transpose(e), after), wide.matrix)
    else:
        wide.matrix = mul(wide.matrix, _kron(before, e, after))
    side[i] = other


def sum_over(wide: Wide, part: int, dims: dict[int, Dim]) -> None:
    """Sum over a part that nothing else stands on."""
    on_rows = part in wide.rows
    side = wide.rows if on_rows else wide.cols
    i = side.index(part)
    before = build.eye(extent(side[:i], dims))
    after = build.eye(extent(side[i + 1 :], dims))
    column = ones((dims[part], ONE))
    if on_rows:
        wide.matrix = mul(_kron(before, transpose(column), after), wide.matrix)
    else:
        wide.matrix = mul(wide.matrix, _kron(before, column, after))
    del side[i]


def _kron(*factors: Expr) -> Expr:
    body = build.UNIT
    for f in factors:
        body = make_call("kron", (body, f))
    return body
