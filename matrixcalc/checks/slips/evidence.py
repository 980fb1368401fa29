"""What a wrong claim is judged by: both sides, as expressions and at points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matrixcalc import build
from matrixcalc.calls import rebuild
from matrixcalc.checks.points import Values, close, grids
from matrixcalc.checks.sought import STEP
from matrixcalc.errors import MatrixCalcError
from matrixcalc.expr import Expr
from matrixcalc.printers.text import to_text
from matrixcalc.products import Array
from matrixcalc.templates import substitute


@dataclass(frozen=True)
class Slip:
    """A slip by its name, and a sentence on it."""

    name: str
    sentence: str


@dataclass
class Evidence:
    """Both sides, as expressions and at points of one choice of sizes.

    ``ours`` may be None where matrix notation has no form, ``claimed`` where code makes the claim;
    an identity has no targets.
    """

    function: Expr
    targets: list[Expr]
    ours: Expr | None
    claimed: Expr | None
    points: list[Values]
    right: list[Array]
    wrong: list[Array]
    sizes: dict[str, int]
    tolerance: float = 1e-7

    def close(self, a: Array, b: Array) -> bool:
        """Whether two arrays are equal up to rounding."""
        return close(a, b, self.tolerance)

    @property
    def digits(self) -> int:
        """How many digits after the point a coefficient has that is more than rounding."""
        return 6 if self.tolerance < 1e-6 else 3

    def at_points(self, e: Expr) -> list[Array] | None:
        """An expression at the points, in the shape of the claim or transposed to it."""
        found: list[Array] = []
        for values in self.points:
            made = grids([e], values, self.sizes)
            if made is None:
                return None
            found.append(made[0])
        return found

    def fits(self, e: Expr) -> bool:
        """Whether an expression has the shape of the claim."""
        like = self.claimed if self.claimed is not None else self.ours
        return like is not None and e.shape == like.shape

    def is_right(self, e: Expr) -> bool:
        """Whether an expression is the right answer."""
        arrays = self.at_points(e)
        return arrays is not None and all(
            self.close(a, b) for a, b in zip(arrays, self.right, strict=True)
        )

    def is_wrong(self, arrays: list[Array] | None, up_to_factor: bool = False) -> bool:
        """Whether arrays are what is claimed."""
        if arrays is None:
            return False
        for turned in (False, True):
            made = [a.T if turned else a for a in arrays]
            if all(self.close(a, b) for a, b in zip(made, self.wrong, strict=True)):
                return True
            if up_to_factor:
                found = ratio(self, self.wrong, made)
                if found is not None and len(set(found)) == 1:
                    return True
        return False


def shown(e: Expr) -> str:
    """A text for people; a differential is written at the place itself, without the step."""
    return to_text(substitute(e, {build.sym(STEP): build.ZERO}))


def ratio(v: Evidence, a: list[Array], b: list[Array]) -> list[float] | None:
    """a = r*b at each point."""
    found: list[float] = []
    for x, y in zip(a, b, strict=True):
        if x.shape != y.shape:
            return None
        size = float((y * y).sum())
        if size == 0:
            return None
        r = float((x * y).sum()) / size
        if abs(r) < 1e-9 or not v.close(x, r * y):
            return None
        found.append(float(f"{r:.{v.digits + 2}g}"))
    return found


def replaced(nodes: list[Expr], root: Expr, change: dict[Expr, Expr]) -> Expr:
    done = dict(change)
    for e in nodes:
        if e in done:
            continue
        args = tuple(done[a] for a in e.args)
        done[e] = e if args == e.args else rebuild(e, args, e.shape)
    return done[root]


def safely(make: Callable[[], Expr | None]) -> Expr | None:
    try:
        return make()
    except (MatrixCalcError, AssertionError, LookupError, ValueError, TypeError, AttributeError):
        return None
