"""The exponential, logarithm and square root of a matrix, over jets of decimal numbers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, getcontext
from fractions import Fraction
from typing import Any

from matrixcalc.grids import Grid, combined, identity, inverse, product, scaled
from matrixcalc.jets import Decimals, Jet, OutsideDomain


def _norm(arithmetic: Decimals, grid: Grid) -> Decimal:
    return max(
        (sum((Decimal(arithmetic.magnitude(x)) for x in row), Decimal(0)) for row in grid),
        default=Decimal(0),
    )


def exponential(arithmetic: Decimals, grid: Grid) -> Grid:
    """expm by Taylor's series of a part of the matrix, squared again and again."""
    norm = _norm(arithmetic, grid)
    if norm > 10**4:
        raise OutsideDomain("the exponential of a large matrix")
    halvings = max(0, int(norm * 64).bit_length())
    grid = scaled(arithmetic, arithmetic.number(Fraction(1, 2**halvings)), grid)
    term = result = identity(arithmetic, len(grid))
    small = Decimal(10) ** -(getcontext().prec + 2)
    size = Decimal(1)
    k = 0
    while size > small or k < arithmetic.order + 2:
        k += 1
        term = scaled(
            arithmetic, arithmetic.number(Fraction(1, k)), product(arithmetic, term, grid)
        )
        result = combined(arithmetic, result, term)
        size = size / (64 * max(1, k - arithmetic.order))
    for _ in range(halvings):
        result = product(arithmetic, result, result)
    return result


def root(arithmetic: Decimals, grid: Grid) -> Grid:
    """The principal sqrtm: of the numbers by iteration, then of their infinitesimal parts.

    With s for the root that is known, n for what is missing, s*n + n*s is what the square lacks,
    but for n*n, which is of a higher degree.
    """
    s = _root_of_numbers(arithmetic, [[arithmetic.value(x) for x in row] for row in grid])
    if not arithmetic.order or not any(isinstance(x, Jet) for row in grid for x in row):
        return s
    places = [(i, j) for i in range(len(s)) for j in range(len(s))]
    image = [
        [(s[i][k] if j == m else 0) + (s[m][j] if i == k else 0) for k, m in places]
        for i, j in places
    ]
    undone = inverse(arithmetic, image)
    made = s
    for _ in range(arithmetic.order):
        lacking = combined(arithmetic, grid, product(arithmetic, made, made), -1)
        column = product(arithmetic, undone, [[lacking[i][j]] for i, j in places])
        missing = iter(column)
        made = [[arithmetic.add(x, next(missing)[0]) for x in row] for row in made]
    return made


def _root_of_numbers(arithmetic: Decimals, grid: Grid) -> Grid:
    """The principal sqrtm by the iteration of Denman and Beavers."""
    half = arithmetic.number(Fraction(1, 2))
    y, z = grid, identity(arithmetic, len(grid))
    settled = Decimal(10) ** -(getcontext().prec * 6 // 10)
    settled_before = False
    for _ in range(60):
        following = scaled(arithmetic, half, combined(arithmetic, y, inverse(arithmetic, z)))
        z = scaled(arithmetic, half, combined(arithmetic, z, inverse(arithmetic, y)))
        change = _norm(arithmetic, combined(arithmetic, following, y, -1))
        y = following
        near = change <= settled * max(Decimal(1), _norm(arithmetic, y))
        if near and settled_before:
            return y
        settled_before = near
    raise OutsideDomain("a matrix without a real principal square root")


def logarithm(arithmetic: Decimals, grid: Grid) -> Grid:
    """The principal logm: square roots until near the identity, then the series of artanh."""
    one = identity(arithmetic, len(grid))
    roots = 0
    while _norm(arithmetic, combined(arithmetic, grid, one, -1)) > Decimal("0.4"):
        grid = root(arithmetic, grid)
        roots += 1
        if roots > 40:
            raise OutsideDomain("a matrix without a real principal logarithm")
    below = inverse(arithmetic, combined(arithmetic, grid, one))
    z = product(arithmetic, combined(arithmetic, grid, one, -1), below)
    square = product(arithmetic, z, z)
    power = result = z
    norm = _norm(arithmetic, square)
    # the infinitesimal part of a power outlasts its value
    size, small, k = Decimal(1), Decimal(10) ** -(getcontext().prec + 2), 1
    while size > small or k < 2 * arithmetic.order + 3:
        k += 2
        power = product(arithmetic, power, square)
        result = combined(
            arithmetic, result, scaled(arithmetic, arithmetic.number(Fraction(1, k)), power)
        )
        if k > 2 * arithmetic.order + 1:
            size = size * max(norm, Decimal(10) ** -10)
    return scaled(arithmetic, arithmetic.number(Fraction(2 ** (roots + 1))), result)


FUNCTIONS: dict[str, Callable[[Any, Grid], Grid]] = {
    "expm": exponential,
    "logm": logarithm,
    "sqrtm": root,
}
"""The matrix functions by their names in the language."""


class Sampled(Decimals):
    """Arithmetic of jets over decimal numbers, with functions of matrices."""

    def matrix_function(self, name: str, grid: Grid) -> Grid:
        return FUNCTIONS[name](self, grid)
