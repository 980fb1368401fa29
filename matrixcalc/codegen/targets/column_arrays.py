"""Arrays that are stored by columns: transposes, reshapes and sums of products."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.names import Language
from matrixcalc.codegen.pairs import Side, pair_of
from matrixcalc.codegen.writing import ATOM, POWER, PRODUCT, Writing
from matrixcalc.dims import ONE, Dim
from matrixcalc.expr import Expr


class ColumnWriting(Writing):
    """A writing that keeps the names of functions free.

    ``parts`` has the names of the parts of a factorisation that has several.
    """

    def __init__(
        self, variables: Sequence[Expr], reserved: frozenset[str], language: Language
    ) -> None:
        super().__init__(variables, reserved, language)
        self.parts: dict[Value, tuple[str, ...]] = {}

    def stem(self, v: Value) -> str:
        """What the name of a value begins with; never the name of a function."""
        made = (self._short(v) if v.op == "T" else None) or super().stem(v)
        made = "stacked" if made == "stack" else made
        return f"{made}_part" if made in self.reserved else made

    def loops(self, count: int) -> list[str]:
        """Names for the indices of a loop."""
        free = [n for n in (*"ijklpqrst", *(f"i_{k}" for k in range(9))) if n not in self.taken]
        return free[:count]

    def piece(self, v: Value) -> tuple[str, int]:
        """The text of a value and how strongly it binds."""
        return self._texts[v]


class ColumnArrays(ABC):
    """How products of arrays are written; a subclass gives the syntax."""

    brackets: tuple[str, str] = ("[", "]")
    """Those around the indices of an entry."""

    @abstractmethod
    def sign(self, v: Value) -> str:
        """The operator of an elementwise operation; what is none of them multiplies."""

    @abstractmethod
    def inner(self, a: Value, b: Value, w: ColumnWriting) -> tuple[str, int]:
        """The product of two vectors, a number."""

    @abstractmethod
    def permuted(self, text: str, order: Sequence[int]) -> str:
        """An array of more than two axes with its axes in another order."""

    @abstractmethod
    def shaped(self, text: str, sizes: Sequence[str]) -> str:
        """An array with other axes, by columns."""

    @abstractmethod
    def stacked(self, text: str) -> str:
        """All entries of an array as a vector, by columns."""

    @abstractmethod
    def summed(self, text: str, out: int, axes: int) -> str:
        """An array summed over its axes after the first ``out``."""

    def turned(self, v: Value, w: ColumnWriting) -> str:
        """The transpose of a matrix or vector; that of a transpose is what was transposed."""
        return _transposed(*w.piece(v))

    def sizes(self, dims: Sequence[Dim], w: ColumnWriting) -> list[str]:
        """Sizes of axes in code."""
        return [w.size(d) for d in dims]

    def entry(self, v: Value, name: str, w: ColumnWriting) -> str:
        """What one entry of an array is, for a comment."""
        subscripts, out = v.data
        ids = list(dict.fromkeys((*out, *(i for part in subscripts for i in part))))
        letters = {i: "ijklpqrst"[k] if k < 9 else f"i{k}" for k, i in enumerate(ids)}

        before, after = self.brackets

        def indexed(text: str, part: Sequence[int]) -> str:
            return f"{text}{before}{', '.join(letters[i] for i in part)}{after}"

        factors = []
        for a, part in zip(v.args, subscripts, strict=True):
            plain = a.args[0] if a.op == "T" else a
            factors.append(indexed(w.name(plain), part[::-1] if a.op == "T" else part))
        summed = [letters[i] for i in ids if i not in out]
        over = f"sum over {', '.join(summed)} of " if summed else ""
        return f"{indexed(name, out) if out else name} = {over}{' * '.join(factors)}"

    def moved(self, text: str, level: int, order: Sequence[int]) -> tuple[str, int]:
        """An array with its axes in another order, and the level of its text."""
        if list(order) == sorted(order):
            return text, level
        if len(order) == 2:
            return _transposed(text, level), POWER
        return self.permuted(text, order), ATOM

    def _reshaped(self, v: Value, w: ColumnWriting) -> tuple[str, int]:
        """A reshape by rows: axes that become one are turned round first."""
        a = v.args[0]
        text, level = w.piece(a)
        order = _merged(a.dims, v.dims)
        if order is not None:
            text, level = self.moved(text, level, order)
            return self.shaped(text, self.sizes(v.dims, w)), ATOM
        text, level = self.moved(text, level, range(a.ndim)[::-1])
        text = self.shaped(text, self.sizes(v.dims[::-1], w))
        return self.moved(text, ATOM, range(v.ndim)[::-1])

    def aligned(
        self, v: Value, ids: Sequence[int], out: Sequence[int], w: ColumnWriting
    ) -> tuple[str, int]:
        """An array whose axes stand where ``out`` has their indices, with axes of length one."""
        text, level = w.piece(v)
        there = [i for i in out if i in ids]
        if not there or list(out[: len(ids)]) == list(ids):
            return text, level
        if there == [out[1]]:
            return _transposed(text, level), POWER
        text, level = self.moved(text, level, [ids.index(i) for i in there])
        if list(out[: len(ids)]) == there:
            return text, level
        dims = dict(zip(ids, v.dims, strict=True))
        last = max(k for k, i in enumerate(out) if i in ids)
        return self.shaped(text, [w.size(dims.get(i, ONE)) for i in out[: last + 1]]), ATOM

    def _pair(self, v: Value, w: ColumnWriting) -> tuple[str, int]:
        """A product of two arrays: by broadcasting, as a matrix product, or summed."""
        (one, two), out = v.data
        a, b = v.args
        pair = pair_of(v)
        if pair is None:
            return self._broadcast(v, out, w), PRODUCT
        if pair.batch:
            summed = [i for i in one if i in two and i not in out]
            rest = [i for i in (*one, *two) if i not in out and i not in summed]
            wide = (*out, *summed, *dict.fromkeys(rest))
            return self.summed(self._broadcast(v, wide, w), len(out), len(wide)), ATOM
        rows, columns = pair.left.groups[0], pair.right.groups[-1]
        if not rows and not columns:
            return self._whole(a, b, pair.right, w)
        left, right = self._matrix(a, pair.left, w), self._matrix(b, pair.right, w)
        if not rows:
            text = f"{_transposed(*right)} * {at(left, POWER)}"
        else:
            text = f"{at(left, PRODUCT)} * {at(right, POWER)}"
        level = PRODUCT
        if len(rows) > 1 or len(columns) > 1:
            text, level = self.shaped(text, self.sizes(pair.dims, w)), ATOM
        return (text, level) if pair.order is None else self.moved(text, level, pair.order)

    def _broadcast(self, v: Value, out: Sequence[int], w: ColumnWriting) -> str:
        (one, two), (a, b) = v.data[0], v.args
        left, right = self.aligned(a, one, out, w), self.aligned(b, two, out, w)
        return f"{at(left, PRODUCT)} {self.sign(v)} {at(right, POWER)}"

    def _whole(self, a: Value, b: Value, side: Side, w: ColumnWriting) -> tuple[str, int]:
        """The sum of the products of all entries of two arrays."""
        if a.ndim == 1:
            return self.inner(a, b, w)
        text, level = w.piece(b)
        if side.order is not None:
            text, _ = self.moved(text, level, side.order)
        return f"{self.stacked(w.bare(a))}' * {self.stacked(text)}", PRODUCT

    def _matrix(self, v: Value, side: Side, w: ColumnWriting) -> tuple[str, int]:
        """One side of a matrix product: its axes gathered in rows and columns."""
        text, level = w.piece(v)
        if side.order is not None:
            text, level = self.moved(text, level, side.order)
        groups = [g for g in side.groups if g]
        if any(len(g) > 1 for g in groups):
            if len(groups) == 1:
                text, level = self.stacked(text), ATOM
            else:
                whole = [w.size(product_of(g)) for g in groups]
                text, level = self.shaped(text, whole), ATOM
        return (_transposed(text, level), POWER) if side.turned else (text, level)


def at(piece: tuple[str, int], level: int) -> str:
    text, own = piece
    return text if own >= level else f"({text})"


def _transposed(text: str, level: int) -> str:
    if level == POWER and text.endswith("'"):
        return text[:-1]
    return f"{text}'" if level == ATOM else f"({text})'"


def product_of(dims: Sequence[Dim]) -> Dim:
    """The size of several axes together."""
    made = ONE
    for d in dims:
        made = made * d
    return made


def _merged(old: Sequence[Dim], new: Sequence[Dim]) -> list[int] | None:
    """The order of the old axes in which a reshape by columns does what one by rows does.

    None where the new axes are not made by joining neighbours.
    """
    order: list[int] = []
    place = 0
    for d in new:
        group: list[int] = []
        size = ONE
        while size != d and place < len(old):
            size = size * old[place]
            group.insert(0, place)
            place += 1
        if size != d:
            return None
        order += group
    if any(not d.is_one for d in old[place:]):
        return None
    return [*order, *range(place, len(old))]
