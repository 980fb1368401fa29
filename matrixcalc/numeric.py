"""Expressions and index forms evaluated with NumPy, in double precision.

Inside, every value is a 2-D array: a vector is n×1, a row 1×n, a scalar 1×1. The
graph is walked without recursion and each shared part is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache, reduce
from importlib import import_module
from typing import Any, Protocol

import numpy

from matrixcalc.dims import Dim
from matrixcalc.elementwise import formal_argument, template
from matrixcalc.errors import LimitError, UnsupportedError
from matrixcalc.expr import Expr, topological_many
from matrixcalc.extremes import extreme
from matrixcalc.operators import TABLE
from matrixcalc.products import Array, product
from matrixcalc.values import Values, bind, size_of

Index = int | tuple[int, ...]
"""An index of an index form: an id, or for a composite axis its ids, major to minor."""


class Term(Protocol):
    """A term of an index form: scalars times factors that carry indices."""

    @property
    def scalars(self) -> Sequence[Expr]: ...

    @property
    def factors(self) -> Sequence[tuple[Expr, tuple[Index, ...]]]: ...


def evaluate(expr: Expr, values: Values) -> Array:
    """The value of an expression, given a value for each of its variables.

    Args:
        expr: the expression.
        values: a number or array for each variable's name. A vector or a row of n entries
            may be given with shape (n,), (n, 1) or (1, n), a scalar as a float.

    Returns:
        An array of shape (n, m) for a matrix, (n, 1) for a vector, (1, n) for a row and
        () for a scalar. Outside a function's real domain entries are nan or infinite.

    Raises:
        UnknownNameError: a variable has no value. ShapeError: a value does not fit the
        declared shape. UnsupportedError: complex values; a function that needs SciPy.

    >>> from matrixcalc.build import mul, sym, transpose
    >>> from matrixcalc.dims import ONE, Dim
    >>> x = sym("x", (Dim.named("n"), ONE))
    >>> float(evaluate(mul(transpose(x), x), {"x": [3, 4]}))
    25.0
    """
    return evaluate_many([expr], values)[0]


def evaluate_many(
    exprs: Sequence[Expr], values: Values, sizes: Mapping[str, int] | None = None
) -> list[Array]:
    """The values of several expressions; what they share is computed once.

    ``sizes`` are those of dimension names that no variable fixes. Other arguments, result
    and errors as for :func:`evaluate`.

    >>> from matrixcalc.build import mul, num, sym
    >>> a = sym("a")
    >>> [float(v) for v in evaluate_many([a, mul(num(2), a)], {"a": 1.5})]
    [1.5, 3.0]
    """
    order = topological_many(exprs)
    arrays, found = bind(order, values, sizes)
    known = _run(order, arrays, found)
    return [known[e].reshape(()) if e.is_scalar else known[e] for e in exprs]


def contract(
    terms: Sequence[Term],
    free: Sequence[Index],
    dims: Mapping[int, Dim],
    values: Values,
    sizes: Mapping[str, int] | None = None,
) -> Array:
    """The array that an index form stands for.

    Args:
        terms: the terms, added. A factor has one index for each axis longer than one.
        free: the indices of the result's axes, in order; all others are summed. One that
            stands there twice is a Kronecker delta.
        dims: the dimension of each index.
        values: as for :func:`evaluate`.
        sizes: sizes of dimension names that no variable fixes.

    Raises:
        As :func:`evaluate`.

    >>> from types import SimpleNamespace
    >>> from matrixcalc.build import sym
    >>> n, m = Dim.named("n"), Dim.named("m")
    >>> form = [SimpleNamespace(scalars=(), factors=[(sym("A", (n, m)), (1, 2))])]
    >>> contract(form, (2,), {1: n, 2: m}, {"A": [[1, 2], [3, 4]]}).tolist()
    [4.0, 6.0]
    """
    needed = [e for t in terms for e in (*t.scalars, *(f for f, _ in t.factors))]
    order = topological_many(needed)
    arrays, found = bind(order, values, sizes)
    known = _run(order, arrays, found)
    extents = {i: size_of(d, found) for i, d in dims.items()}
    shape = tuple(_extent(i, extents) for i in free)
    total = numpy.zeros(shape)
    parts = [i for axis in free for i in _parts(axis)]
    for term in terms:
        total = total + _term(term, parts, extents, known).reshape(shape)
    return total


def _term(
    term: Term, free: list[int], extents: Mapping[int, int], known: Mapping[Expr, Array]
) -> Array:
    operands: list[Any] = []
    seen: set[int] = set()
    letters: dict[int, int] = {}
    for factor, indices in term.factors:
        ids = [i for axis in indices for i in _parts(axis)]
        seen.update(ids)
        operands.append(known[factor].reshape([extents[i] for i in ids]))
        operands.append([letters.setdefault(i, len(letters)) for i in ids])
    output: list[int] = []
    for i in free:
        letter = letters.setdefault(i, len(letters))
        if i not in seen:
            seen.add(i)
            operands += [numpy.ones(extents[i]), [letter]]
        if letter in output:
            again = letters.setdefault(-1 - len(output), len(letters))
            operands += [numpy.eye(extents[i]), [letter, again]]
            letter = again
        output.append(letter)
    coefficient = numpy.ones(())
    for scalar in term.scalars:
        coefficient = coefficient * known[scalar].reshape(())
    if not operands:
        return numpy.asarray(coefficient)
    return numpy.asarray(coefficient * _einsum(operands[::2], operands[1::2], output))


_LETTERS = 52
"""NumPy's einsum takes no more indices at once."""


