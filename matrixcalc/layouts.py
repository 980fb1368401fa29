"""Layouts: how the partial derivatives stand in a matrix.

A derivative is first found in its natural shape: a gradient has the shape of its
variable, a Jacobian has a row for each entry of y. That is the ``mixed`` layout; the
other two are transposes of it.
"""

from __future__ import annotations

from matrixcalc.build import transpose
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr

LAYOUTS = ("numerator", "denominator", "mixed")


def check_layout(layout: str) -> str:
    """The layout, or UnsupportedError with the names of the three."""
    if layout not in LAYOUTS:
        raise UnsupportedError(
            f"no layout {layout!r}", hint=f"the layouts are {', '.join(LAYOUTS)}"
        )
    return layout


def flips(layout: str, y_order: int, x_order: int) -> bool:
    """Whether the layout transposes the natural shape.

    A gradient (y a scalar) stands upright in the denominator layout, everything else in
    the numerator layout; the mixed layout is the natural one. Vec forms count as Jacobians.
    """
    if layout == "mixed" or (y_order == 0 and x_order == 0):
        return False
    gradient = y_order == 0
    return gradient == (layout == "numerator")


def arrange(natural: Expr, layout: str, y_order: int, x_order: int) -> Expr:
    """A derivative in natural shape, in the layout."""
    return transpose(natural) if flips(layout, y_order, x_order) else natural
