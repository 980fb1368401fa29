r"""Expressions as LaTeX: vectors and matrices bold, products side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

from matrixcalc.dims import Dim
from matrixcalc.errors import LimitError
from matrixcalc.expr import Expr
from matrixcalc.printers.text import (
    ATOM,
    COLS,
    LONGEST,
    POWER,
    PRODUCT,
    ROWS,
    SUM,
    Piece,
    Writer,
    _as_factor,
    _reciprocal,
    _swap,
)

GREEK = re.findall(
    r"\w+",
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega varepsilon vartheta varphi varrho varsigma Gamma Delta Theta "
    "Lambda Xi Pi Sigma Upsilon Phi Psi Omega",
)
_LETTERS = {chr(945 + i): name for i, name in enumerate(GREEK[:14])}
_LETTERS |= dict(zip("οπρςστυφχψω", ["o", *GREEK[14:16], "varsigma", *GREEK[16:23]], strict=True))
_LETTERS |= dict(zip("ΓΔΘΛΞΠΣΥΦΨΩ", GREEK[28:], strict=True))
_NAME = re.compile(r"([^\W\d_]+)_*(\w*)")


def name_latex(name: str, bold: bool = False) -> str:
    r"""A name: ``\mathbf{x}_{1}`` for a vector x1, ``\lambda`` for a scalar.

    >>> print(name_latex("x1", bold=True), name_latex("Sigma", bold=True), name_latex("lambda"))
    \mathbf{x}_{1} \boldsymbol{\Sigma} \lambda
    """
    found = _NAME.fullmatch(name)
    core: str = found[1] if found else name
    below: str = found[2] if found else ""
    core = _LETTERS.get(core, core)
    if core in GREEK:
        core = rf"\boldsymbol{{\{core}}}" if bold else rf"\{core}"
    elif bold:
        core = rf"\mathbf{{{core}}}"
    elif len(core) > 1:
        core = rf"\mathit{{{core}}}"
    if not below:
        return core
    below = below.replace("_", r"\_")
    return rf"{core}_{{{below}}}" if len(below) < 2 or below.isdigit() else (
        rf"{core}_{{\mathrm{{{below}}}}}"
    )


def to_latex(e: Expr, known: int = 0, increments: Mapping[str, str] | None = None) -> str:
    r"""The expression as LaTeX for a formula; ``known`` as for the text.

    ``increments`` tells which names are differentials, and of what: ``{"dX": "X"}``.

    >>> from matrixcalc.infer import parse
    >>> print(to_latex(parse("x'*(A + A')")))
    \mathbf{x}^\top (\mathbf{A} + \mathbf{A}^\top)
    >>> print(to_latex(parse("A'*x/norm2(x)")))
    \frac{\mathbf{A}^\top \mathbf{x}}{\lVert \mathbf{x}\rVert}
    """
    if e.cost > LONGEST:
        raise LimitError("the expression is too long for a formula")
    writer = _Latex(e)
    writer.increments = dict(increments or {})
    return writer.write(e, known)


def align(lines: Iterable[tuple[str, str]]) -> str:
    r"""Equations (left, right) below each other, at their equals signs.

    >>> print(align([("y", "x"), ("", "z")]))
    \begin{align*}
    y &= x \\
     &= z
    \end{align*}
    """
    body = " \\\\\n".join(f"{left} &= {right}" for left, right in lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


class _Latex(Writer):
    TIMES, HADAMARD, HADAMARD_OVER = "\2", r" \odot ", r" \oslash "
    OPEN, CLOSE = "\1(", "\1)"
    TRANSPOSE = r"^\top"

    increments: Mapping[str, str]

    def joined(self, out: list[str]) -> str:
        """Tall parentheses around fractions; a dot between a factor and a digit."""
        opened: list[tuple[int, int]] = []
        tall = 0
        for i, piece in enumerate(out):
            if piece.startswith(r"\frac"):
                tall += 1
            elif piece == self.OPEN:
                opened.append((i, tall))
            elif piece == self.CLOSE:
                start, before = opened.pop()
                out[start], out[i] = (r"\left(", r"\right)") if tall > before else ("(", ")")
            elif piece == self.TIMES:
                after = next((p for p in out[i + 1 :] if p), "")
                out[i] = r" \cdot " if after[:1].isdigit() else " "
        return "".join(out)

    def symbol(self, e: Expr) -> tuple[int, list[Piece]]:
        base = self.increments.get(e.name)
        if base is not None:
            return POWER, [rf"\mathrm{{d}}{name_latex(base, bold=not e.is_scalar)}"]
        return ATOM, [name_latex(e.name, bold=not e.is_scalar)]

    def number(self, value: Fraction) -> tuple[int, list[Piece]]:
        sign = "-" if value < 0 else ""
        value = abs(value)
        if value.denominator == 1:
            return (PRODUCT if sign else ATOM), [f"{sign}{value}"]
        return PRODUCT, [sign, rf"\frac{{{value.numerator}}}{{{value.denominator}}}"]

    def exponent(self, value: Fraction) -> list[Piece]:
        return [str(value)]

    def commutation(self, rows: Dim, cols: Dim) -> str:
        return rf"\mathbf{{K}}_{{{_dim(rows)},{_dim(cols)}}}"

    def pi(self) -> str:
        return r"\pi"

    def size(self, e: Expr) -> str:
        name = _dim(e.data)
        clash = str(e.data) in self.variables
        return rf"\operatorname{{tr}}(\mathbf{{I}}_{{{name}}})" if clash else name

    def constant(self, e: Expr, value: str, known: int) -> tuple[int, list[Piece]]:
        rows, cols = e.shape
        if e.op == "eye":
            return ATOM, [r"\mathbf{I}" if known else rf"\mathbf{{I}}_{{{_dim(rows)}}}"]
        digit = rf"\mathbf{{{'0' if e.op == 'zeros' else '1'}}}"
        below = "" if known & ROWS else f"_{{{_dim(rows)}}}"
        beside = "" if known & COLS else f"_{{{_dim(cols)}}}"
        if rows.is_one:
            return POWER, [rf"{digit}{beside}^\top"]
        if cols.is_one:
            return ATOM, [digit + below]
        if e.op == "zeros":
            return ATOM, [rf"{digit}_{{{_dim(rows)} \times {_dim(cols)}}}"]
        return PRODUCT, [rf"{digit}{below} {digit}{beside}^\top"]

    def filled(
        self, number: Fraction, scalars: list[Expr], constant: Expr, known: int
    ) -> tuple[int, list[Piece]]:
        level, inner = self.scaled(number, scalars, [], 0)
        last = self.constant(constant, "1", known)[1]
        return PRODUCT, [*(self.group(inner) if level < PRODUCT else inner), self.TIMES, *last]

    def scaled(
        self, number: Fraction, scalars: list[Expr], tail: list[Expr], known: int
    ) -> tuple[int, list[Piece]]:
        if len(tail) == 1 and tail[0].op == "ones" and (scalars or number != 1):
            return self.filled(number, scalars, tail[0], known)
        above = [s for s in scalars if not _reciprocal(s)]
        below = [s for s in scalars if _reciprocal(s)]
        front: list[Piece] = []
        if not below and number.denominator != 1:
            front = list(self.number(number)[1])
            number = Fraction(1)
        top: list[list[Piece]] = [[str(number.numerator)]] if number.numerator != 1 else []
        alone = not front and not top and len(above) + len(tail) == 1 and bool(below)
        for s in above:
            tight = (s.op == "mul" and bool(tail)) or s.op == "had"
            top.append([(s, SUM if alone else POWER if tight else PRODUCT, 0)])
        if tail:
            single = len(tail) == 1
            top.append([(tail[0], SUM, known)] if alone else self.chain(tail, known, single))
        pieces: list[Piece] = []
        for part in top:
            pieces.extend([self.TIMES] if pieces else [])
            pieces.extend(part)
        if not below:
            if front and pieces:
                front.append(self.TIMES)
            made = [*front, *pieces] or ["1"]
            return (ATOM if len(made) == 1 and isinstance(made[0], str) else PRODUCT), made
        under: list[Piece] = [str(number.denominator)] if number.denominator != 1 else []
        for s in below:
            under.extend([self.TIMES] if under else [])
            only = len(below) == 1 and number.denominator == 1 and s.args[1].data == -1
            under.extend([(s.args[0], SUM, 0)] if only else self.denominator(s))
        return PRODUCT, [r"\frac{", *(pieces or ["1"]), "}{", *under, "}"]

    def raised(self, base: Expr, k: Fraction, sign: str, known: int) -> list[Piece]:
        if k == 1:
            return [(base, POWER, known)]
        if k == Fraction(1, 2) and sign == "^":
            return [r"\sqrt{", (base, SUM, known), "}"]
        return [(base, ATOM, known), *self.superscript(sign, self.exponent(k))]

    def reciprocal(self, base: Expr, k: Fraction, sign: str, known: int) -> list[Piece]:
        if sign != "^":
            return [(base, ATOM, known), rf"^{{\odot -{k}}}"]
        inner = [(base, SUM, known)] if k == 1 else self.raised(base, k, sign, known)
        return [r"\frac{1}{", *inner, "}"]

    def square_root(self, base: Expr, sign: str, known: int) -> tuple[int, list[Piece]]:
        pieces = self.raised(base, Fraction(1, 2), sign, known)
        return (ATOM if sign == "^" else POWER), pieces

    def superscript(self, sign: str, exponent: list[Piece]) -> list[Piece]:
        inner = [(p[0], SUM, p[2]) if isinstance(p, tuple) else p for p in exponent]
        return ["^{" if sign == "^" else r"^{\odot ", *inner, "}"]

    def inverse(self, base: Expr, known: int) -> tuple[int, list[Piece]]:
        return POWER, [(base, ATOM, known), "^{-1}"]

    def transposed(self, e: Expr, known: int) -> tuple[int, list[Piece]]:
        inner = e.args[0]
        if inner.op == "pow" and inner.args[1].data == -1:
            return POWER, [(inner.args[0], ATOM, _swap(known)), r"^{-\top}"]
        need = POWER if inner.op in ("sym", "ones", "eye") else ATOM
        return POWER, [(inner, need, _swap(known)), r"^\top"]

    def call(self, e: Expr, known: int) -> tuple[int, list[Piece]]:
        form = _FORMS.get(e.op)
        if form is None:
            word = e.op.replace("_", r"\_")
            plain = rf"\{e.op}" if e.op in _COMMANDS else rf"\operatorname{{{word}}}"
            if e.op == "diagonal":
                plain = r"\operatorname{diag}"
            pieces: list[Piece] = [plain, self.OPEN]
            for i, a in enumerate(e.args):
                pieces.extend([", "] if i else [])
                pieces.append((a, SUM, self.known_inside(e, a, known)))
            return ATOM, [*pieces, self.CLOSE]
        level, need, template = form
        pieces = []
        for i, part in enumerate(template):
            if i:
                a = e.args[i - 1]
                pieces.append((a, need, self.known_inside(e, a, known)))
            pieces.append(part)
        return level, pieces


_Form = tuple[int, int, tuple[str, ...]]
_COMMANDS = frozenset(
    {"exp", "log", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh"}
    | {"max", "min", "det"}
)
_FORMS: dict[str, _Form] = {
    "norm1": (ATOM, SUM, (r"\lVert ", r"\rVert_{1}")),
    "norm2": (ATOM, SUM, (r"\lVert ", r"\rVert")),
    "abs": (ATOM, SUM, (r"\lvert ", r"\rvert")),
    "cbrt": (ATOM, SUM, (r"\sqrt[3]{", "}")),
    "logdet": (ATOM, SUM, (r"\log\lvert\det(", r")\rvert")),
    "pinv": (POWER, ATOM, ("", "^{+}")),
    "kron": (PRODUCT, POWER, ("", r" \otimes ", "")),
    "colsum": (PRODUCT, POWER, (r"\mathbf{1}^\top ", "")),
    "rowsum": (PRODUCT, POWER, ("", r" \mathbf{1}")),
    "sigmoid": (ATOM, SUM, (r"\sigma(", ")")),
}


def _dim(dim: Dim) -> str:
    parts = [name_latex(name) for name in dim.names]
    if dim.factor != 1 or not parts:
        parts.insert(0, _as_factor(Fraction(dim.factor))[0])
    return " ".join(parts)
