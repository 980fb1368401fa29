"""Index form as text: ``∂y_i/∂W_jk = δ_ij x_k``."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from matrixcalc import build
from matrixcalc.build import mul
from matrixcalc.expr import Expr
from matrixcalc.index import Factor, Index, Indices, Term, flat
from matrixcalc.printers.text import to_text

LETTERS = "ijklabcdefghmnopqrstuvwxyz"


def index_text(terms: Sequence[Term], indices: Indices, free: int, reserved: int = 0) -> str:
    """The sum of terms, the free axes named i, j, k, l, … in order.

    So many letters after them are ``reserved`` for axes that are not there yet.

    Summed indices are named after them, behind a Σ. A product of matrices is written
    out as a sum, every other expression keeps its indices outside: ``exp(A*x)_i``.
    """
    return IndexWriter().write(terms, indices, reserved)


def axis_names(orders: Sequence[int]) -> list[list[str]]:
    """The letters of the axes of y and of each variable."""
    letters = iter(LETTERS)
    return [[next(letters) for _ in range(n)] for n in orders]


class IndexWriter:
    """Writes index forms; the signs are those of text, another notation has its own."""

    def write(self, terms: Sequence[Term], indices: Indices, reserved: int = 0) -> str:
        if not terms:
            return "0"
        pieces: list[str] = []
        for t in terms:
            negative, text = self.term(t, indices, reserved)
            if pieces:
                pieces.append(" - " if negative else " + ")
            elif negative:
                pieces.append("-")
            pieces.append(text)
        return "".join(pieces)

    # the signs of a notation

    def delta(self, below: str) -> str:
        return f"δ_{below}"

    def total(self, letters: Sequence[str]) -> str:
        return f"Σ_{''.join(letters)} "

    def joint(self, letter: str, parts: Sequence[str]) -> str:
        """An axis that is made of several."""
        return f"[{letter} = ({', '.join(parts)})]"

    def number(self, value: Fraction) -> str:
        return to_text(build.num(value))

    def scalar(self, e: Expr) -> str:
        text = to_text(e)
        simple = e.op in ("sym", "size", "pi") or (text.endswith(")") and _one_call(text))
        return text if simple else f"({text})"

    def entry(self, e: Expr, below: str) -> str:
        text = to_text(e, 3)
        return f"{text}_{below}" if e.op == "sym" or _one_call(text) else f"({text})_{below}"

    # terms

    def term(self, t: Term, indices: Indices, reserved: int) -> tuple[bool, str]:
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
                parts.append(self.joint(letter, [names[i] for i in axis]))
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
            head.append(self.number(abs(number)))
        head += [self.scalar(s) for s in scalars]
        body = [self.delta(a + b) for a, b in deltas] + parts
        body += [self.factor(e, ax, names) for e, ax in t.factors]
        sums = self.total(summed) if summed else ""
        return number < 0, " ".join(filter(None, [" ".join(head), sums + " ".join(body)])).strip()

    def factor(self, e: Expr, axes: tuple[Index, ...], names: dict[int, str]) -> str:
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
            return self.delta(subscript)
        if e.op == "T" and len(axes) == 2:
            e, subscript = e.args[0], ("" if plain else ",").join(reversed(inside))
        elif e.op == "T":
            e = e.args[0]
        return self.entry(e, subscript)


def _one_call(text: str) -> bool:
    """Whether a text is one function call, such as ``det(X)``."""
    head, _, rest = text.partition("(")
    if not head.isidentifier():
        return False
    depth = 1
    for k, c in enumerate(rest):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return k == len(rest) - 1
    return False


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
