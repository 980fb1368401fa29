"""A product of two arrays with a sum, as one matrix product or a stack of them."""

from __future__ import annotations

from dataclasses import dataclass

from matrixcalc.codegen.ir import Dims, Value
from matrixcalc.dims import Dim

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def letters(ids: tuple[int, ...]) -> str:
    """Indices as the letters of an einsum."""
    return "".join(LETTERS[i] for i in ids)


@dataclass(frozen=True, slots=True)
class Side:
    """One operand as a stack of matrices: its axes permuted, then gathered in groups.

    ``order`` permutes the axes, or is None; ``groups`` are the axes of the stacked matrix, each
    with the dimensions that it gathers; ``turned`` says that the matrix is stored transposed.
    """

    order: tuple[int, ...] | None
    groups: tuple[Dims, ...]
    turned: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """``left`` times ``right``: batch axes first, then rows and columns of the result.

    ``dims`` are the axes of the product ungathered, of which ``rows`` are rows; ``order``
    permutes them to the result.
    """

    left: Side
    right: Side
    batch: int
    rows: int
    dims: Dims
    order: tuple[int, ...] | None


def pair_of(v: Value) -> Pair | None:
    """How an ``einsum`` of two operands is one matrix product; None if it sums nothing."""
    (one, two), out = v.data
    a, b = v.args
    summed = [i for i in one if i in two and i not in out]
    if not summed:
        return None
    batch = [i for i in one if i in two and i in out]
    rows = [i for i in one if i not in two]
    columns = [i for i in two if i not in one]
    dims = dict(zip((*one, *two), (*a.dims, *b.dims), strict=True))
    natural = (*batch, *rows, *columns)
    order = None if natural == out else tuple(natural.index(i) for i in out)
    return Pair(
        _side(one, batch, rows, summed, dims),
        _side(two, batch, summed, columns, dims),
        len(batch),
        len(rows),
        tuple(dims[i] for i in natural),
        order,
    )


def _side(
    ids: tuple[int, ...],
    batch: list[int],
    first: list[int],
    second: list[int],
    dims: dict[int, Dim],
) -> Side:
    turned = ids == (*batch, *second, *first) and bool(first) and bool(second)
    wanted = ids if turned else (*batch, *first, *second)
    order = None if wanted == ids else tuple(ids.index(i) for i in wanted)
    parts = [batch, second, first] if turned else [batch, first, second]
    groups = tuple(tuple(dims[i] for i in part) for part in parts if part or part is not batch)
    return Side(order, groups, turned)
