"""Expressions as a line of Unicode, for a terminal: ``2·xᵀ·(A + Aᵀ)``."""

from __future__ import annotations

from fractions import Fraction

from matrixcalc.expr import Expr
from matrixcalc.printers.text import ATOM, LONGEST, POWER, SUM, Piece, Writer, to_text

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def to_unicode(e: Expr, known: int = 0) -> str:
    """The expression in mathematical signs; ``known`` as for the text.

    >>> from matrixcalc.infer import parse
    >>> print(to_unicode(parse("2*x'*(A + inv(A))/norm2(x)^2")))
    2·xᵀ·(A + A⁻¹)/‖x‖²
    """
    if e.cost > LONGEST:
        return to_text(e, known)
    return _Unicode(e).write(e, known)


class _Unicode(Writer):
    TIMES, HADAMARD, HADAMARD_OVER = "·", " ⊙ ", " ⊘ "
    TRANSPOSE = "ᵀ"

    def is_call(self, e: Expr) -> bool:
        return False

    def pi(self) -> str:
        return "π"

    def superscript(self, sign: str, exponent: list[Piece]) -> list[Piece]:
        mark = "" if sign == "^" else "⊙"
        if len(exponent) == 1 and isinstance(exponent[0], str):
            text = exponent[0]
            if text.lstrip("-").isdecimal():
                return [mark + text.translate(_RAISED)]
        return [f"^{mark}", *exponent]

    def inverse(self, base: Expr, known: int) -> tuple[int, list[Piece]]:
        return POWER, [(base, ATOM, known), "⁻¹"]

    def square_root(self, base: Expr, sign: str, known: int) -> tuple[int, list[Piece]]:
        return ATOM, ["√(", (base, SUM, known), ")"]

    def reciprocal(self, base: Expr, k: Fraction, sign: str, known: int) -> list[Piece]:
        return ["1/" if sign == "^" else "1 ⊘ ", *self.raised(base, k, sign, known)]

    def call(self, e: Expr, known: int) -> tuple[int, list[Piece]]:
        inside: list[Piece] = [(a, SUM, self.known_inside(e, a, known)) for a in e.args]
        if e.op in ("norm2", "norm1"):
            return ATOM, ["‖", *inside, "‖" if e.op == "norm2" else "‖₁"]
        if e.op == "abs":
            return ATOM, ["|", *inside, "|"]
        return super().call(e, known)
