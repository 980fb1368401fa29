"""Expressions without operands: numbers, variables, dimensions, ``eye``, ones and zeros."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from matrixcalc import build
from matrixcalc.dims import SCALAR, Dim, Shape
from matrixcalc.errors import LimitError
from matrixcalc.expr import Expr, node

MAX_NUMBER_BITS = 4096

ONE = Fraction(1)
HALF = Fraction(1, 2)

SYMMETRIC = frozenset({"symmetric", "positive_definite", "diagonal"})


def num(value: Fraction | int) -> Expr:
    """A number."""
    parts = value.as_integer_ratio()
    known = _COMMON.get(parts)
    if known is not None:
        return known
    value = Fraction(value)
    made = _number(value)
    if value.denominator < 10 and abs(value.numerator) < 100:
        _COMMON[parts] = made
    return made


_COMMON: dict[tuple[int, int], Expr] = {}
"""Small numbers, which are asked for again and again."""


def _number(value: Fraction) -> Expr:
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_NUMBER_BITS:
        raise LimitError(f"a number of more than {MAX_NUMBER_BITS} bits arises")
    return node("num", (), value, SCALAR, 1, 0)


ZERO = num(0)
UNIT = num(1)
MINUS = num(-1)
PI = node("pi", (), None, SCALAR, 1, 0)


def sym(name: str, shape: Shape = SCALAR, properties: Iterable[str] = ()) -> Expr:
    """A variable."""
    props = tuple(sorted(properties))
    scalar = shape == SCALAR
    flat = scalar or "skew" in props or bool(SYMMETRIC.intersection(props))
    return node("sym", (), (name, props), shape, 1, 0 if flat else 1)


def size(dim: Dim) -> Expr:
    """A dimension, used as a number."""
    if dim.is_number:
        return num(dim.factor)
    parts = [node("size", (), Dim.named(name), SCALAR, 1, 0) for name in dim.names]
    return build.mul(num(dim.factor), *parts)


def eye(dim: Dim) -> Expr:
    """The identity matrix."""
    return UNIT if dim.is_one else node("eye", (), None, (dim, dim), 1, 0)


def ones(shape: Shape) -> Expr:
    """The array of ones: ``vector(1)``, its transpose, or ``matrix(1)``."""
    if shape == SCALAR:
        return UNIT
    row = shape[0].is_one
    return node("ones", (), None, shape, 3 if row else 2, _lean_by_shape(shape))


def commutation(rows: Dim, cols: Dim) -> Expr:
    """The matrix that takes vec(A) to vec(A'), for A of this size (Magnus & Neudecker, 3.7)."""
    if rows.is_one or cols.is_one:
        return eye(rows * cols)
    dim = rows * cols
    return node("commutation", (), (rows, cols), (dim, dim), 3, 0)


def zeros(shape: Shape) -> Expr:
    """The array of zeros."""
    if shape == SCALAR:
        return ZERO
    return node("zeros", (), None, shape, 2, _lean_by_shape(shape))


def _lean_by_shape(shape: Shape) -> int:
    return -1 if shape[0].is_one else 1 if shape[1].is_one else 0


def is_zero(e: Expr) -> bool:
    return e is ZERO or e.op == "zeros"
