"""Matrices as lists of rows over any scalar arithmetic: products, determinants, inverses."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

Grid = list[list[Any]]

_SMALL = 4
"""Up to this size determinants are sums over minors, which need no division."""


def identity(arithmetic: Any, n: int) -> Grid:
    """The identity matrix."""
    zero, one = arithmetic.number(Fraction(0)), arithmetic.number(Fraction(1))
    return [[one if i == j else zero for j in range(n)] for i in range(n)]


def transposed(grid: Grid) -> Grid:
    """Rows for columns.

    >>> transposed([[1, 2]])
    [[1], [2]]
    """
    return [list(column) for column in zip(*grid, strict=True)]


def product(arithmetic: Any, a: Grid, b: Grid) -> Grid:
    """The matrix product."""
    columns = transposed(b)
    dot = arithmetic.dot
    return [[dot(row, column) for column in columns] for row in a]


def scaled(arithmetic: Any, factor: Any, grid: Grid) -> Grid:
    """The grid with each entry multiplied by a scalar."""
    return [[arithmetic.mul(factor, x) for x in row] for row in grid]


def combined(arithmetic: Any, a: Grid, b: Grid, factor: int = 1) -> Grid:
    """a + factor*b."""
    if factor != 1:
        b = scaled(arithmetic, arithmetic.number(Fraction(factor)), b)
    return [
        [arithmetic.add(x, y) for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)
    ]


def _minors(arithmetic: Any, rows: Grid) -> dict[tuple[int, ...], Any]:
    """The determinant of the rows' submatrix for each choice of columns."""
    if not rows:
        return {(): arithmetic.number(Fraction(1))}
    width = len(rows[0])
    found: dict[tuple[int, ...], Any] = {(j,): rows[-1][j] for j in range(width)}
    minus = arithmetic.number(Fraction(-1))
    for row in reversed(rows[:-1]):
        size = len(next(iter(found))) + 1
        negative = [arithmetic.mul(minus, x) for x in row]
        wider = {}
        for columns in combinations(range(width), size):
            signed = [(negative if k % 2 else row)[j] for k, j in enumerate(columns)]
            smaller = [found[columns[:k] + columns[k + 1 :]] for k in range(size)]
            wider[columns] = arithmetic.dot(signed, smaller)
        found = wider
    return found


def _leverrier(arithmetic: Any, grid: Grid) -> tuple[Any, Grid]:
    """Determinant and adjugate by the method of Faddeev and LeVerrier.

    It divides by whole numbers only.
    """
    n = len(grid)
    m = identity(arithmetic, n)
    for k in range(1, n + 1):
        image = product(arithmetic, grid, m)
        trace = image[0][0]
        for i in range(1, n):
            trace = arithmetic.add(trace, image[i][i])
        c = arithmetic.mul(arithmetic.number(Fraction(-1, k)), trace)
        if k == n:
            break
        m = [
            [arithmetic.add(x, c) if i == j else x for j, x in enumerate(row)]
            for i, row in enumerate(image)
        ]
    sign = arithmetic.number(Fraction(-1 if n % 2 else 1))
    return (
        arithmetic.mul(sign, c),
        scaled(arithmetic, arithmetic.number(Fraction(1 if n % 2 else -1)), m),
    )


def determinant(arithmetic: Any, grid: Grid) -> Any:
    """The determinant.

    >>> from matrixcalc.jets import Exact
    >>> determinant(Exact(), [[1, 2], [3, 4]])
    -2
    """
    if len(grid) > _SMALL:
        det = _leverrier(arithmetic, grid)[0]
    else:
        det = _minors(arithmetic, grid)[tuple(range(len(grid)))]
    arithmetic.check_regular(det, grid)
    return det


def adjugate(arithmetic: Any, grid: Grid) -> Grid:
    """The transposed matrix of cofactors.

    >>> from matrixcalc.jets import Exact
    >>> adjugate(Exact(), [[1, 2], [3, 4]])
    [[4, -2], [-3, 1]]
    """
    n = len(grid)
    if n > _SMALL:
        return _leverrier(arithmetic, grid)[1]
    minus = arithmetic.number(Fraction(-1))
    result: Grid = [[None] * n for _ in range(n)]
    for i in range(n):
        minors = _minors(arithmetic, grid[:i] + grid[i + 1 :])
        for j in range(n):
            minor = minors[tuple(k for k in range(n) if k != j)]
            result[j][i] = arithmetic.mul(minus, minor) if (i + j) % 2 else minor
    return result


def inverse(arithmetic: Any, grid: Grid) -> Grid:
    """The inverse: adjugate over determinant, for larger ones by elimination with pivots."""
    n = len(grid)
    if n <= _SMALL:
        adjoint = adjugate(arithmetic, grid)
        det = arithmetic.dot(grid[0], [row[0] for row in adjoint])
        arithmetic.check_regular(det, grid)
        reciprocal = arithmetic.div(arithmetic.number(Fraction(1)), det)
        return scaled(arithmetic, reciprocal, adjoint)
    rows = [[*r, *s] for r, s in zip(grid, identity(arithmetic, n), strict=True)]
    minus = arithmetic.number(Fraction(-1))
    for j in range(n):
        best = max(range(j, n), key=lambda i: arithmetic.magnitude(rows[i][j]))
        rows[j], rows[best] = rows[best], rows[j]
        arithmetic.check_regular(rows[j][j], grid[:1])
        reciprocal = arithmetic.div(arithmetic.number(Fraction(1)), rows[j][j])
        # before the pivot the row is zero
        pivot = rows[j][j:] = [arithmetic.mul(reciprocal, x) for x in rows[j][j:]]
        for i in range(n):
            if i != j and rows[i][j]:
                factor = arithmetic.mul(minus, rows[i][j])
                rows[i][j:] = [
                    arithmetic.add(x, arithmetic.mul(factor, y))
                    for x, y in zip(rows[i][j:], pivot, strict=True)
                ]
    return [row[n:] for row in rows]
