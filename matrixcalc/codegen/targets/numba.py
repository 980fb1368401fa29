"""Numba: what is done entry by entry is compiled, in loops that share their passes over memory.

:mod:`matrixcalc.codegen.fusion` says what that is. All else is written as for NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from matrixcalc.codegen.fusion import (
    SINGLE,
    Nest,
    Segment,
    needs,
    overwritten,
    place,
    segments,
    viewed,
)
from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.targets.loops import NestWriter, indented
from matrixcalc.codegen.targets.numba_helpers import HELPERS, helped
from matrixcalc.codegen.targets.numpy import NumPyTarget, workspaces
from matrixcalc.codegen.targets.python import EXPRESSIVE, literal
from matrixcalc.codegen.unfolding import unfolded
from matrixcalc.codegen.writing import ATOM, Writing
from matrixcalc.dims import Dim
from matrixcalc.expr import Expr

_ROW_MAJOR = frozenset({"gram", "symv", "multi_dot"})
"""Library operations whose result is row-major without being asked."""

_INDICES = ("i", "j", "k", "l", "i1", "j1", "k1", "l1", "i2", "j2", "k2", "l2")
"""Names for the indices of loops; those that a variable has are left out."""

_DECORATOR = '@numba.njit(error_model="numpy")'
"""A division by zero gives an infinity, as in NumPy."""

_CALLS = {
    "dot": "np.dot({0}, {1})", "max": "np.max({0})", "min": "np.min({0})",
    "norm2": "np.linalg.norm({0})", "cumsum": "np.cumsum({0})",
}


class NumbaTarget(NumPyTarget):
    """NumPy code whose loops over entries are compiled by Numba."""

    modules = MappingProxyType(
        {"math": "import math", "numba": "import numba", **NumPyTarget.modules}
    )
    reserved = NumPyTarget.reserved | {"math", "numba", *HELPERS}
    extra = "numba"

    def rewritten(self, program: Program) -> Program:
        return unfolded(super().rewritten(program))

    @lru_cache(maxsize=256)  # noqa: B019, there is one target: what is compiled stays so
    def executed(self, text: str) -> Callable[..., Any]:
        return super().executed(text)

    def fits(self, arrays: Sequence[tuple[str, Sequence[Dim]]], w: Writing) -> list[str]:
        flags = [f"{name}.flags.c_contiguous" for name, _ in arrays]
        return [*super().fits(arrays, w), *flags]

    def converted(self, name: str, e: Expr) -> list[str]:
        *checks, made = super().converted(name, e)
        return [*checks, made.replace("dtype=float", "dtype=float, order='C'")]

    def computed(self, w: Writing, program: Program) -> list[str]:
        outputs = [o.value for o in program.outputs]
        for v in w.count(outputs):
            if v.op == "input":
                w.set(v, w.arguments[v.data[0]])
            elif v.op == "number":
                w.set(v, literal(v.data), ATOM)
            elif v.op == "size":
                w.set(v, f"float({w.dimension(v.data, w.sizes)})")
            elif v.op == "pi":
                w.set(v, "np.pi")
        indices = [w.fresh(n) for n in _INDICES if n not in w.taken]
        places = {o.value: p for p, o in zip(workspaces(program), program.outputs, strict=True)}
        parts = segments(outputs)
        made: list[str] = []
        for k, part in enumerate(parts):
            later = {viewed(v) for v in outputs}
            later.update(a for other in parts[:k] + parts[k + 1:] for a in _needed(other))
            if part.compiled:
                made += Kernel(part, later, w, indices, places).call()
            else:
                made += self._plain(part, later, w)
        for v in outputs:
            if v.op == "T":
                w.set(v, f"{w.name(v.args[0])}.T")
        return made

    def _plain(self, part: Segment, later: set[Value], w: Writing) -> list[str]:
        """The lines of operations that are left to the libraries."""
        made = []
        for v in part.steps:
            assert isinstance(v, Value)
            for a in v.args:
                if a.op == "T":
                    w.set(a, f"{w.name(a.args[0])}.T")
                elif a.op == "size":
                    w.size(a.data)
            found = self.expression(v, w)
            if found and v not in later and w.inlined(v, found[0], lambda v: v.op in EXPRESSIVE):
                w.set(v, *found)
                continue
            made += _note(v, w)
            name = w.temporary(v)
            made += [f"{name} = {found[0]}"] if found else self.statements(v, name, w)
            w.set(v, name)
        return made


def _needed(part: Segment) -> set[Value]:
    """All that a segment's operations need."""
    return {a for v in part.members() for a, _ in needs(v)}