def _einsum(arrays: list[Array], indices: list[list[int]], output: list[int]) -> Array:
    """einsum, factor by factor where there are too many indices for one call."""
    if len({i for ids in indices for i in ids}) <= _LETTERS:
        operands: list[Any] = [part for pair in zip(arrays, indices, strict=True) for part in pair]
        return numpy.asarray(numpy.einsum(*operands, output, optimize=len(arrays) > 2))
    total: Any = numpy.ones(())
    names: list[int] = []
    for k, (array, ids) in enumerate(zip(arrays, indices, strict=True)):
        needed = {i for others in indices[k + 1 :] for i in others}.union(output)
        keep = [i for i in dict.fromkeys((*names, *ids)) if i in needed]
        local = {i: place for place, i in enumerate(dict.fromkeys((*names, *ids)))}
        if len(local) > _LETTERS:
            raise LimitError(f"a term with more than {_LETTERS} open indices")
        lists: list[Any] = [[local[i] for i in part] for part in (names, ids, keep)]
        total = numpy.einsum(total, lists[0], array, lists[1], lists[2])
        names = keep
    return numpy.asarray(numpy.transpose(total, [names.index(i) for i in output]))


def _parts(axis: Index) -> tuple[int, ...]:
    return axis if isinstance(axis, tuple) else (axis,)


def _extent(axis: Index, extents: Mapping[int, int]) -> int:
    size = 1
    for i in _parts(axis):
        size *= extents[i]
    return size


# Evaluation


def _run(
    order: Sequence[Expr], arrays: dict[Expr, Array], sizes: dict[str, int]
) -> dict[Expr, Array]:
    known: dict[Expr, Array] = {}
    try:
        with numpy.errstate(all="ignore"):
            for e in order:
                if e.op == "sym":
                    known[e] = arrays[e]
                elif e.op in ("sign", "step") and e.args[0].op == "add":
                    known[e] = _apply(e, [_sum_for_sign(e.args[0], known)], sizes)
                else:
                    known[e] = _apply(e, [known[a] for a in e.args], sizes)
    except MemoryError:
        raise LimitError("an array of the calculation does not fit in memory") from None
    return known


def _sum_for_sign(e: Expr, known: Mapping[Expr, Array]) -> Array:
    """A sum that is zero where it should be: max(A) - A, or what is left but rounding error."""
    found = extreme(e)
    if found is not None:
        m, a, below = found
        seen = known[m.args[0]]
        gap = known[m] - (seen if a is m.args[0] else seen.T)
        return gap if below else -gap
    total = known[e]
    scale = reduce(numpy.add, [numpy.abs(known[t]) for t in e.args])
    return numpy.where(numpy.abs(total) <= 4 * numpy.finfo(float).eps * scale, 0.0, total)


def _apply(e: Expr, args: list[Array], sizes: dict[str, int]) -> Array:
    op = e.op
    if op == "add":
        total = args[0]
        for a in args[1:]:
            total = total + a
        return total
    if op == "mul":
        return product(args)
    if op == "had":
        result = args[0]
        for a in args[1:]:
            result = result * a
        return result
    if op == "num":
        return numpy.array([[_float(e.data)]])
    if op == "pow" and not e.is_scalar:
        return _matrix_power(args[0], int(e.args[1].data))
    if op in ("pow", "epow"):
        return numpy.asarray(numpy.power(args[0], args[1]))
    if op == "T":
        return args[0].T
    made = _constant(e, sizes)
    if made is not None:
        return made
    special = _CONTRACTIONS.get(op)
    if special is not None:
        return special(*args)
    row = TABLE.get(op)
    if row is None:
        raise UnsupportedError(f"{op} has no numeric value")
    if not row.numpy:
        return _by_meaning(e, args)
    return _function(op, row.numpy, args)


