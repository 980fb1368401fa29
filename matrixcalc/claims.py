"""What is claimed of a derivative, and what a check of it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matrixcalc.dims import Dim
    from matrixcalc.entries import Term
    from matrixcalc.expr import Expr
    from matrixcalc.grids import Grid

Place = Callable[[tuple[int, ...], tuple[int, ...]], tuple[int, int]]
"""The row and column of a tensor entry, from its index and the lengths of the axes."""


@dataclass(frozen=True)
class Claim:
    """A derivative to be checked, in matrix notation, in index form, or both.

    The tensor has the axes of the function, then those of each variable; a scalar has no
    axis, a vector or row one, a matrix two.

    Attributes:
        matrix: the derivative in matrix notation; place: where the tensor's entries stand
        in it (see :func:`placement`).
        terms: the index form, whose ``free`` axes are those of the tensor; dims: the
        dimension of each index.
        declared: variables with the properties that the claim may rest on.
    """

    matrix: Expr | None = None
    place: Place | None = None
    terms: Sequence[Term] | None = None
    dims: Mapping[int, Dim] = field(default_factory=dict)
    declared: Sequence[Expr] = ()


@dataclass(frozen=True)
class Mismatch:
    """An entry in which a claim is wrong.

    Attributes:
        form: ``"matrix notation"`` or ``"index form"``.
        entry: its index in the tensor; expected, found: the two values, as text.
        values: the variables' values there, by name, as lists of rows.
        space: whether the entry is wrong only in that the array as a whole does not lie
        in the space that the variable's properties leave.
    """

    form: str
    entry: tuple[int, ...]
    expected: str
    found: str
    values: Mapping[str, Grid]
    space: bool = False


@dataclass(frozen=True)
class Verification:
    """What a check did and found.

    Attributes:
        status: ``"proved"``, ``"sampled"``, ``"skipped"`` or ``"failed"``.
        sizes: the size of each dimension name; detail: what was done, in words.
        points: at how many points; mismatch: for ``"failed"``, where.
    """

    status: str
    sizes: Mapping[str, int]
    detail: str
    points: int = 0
    mismatch: Mismatch | None = None


SKIPPED = Verification("skipped", {}, "no check was asked for")
"""What stands where no check was made."""


def placement(rows: Sequence[int], cols: Sequence[int]) -> Place:
    """Entries at a row counted along some tensor axes and a column along the others.

    Of several axes the first runs fastest, as in vec. The Jacobian of a vector is
    ``placement([0], [1])``, a scalar by a matrix in numerator layout
    ``placement([1], [0])``, ∂vec(Y)/∂vec(X)' ``placement([0, 1], [2, 3])``.

    >>> placement([0, 1], [2])((1, 2, 0), (3, 4, 5))
    (7, 0)
    """

    def position(axes: Sequence[int], index: tuple[int, ...], lengths: tuple[int, ...]) -> int:
        place, step = 0, 1
        for a in axes:
            place += step * index[a]
            step *= lengths[a]
        return place

    return lambda index, lengths: (position(rows, index, lengths), position(cols, index, lengths))
