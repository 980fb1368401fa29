"""Programs for Julia and MATLAB: arrays are stored by columns, and a vector is a column.

A value with one axis is a vector, be it a column or a row of the formula: a product with one
puts transposes where these languages need them. A value with more axes has the axes it has
everywhere; what is row-major elsewhere (``reshape``) is turned before and after.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.names import Language
from matrixcalc.codegen.pairs import Side, pair_of
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.spellings import ELEMENTWISE
from matrixcalc.codegen.writing import ATOM, POWER, PRODUCT, SUM, Writing, axes_of
from matrixcalc.dims import ONE, Dim
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr

FUNCTION = "derivative"
"""The name of the function, and so of its file."""

_LEVELS = {
    "add": (SUM, SUM, PRODUCT),
    "sub": (SUM, SUM, PRODUCT),
    "mul": (PRODUCT, PRODUCT, POWER),
    "div": (PRODUCT, PRODUCT, POWER),
    "pow": (POWER, ATOM, ATOM),
}
"""Own level, and the levels that the left and the right side need."""

_NOTE = 90
"""How long a formula is at most that stands in a comment."""

_INLINE = 40
"""How long a piece is at most that stands inside another expression."""

INLINE = frozenset({
    *_LEVELS, "neg", "apply", "dot", "symv", "outer", "gram", "plus_transpose", "scale_rows",
    "scale_columns", "solve", "inverse", "logdet", "det", "pinv", "sum", "tr", "trace_product",
    "colsum", "rowsum", "norm1", "norm2", "max", "min", "ones", "zeros", "eye", "full",
    "scaled_eye", "diag", "diagonal", "vec", "matrix_power",
})
"""Operations that may stand inside a longer expression."""


class ColumnWriting(Writing):
    """A writing that keeps the names of functions free.

    ``parts`` has the names of the parts of a factorisation that has several.
    """

    def __init__(
        self, variables: Sequence[Expr], reserved: frozenset[str], language: Language
    ) -> None:
        super().__init__(variables, reserved, language)
        self.reserved = reserved
        self.parts: dict[Value, tuple[str, ...]] = {}

    def stem(self, v: Value) -> str:
        """What the name of a value begins with; never the name of a function."""
        made = (self._short(v) if v.op == "T" else None) or super().stem(v)
        return f"{made}_part" if made in self.reserved else made

    def loops(self, count: int) -> list[str]:
        """Names for the indices of a loop."""
        free = [n for n in (*"ijklpqrst", *(f"i_{k}" for k in range(9))) if n not in self.taken]
        return free[:count]

    def piece(self, v: Value) -> tuple[str, int]:
        """The text of a value and how strongly it binds."""
        return self._texts[v]


class ColumnTarget:
    """A target whose arrays are stored by columns; a subclass gives the syntax.

    ``plain`` has templates of single expressions with their levels, by operation; ``repeating``
    are the operations whose code names an operand twice, which then gets a name.
    """

    title: str
    column: str
    suffix: str
    comment: str
    ending = ""
    language: Language
    reserved: frozenset[str]
    plain: Mapping[str, tuple[str, int]]
    repeating: frozenset[str]

    def source(self, program: Program) -> str:
        """The whole text: one function with help, checks, names and comments."""
        w = ColumnWriting(program.variables, self.reserved, self.language)
        checks = self.arguments(w, program.variables)
        names = [w.fresh(_spoken(o.label)) for o in program.outputs]
        body = [*checks, *self.computed(w, program, names)]
        return self.function(w, program, names, body)

    def load(self, program: Program) -> Any:
        """Raises UnsupportedError: these languages do not run in Python."""
        raise UnsupportedError(
            f"{self.title} code does not run in Python",
            hint=f"save what code(..., target={self.column!r}) gives as "
            f"{FUNCTION}{self.suffix} and call {FUNCTION} in {self.title}",
        )

    # what a language writes in its own way

    def function(
        self, w: ColumnWriting, program: Program, names: Sequence[str], body: Sequence[str]
    ) -> str:
        """The file, with the results under the names given."""
        raise NotImplementedError

    def converted(self, name: str, e: Expr) -> list[str]:
        """The lines that make an argument an array of numbers with the axes it should have."""
        raise NotImplementedError

    def read(self, name: str, axes: int, sizes: Mapping[int, str]) -> str:
        """The line that gives names to the sizes of some axes of an argument."""
        raise NotImplementedError

    def checked(self, name: str, e: Expr, sizes: Sequence[str]) -> list[str]:
        """The lines that raise an error where an argument has not these sizes."""
        raise NotImplementedError

    def sign(self, v: Value) -> str:
        """The operator of an elementwise operation; what is none of them multiplies."""
        raise NotImplementedError

    def elementwise(self, template: str, v: Value) -> str:
        """The spelling of an elementwise function for this operand."""
        return template

    def result(self, v: Value, text: str) -> str:
        """A text as a result: a floating-point number, or an array that is no argument's."""
        return text

    def inner(self, a: Value, b: Value, w: ColumnWriting) -> tuple[str, int]:
        """The product of two vectors, a number."""
        raise NotImplementedError

    def permuted(self, text: str, order: Sequence[int]) -> str:
        """An array of more than two axes with its axes in another order."""
        raise NotImplementedError

    def shaped(self, text: str, sizes: Sequence[str]) -> str:
        """An array with other axes, by columns."""
        raise NotImplementedError

    def stacked(self, text: str) -> str:
        """All entries of an array as a vector, by columns."""
        raise NotImplementedError

    def summed(self, text: str, out: int, axes: int) -> str:
        """An array summed over its axes after the first ``out``."""
        raise NotImplementedError

    def statements(self, v: Value, target: str, w: ColumnWriting) -> list[str]:
        """The lines that compute into ``target`` what no single expression does."""
        raise UnsupportedError(f"no {self.title} code for {v.op}")

    # the function

    def arguments(self, w: ColumnWriting, variables: Sequence[Expr]) -> list[str]:
        """Arguments as arrays, and their shapes against each other."""
        made: list[str] = []
        told: dict[str, int] = {}
        for e in variables:
            made += self.converted(w.arguments[e.name], e)
        for e in variables:
            axes = axes_of(e)
            new: dict[int, str] = {}
            for k, d in enumerate(axes):
                if len(d.names) == 1 and d.factor == 1 and d.names[0] not in w.sizes:
                    new[k] = w.tell_size(d.names[0])
            told[e.name] = len(new)
            if new:
                made.append(self.read(w.arguments[e.name], len(axes), new))
        for e in variables:
            axes = axes_of(e)
            if told[e.name] < len(axes):
                sizes = [w.size(d) for d in axes]
                made += self.checked(w.arguments[e.name], e, sizes)
        return made

    def computed(
        self, w: ColumnWriting, program: Program, names: Sequence[str]
    ) -> list[str]:
        """The lines for the outputs and everything below them."""
        made: list[str] = []
        outputs = [o.value for o in program.outputs]
        named: dict[Value, str] = {}
        for output, name in zip(program.outputs, names, strict=True):
            if output.value.op not in ("input", "number"):
                named.setdefault(output.value, name)
                formula = output.label.partition(": ")[2]
                if not output.value.note and len(formula) <= _NOTE:
                    output.value.note = formula
        order = w.count(outputs)
        indexed = {a for v in order for a in self.indexed(v, w)}
        poured = {v.args[0] for v in order if v.op == "assemble" and v.args[0].ndim == v.ndim}
        single = indexed.union(*(self.repeated(v) for v in order))
        for v in order:
            if v.op == "input":
                w.set(v, w.arguments[v.data[0]])
                continue
            if v.op == "number":
                w.set(v, self.literal(v.data))
                continue
            if v.op == "lu" and w.uses[v] == 1:
                # a matrix that is solved with once needs no name for its factors
                w.set(v, *w.piece(v.args[0]))
                continue
            found = self.expression(v, w)
            if found is not None and v not in named and v not in indexed:
                text, level = found
                short = v.op in INLINE and len(text) <= _INLINE and v not in single
                if v.op in ("T", "pi", "size") or (w.uses[v] == 1 and (short or v in poured)):
                    w.set(v, text, level)
                    continue
            if v.note:
                made.append(f"{self.comment} {v.note}")
            name = named.get(v) or w.temporary(v)
            if found is not None:
                text = self.result(v, found[0]) if v in named else found[0]
                lines = [f"{name} = {text}{self.ending}"]
            else:
                lines = self.statements(v, name, w)
            made += lines
            w.set(v, name)
        for value, name in zip(outputs, names, strict=True):
            if named.get(value) != name:
                made.append(f"{name} = {self.result(value, w.bare(value))}{self.ending}")
        return made

    def indexed(self, v: Value, w: ColumnWriting) -> Sequence[Value]:
        """The operands that the code of an operation indexes."""
        return ()

    def repeated(self, v: Value) -> set[Value]:
        """The operands that the code of an operation names more than once."""
        template = self.spelling(v) if v.op == "apply" else ""
        if template.count("{0}") > 1 or v.op in self.repeating:
            return {a for a in v.args if a.op != "T"}
        return set()

    def spelling(self, v: Value) -> str:
        """The template of an elementwise function."""
        made: str = getattr(ELEMENTWISE[v.data], self.column)
        return made

    # expressions

    def literal(self, value: Fraction) -> str:
        """A number in code, in parentheses where it has a sign."""
        try:
            text = repr(float(value))
        except OverflowError:
            text = "Inf" if value > 0 else "-Inf"
        if value.denominator == 1 and abs(value) < 10**9:
            text = str(value)
        return f"({text})" if value < 0 else text

    def expression(self, v: Value, w: ColumnWriting) -> tuple[str, int] | None:
        """An operation as one expression and its level, or None."""
        op = v.op
        if op in _LEVELS:
            own, left, right = _LEVELS[op]
            a, b = v.args
            return f"{w.name(a, left)} {self.sign(v)} {w.name(b, right)}", own
        if op == "apply":
            template = self.elementwise(self.spelling(v), v)
            whole = re.fullmatch(r"[\w.]+\([^()]*\)", template) is not None
            return w.filled(template, v.args), ATOM if whole else SUM
        if op == "neg":
            return f"{self.sign(v)}{w.name(v.args[0], POWER)}", SUM
        if op == "T":
            return self.turned(v.args[0], w), POWER
        if op == "size":
            return w.size(v.data), ATOM if len(v.data.names) == 1 and v.data.factor == 1 else SUM
        if op == "dot":
            a, b = v.args
            if a.ndim == 1 and b.ndim == 1:
                return self.inner(a, b, w)
            if a.ndim == 1:
                return f"{self.turned(b, w)} * {w.name(a, POWER)}", PRODUCT
            return f"{w.name(a, PRODUCT)} * {w.name(b, POWER)}", PRODUCT
        if op == "multi_dot":
            first, *rest = v.args
            return " * ".join([w.name(first, PRODUCT), *(w.name(a, POWER) for a in rest)]), PRODUCT
        if op == "outer":
            return f"{w.name(v.args[0], PRODUCT)} * {self.turned(v.args[1], w)}", PRODUCT
        if op == "gram":
            z = v.args[0]
            made = f"{self.turned(z, w)} * {w.name(z, POWER)}"
            return (made, PRODUCT) if len(v.args) == 1 else (
                f"{w.name(v.args[1], PRODUCT)} * ({made})", PRODUCT
            )
        if op == "kron":
            return self._kron(v, w)
        if op == "reshape":
            return self._reshaped(v, w)
        if op == "einsum" and len(v.args) == 2:
            return self._pair(v, w)
        if op in self.plain:
            template, level = self.plain[op]
            return self.filled(template, v.args, w), level
        return None

    def filled(self, template: str, args: Sequence[Value], w: ColumnWriting) -> str:
        """A template with the texts of its arguments, also of their transposes."""
        for k, a in enumerate(args):
            if f"{{{k}}}'" in template:
                template = template.replace(f"{{{k}}}'", self.turned(a, w))
        return w.filled(template, args)

    def turned(self, v: Value, w: ColumnWriting) -> str:
        """The transpose of a matrix or vector; that of a transpose is what was transposed."""
        return _transposed(*w.piece(v))

    def _kron(self, v: Value, w: ColumnWriting) -> tuple[str, int]:
        a, b = v.args
        if 0 in (a.ndim, b.ndim):
            return f"{w.name(a, PRODUCT)} {self.sign(v)} {w.name(b, POWER)}", PRODUCT
        kinds = v.data or ("nn", "nn")
        both_rows = kinds == ("1n", "1n")
        parts = [
            self.turned(x, w) if kind == "1n" and not both_rows else w.bare(x)
            for x, kind in zip(v.args, kinds, strict=True)
        ]
        return f"kron({', '.join(parts)})", ATOM

    # arrays of more axes

    def sizes(self, dims: Sequence[Dim], w: ColumnWriting) -> list[str]:
        """Sizes of axes in code."""
        return [w.size(d) for d in dims]

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


def _spoken(label: str) -> str:
    """The name of a result: what its label says before the formula."""
    return label.partition(":")[0].replace(" ", "_")


def described(e: Expr, by: str) -> str:
    """The kind, the shape and the properties of a variable."""
    properties = "".join(f", {p.replace('_', ' ')}" for p in e.data[1])
    shape = "" if e.is_scalar else f", {e.rows}{by}{e.cols}"
    given = ", given as a vector" if len(axes_of(e)) == 1 and e.kind != "vector" else ""
    return f"{e.kind}{shape}{properties}{given}"