def _by_meaning(e: Expr, args: list[Array]) -> Array:
    """A function without a kernel of its own, by its meaning in the table."""
    formal = tuple(formal_argument(n, a.shape) for n, a in zip("AB", e.args, strict=False))
    values = {f.name: array for f, array in zip(formal, args, strict=True)}
    made = evaluate(template(e.op, formal), values)
    return made.reshape(1, 1) if made.ndim == 0 else made


def _constant(e: Expr, sizes: dict[str, int]) -> Array | None:
    if e.op == "pi":
        return numpy.array([[numpy.pi]])
    if e.op == "size":
        return numpy.array([[float(size_of(e.data, sizes))]])
    if e.op == "commutation":
        rows, cols = (size_of(d, sizes) for d in e.data)
        _allowed(rows * cols, rows * cols)
        order = numpy.arange(rows * cols).reshape(rows, cols, order="F")
        return numpy.eye(rows * cols)[order.reshape(-1)]
    if e.op in ("eye", "ones", "zeros"):
        shape = (size_of(e.rows, sizes), size_of(e.cols, sizes))
        _allowed(*shape)
        if e.op == "eye":
            return numpy.eye(shape[0])
        return numpy.ones(shape) if e.op == "ones" else numpy.zeros(shape)
    return None


MAX_ENTRIES = 2**28
"""Entries of a constant such as ``eye``, at most."""


def _allowed(rows: int, cols: int) -> None:
    if rows * cols > MAX_ENTRIES:
        raise LimitError(f"a constant of {rows}×{cols} has more than {MAX_ENTRIES:,} entries")


def _float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return numpy.inf if value > 0 else -numpy.inf


def _function(op: str, path: str, args: list[Array]) -> Array:
    try:
        value = numpy.asarray(_resolve(path)(*args), dtype=float)
    except (numpy.linalg.LinAlgError, ValueError):
        # no convergence, or refused, for nan or infinite entries
        if all(numpy.isfinite(a).all() for a in args):
            raise
        value = numpy.asarray(numpy.nan)
    if value.ndim == 2:
        return value
    if value.ndim == 0:
        rows, cols = args[0].shape
        if op == "pinv":
            return numpy.full((cols, rows), numpy.nan)
        if TABLE[op].signature.endswith("[n*n,n*n]"):
            return numpy.full((rows * rows, rows * rows), numpy.nan)
        if TABLE[op].signature.endswith("-> []") or args[0].size == 1:
            return value.reshape(1, 1)
        return numpy.full(args[0].shape, value)
    return value.reshape(-1, 1)


@cache
def _resolve(path: str) -> Callable[..., Any]:
    """The function that a dotted name of the rule table stands for."""
    module, _, name = path.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def _matrix_power(a: Array, k: int) -> Array:
    try:
        result = numpy.linalg.inv(a) if k == -1 else numpy.linalg.matrix_power(a, k)
    except numpy.linalg.LinAlgError:
        return numpy.full(a.shape, numpy.inf)
    return numpy.asarray(result)


def _diag(a: Array) -> Array:
    return numpy.diag(a.ravel())


def _diagonal(a: Array) -> Array:
    return numpy.diagonal(a).reshape(-1, 1)


_CONTRACTIONS: dict[str, Callable[..., Array]] = {
    "sum": lambda a: numpy.sum(a).reshape(1, 1),
    "colsum": lambda a: numpy.sum(a, axis=0, keepdims=True),
    "rowsum": lambda a: numpy.sum(a, axis=1, keepdims=True),
    "mean_columns": lambda a: numpy.mean(a, axis=0, keepdims=True),
    "mean_rows": lambda a: numpy.mean(a, axis=1, keepdims=True),
    "tr": lambda a: numpy.trace(a).reshape(1, 1),
    "diag": _diag,
    "diagonal": _diagonal,
    "kron": lambda a, b: numpy.asarray(numpy.kron(a, b)),
    "dot": lambda a, b: numpy.dot(a.ravel(), b.ravel()).reshape(1, 1),
    "outer": lambda a, b: numpy.outer(a, b),
}
