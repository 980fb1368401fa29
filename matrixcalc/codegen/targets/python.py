"""Programs as Python functions: what NumPy, JAX, PyTorch and their like have in common."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from matrixcalc.codegen.ir import Value, origin
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.spellings import ELEMENTWISE
from matrixcalc.codegen.writing import (
    ATOM,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    Writing,
    axes_of,
    written_shape,
)
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr

INFIX = {
    "add": ("+", SUM, SUM, SUM),
    "sub": ("-", SUM, SUM, PRODUCT),
    "mul": ("*", PRODUCT, PRODUCT, PRODUCT),
    "div": ("/", PRODUCT, PRODUCT, SIGN),
    "pow": ("**", POWER, ATOM, SIGN),
}
"""Sign, own level, and the levels that the left and the right side need."""

EXPRESSIVE = frozenset({*INFIX, "neg", "size"})
"""Operations that may be written inside a longer expression."""


class PythonTarget:
    """A target whose code is a Python function.

    A subclass gives ``column`` (its column of the spellings), ``modules`` (its imports, by the
    name that stands in code), ``constants`` (lines after them), ``plain`` (templates of single
    expressions, by operation), and overrides what differs.
    """

    column = "numpy"
    modules: Mapping[str, str] = {}
    constants: Sequence[str] = ()
    decorator = ""
    extra = "fast"
    """The optional dependency that holds the libraries of the modules."""

    reserved: frozenset[str] = frozenset()
    plain: Mapping[str, str] = {}

    def rewritten(self, program: Program) -> Program:
        """The program with the operations that this target does in a way of its own."""
        return program

    # one function

    def source(self, program: Program) -> str:
        """The whole text: imports and one function with checks, names and comments."""
        return self._written(program)[0]

    def load(self, program: Program) -> Callable[..., Any]:
        """The function, to be called with its variables by name or in sorted order."""
        text, arguments = self._written(program)
        made = self.executed(text)
        renamed = {k: v for k, v in arguments.items() if k != v}
        if not renamed:
            return made

        def call(*args: Any, **values: Any) -> Any:
            return made(*args, **{renamed.get(k, k): v for k, v in values.items()})

        call.__doc__ = made.__doc__
        return call

    def executed(self, text: str) -> Callable[..., Any]:
        """The function that a text defines."""
        scope: dict[str, Any] = {}
        try:
            # The text is our own: see names.py for the only part of it that a user chose.
            exec(text, scope)
        except ImportError as e:
            raise UnsupportedError(
                f"this code needs {e.name}, which is not installed",
                hint=f"pip install 'matrixcalc-engine[{self.extra}]'",
            ) from e
        made: Callable[..., Any] = scope["function"]
        return made

    def _written(self, program: Program) -> tuple[str, dict[str, str]]:
        program = self.rewritten(program)
        w = Writing(program.variables, {*self.reserved, *dir(builtins)})
        w.measure(program.variables, self.length)
        made = [*self.computed(w, program), *self.returned(w, program)]
        body = [*self.arguments(w, program, made), *measured(w), *made]
        head = f"{self.decorator}def function({', '.join(self.signature(w))}):"
        doc = "\n".join(f"    {line}".rstrip() for line in docstring(w, program).splitlines())
        text = "".join(f"    {line}\n" if line else "\n" for line in body)
        imports = self.imports("\n".join((*w.helpers.values(), text)))
        function = f'{head}\n    """{doc.lstrip()}\n    """\n{text}'
        return "\n\n".join((imports, *w.helpers.values(), function)), w.arguments

    # its parts

    def imports(self, text: str) -> str:
        """The imports that a text needs, by the names of modules in it."""
        constants = [line for line in self.constants if line.split(" = ")[0] in text]
        text = "\n".join((*constants, text))
        words = set(re.findall(r"(?<![.\w])\w+", text))
        used = [line for name, line in self.modules.items() if name in words]
        return "\n".join((*used, *([""] if constants else []), *constants)) + "\n"

    def signature(self, w: Writing) -> list[str]:
        """The parameters."""
        return list(w.arguments.values())

    def length(self, name: str, axis: int) -> str:
        """The length of an axis of an argument."""
        return f"{name}.shape[{axis}]"

    def arguments(self, w: Writing, program: Program, made: Sequence[str]) -> list[str]:
        """Arguments as arrays, and their shapes against each other, for the lines that follow."""
        return [*self.conversions(w, program.variables, made), *self.checks(w, program.variables)]

    def conversions(
        self, w: Writing, variables: Sequence[Expr], made: Sequence[str]
    ) -> list[str]:
        """The first lines: arguments become arrays, for the lines that follow."""
        return [line for e in variables for line in self.converted(w.arguments[e.name], e)]

    def converted(self, name: str, e: Expr) -> list[str]:
        """The lines that make one argument an array."""
        raise NotImplementedError

    def checks(self, w: Writing, variables: Sequence[Expr]) -> list[str]:
        """The shapes of the arguments against each other."""
        made: list[str] = []
        arrays = [(w.arguments[e.name], e, axes_of(e)) for e in variables if axes_of(e)]
        for name, e, axes in arrays:
            count = "1 axis" if len(axes) == 1 else "2 axes"
            message = f"{e.name} must have {count} ({written_shape(e)})"
            made += [f"if {name}.ndim != {len(axes)}:", f"    raise ValueError({message!r})"]
        for name, e, axes in arrays:
            wanted = w.shape(axes, told=True)
            if [self.length(name, k) for k in range(len(axes))] == [
                w.size(d, told=True) for d in axes
            ]:
                continue
            made += [f"if {name}.shape != {wanted}:", f"    {misfit(e, name, wanted)}"]
        return made

    def computed(self, w: Writing, program: Program) -> list[str]:
        """The lines for the outputs and everything below them."""
        made: list[str] = []
        results = {o.value for o in program.outputs}
        order = w.count([o.value for o in program.outputs])
        reused = {v: a for v in order if (a := self.reused(v, w)) is not None}
        absorbed = {a for v in reused for a in self.absorbed(v, w)} - results
        heads = self.heads(program, reused, w)
        for v in order:
            if v.op == "input":
                w.set(v, w.arguments[v.data[0]])
                continue
            if v.op == "number":
                w.set(v, literal(v.data), ATOM)
                continue
            if v in absorbed:
                continue
            found = None if v in reused else self.expression(v, w)
            if found is not None:
                text, level = found
                if w.inlined(v, text, lambda v: v.op in EXPRESSIVE) and v not in results:
                    w.set(v, text, level)
                    continue
            if v.note and not w.telling(v):
                made.append(f"# {v.note}")
            if v in reused:
                lines = self.reusing(v, w)
                w.set(v, w.bare(reused[v]))
            elif v in heads:
                name = w.temporary(v)
                lines = [f"{name} = {self.writing_to(v, heads[v], w)}"]
                w.set(v, name)
            else:
                name = w.temporary(v)
                lines = [f"{name} = {found[0]}"] if found else self.statements(v, name, w)
                w.set(v, name)
            made += lines
        return made

    def heads(
        self, program: Program, reused: Mapping[Value, Value], w: Writing
    ) -> dict[Value, str]:
        """The values that are computed into a workspace of the caller, with its name."""
        return {}

    def writing_to(self, v: Value, place: str, w: Writing) -> str:
        """The expression of a value that is written into a workspace, or a new one if None."""
        raise NotImplementedError

    def reused(self, v: Value, w: Writing) -> Value | None:
        """The operand over which a result is written, since nothing else needs it; or None."""
        return None

    def expression(self, v: Value, w: Writing) -> tuple[str, int] | None:
        """An operation as one expression and its level, or None."""
        if v.op in INFIX:
            sign, level, left, right = INFIX[v.op]
            return f"{w.name(v.args[0], left)} {sign} {w.name(v.args[1], right)}", level
        if v.op == "neg":
            return f"-{w.name(v.args[0], SIGN)}", SIGN
        if v.op == "size":
            return f"float({w.size(v.data)})", ATOM
        if v.op == "apply":
            template: str = getattr(ELEMENTWISE[v.data], self.column)
            return w.filled(template, v.args), ATOM if template.endswith(")") else SUM
        if v.op == "gram" and len(v.args) == 2:
            return None
        if v.op in self.plain:
            template = self.plain[v.op]
            simple = template.endswith((")", "]", ".T")) and " * " not in template
            return w.filled(template, v.args), ATOM if simple else SUM
        return None

    def absorbed(self, v: Value, w: Writing) -> Sequence[Value]:
        """Operands that need no lines, since the one for ``v`` computes them on the way."""
        return ()

    def reusing(self, v: Value, w: Writing) -> list[str]:
        """The lines that write a result over the operand that :meth:`reused` names."""
        raise NotImplementedError

    def statements(self, v: Value, target: str, w: Writing) -> list[str]:
        """The lines that compute into ``target`` what no single expression does."""
        raise UnsupportedError(f"no code for {v.op}")

    def returned(self, w: Writing, program: Program) -> list[str]:
        """The last line; arguments are never handed back themselves."""
        texts = []
        for o in program.outputs:
            text = w.bare(o.value)
            texts.append(self.copied(text) if is_view(o.value) else text)
        return [f"return {program.listed(texts)}"]

    def copied(self, text: str) -> str:
        """A copy of an array."""
        return text


def is_view(v: Value) -> bool:
    """Whether a value may share its memory with an argument."""
    owner = origin(v)
    return owner.op == "input" and owner.ndim > 0


def literal(value: Fraction) -> str:
    """A number as a Python literal.

    >>> literal(Fraction(1, 2)), literal(Fraction(-2))
    ('0.5', '(-2.0)')
    """
    text = repr(float(value)) if abs(value) < Fraction(10) ** 300 else f"float({str(value)!r})"
    return f"({text})" if value < 0 else text


def polynomial(t: str, low: Fraction, coefficients: Sequence[Fraction]) -> str:
    """A polynomial by Horner's rule: t^low*(c0 + c1*t + …).

    >>> polynomial("t", Fraction(2), [Fraction(1, 2), Fraction(0), Fraction(1, 4)])
    't * t * (0.5 + t * (t * 0.25))'
    """
    first, *others = [literal(c) for c in coefficients]
    text = others.pop() if others else first
    for c in reversed([first, *others] if len(coefficients) > 1 else []):
        text = f"({f'{c} + ' if c != '0.0' else ''}{t} * {text})"
    front = [t] * int(low) if low < 3 else [f"{t} ** {low}"]
    return " * ".join((*front, text))


def measured(w: Writing) -> list[str]:
    """The lines that give the sizes their names, those that are used."""
    return [f"{w.sizes[name]} = {w.origins[name]}" for name in w.needed]


def misfit(e: Expr, name: str, wanted: str) -> str:
    """The line that tells that a shape does not fit the others."""
    return (
        f'raise ValueError(f"{e.name} is {written_shape(e)}, which the other arguments make '
        f'{{{wanted}}}; its shape is {{{name}.shape}}")'
    )


def docstring(w: Writing, program: Program) -> str:
    """What the function is, what it takes and what it gives."""
    rows = [f"    {w.arguments[e.name]}: {described(e)}" for e in program.variables]
    returned = [f"    {o.label}" for o in program.outputs]
    text = "\n".join((program.about, "", "Arguments:", *rows, "", "Returns:", *returned))
    return text.replace("\\", "\\\\").replace('"""', "'''")


def described(e: Expr) -> str:
    """The kind, the shape and the properties of a variable."""
    properties = "".join(f", {p.replace('_', ' ')}" for p in e.data[1])
    return f"{e.kind}{'' if e.is_scalar else f', {e.rows}×{e.cols}'}{properties}"
