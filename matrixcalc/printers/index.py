"""Index form as text, ``δ_ij x_k``, and as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matrixcalc import build
from matrixcalc.build import mul
from matrixcalc.expr import Expr
from matrixcalc.index import Factor, Index, Indices, Term, flat
from matrixcalc.printers.latex import to_latex
from matrixcalc.printers.text import to_text
from matrixcalc.tex.names import name_latex


@dataclass(frozen=True)
class Style:
    """How the pieces are written: an expression, an entry of a variable, and the signs."""

    expression: Callable[[Expr], str]
    entry: Callable[[Expr, str], str]
    group: str
    call: re.Pattern[str]
    below: str
    delta: str
    sum: str


def _entry(e: Expr, below: str) -> str:
    return f"{e.name}_{below}"


def entry_latex(name: str, below: str) -> str:
    r"""An entry of a variable, whose own number stands below as well.

    >>> print(entry_latex("W", "ij"), entry_latex("W_1", "ij"), entry_latex("a", ""))
    W_{ij} W_{1,ij} a
    """
    text = name_latex(name)
    if not below:
        return text
    return f"{text[:-1]},{below}}}" if text.endswith("}") and "_{" in text else (
        f"{text}_{{{below}}}"
    )


TEXT = Style(
    lambda e: to_text(e, 3), _entry, "({})", re.compile(r"\w+\("), "{}_{}", "δ_{}", "Σ_{} "
)
LATEX = Style(
    lambda e: to_latex(e, 3), lambda e, below: entry_latex(e.name, below), r"\left({}\right)",
    re.compile(r"\\(operatorname\{\w+\}|(?!left)[a-z]+)\("), "{}_{{{}}}", r"\delta_{{{}}}",
    r"\sum_{{{}}} ",
)  # fmt: skip

LETTERS = "ijklabcdefghmnopqrstuvwxyz"


def index_latex(terms: Sequence[Term], indices: Indices, reserved: int = 0) -> str:
    r"""The sum of terms as LaTeX, with the letters of :func:`index_text`.

    >>> from matrixcalc.infer import parse
    >>> indices = Indices()
    >>> e = parse("W*sin(x)")
    >>> axes = indices.axes(e)
    >>> print(index_latex([Term((), ((e, axes),), axes)], indices))
    \sum_{j} W_{ij} \sin(\mathbf{x})_{j}
    """
    return styled(terms, indices, LATEX, reserved)


def index_text(terms: Sequence[Term], indices: Indices, free: int, reserved: int = 0) -> str:
    """The sum of terms, the free axes named i, j, k, l, … in order.

    So many letters after them are ``reserved`` for axes that are not there yet.

    Summed indices are named after them, behind a Σ. A product of matrices is written
    out as a sum, every other expression keeps its indices outside: ``exp(A*x)_i``.
    """
    return styled(terms, indices, TEXT, reserved)


def styled(terms: Sequence[Term], indices: Indices, style: Style, reserved: int = 0) -> str:
    """The sum of terms in any style."""
    if not terms:
        return "0"
    pieces: list[str] = []
    for t in terms:
        negative, text = _term(t, indices, reserved, style)
        if pieces:
            pieces.append(" - " if negative else " + ")
        elif negative:
            pieces.append("-")
        pieces.append(text)
    return "".join(pieces)


def axis_names(orders: Sequence[int]) -> list[list[str]]:
    """The letters of the axes of y and of each variable."""
    letters = iter(LETTERS)
    return [[next(letters) for _ in range(n)] for n in orders]


def _term(t: Term, indices: Indices, reserved: int, style: Style) -> tuple[bool, str]:
    t = _written_out(t, indices)
    names: dict[int, str] = {}
    deltas: list[tuple[str, str]] = []
    letters = list(LETTERS)
    axes = [letters.pop(0) for _ in t.free]
    del letters[:reserved]
    parts: list[str] = []
    for letter, axis in zip(axes, t.free, strict=True):
        for i in axis if isinstance(axis, tuple) else (axis,):
            if isinstance(axis, tuple):
                name = names.get(i) or letters.pop(0)
                names[i] = name
            elif i in names:
                deltas.append((names[i], letter))
            else:
                names[i] = letter
        if isinstance(axis, tuple):
            parts.append(f"[{letter} = ({', '.join(names[i] for i in axis)})]")
    summed: list[str] = []
    for _, ax in t.factors:
        for i in flat(ax):
            if i not in names:
                names[i] = letters.pop(0) if letters else f"s{i}"
                summed.append(names[i])
    number, rest = build.split_number(mul(*t.scalars))
    scalars = [] if rest is build.UNIT else [rest]
    head: list[str] = []
    if abs(number) != 1 or not (scalars or t.factors or deltas or parts):
        head.append(style.expression(build.num(abs(number))))
    for s in scalars:
        head.append(style.expression(s) if s.op in ("size", "pi") else grouped(s, style))
    body = [style.delta.format(a + b) for a, b in deltas] + parts
    body += [_factor(e, ax, names, style) for e, ax in t.factors]
    sums = style.sum.format("".join(summed)) if summed else ""
    return number < 0, " ".join(filter(None, [" ".join(head), sums + " ".join(body)])).strip()


def _one_call(text: str, style: Style) -> bool:
    """Whether a text is one function call, such as ``det(X)``."""
    found = style.call.match(text)
    if not found:
        return False
    depth = 1
    for k, c in enumerate(text[found.end() :], found.end()):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return k == len(text) - 1
    return False


def _factor(e: Expr, axes: tuple[Index, ...], names: dict[int, str], style: Style) -> str:
    inside = []
    plain = True
    for a in axes:
        if isinstance(a, tuple):
            plain = False
            inside.append("(" + ",".join(names[i] for i in a) + ")")
        else:
            inside.append(names[a])
    subscript = ("" if plain else ",").join(inside)
    if e.op == "eye":
        return style.delta.format(subscript)
    if e.op == "T" and len(axes) == 2:
        e, subscript = e.args[0], ("" if plain else ",").join(reversed(inside))
    elif e.op == "T":
        e = e.args[0]
    if e.op == "sym":
        return style.entry(e, subscript)
    return style.below.format(grouped(e, style), subscript)


def grouped(e: Expr, style: Style) -> str:
    """The expression, in parentheses unless it is a name or one function call."""
    text = style.expression(e)
    return text if e.op == "sym" or _one_call(text, style) else style.group.format(text)


def _written_out(t: Term, indices: Indices) -> Term:
    """Products of matrices as sums over new indices, elementwise ones as factors."""
    scalars = list(t.scalars)
    done: list[Factor] = []
    todo = list(reversed(t.factors))
    while todo:
        e, axes = todo.pop()
        if e.op == "T":
            todo.append((e.args[0], axes[::-1]))
            continue
        if e.op == "had":
            todo.extend((a, axes) for a in reversed(e.args))
            continue
        if e.op != "mul":
            done.append((e, axes))
            continue
        front = [a for a in e.args if a.is_scalar]
        scalars.extend(front)
        chain = e.args[len(front) :]
        rows = () if chain[0].rows.is_one else axes[:1]
        ends = axes[len(rows) :]
        links: list[tuple[Index, ...]] = [rows]
        for f in chain[:-1]:
            links.append(() if f.cols.is_one else (indices.fresh(f.cols),))
        links.append(ends)
        todo.extend(
            (f, (*links[k], *links[k + 1])) for k, f in reversed(list(enumerate(chain)))
        )
    return Term(tuple(scalars), tuple(done), t.free)

