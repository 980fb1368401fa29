"""Programs for Julia and MATLAB: arrays are stored by columns, and a vector is a column.

A value with one axis is a vector, be it a column or a row of the formula: a product with one
puts transposes where these languages need them. A value with more axes has the axes it has
everywhere; what is row-major elsewhere (``reshape``) is turned before and after.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.names import Language
from matrixcalc.codegen.program import Output, Program
from matrixcalc.codegen.spellings import ELEMENTWISE
from matrixcalc.codegen.targets.column_arrays import ColumnArrays, ColumnWriting
from matrixcalc.codegen.writing import ATOM, POWER, PRODUCT, SUM, axes_of
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

_WIDTH = 92
"""How long a line is at most, where it can be cut."""

_INLINE = 56
"""How long a piece is at most that stands inside another expression."""

INLINE = frozenset({
    *_LEVELS, "neg", "apply", "dot", "symv", "outer", "gram", "plus_transpose", "scale_rows",
    "scale_columns", "solve", "inverse", "logdet", "det", "pinv", "sum", "tr", "trace_product",
    "colsum", "rowsum", "norm1", "norm2", "max", "min", "ones", "zeros", "eye", "full",
    "scaled_eye", "diag", "diagonal", "vec", "matrix_power",
})
"""Operations that may stand inside a longer expression."""


class ColumnTarget(ColumnArrays):
    """A target whose arrays are stored by columns; a subclass gives the syntax.

    ``plain`` has templates of single expressions with their levels, by operation; ``repeating``
    are the operations whose code names an operand twice, which then gets a name.
    """

    title: str
    column: str
    suffix: str
    comment: str
    ending = ""
    continued = ""
    language: Language
    reserved: frozenset[str]
    plain: Mapping[str, tuple[str, int]]
    repeating: frozenset[str]

    def source(self, program: Program) -> str:
        """The whole text: one function with help, checks, names and comments."""
        w = ColumnWriting(program.variables, self.reserved, self.language)
        checks = self.arguments(w, program.variables)
        names = [w.fresh(_spoken(o.label)) for o in program.outputs]
        body = [*checks, *(t for s in self.computed(w, program, names) for t in self.wrapped(s))]
        return self.function(w, program, names, body)

    def load(self, program: Program) -> Any:
        """Raises UnsupportedError: these languages do not run in Python."""
        raise UnsupportedError(
            f"{self.title} code does not run in Python",
            hint=f"save what code(..., target={self.column!r}) gives as "
            f"{FUNCTION}{self.suffix} and call {FUNCTION} in {self.title}",
        )

    def wrapped(self, line: str) -> list[str]:
        """A long line in several, cut after operators and commas that stand in no brackets."""
        made: list[str] = []
        while len(line) > _WIDTH and not line.lstrip().startswith((self.comment, "for ")):
            places = [
                found.end() for found in re.finditer(r",(?= )| [-+*/\\.]{1,2}(?= )", line[:_WIDTH])
                if line.count("[", 0, found.end()) == line.count("]", 0, found.end())
                and found.start() > _WIDTH // 3
            ]
            if not places:
                break
            made.append(line[: places[-1]] + self.continued)
            line = "        " + line[places[-1] :].lstrip()
        return [*made, line]

    # what a language writes in its own way

    @abstractmethod
    def function(
        self, w: ColumnWriting, program: Program, names: Sequence[str], body: Sequence[str]
    ) -> str:
        """The file, with the results under the names given."""

    @abstractmethod
    def converted(self, name: str, e: Expr) -> list[str]:
        """The lines that make an argument an array of numbers with the axes it should have."""

    @abstractmethod
    def read(self, name: str, axes: int, sizes: Mapping[int, str]) -> str:
        """The line that gives names to the sizes of some axes of an argument."""

    @abstractmethod
    def checked(self, name: str, e: Expr, sizes: Sequence[str]) -> list[str]:
        """The lines that raise an error where an argument has not these sizes."""

    def elementwise(self, template: str, v: Value) -> str:
        """The spelling of an elementwise function for this operand."""
        return template

    def result(self, v: Value, text: str, level: int, w: ColumnWriting) -> str:
        """A text as a result: a floating-point number, or an array that is no argument's."""
        return text

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
        notes: dict[Value, str] = {}
        for output, name in zip(program.outputs, names, strict=True):
            if output.value.op not in ("input", "number"):
                named.setdefault(output.value, name)
                formula = output.label.partition(": ")[2]
                if not output.value.note and len(formula) <= _NOTE:
                    notes[output.value] = formula
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
            name = named.get(v) or w.temporary(v)
            note = v.note or notes.get(v) or (self.entry(v, name, w) if v.op == "einsum" else "")
            if note:
                made.append(f"{self.comment} {note}")
            if found is not None:
                text = self.result(v, *found, w) if v in named else found[0]
                lines = [f"{name} = {text}{self.ending}"]
            else:
                lines = self.statements(v, name, w)
            made += lines
            w.set(v, name)
        for value, name in zip(outputs, names, strict=True):
            if named.get(value) != name:
                made.append(f"{name} = {self.result(value, *w.piece(value), w)}{self.ending}")
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
        # the parentheses around a whole expression are written where they are needed
        return made[1:-1] if _wrapped(made) else made

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
            sign, text = self.sign(v), w.name(b, right)
            if op == "add" and (less := self._less(b, w)):
                sign, text = sign.replace("+", "-"), less
            if op == "mul" and a.op == "number" and a.data < 0:
                return f"-{self.literal(-a.data)} {sign} {text}", SUM
            return f"{w.name(a, left)} {sign} {text}", own
        if op == "apply":
            template = self.elementwise(self.spelling(v), v)
            if "-{0}" in template and (less := self._less(v.args[0], w)):
                return re.sub(r"\.?-\{0\}", less, template), SUM
            whole = re.fullmatch(r"[\w.]+\([^()]*\)", template) is not None
            return w.filled(template, v.args), ATOM if whole else SUM
        if op == "logaddexp":
            template = "max.({0}, {1}) .+ log1p.(exp.(.-abs.({0} .- {1})))"
            return w.filled(self.elementwise(template, v), v.args), SUM
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

    def _less(self, v: Value, w: ColumnWriting) -> str:
        """What is written with a minus sign in front, without it; or nothing."""
        if v.op == "number" and v.data < 0:
            return self.literal(-v.data)
        inside = v.op == "neg" and w.piece(v)[1] == SUM
        return w.name(v.args[0], POWER) if inside else ""

    def added(self, a: str, scale: Value, text: str, w: ColumnWriting) -> str:
        """A matrix and a number times another."""
        less = self._less(scale, w)
        if less:
            return f"{a} - {text if less == '1' else f'{less} * {text}'}"
        return f"{a} + {self.times(scale, text, w)}"

    def times(self, scale: Value, text: str, w: ColumnWriting) -> str:
        """A number times a matrix."""
        return text if scale.op == "number" and scale.data == 1 else (
            f"{w.name(scale, PRODUCT)} * {text}")

    def lines(
        self, templates: Sequence[str], v: Value, target: str, w: ColumnWriting
    ) -> list[str]:
        """Lines from their templates: other names in braces than these are temporaries."""
        size = w.size(v.args[0].dims[0]) if "{n}" in "".join(templates) else ""
        size = f"({size})" if " " in size else size
        words = dict.fromkeys(re.findall(r"\{([a-z]+)\}", "".join(templates)))
        names = {n: w.fresh(n) for n in words if n not in ("target", "n")}
        texts = [w.name(a) for a in v.args]
        return [t.format(*texts, **{"target": target, "n": size, **names}) for t in templates]

def _wrapped(text: str) -> bool:
    """Whether one pair of parentheses stands around a whole text."""
    depth = 0
    for k, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if not depth:
            return text[0] == "(" and k == len(text) - 1
    return False


def _spoken(label: str) -> str:
    """The name of a result: what its label says before the formula."""
    return label.partition(":")[0].replace(" ", "_")


def described(e: Expr, by: str) -> str:
    """The kind, the shape and the properties of a variable."""
    properties = "".join(f", {p.replace('_', ' ')}" for p in e.data[1])
    shape = "" if e.is_scalar else f", {e.rows}{by}{e.cols}"
    given = ", given as a vector" if len(axes_of(e)) == 1 and e.kind != "vector" else ""
    return f"{e.kind}{shape}{properties}{given}"


def returned(output: Output, by: str) -> str:
    """The formula and the shape of a result."""
    dims = output.value.dims
    shape = "a vector" if len(dims) == 1 else by.join(str(d) for d in dims) if dims else "a number"
    return f"{output.label.partition(': ')[2]}, {shape}"
