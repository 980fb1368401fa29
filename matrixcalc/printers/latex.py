r"""Expressions as LaTeX: vectors and matrices bold, products side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from string import Formatter

from matrixcalc.dims import Dim
from matrixcalc.errors import LimitError
from matrixcalc.expr import Expr, symbols
from matrixcalc.operators import TABLE
from matrixcalc.printers.known_sizes import COLS, ROWS, swapped
from matrixcalc.printers.pieces import ATOM, POWER, PRODUCT, SUM, Piece, as_factor, integer
from matrixcalc.printers.text import LONGEST, Writer, _reciprocal, shared_parts
from matrixcalc.tex.names import letters_latex, name_latex

_D = r"\mathrm{d}"
LONGEST_FORMULA = 150
"""Longer formulas, in signs, are written with names for the parts that occur more than once."""


def to_latex(
    e: Expr,
    known: int = 0,
    increments: Mapping[str, str] | None = None,
    binding: int = SUM,
) -> str:
    r"""The expression as LaTeX for a formula; ``known`` as for the text.

    ``increments`` tells which names are differentials, and how they are written;
    ``binding`` how tightly it must hold together, as a factor or a base.

    >>> from matrixcalc.infer import parse
    >>> print(to_latex(parse("x'*(A + A')")))
    \mathbf{x}^\top (\mathbf{A} + \mathbf{A}^\top)
    >>> print(to_latex(parse("A'*x/norm2(x)")))
    \frac{\mathbf{A}^\top \mathbf{x}}{\lVert \mathbf{x}\rVert}
    """
    if e.cost > LONGEST_FORMULA and not known and increments is None and binding == SUM:
        return gathered(formula_rows(e))
    if e.cost > LONGEST:
        raise LimitError("the expression is too long for a formula")
    writer = _Latex(e)
    writer.increments = dict(increments or {})
    return writer.write(e, known, binding)


def formula_rows(e: Expr) -> list[str]:
    r"""The expression as LaTeX; where it is long, below equations that name its shared parts.

    >>> from matrixcalc.infer import parse
    >>> formula_rows(parse("x'*x"))
    ['\\mathbf{x}^\\top \\mathbf{x}']
    """
    if e.cost <= LONGEST_FORMULA:
        return [_Latex(e).write(e, 0)]
    names = shared_parts(e)
    written = {part: name_latex(name, bold=not part.is_scalar) for part, name in names.items()}
    texts = [_Latex(part, written).write(part, 0) for part in written]
    if sum(map(len, texts)) > LONGEST * 10:
        raise LimitError("the expression is too long for a formula")
    rows = [f"{name} = {text}" for name, text in zip(written.values(), texts, strict=True)]
    return [*rows, _Latex(e, written).write(e, 0)]


def gathered(rows: list[str]) -> str:
    """Rows below each other; a single one alone."""
    if len(rows) == 1:
        return rows[0]
    body = " \\\\\n".join(rows)
    return f"\\begin{{gathered}}\n{body}\n\\end{{gathered}}"


def differential_latex(e: Expr) -> str:
    r"""The differential of an expression, ``\mathrm{d}`` before it.

    >>> from matrixcalc.infer import parse
    >>> print(differential_latex(parse("X")), differential_latex(parse("A*x")))
    \mathrm{d}\mathbf{X} \mathrm{d}(\mathbf{A} \mathbf{x})
    """
    return _D + to_latex(e, binding=ATOM)


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

    def __init__(self, root: Expr, names: dict[Expr, str] | None = None) -> None:
        super().__init__(root, names)
        self.increments: Mapping[str, str] = {}
        self.spelled: dict[str, str] = {}
        bold = {e.name: not e.is_scalar for e in symbols(root)}
        taken: set[str] = set()
        for name in sorted(bold, key=lambda name: "_" not in name):
            # x1 and x_1 look alike: x1 is then written as it is spelled
            text = name_latex(name, bold[name])
            text = letters_latex(name, bold[name]) if text in taken else text
            taken.add(text)
            self.spelled[name] = text

    def joined(self, out: list[str]) -> str:
        """Tall parentheses around fractions; a dot between a factor and a digit."""
        opened: list[tuple[int, int]] = []
        tall = 0
        for i, piece in enumerate(out):
            if piece.startswith(r"\frac"):
                tall += 1
            elif piece.startswith("\1"):
                sign = piece[1:]
                if sign in _OPENING:
                    opened.append((i, tall))
                    continue
                start, before = opened.pop()
                left, right = ("\\left", "\\right") if tall > before else ("", "")
                out[start], out[i] = left + out[start][1:], right + sign
            elif piece == self.TIMES:
                after = next((p for p in out[i + 1 :] if p), "")
                last = out[i - 2] if out[i - 1] == self.TRANSPOSE else out[i - 1]
                differential = _D in (after[: len(_D)], last[: len(_D)])
                out[i] = r" \cdot " if after[:1].isdigit() else r" \, " if differential else " "
        text = "".join(out)
        if "\\" not in text and " " in out:
            # a space tells that this is LaTeX, and a product
            text = "".join(r"\, " if piece == " " else piece for piece in out)
        return text

    def symbol(self, e: Expr) -> tuple[int, list[Piece]]:
        written = self.increments.get(e.name)
        if written is not None:
            return POWER, [written]
        return ATOM, [self.spelled.get(e.name) or name_latex(e.name, bold=not e.is_scalar)]

    def digits(self, text: str) -> str:
        digits, _, exponent = text.partition("e")
        if not exponent:
            return text
        power = f"10^{{{exponent}}}"
        return power if digits == "1" else rf"{digits} \cdot {power}"

    def number(self, value: Fraction) -> tuple[int, list[Piece]]:
        sign = "-" if value < 0 else ""
        value = abs(value)
        top, bottom = map(self.digits, as_factor(value))
        if not bottom and (value.denominator == 1 or value.denominator > 9):
            return (PRODUCT if sign else ATOM), [f"{sign}{top}"]
        over, under = self.digits_of(value.numerator), self.digits_of(value.denominator)
        return PRODUCT, [sign, rf"\frac{{{over}}}{{{under}}}"]

    def digits_of(self, value: int) -> str:
        return self.digits(integer(value))

    def exponent(self, value: Fraction) -> list[Piece]:
        return [str(value)]

    def commutation(self, rows: Dim, cols: Dim) -> str:
        if "K" in self.variables:
            return rf"\operatorname{{commutation}}({_dim(rows)}, {_dim(cols)})"
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
            sign = r"\mathbb{I}" if "I" in self.variables else r"\mathbf{I}"
            return ATOM, [sign if known else rf"{sign}_{{{_dim(rows)}}}"]
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
        top: list[list[Piece]] = []
        if number.numerator != 1:
            top.append([self.digits_of(number.numerator)])
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
        under: list[Piece] = [self.digits_of(number.denominator)] if number.denominator != 1 else []
        for s in below:
            under.extend([self.TIMES] if under else [])
            only = len(below) == 1 and number.denominator == 1 and s.args[1].data == -1
            under.extend([(s.args[0], SUM, 0)] if only else self.denominator(s))
        return PRODUCT, [r"\frac{", *(pieces or ["1"]), "}{", *under, "}"]

    def factors(self, factors: list[Expr], known: int) -> list[Piece]:
        """A sum over an axis is a product with ones, and products of products associate."""
        pieces = super().factors(factors, known)
        return [
            (p[0], PRODUCT, p[2]) if isinstance(p, tuple) and p[0].op in _SUMS else p
            for p in pieces
        ]

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
            return POWER, [(inner.args[0], ATOM, swapped(known)), r"^{-\top}"]
        need = POWER if inner.op in ("sym", "ones", "eye") else ATOM
        return POWER, [(inner, need, swapped(known)), r"^\top"]

    def call(self, e: Expr, known: int) -> tuple[int, list[Piece]]:
        form = _form(self.template(e))
        pieces: list[Piece] = []
        for part in form.parts:
            if isinstance(part, str):
                pieces.append(part)
            else:
                a = e.args[part[0]]
                # of 1'*(X*Y) and (1'*X)*Y the value is one
                need = PRODUCT if a.op == "mul" and e.op in _SUMS else part[1]
                pieces.append((a, need, self.known_inside(e, a, known)))
        return form.level, pieces

    def template(self, e: Expr) -> str:
        """How the function's row, or its kind of argument, says that it is written."""
        if e.op == "sigmoid" and "sigma" in self.variables:
            return r"\operatorname{{sigmoid}}({A})"
        if e.args[0].order == 2 and e.op in _OF_MATRICES:
            return _OF_MATRICES[e.op]
        return TABLE[e.op].latex


