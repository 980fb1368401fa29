"""A derivation in one of the two styles, as text or as LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matrixcalc.derivation.elements import elements
from matrixcalc.derivation.prose import block_of, lines_of
from matrixcalc.derivation.records import Steps
from matrixcalc.derivation.trace import trace
from matrixcalc.errors import UnsupportedError

if TYPE_CHECKING:
    from matrixcalc.derivative import Derivative

STYLES = ("differential", "elements")
FORMATS = ("text", "latex")


def steps_in(d: Derivative, style: str) -> Steps:
    """The steps of a derivation in one of the two styles."""
    if style not in STYLES:
        raise UnsupportedError(f"no style {style!r}", hint=f"the styles are {', '.join(STYLES)}")
    return trace(d) if style == "differential" else elements(d)


def explain(d: Derivative, style: str = "differential", format: str = "text") -> str:
    """The derivation, as text or as LaTeX.

    >>> from matrixcalc.derive import derive
    >>> print(explain(derive("y = W*x", "x", verify=False)))
    dy = d(W*x)
       = dW*x + W*dx
       = W*dx                 constant factor [Matrix Cookbook (34)]: W being constant
    ∂y/∂x = W                 identification [Magnus & Neudecker 9.3]: dy = W*dx; in the numerator
                              layout
    """
    if format not in FORMATS:
        raise UnsupportedError(
            f"no format {format!r}", hint=f"the formats are {', '.join(FORMATS)}"
        )
    steps = steps_in(d, style)
    return block_of(steps) if format == "latex" else lines_of(steps)
