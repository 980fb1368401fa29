"""Expressions as a line of Unicode, for a terminal: ``2·xᵀ(A + Aᵀ)``."""

from __future__ import annotations

import re
from fractions import Fraction

from matrixcalc.expr import Expr, symbols
from matrixcalc.printers.pieces import ATOM, POWER, PRODUCT, SUM, Piece
from matrixcalc.printers.text import LONGEST, Writer, to_text
from matrixcalc.tex.names import greek_letter, parts_of

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SINGLE = re.compile(r"[^\W\d_][₀-₉]*")
_ENDS = re.compile(r"[)ᵀ‖⁰¹²³⁴-⁹]$")


def to_unicode(e: Expr, known: int = 0) -> str:
    """The expression in mathematical signs; ``known`` as for the text.

    Matrices and vectors of one letter stand side by side, all else is joined by a dot.

    >>> from matrixcalc.infer import parse
    >>> print(to_unicode(parse("2*x'*(A + inv(A))/norm2(x)^2")))
    2·xᵀ(A + A⁻¹)/‖x‖²
    >>> print(to_unicode(parse("lambda*W_1*x2")))
    λ·W₁x₂
    """
    if e.cost > LONGEST:
        return to_text(e, known)
    return _Unicode(e).write(e, known)


def name_unicode(name: str) -> str:
    """A name with a Greek letter for its word, and lowered digits.

    >>> print(name_unicode("mu_2"), name_unicode("x1"), name_unicode("x_max"))
    μ₂ x₁ x_max
    """
    core, below = parts_of(name)
    core = greek_letter(core)
    if not below:
        return core
    return core + (below.translate(_LOWERED) if below.isdecimal() else f"_{below}")


class _Unicode(Writer):
    TIMES, HADAMARD, HADAMARD_OVER = "\2", " ⊙ ", " ⊘ "
    TRANSPOSE = "ᵀ"

    def __init__(self, root: Expr, names: dict[Expr, str] | None = None) -> None:
        super().__init__(root, names)
        arrays = {name_unicode(e.name) for e in symbols(root) if not e.is_scalar}
        self.beside = {name for name in arrays if _SINGLE.fullmatch(name)}

    def joined(self, out: list[str]) -> str:
        """Factors side by side where nobody can take two names for one, else with a dot."""
        made: list[str] = []
        for i, piece in enumerate(out):
            if piece == self.TIMES:
                before = next((p for p in reversed(made) if p), "")
                after = next((p for p in out[i + 1 :] if p), "")
                close = before in self.beside or _ENDS.search(before)
                piece = "" if close and (after in self.beside or after == self.OPEN) else "·"
            made.append(piece)
        return "".join(made)

    def symbol(self, e: Expr) -> tuple[int, list[Piece]]:
        return ATOM, [name_unicode(e.name)]

    def constant(self, e: Expr, value: str, known: int) -> tuple[int, list[Piece]]:
        if e.op != "eye" or "I" in self.variables:
            return super().constant(e, value, known)
        size = str(e.rows)
        return ATOM, ["I" if known else f"I_{size}" if size.isalnum() else f"I_({size})"]

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
        if e.op == "kron":
            return PRODUCT, [(e.args[0], POWER, 0), " ⊗ ", (e.args[1], POWER, 0)]
        return super().call(e, known)