_OF_MATRICES = {
    "abs": r"\operatorname{{abs}}({A})",
    "cbrt": r"\operatorname{{cbrt}}({A})",
    "norm1": r"\lVert \operatorname{{vec}}({A})\rVert_1",
    "norm2": r"\lVert {A}\rVert_F",
}
"""Functions whose usual signs mean something else around a matrix."""

_SUMS = frozenset({"colsum", "rowsum"})
_OPENING = frozenset({"(", r"\lVert ", r"\lvert "})
_DELIMITER = re.compile(r"(\\lVert |\\lvert |\\rVert|\\rvert|[()])")


@dataclass(frozen=True, slots=True)
class _Form:
    """A template, cut: texts, and operands with the binding that they need."""

    level: int
    parts: tuple[str | tuple[int, int], ...]


@lru_cache(maxsize=256)
def _form(template: str) -> _Form:
    """A row's template; how tightly it binds shows in what stands around its operands."""
    texts, fields = [""], []
    for text, field, *_ in Formatter().parse(template):
        texts[-1] += text
        if field is not None:
            fields.append(field)
            texts.append("")
    parts: list[str | tuple[int, int]] = []
    needs: list[int] = []
    for text, field, after in zip(texts, [*fields, None], [*texts[1:], ""], strict=True):
        parts += ["\1" + t if _DELIMITER.fullmatch(t) else t for t in _DELIMITER.split(text) if t]
        if field is None:
            continue
        before = text.rstrip()
        if before.endswith(("(", "{", "lVert", "lvert", ",")):
            needs.append(SUM)
        else:
            needs.append(ATOM if after.startswith("^") else POWER)
        parts.append(("AB".index(field), needs[-1]))
    enclosed = all(need == SUM for need in needs)
    level = ATOM if enclosed else POWER if needs == [ATOM] else PRODUCT
    if enclosed and re.match(r"\\[a-z]+ \\lvert", template):
        level = POWER  # a power behind log|x| would be of two readings
    return _Form(level, tuple(parts))


def _dim(dim: Dim) -> str:
    parts = [name_latex(name) for name in dim.names]
    if dim.factor != 1 or not parts:
        parts.insert(0, as_factor(Fraction(dim.factor))[0])
    return " ".join(parts)
