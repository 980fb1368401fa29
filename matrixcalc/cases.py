"""The nine cells, derivative of a scalar, vector or matrix by one, and the layouts.

A cell is found by the number of axes (the order: 0, 1 or 2) of what is differentiated
and of what it is differentiated by. Two axes or fewer fit in a matrix; with three or
four the derivative is a tensor, and which matrix stands for it depends on the problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

KINDS = ("scalar", "vector", "matrix")
"""The kinds by order; a row counts as a vector."""

LAYOUTS: dict[str, str] = {
    "numerator": "entry (i, j) is the derivative of entry i of y by entry j of x; "
    "by a matrix, the transpose of its shape",
    "denominator": "the transpose of the numerator layout",
    "mixed": "gradients of a scalar in the shape of the variable, all else as in numerator layout",
}
"""What each layout means, by name."""

READINGS = ("gradient", "entries", "none")
"""How the derivative by a variable with a structure may be read."""


class Example(NamedTuple):
    """An expression whose derivative shows a cell.

    Attributes:
        text: statements of the input language; wrt: the variable.
        answer: the derivative in numerator layout, as it is printed.
    """

    text: str
    wrt: str
    answer: str


@dataclass(frozen=True, slots=True)
class Case:
    """A cell of the table, or a longer chain such as scalar by vector by vector.

    Attributes:
        orders: the order of y, then of each variable in turn.
        shape: the shape of the derivative in numerator layout, in words.
        why: why it has that shape, or why it has none, in a sentence.
        examples: expressions that show it.
    """

    orders: tuple[int, ...]
    shape: str
    why: str
    examples: tuple[Example, ...] = ()

    @property
    def name(self) -> str:
        """Such as ``"vector by matrix"``."""
        return " by ".join(KINDS[order] for order in self.orders)

    @property
    def problem_dependent(self) -> bool:
        """Whether the derivative has more than two axes, so that no one matrix holds it."""
        return sum(self.orders) > 2

    @property
    def advice(self) -> str:
        """What to do about a problem-dependent case, or ``""``."""
        return ADVICE if self.problem_dependent else ""

    def __str__(self) -> str:
        return self.name


ADVICE = (
    "differentiate the scalar at the end of the chain instead: its gradient has the shape of the "
    "variable; given the gradient G of that scalar by y, the vjp form is that gradient"
)

_ROWS = (
    Case(
        (0, 0),
        "1×1",
        "one number changes with one number: the ordinary derivative.",
        (Example("y = a^3", "a", "3*a^2"),),
    ),
    Case(
        (0, 1),
        "1×m, a row",
        "the entries ∂y/∂x_j stand in a row, as in a Jacobian; if x is a row itself, in a column.",
        (
            Example("p: row(m); x: vector(m); y = p*x", "x", "p"),
            Example("x: row(m); p: vector(m); y = x*p", "x", "p"),
        ),
    ),
    Case(
        (0, 2),
        "m×n, transposed",
        "entry (j, i) is ∂y/∂X_ij, so that the places are those of the transpose of X.",
        (Example("y = tr(A*X)", "X", "A"), Example("y = u'*X*v", "X", "v*u'")),
    ),
    Case(
        (1, 0),
        "the shape of y",
        "entry i is ∂y_i/∂x, in the place where y_i stands.",
        (
            Example("x: scalar; y = p*x", "x", "p"),
            Example("x: scalar; p: row(n); y = x*p", "x", "p"),
        ),
    ),
    Case(
        (1, 1),
        "n×m, the Jacobian",
        "entry (i, j) is ∂y_i/∂x_j, whether y and x are written as rows or as columns.",
        (Example("y = W*x", "x", "W"), Example("y = x*W", "x", "W'")),
    ),
    Case(
        (1, 2),
        "problem-dependent",
        "∂y_i/∂X_jk has three indices, and which matrix stands for it depends on its use.",
        (Example("y = W*x", "W", "kron(x', eye(n))"),),
    ),
    Case(
        (2, 0),
        "the shape of Y",
        "entry (i, j) is ∂Y_ij/∂x, in the place where Y_ij stands.",
        (Example("x: scalar; Y = x*W", "x", "W"),),
    ),
    Case(
        (2, 1),
        "problem-dependent",
        "∂Y_ij/∂x_k has three indices, and which matrix stands for it depends on its use.",
        (Example("Y = x*u'", "x", "kron(u, eye(n))"),),
    ),
    Case(
        (2, 2),
        "problem-dependent",
        "∂Y_ij/∂X_kl has four indices, and which matrix stands for it depends on its use.",
        (Example("Y = A*X", "X", "kron(eye(p), A)"),),
    ),
)

CASES: dict[tuple[int, ...], Case] = {row.orders: row for row in _ROWS}
"""The nine cells, by the orders of y and x."""

_COUNTS = ("no", "one", "two", "three", "four", "five", "six")


@lru_cache(maxsize=256)
def _case(orders: tuple[int, ...]) -> Case:
    found = CASES.get(orders)
    if found is not None:
        return found
    axes = sum(orders)
    if axes > 2:
        count = _COUNTS[axes] if axes < len(_COUNTS) else str(axes)
        why = f"it has {count} indices, and which matrix stands for it depends on its use."
        return Case(orders, "problem-dependent", why)
    if orders[0] == 0 and orders.count(1) == 2:
        return Case(orders, "m×p", "entry (j, k) is the derivative by x_j, then by entry k.")
    if axes == 0:
        return Case(orders, "1×1", "one number is differentiated by numbers, again and again.")
    inner = _case((orders[0], max(orders[1:])))
    return Case(orders, inner.shape, "derivatives by scalars leave the shape as it is.")


def case_of(orders: Sequence[int]) -> Case:
    """The case of a derivative, given the order of y and of each variable in turn.

    >>> str(case_of([1, 2]))
    'vector by matrix'
    >>> case_of([1, 2]).problem_dependent, case_of([1, 1]).problem_dependent
    (True, False)
    >>> print(case_of((0, 1, 1)), case_of((0, 1, 1)).shape, sep=": ")
    scalar by vector by vector: m×p
    """
    if len(orders) < 2 or not all(0 <= order <= 2 for order in orders):
        raise ValueError("the orders of y and of one variable or more are 0, 1 or 2")
    return _case(tuple(orders))


def table_rows() -> Iterator[tuple[str, str, str, str]]:
    """The nine cells as text: name, shape in numerator layout, example, answer.

    >>> [row for row in table_rows() if row[0] == "vector by vector"][0]
    ('vector by vector', 'n×m, the Jacobian', 'y = W*x by x', 'W')
    """
    for case in CASES.values():
        for position, example in enumerate(case.examples):
            name, shape = ("", "") if position else (case.name, case.shape)
            yield name, shape, f"{example.text} by {example.wrt}", example.answer
