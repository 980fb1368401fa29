"""Expressions written out entry by entry, against NumPy and against themselves."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy
import pytest

from matrixcalc.build import MINUS, call, mul, power, sym
from matrixcalc.dims import ONE, Dim
from matrixcalc.elementwise import Writer, write_out
from matrixcalc.errors import ShapeError, UnsupportedError
from matrixcalc.expr import Expr
from matrixcalc.grids import adjugate, determinant, identity, inverse, product
from matrixcalc.jets import DIGITS, Exact, OutsideDomain
from matrixcalc.matrix_functions import Sampled
from matrixcalc.numeric import evaluate
from matrixcalc.operators import TABLE

n, m, p, q = (Dim.named(name) for name in "nmpq")
SIZES = {"n": 3, "m": 2, "p": 2, "q": 3}


def arguments(name: str) -> list[tuple[Expr, ...]]:
    """Variables of every kind that a function of the table takes."""
    column, row = sym("x", (n, ONE)), sym("x", (ONE, n))
    patterns = TABLE[name].signature.split("->")[0].replace(" ", "")
    if patterns == "any":
        return [(sym("x"),), (column,), (row,), (sym("X", (n, m)),)]
    if patterns == "[n]":
        return [(column,), (row,)]
    if patterns == "[n],[n]":
        return [(column, sym("y", (n, ONE)))]
    if patterns == "[n],[m]":
        return [(column, sym("y", (m, ONE)))]
    if patterns == "[n,m]":
        return [(sym("X", (n, m)),)]
    if patterns == "[n,m],[p,q]":
        return [(sym("X", (n, m)), sym("Y", (p, q)))]
    if patterns == "[n,n]":
        return [(sym("X", (n, n)),)]
    return [(sym("X", (n, n)), sym("Y", (n, n)))]


def values_of(args: tuple[Expr, ...], seed: int = 1) -> dict[Expr, list[list[Any]]]:
    random = numpy.random.default_rng(seed)
    found: dict[Expr, list[list[Any]]] = {}
    for a in args:
        rows, cols = (d.value(SIZES) for d in a.shape)
        grid = random.uniform(0.1, 0.4, size=(rows, cols))
        if rows == cols > 1:
            grid += 2 * numpy.eye(rows)
        found[a] = [[Decimal(float(x)) for x in row] for row in grid]
    return found


CASES = [(name, args) for name in TABLE for args in arguments(name)]


@pytest.mark.parametrize(("name", "args"), CASES, ids=[f"{c[0]}-{c[1][0].kind}" for c in CASES])
def test_every_row_means_what_numpy_computes(name: str, args: tuple[Expr, ...]) -> None:
    if TABLE[name].definition:
        pytest.skip("replaced by its definition when it is read")
    e = call(name, *args)
    values = values_of(args)
    with localcontext(Context(prec=DIGITS)):
        grid = write_out(e, Sampled(), values, SIZES)
    arrays = {a.name: numpy.array(v, dtype=float) for a, v in values.items()}
    found = numpy.array(grid, dtype=float).reshape(evaluate(e, arrays).shape)
    numpy.testing.assert_allclose(found, evaluate(e, arrays), rtol=1e-10)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_matrices_over_the_rationals(size: int) -> None:
    random = numpy.random.default_rng(size)
    grid = [[int(x) for x in row] for row in random.integers(-9, 10, size=(size, size))]
    field = Exact()
    det = determinant(field, grid)
    assert det == round(numpy.linalg.det(numpy.array(grid, dtype=float)))
    scaled = [[det if i == j else 0 for j in range(size)] for i in range(size)]
    assert product(field, grid, adjugate(field, grid)) == scaled
    if det:
        assert product(field, grid, inverse(field, grid)) == identity(field, size)


def test_a_singular_matrix_has_an_adjugate_and_no_inverse() -> None:
    assert adjugate(Exact(), [[1, 2], [2, 4]]) == [[4, -2], [-2, 1]]
    with pytest.raises(OutsideDomain, match="division by zero"):
        inverse(Exact(), [[1, 2], [2, 4]])


def test_functions_of_a_matrix_undo_each_other() -> None:
    X = sym("X", (n, n))
    with localcontext(Context(prec=DIGITS)):
        values = values_of((X,))
        for e in (call("expm", call("logm", X)), power(power(X, MINUS), MINUS)):
            grid = write_out(e, Sampled(), values, SIZES)
            worst = max(
                abs(a - b)
                for r, s in zip(grid, values[X], strict=True)
                for a, b in zip(r, s, strict=True)
            )
            assert worst < Decimal("1e-50")
        root = write_out(call("sqrtm", X), Sampled(), values, SIZES)
        square = product(Sampled(), root, root)
        assert abs(square[0][1] - values[X][0][1]) < Decimal("1e-50")


def test_jets_carry_mixed_derivatives() -> None:
    arithmetic = Exact(2)
    x = arithmetic.seed(3, [{0: 1}, {0: 1}])
    cube = arithmetic.power(x, Fraction(3))
    assert arithmetic.coefficient(cube, (0, 0)) == 18
    reciprocal = arithmetic.div(1, x)
    assert arithmetic.coefficient(reciprocal, (0, 0)) == arithmetic.number(Fraction(2, 27))


def test_a_deep_expression_is_written_out_without_recursion() -> None:
    e = a = sym("a")
    for _ in range(3000):
        e = call("arctan", e)
    with localcontext(Context(prec=20)):
        grid = write_out(e, Sampled(), {a: [[Decimal(1)]]}, {})
    assert 0 < grid[0][0] < 1


def test_what_has_no_entries() -> None:
    with pytest.raises(UnsupportedError, match="the variable a has no entries"):
        write_out(sym("a"), Exact(), {}, {})


def test_operands_that_do_not_fit() -> None:
    A, x = sym("A", (n, m)), sym("x", (n, ONE))
    with pytest.raises(ShapeError, match="do not fit together"):
        Writer(Exact(), {A: [[1, 2]] * 3, x: [[1]] * 3}, SIZES).write(mul(A, x))