class Kernel:
    """One compiled function: written before the function that calls it.

    Results with several axes are written into arrays that it is given: NumPy asks the system
    for large arrays in a better way than compiled code does.
    """

    def __init__(
        self,
        part: Segment,
        later: set[Value],
        w: Writing,
        indices: Sequence[str],
        places: Mapping[Value, str],
    ) -> None:
        self.part = part
        self.w = w
        self.later = later
        self.indices = indices
        self.places = places
        self.sizes: dict[str, None] = {}
        self.members = part.members()
        self.over = {
            v: a for v in self.members
            if v in part.arrays and (a := overwritten(v, part, w.uses)) and a not in later
        }
        self.outside: dict[Value, Value] = {}
        for v in self.members:
            root = v
            while root in self.over:
                root = self.over[root]
            if v in later and v.ndim > 1 and (root in part.arrays or root.op == "dot"):
                self.outside[root] = v
        self.allocated: list[str] = []
        self.filled: list[str] = []

    def call(self) -> list[str]:
        """The lines that call it; its text becomes one of the helpers."""
        w = self.w
        body: list[str] = []
        for step in self.part.steps:
            body += self._nest(step).lines() if isinstance(step, Nest) else self._single(step)
        given = self._given()
        names = [
            w.bare(v) for v in self.members if v in self.later and v not in self.outside.values()
        ]
        told = self._told_sizes(given)
        w.needed += [n for n in self.sizes if n not in told and n not in w.needed]
        others = [w.sizes[n] for n in self.sizes if n not in told]
        name = w.fresh("kernel")
        parameters = [*(w.bare(v) for v in given), *others, *self.filled]
        lines = [*told.values(), *body]
        if names:
            lines.append(f"return {', '.join(names)}")
        text = "\n".join(indented(lines, 1))
        w.helpers[name] = (
            f"{_DECORATOR}\ndef {name}({', '.join(parameters)}):\n{text}\n"
        )
        passed = [*(self._passed(v) for v in given), *others, *self.filled]
        front = f"{', '.join(names)} = " if names else ""
        return [*self.allocated, f"{front}{name}({', '.join(passed)})"]

    def array(self, v: Value, maker: str) -> tuple[str, list[str]]:
        """The array of a result, and the lines that make it."""
        w = self.w
        lines: list[str] = []
        if v in self.over:
            name = w.bare(self.over[v])
        elif v in self.outside:
            name = w.temporary(self.outside[v])
            shape = w.shape(v.dims)
            place = self.places.get(self.outside[v])
            if place and maker == "np.empty":
                self.allocated.append(f"{name} = np.empty({shape}) if {place} is None else {place}")
                w.placed.add(place)
            else:
                self.allocated.append(f"{name} = {maker}({shape})")
            self.filled.append(name)
        else:
            name = w.temporary(v)
            shape = ", ".join(self.size(d) for d in v.dims)
            lines = [f"{name} = {maker}({shape if v.ndim == 1 else f'({shape})'})"]
        w.set(v, name)
        return name, lines

    def _nest(self, nest: Nest) -> NestWriter:
        return NestWriter(nest, self.part.arrays, self.w, self.indices, self.size, self.array)

    def size(self, d: Dim) -> str:
        """A dimension, which the kernel must then know."""
        text = self.w.dimension(d, self.w.sizes)
        self.sizes.update(dict.fromkeys(d.names))
        return text

    def _given(self) -> list[Value]:
        """What it is called with: arguments in their order, then results of other parts."""
        found: dict[str, Value] = {}
        inside = set(self.members)
        for v in self.members:
            for a, _ in needs(v):
                if a.op == "size":
                    self.size(a.data)
                elif a not in inside and a.op not in ("number", "pi"):
                    # one variable is two values where its properties are left aside
                    found[self.w.bare(a)] = a
        order = list(self.w.arguments)
        return sorted(
            found.values(), key=lambda v: order.index(v.data[0]) if v.op == "input" else len(order)
        )

    def _told_sizes(self, given: Sequence[Value]) -> dict[str, str]:
        """For each size that the kernel's own arguments tell, the line that reads it."""
        told: dict[str, str] = {}
        for v in given:
            for k, d in enumerate(v.dims):
                if len(d.names) == 1 and d.factor == 1 and d.names[0] in self.sizes:
                    n = self.w.sizes[d.names[0]]
                    told.setdefault(d.names[0], f"{n} = {self.w.bare(v)}.shape[{k}]")
        return told

    def _single(self, v: Value) -> list[str]:
        w = self.w
        if f"stable_{v.op}" in HELPERS and v.op in SINGLE:
            text, level = f"{helped(f'stable_{v.op}', w)}({w.bare(v.args[0])})", ATOM
        elif v.op in _CALLS:
            names = [f"{w.bare(viewed(a))}{'.T' if a.op == 'T' else ''}" for a in v.args]
            text, level = _CALLS[v.op].format(*names), ATOM
            if v.op == "dot" and v in self.outside:
                name, _ = self.array(v, "np.empty")
                return [*_note(v, w), f"{text[:-1]}, {name})"]
        else:
            writer = self._nest(Nest((), ()))
            text, level = writer.composed(v)
            if writer.inner:
                return [*writer.inner, *self._named(v, text)]
            if v not in self.later and w.uses[v] == 1 and len(text) <= 48:
                w.set(v, text, level)
                return []
        return self._named(v, text)

    def _named(self, v: Value, text: str) -> list[str]:
        note = _note(v, self.w)
        name = self.w.temporary(v)
        self.w.set(v, name)
        return [*note, f"{name} = {text}"]

    def _passed(self, v: Value) -> str:
        """An argument of the call: matrix products want row-major arrays, loops take any."""
        multiplied = any(viewed(a) is v for u in self.members if u.op in _CALLS for a in u.args)
        text = self.w.bare(v)
        made_elsewhere = v.ndim and place(v) == "library" and v.op not in _ROW_MAJOR
        return f"np.ascontiguousarray({text})" if multiplied and made_elsewhere else text


def _note(v: Value, w: Writing) -> list[str]:
    return [f"# {v.note}"] if v.note and not w.telling(v) else []


TARGET = NumbaTarget()
