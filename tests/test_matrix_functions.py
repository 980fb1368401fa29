"""Functions of matrices over jets: their infinitesimal parts are derivatives, to all digits."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from matrixcalc.grids import Grid, combined, identity, inverse, product, scaled
from matrixcalc.jets import DIGITS, Exact, Jet, OutsideDomain
from matrixcalc.matrix_functions import Sampled, exponential, logarithm, root

CASES = [(n, order) for n in (1, 2, 3, 5) for order in (0, 1, 2, 3)]


@pytest.fixture(autouse=True)
def _digits() -> Iterator[None]:
    with localcontext(Context(prec=DIGITS)):
        yield


def some_matrix(arithmetic: Exact, n: int, seed: int) -> Grid:
    """Near a multiple of the identity, moved in each differentiation in two ways."""
    random = Random(seed)
    return [
        [
            arithmetic.seed(
                Decimal(random.randint(-9, 9)) / 10 + (3 if i == j else 0),
                [{0: random.randint(-3, 3), 1: random.randint(-3, 3)}] * arithmetic.order,
            )
            for j in range(n)
        ]
        for i in range(n)
    ]


def parts(x: Any) -> dict[tuple[int, int], Any]:
    if not isinstance(x, Jet):
        return {(0, 0): x} if x else {}
    return {(s, key): v for s, part in enumerate(x.parts) for key, v in part.items() if v}


def agree(a: Grid, b: Grid) -> bool:
    """Whether the numbers and all infinitesimal parts of two matrices are equal."""
    small = Decimal(10) ** -(DIGITS * 3 // 4)
    for x, y in ((x, y) for r, s in zip(a, b, strict=True) for x, y in zip(r, s, strict=True)):
        p, q = parts(x), parts(y)
        if any(abs(p.get(k, 0) - q.get(k, 0)) > small for k in {*p, *q}):
            return False
    return True


def iterated(arithmetic: Sampled, grid: Grid) -> Grid:
    """The square root by the iteration of Denman and Beavers, over jets from the beginning."""
    half = arithmetic.number(Fraction(1, 2))
    y, z = grid, identity(arithmetic, len(grid))
    for _ in range(16):
        y, z = (
            scaled(arithmetic, half, combined(arithmetic, y, inverse(arithmetic, z))),
            scaled(arithmetic, half, combined(arithmetic, z, inverse(arithmetic, y))),
        )
    return y


@pytest.mark.parametrize(("n", "order"), CASES)
def test_the_square_of_a_root_is_the_matrix(n: int, order: int) -> None:
    arithmetic = Sampled(order)
    a = some_matrix(arithmetic, n, seed=n)
    made = root(arithmetic, a)
    assert agree(product(arithmetic, made, made), a)


@pytest.mark.parametrize(("n", "order"), [(2, 1), (2, 2), (3, 2), (5, 1)])
def test_a_root_is_that_of_an_iteration_over_jets(n: int, order: int) -> None:
    arithmetic = Sampled(order)
    a = some_matrix(arithmetic, n, seed=7 * n)
    assert agree(root(arithmetic, a), iterated(arithmetic, a))


@pytest.mark.parametrize(("n", "order"), [(1, 2), (2, 1), (2, 2), (3, 1)])
def test_the_exponential_of_a_logarithm_is_the_matrix(n: int, order: int) -> None:
    arithmetic = Sampled(order)
    a = some_matrix(arithmetic, n, seed=3 * n)
    assert agree(exponential(arithmetic, logarithm(arithmetic, a)), a)


def test_a_matrix_without_a_root_is_refused() -> None:
    arithmetic = Sampled(1)
    for a in ([[-1, 0], [0, -2]], [[0, 1], [0, 0]]):
        seeded = [[arithmetic.seed(Decimal(x), [{0: 1}]) for x in row] for row in a]
        with pytest.raises(OutsideDomain, match=r"^a matrix without an inverse$"):
            root(arithmetic, seeded)


@pytest.mark.parametrize("zeros", [0, 4, 12])
def test_an_inverse_by_elimination_is_exact_also_with_zeros(zeros: int) -> None:
    arithmetic, random, n = Exact(2), Random(zeros), 6
    a: Grid = [
        [
            arithmetic.seed(random.randint(1, 9) + (20 if i == j else 0), [{0: 1}, {i: j}])
            for j in range(n)
        ]
        for i in range(n)
    ]
    for i, j in random.sample([(i, j) for i in range(n) for j in range(n) if i != j], zeros):
        a[i][j] = 0
    both = product(arithmetic, a, inverse(arithmetic, a))
    for i, row in enumerate(both):
        for j, x in enumerate(row):
            assert parts(x) == ({(0, 0): 1} if i == j else {})
