"""One nest of loops as text for Numba, entry by entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from matrixcalc.codegen.fusion import REDUCTIONS, Nest, reads
from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.spellings import ELEMENTWISE
from matrixcalc.codegen.targets.numba_helpers import helped
from matrixcalc.codegen.targets.python import INFIX
from matrixcalc.codegen.writing import (
    ATOM,
    PRODUCT,
    SIGN,
    SUM,
    Writing,
    enclosed,
    filled,
)
from matrixcalc.dims import Dim

Text = tuple[str, int]

_LONG = 48
_MANY = 16
"""The largest exponent that is multiplied out."""


class NestWriter:
    """Writes one nest: the arrays that it fills are made before it, its sums begin there.

    ``size`` writes a dimension; ``array(v, maker)`` names the array of a result, and gives the
    lines that make it.
    """

    def __init__(
        self,
        nest: Nest,
        arrays: frozenset[Value],
        w: Writing,
        indices: Sequence[str],
        size: Callable[[Dim], str],
        array: Callable[[Value, str], tuple[str, list[str]]],
    ) -> None:
        self.nest = nest
        self.arrays = arrays
        self.w = w
        self.indices = indices[: len(nest.dims)]
        self.size = size
        self.array = array
        self.entries: dict[Value, Text] = {}
        self.before: list[str] = []
        self.row_begin: list[str] = []
        self.inner: list[str] = []
        self.row_end: list[str] = []

    def lines(self) -> list[str]:
        """The whole nest."""
        read_here = {a for v in self.nest.members for a, _ in reads(v)}
        for v in self.nest.members:
            if v.op in REDUCTIONS:
                self._reduction(v)
            elif v.op == "scatter":
                self._scatter(v)
            elif v.op == "add_dot_diag":
                self._with_product(v)
            elif v.op == "add_diag" and v in self.arrays and v not in read_here:
                self._with_diagonal(v)
            else:
                self._entry(v)
        made = [*self._notes(), *self.before]
        depth = len(self.nest.dims)
        for k, d in enumerate(self.nest.dims):
            if k and k == depth - 1:
                made += indented(self.row_begin, k)
            made += indented([f"for {self.indices[k]} in range({self.size(d)}):"], k)
        made += indented(self.inner, depth)
        return made + indented(self.row_end, depth - 1)

    def _notes(self) -> list[str]:
        told = [v for v in self.nest.members if v.note and v in self.arrays]
        if len(told) == 1:
            return [f"# {told[0].note}"]
        return [f"# {self.w.bare(v)}: {v.note}" for v in told]

    # members

    def _entry(self, v: Value) -> None:
        text, level = self.composed(v)
        if v in self.arrays:
            name = self._array(v, "np.empty")
            place = f"{name}[{', '.join(self.indices)}]"
            self.inner.append(self._assigned(v, place, text))
            self.entries[v] = (place, ATOM)
        elif self.w.uses[v] == 1 and len(text) <= _LONG:
            self.entries[v] = (text, level)
        else:
            self.entries[v] = self._local(text, self.w.temporary(v))

    def _assigned(self, v: Value, place: str, text: str) -> str:
        if v.op in ("add", "sub", "mul", "div"):
            left, right = (self.entry(*r) for r in reads(v))
            if left[0] == place:
                return f"{place} {INFIX[v.op][0]}= {right[0]}"
        return f"{place} = {text}"

    def _with_diagonal(self, v: Value) -> None:
        base, diagonal = (self.entry(*r) for r in reads(v))
        name = self._array(v, "np.empty")
        self.inner.append(f"{name}[{', '.join(self.indices)}] = {base[0]}")
        row = self.indices[0]
        self.row_end.append(f"{name}[{row}, {row}] += {diagonal[0]}")

    def _with_product(self, v: Value) -> None:
        found = reads(v)
        name = self._array(v, "np.empty")
        total = self.w.fresh("row_total")
        row = self.indices[0]
        self.row_begin.append(f"{total} = 0.0")
        self.inner.append(f"{name}[{', '.join(self.indices)}] = {self.entry(*found[0])[0]}")
        product = " * ".join(self._factor(r) for r in found[1:])
        self.inner.append(self._added(total, product))
        self.row_end.append(f"{name}[{row}, {row}] += {total}")

    def _reduction(self, v: Value) -> None:
        found = reads(v)
        text, level = self.entry(*found[0])
        if v.op == "trace_product":
            text = f"{enclosed(text, level, PRODUCT)} * {self._factor(found[1])}"
        if v.op == "norm1":
            text = f"abs({text})"
        if v.op == "colsum":
            name = self._array(v, "np.zeros")
            self.inner.append(f"{name}[{self.indices[1]}] += {text}")
        elif v.op == "rowsum":
            name = self._array(v, "np.empty")
            total = self.w.fresh("row_total")
            self.row_begin.append(f"{total} = 0.0")
            self.inner.append(self._added(total, text))
            self.row_end.append(f"{name}[{self.indices[0]}] = {total}")
        else:
            name = self.w.temporary(v)
            self.w.set(v, name)
            self.before.append(f"{name} = 0.0")
            self.inner.append(self._added(name, text))

    def _added(self, total: str, text: str) -> str:
        return f"{total} = {helped('plus', self.w)}({total}, {text})"

    def _scatter(self, v: Value) -> None:
        base = v.args[0]
        free = v.data[1]
        distinct = list(dict.fromkeys(free))
        at = ", ".join(self.indices[distinct.index(i)] for i in free)
        text = self.entry(*reads(v)[0])[0]
        if base.op == "zeros":
            self.inner.append(f"{self._array(v, 'np.zeros')}[{at}] = {text}")
            return
        source = self.w.bare(base)
        name = self._array(v, "np.empty")
        if name != source:
            self.before.append(f"{name}[:] = {source}")
        self.inner.append(f"{name}[{at}] += {text}")

    def _array(self, v: Value, maker: str) -> str:
        name, lines = self.array(v, maker)
        self.before += lines
        return name

    def _local(self, text: str, name: str) -> Text:
        self.inner.append(f"{name} = {text}")
        return name, ATOM

    # entries

    def entry(self, a: Value, at: tuple[int, ...]) -> Text:
        """One entry of an operand, at these positions of the nest's own place."""
        if a.op == "T":
            return self.entry(a.args[0], at[::-1])
        if a.op in ("ones", "zeros"):
            return ("1.0" if a.op == "ones" else "0.0"), ATOM
        if a.op == "full":
            return self.entry(a.args[0], ())
        if a.op in ("eye", "scaled_eye", "diag"):
            inner = self.entry(a.args[0], at[: a.args[0].ndim])[0] if a.args else "1.0"
            return self._on_diagonal(inner, at)
        if a in self.entries:
            return self.entries[a]
        if not a.ndim:
            return self.w.text(a)
        return f"{self.w.bare(a)}[{', '.join(self.indices[k] for k in at)}]", ATOM

    def _on_diagonal(self, text: str, at: tuple[int, ...]) -> Text:
        i, j = (self.indices[k] for k in at)
        return (text, SUM) if i == j else (f"({text} if {i} == {j} else 0.0)", ATOM)

    def _factor(self, read: tuple[Value, tuple[int, ...]]) -> str:
        return enclosed(*self.entry(*read), PRODUCT)

    def composed(self, v: Value) -> Text:
        """One entry of a result."""
        found = reads(v)
        if v.op == "pow" and (k := small_integer(v.args[1])):
            return f"{enclosed(*self.entry(*found[0]), ATOM)} ** {k}", INFIX["pow"][1]
        if v.op in INFIX:
            sign, level, left, right = INFIX[v.op]
            a, b = (self.entry(*r) for r in found)
            return f"{enclosed(*a, left)} {sign} {enclosed(*b, right)}", level
        if v.op == "neg":
            return f"-{enclosed(*self.entry(*found[0]), SIGN)}", SIGN
        if v.op == "apply":
            return self._applied(v, *self.entry(*found[0]))
        if v.op == "logaddexp":
            texts = [self.entry(*r) for r in found]
            return filled(f"{helped('stable_logaddexp', self.w)}({{0}}, {{1}})", texts), ATOM
        if v.op == "plus_transpose":
            return f"{self.entry(*found[0])[0]} + {self.entry(*found[1])[0]}", SUM
        if v.op == "add_diag":
            added = self._on_diagonal(self.entry(*found[1])[0], (0, 1))[0]
            return f"{self.entry(*found[0])[0]} + {added}", SUM
        if v.op == "diagonal":
            return self.entry(*found[0])
        # scale_rows, scale_columns, outer, einsum: a product
        if len(found) == 1:
            return self.entry(*found[0])
        return " * ".join(self._factor(r) for r in found), PRODUCT

    def _applied(self, v: Value, text: str, level: int) -> Text:
        template = ELEMENTWISE[v.data].numba
        if template.count("{0}") > 1 and not re.fullmatch(r"\w+(\[[\w, ]+\])?", text):
            text, level = self._local(text, self.w.fresh("u"))
        if template.startswith("(") and template.endswith(")"):
            return filled(template[1:-1], [(text, level)]), SUM
        return filled(template, [(text, level)]), ATOM if template.endswith(")") else SUM


def small_integer(v: Value) -> int | None:
    """The exponent, where it is a small whole number: the compiler multiplies that out."""
    if v.op == "number" and v.data.denominator == 1 and 0 < v.data <= _MANY:
        return int(v.data)
    return None


def indented(lines: Sequence[str], depth: int) -> list[str]:
    """Lines inside ``depth`` blocks."""
    return ["    " * depth + line for line in lines]
