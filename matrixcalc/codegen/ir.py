"""The graph of array operations between a formula and its code.

A vector or a row is an array with one axis here, so that transposes of them vanish; a
scalar has none. Values are interned: what is computed twice is one object, and a
common subexpression is found by being made again.

The operations (``Value.op``), with what ``data`` holds; a target must know them all:

=================  =================================================================
``input``          a variable; data ``(name, properties)``
``number``         a Fraction; ``pi``; ``size``: a dimension as a number, data a Dim
``ones``, ``zeros``, ``eye``  constants by their axes; ``full(s)``, ``scaled_eye(s)``
``add sub mul div pow``  elementwise on equal axes, a scalar broadcast; ``neg(a)``
``apply(a)``       an elementwise function, data its name
``T(A)``           transpose of a matrix; ``reshape(a)``: row-major, to the axes
``vec(A)``         columns stacked; ``diag(v)``; ``diagonal(A)``
``add_diag(A, v)`` A with v (one axis, or a scalar) added to its diagonal
``scale_rows(v, A)``, ``scale_columns(A, v)``  diag(v)*A and A*diag(v)
``dot(a, b)``      the product, the last axis of a with the first of b summed
``multi_dot``      a chain of matrices whose best order the sizes decide at run time
``symv(A, x)``     A*x for a declared symmetric A
``gram(Z, s?)``    Z'*Z, times the scalar s where it is given
``plus_transpose(A)``  A + A'
``outer(a, b)``    a*b' of two vectors; ``kron(a, b)``: data tells which are columns (n1),
                   rows (1n) or numbers (11) where one is not a matrix, else None
``trace_product(A, B)``  tr(A*B); ``tr``, ``sum``, ``colsum`` (by columns), ``rowsum``
``norm1 norm2 max min logsumexp``  to a scalar; ``softmax log_softmax cumsum`` of a vector
``softmax_rest(p)``  1 - p for a softmax p; the largest as the sum of the others
``softmax_columns log_softmax_columns logsumexp_columns``  each column of a matrix by itself
``centred(A, s)``  A less its mean s'*A in each row, for a softmax s
``softmax_times(A, s)``  diag(s)*centred(A, s), which is (diag(s) - s*s')*A
``softmax_jacobian(s)``  diag(s) - s*s'
``near(t, a)``     t^k*(c0 + c1*t + …) where abs(t) < h, else a, on equal axes; data
                   ``(h, k, c0, c1, …)``
``logaddexp(a, b)``  log(exp(a) + exp(b)) of equal axes
``lu(A)``, ``cholesky(A)``  a factorisation; only the four that follow take one:
``solve(F, b)``    inv(A)*b, or inv(A')*b where data is True; ``inverse(F)``;
``logdet(F)``      log abs(det(A))
``det pinv adj expm logm sqrtm``  of a matrix; ``matrix_power(A)``, data the exponent
``expm_frechet logm_frechet sqrtm_frechet``  of a matrix and a direction;
``expm_jacobian logm_jacobian sqrtm_jacobian``  their matrices by vec
``einsum(a)``, ``einsum(a, b)``  one or two arrays, data ``(subscripts, out)`` with
                   indices as small numbers, none twice in one of two arrays
``stack(a, …)``    arrays with equal axes along a new first axis
``assemble(c, …)`` a sum of cores, each written along a diagonal of a zero array; data
                   holds for each core ``(its indices, the indices of the result)``; only
                   the first may have all axes
``copy(a)``        the same array in a place of its own
``diagonal_operator(d)``  V -> d.*V; as the next five, only for a target with operators
``kronecker_operator(A, B)``  V -> A*V*B', ``crossed_operator(A, B)`` V -> A*V'*B'; a number
                   or a vector stands for a diagonal matrix
``block_operator(B)``  a matrix for each row (data 0) or column (1) of V, B their stack
``operator_sum(a, …)``  of operators; ``low_rank_operator(a?, u, v, …)``: an operator, where
                   there is one, plus u*v' for each pair, each with the variable's axes, or
                   for a vector a matrix of several columns
=================  =================================================================
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from matrixcalc.dims import Dim

Dims = tuple[Dim, ...]

_VIEWS = frozenset({"T", "reshape", "vec", "diagonal"})


class Value:
    """One array operation: what is done, to what, and the axes of the result.

    ``place`` counts the values of one builder in the order in which they are made. ``note``
    says what it is: a text, or an expression that is written where the note is.
    """

    __slots__ = ("args", "data", "dims", "note", "op", "place")

    def __init__(
        self, op: str, args: tuple[Value, ...], data: Any, dims: Dims, place: int = 0
    ) -> None:
        self.op = op
        self.place = place
        self.args = args
        self.data = data
        self.dims = dims
        self.note: object = ""

    @property
    def ndim(self) -> int:
        return len(self.dims)


class Builder:
    """Makes values, each once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Value] = {}

    def knows(self, op: str, *args: Value, dims: Dims, data: Any = None) -> bool:
        """Whether this value has been made."""
        return (op, args, data, dims) in self._known

    def make(self, op: str, *args: Value, dims: Dims, data: Any = None) -> Value:
        """The one value for this operation."""
        key = (op, args, data, dims)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Value(op, args, data, dims, len(self._known))
        return found

    def number(self, value: Fraction | int) -> Value:
        return self.make("number", dims=(), data=Fraction(value))

    def transpose(self, a: Value) -> Value:
        """The transpose; of a scalar or of an array with one axis it is the array itself."""
        if a.ndim < 2 or a.op in ("eye", "gram", "plus_transpose"):
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

    def negate(self, a: Value) -> Value:
        if a.op == "number":
            return self.number(-a.data)
        return a.args[0] if a.op == "neg" else self.make("neg", a, dims=a.dims)

    def binary(self, op: str, a: Value, b: Value) -> Value:
        """An elementwise ``add``, ``sub``, ``mul``, ``div`` or ``pow``, scalars broadcast."""
        one, zero = self.number(1), self.number(0)
        if op == "mul" and one in (a, b):
            return b if a is one else a
        if op in ("add", "sub") and b is zero:
            return a
        if op == "mul" and a.op == "number" and a.data == -1:
            return self.negate(b)
        if op == "add" and b.op == "T" and b.args[0] is a:
            return self.make("plus_transpose", a, dims=a.dims)
        if op == "add" and a.op == "T" and a.args[0] is b:
            return self.make("plus_transpose", b, dims=b.dims)
        dims = a.dims if a.ndim >= b.ndim else b.dims
        if op in ("add", "mul") and self.knows(op, b, a, dims=dims):
            a, b = b, a
        return self.make(op, a, b, dims=dims)

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
        found = self.known_dot(a, b)
        if found is not None:
            return found
        if a.op == b.op == "T":
            return self.transpose(self.dot(b.args[0], a.args[0]))
        op, a, b = self._dot(a, b)
        return self.make(op, a, b, dims=(*a.dims[:-1], *b.dims[1:]))

    def known_dot(self, a: Value, b: Value) -> Value | None:
        """The product, or the transpose of its transpose, if it has been made."""
        op, a, b = self._dot(a, b)
        dims = (*a.dims[:-1], *b.dims[1:])
        if self.knows(op, a, b, dims=dims):
            return self.make(op, a, b, dims=dims)
        if a.ndim == b.ndim == 2:
            op, a, b = self._dot(self.transpose(b), self.transpose(a))
            if self.knows(op, a, b, dims=dims[::-1]):
                return self.transpose(self.make(op, a, b, dims=dims[::-1]))
        elif a.ndim == b.ndim == 1 and self.knows(op, b, a, dims=dims):
            return self.make(op, b, a, dims=dims)
        return None

    def _dot(self, a: Value, b: Value) -> tuple[str, Value, Value]:
        """The one way in which a product is written: y'*A and A'*y are one value."""
        a, b = self._turned(a), self._turned(b)
        if a.ndim == 1 and b.ndim == 2:
            a, b = self.transpose(b), a
        return ("symv" if is_symmetric(a) and b.ndim == 1 else "dot"), a, b

    def _turned(self, a: Value) -> Value:
        """diag(v)*A' as the transpose of A*diag(v): the scaled matrix lies in memory as A does."""
        if a.op == "scale_rows" and a.args[1].op == "T":
            return self.transpose(self.columns(a.args[1].args[0], a.args[0]))
        if a.op == "scale_columns" and a.args[0].op == "T":
            return self.transpose(self.rows(a.args[1], a.args[0].args[0]))
        return a

    def outer(self, a: Value, b: Value) -> Value:
        return self.make("outer", a, b, dims=(*a.dims, *b.dims))


def is_symmetric(a: Value) -> bool:
    """Whether an input is declared symmetric."""
    return a.op == "input" and bool({"symmetric", "positive_definite"}.intersection(a.data[1]))


def origin(v: Value) -> Value:
    """The value whose memory an array may share."""
    while v.args:
        if v.op == "assemble":
            out, free = v.data[0]
            if len(v.args) > 1 or len(set(free)) < len(free) or set(out) != set(free):
                break
        elif v.op not in _VIEWS and not (v.op == "einsum" and len(v.args) == 1):
            break
        v = v.args[0]
    return v


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
