"""The graph of array operations between a formula and its code.

A vector or a row is an array with one axis here, so that transposes of them vanish; a
scalar has none. Values are interned: what is computed twice is one object, and a
common subexpression is found by being made again.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from matrixcalc.dims import Dim

Dims = tuple[Dim, ...]


class Value:
    """One array operation: what is done, to what, and the axes of the result."""

    __slots__ = ("args", "data", "dims", "note", "op")

    def __init__(self, op: str, args: tuple[Value, ...], data: Any, dims: Dims) -> None:
        self.op = op
        self.args = args
        self.data = data
        self.dims = dims
        self.note = ""

    @property
    def ndim(self) -> int:
        return len(self.dims)


class Builder:
    """Makes values, each once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Value] = {}

    def make(self, op: str, *args: Value, dims: Dims, data: Any = None) -> Value:
        """The one value for this operation."""
        key = (op, args, data, dims)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Value(op, args, data, dims)
        return found

    def number(self, value: Fraction | int) -> Value:
        return self.make("number", dims=(), data=Fraction(value))

    def transpose(self, a: Value) -> Value:
        """The transpose; of a scalar or of an array with one axis it is the array itself."""
        if a.ndim < 2 or a.op == "eye":
            return a
        if a.op == "T":
            return a.args[0]
        if a.op == "outer":
            return self.make("outer", a.args[1], a.args[0], dims=a.dims[::-1])
        if a.op in ("ones", "zeros"):
            return self.make(a.op, dims=a.dims[::-1])
        if a.op == "input" and is_symmetric(a):
            return a
        return self.make("T", a, dims=a.dims[::-1])

    def unary(self, name: str, a: Value) -> Value:
        return self.make("apply", a, dims=a.dims, data=name)

    def binary(self, op: str, a: Value, b: Value) -> Value:
        """An elementwise ``add``, ``sub``, ``mul``, ``div`` or ``pow``, scalars broadcast."""
        one, zero = self.number(1), self.number(0)
        if op == "mul" and one in (a, b):
            return b if a is one else a
        if op in ("add", "sub") and b is zero:
            return a
        if op == "mul" and a.op == "number" and a.data == -1:
            return self.make("neg", b, dims=b.dims)
        return self.make(op, a, b, dims=a.dims if a.ndim >= b.ndim else b.dims)

    def scaled(self, scale: Value | None, a: Value) -> Value:
        return a if scale is None else self.binary("mul", scale, a)

    def rows(self, v: Value, a: Value) -> Value:
        """diag(v)*A: each row scaled, by broadcasting."""
        return self.make("scale_rows", v, a, dims=a.dims)

    def columns(self, a: Value, v: Value) -> Value:
        """A*diag(v): each column scaled, by broadcasting."""
        return self.make("scale_columns", a, v, dims=a.dims)

    def dot(self, a: Value, b: Value) -> Value:
        """The matrix product of arrays with one or two axes, the inner axis summed."""
        if is_symmetric(a) and b.ndim == 1:
            return self.make("symv", a, b, dims=b.dims)
        if is_symmetric(b) and a.ndim == 1:
            return self.make("symv", b, a, dims=a.dims)
        return self.make("dot", a, b, dims=(*a.dims[:-1], *b.dims[1:]))

    def outer(self, a: Value, b: Value) -> Value:
        return self.make("outer", a, b, dims=(*a.dims, *b.dims))


def is_symmetric(a: Value) -> bool:
    """Whether an input is declared symmetric."""
    return a.op == "input" and bool({"symmetric", "positive_definite"}.intersection(a.data[1]))


def schedule(outputs: list[Value]) -> list[Value]:
    """All values below the outputs, each once, operands first. No recursion."""
    order: list[Value] = []
    seen: set[Value] = set()
    stack = [(v, False) for v in reversed(outputs)]
    while stack:
        current, ready = stack.pop()
        if ready:
            order.append(current)
        elif current not in seen:
            seen.add(current)
            stack.append((current, True))
            stack.extend((a, False) for a in reversed(current.args) if a not in seen)
    return order
