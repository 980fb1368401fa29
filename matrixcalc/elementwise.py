"""Expressions written out entry by entry, over any scalar arithmetic.

This is the independent meaning of the language that verification rests on: it uses
neither the numeric kernels nor the differentials of the rule table, only the table's
``meaning`` texts, which say what a function is in terms of a few primitives.
A grid is a list of rows, each a list of scalars of the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product as cartesian
from typing import Any, Protocol

from matrixcalc.dims import ONE, Dim, Shape
from matrixcalc.errors import ShapeError, UnsupportedError
from matrixcalc.expr import Expr, topological
from matrixcalc.grids import Grid, adjugate, determinant, identity, inverse, product, transposed
from matrixcalc.operators import TABLE

PRIMITIVES = frozenset({"exp", "log", "sin", "cos", "asin", "acos", "atan", "erf", "sign", "abs"})
"""The elementwise functions that an arithmetic computes itself."""

_RENAMED = {"arcsin": "asin", "arccos": "acos", "arctan": "atan"}


class Arithmetic(Protocol):
    """What the entries are computed with. Scalars are opaque to this module."""

    def number(self, value: Fraction) -> Any: ...

    def pi(self) -> Any: ...

    def add(self, a: Any, b: Any) -> Any: ...

    def mul(self, a: Any, b: Any) -> Any: ...

    def div(self, a: Any, b: Any) -> Any: ...

    def dot(self, a: list[Any], b: list[Any]) -> Any:
        """The sum of products of two lists of equal length."""

    def power(self, base: Any, exponent: Any) -> Any:
        """A power; an exponent that is written as a number comes as a Fraction."""

    def function(self, name: str, x: Any) -> Any:
        """A primitive by its name in :data:`PRIMITIVES`."""

    def matrix_function(self, name: str, grid: Grid) -> Grid:
        """``expm``, ``logm`` or ``sqrtm``."""

    def greater(self, a: Any, b: Any) -> bool:
        """Whether the value of ``a`` is greater than that of ``b``."""


def write_out(
    expr: Expr, arithmetic: Arithmetic, values: Mapping[Expr, Grid], sizes: Mapping[str, int]
) -> Grid:
    """The entries of an expression.

    Args:
        expr: the expression; it is walked without recursion, shared parts once.
        arithmetic: what the entries are computed with.
        values: the entries of each variable.
        sizes: the size of each dimension name.

    Returns:
        A list of rows, with the expression's shape (1×1 for a scalar).

    Raises:
        UnsupportedError: a function without a meaning entry by entry, or one that the
        arithmetic does not have. ShapeError: operands that do not fit together.

    >>> from matrixcalc.build import add, sym, transpose
    >>> from matrixcalc.jets import Exact
    >>> A = sym("A", (Dim.named("n"), Dim.named("n")))
    >>> write_out(add(A, transpose(A)), Exact(), {A: [[1, 2], [3, 4]]}, {"n": 2})
    [[2, 5], [5, 8]]
    """
    return Writer(arithmetic, values, sizes).write(expr)


class Writer:
    """Writes expressions out, remembering the entries of each part."""

    def __init__(
        self, arithmetic: Arithmetic, values: Mapping[Expr, Grid], sizes: Mapping[str, int]
    ) -> None:
        self.arithmetic = arithmetic
        self.known: dict[Expr, Grid] = dict(values)
        self.sizes = dict(sizes)

    def write(self, expr: Expr) -> Grid:
        """The entries of an expression; see :func:`write_out`."""
        known = self.known
        order = topological(expr, lambda node: node not in known)
        needed = {expr}
        for e in reversed(order):
            if e in needed:
                needed.update(_operands(e))
        for e in order:
            if e in needed and e not in known:
                try:
                    grid = self._entries(e, [known[a] for a in _operands(e)])
                except (IndexError, ValueError):
                    raise ShapeError(f"the operands of {e.op} do not fit together") from None
                if (len(grid), len(grid[0])) != tuple(d.value(self.sizes) for d in e.shape):
                    raise ShapeError(f"the value of {e.op} has not the shape of the expression")
                known[e] = grid
        return known[expr]

    def _entries(self, e: Expr, args: list[Grid]) -> Grid:
        op = e.op
        rule = _RULES.get(op)
        if rule is not None:
            return rule(self.arithmetic, *args)
        if op in ("num", "pi", "size", "eye", "ones", "zeros", "commutation"):
            return self._constant(e)
        if op == "mul":
            return _product(self.arithmetic, e, args)
        if op == "pow" and not e.is_scalar:
            return _matrix_power(self.arithmetic, args[0], int(e.args[1].data))
        if op == "pow" and len(args) == 1:
            return _norm_power(self.arithmetic, args[0], int(e.args[1].data) // 2)
        if op in ("pow", "epow"):
            exponent = [[e.args[1].data]] if e.args[1].op == "num" else args[1]
            return _powers(self.arithmetic, args[0], exponent)
        if op == "sym":
            raise UnsupportedError(f"the variable {e.name} has no entries")
        name = _RENAMED.get(op, op)
        if name in PRIMITIVES:
            function = self.arithmetic.function
            return [[function(name, x) for x in row] for row in args[0]]
        if op in TABLE:
            return self._by_meaning(e, args)
        raise UnsupportedError(f"{op} has no meaning entry by entry")

    def _constant(self, e: Expr) -> Grid:
        number = self.arithmetic.number
        if e.op == "num":
            return [[number(e.data)]]
        if e.op == "pi":
            return [[self.arithmetic.pi()]]
        if e.op == "size":
            return [[number(Fraction(e.data.value(self.sizes)))]]
        rows, cols = (d.value(self.sizes) for d in e.shape)
        if e.op == "commutation":
            n, m = (d.value(self.sizes) for d in e.data)
            unit = identity(self.arithmetic, rows)
            return [unit[j * n + i] for i in range(n) for j in range(m)]
        if e.op == "eye":
            return identity(self.arithmetic, rows)
        entry = number(Fraction(1 if e.op == "ones" else 0))
        return [[entry] * cols for _ in range(rows)]

    def _by_meaning(self, e: Expr, args: list[Grid]) -> Grid:
        formal = [formal_argument("AB"[i], a.shape) for i, a in enumerate(e.args)]
        meaning = template(e.op, tuple(formal))
        sizes = {
            dim.names[0]: length
            for argument, grid in zip(formal, args, strict=True)
            for dim, length in zip(argument.shape, (len(grid), len(grid[0])), strict=True)
            if dim.names
        }
        values = dict(zip(formal, args, strict=True))
        return Writer(self.arithmetic, values, sizes).write(meaning)


def _operands(e: Expr) -> tuple[Expr, ...]:
    """What an entry of ``e`` is made of: an even power of a norm does without the root."""
    if e.op == "pow" and e.args[0].op == "norm2":
        exponent = e.args[1]
        if exponent.op == "num" and exponent.data % 2 == 0:
            return e.args[0].args
    return e.args


def _norm_power(arithmetic: Arithmetic, grid: Grid, k: int) -> Grid:
    """The k-th power of the sum of squares."""
    total = _total(arithmetic, [arithmetic.mul(x, x) for row in grid for x in row])
    return [[arithmetic.power(total, k)]]


def formal_argument(name: str, shape: Shape) -> Expr:
    """The variable that stands for an argument of this kind in a template."""
    from matrixcalc import build

    first, second = (Dim.named(n) for n in (("n", "m") if name == "A" else ("p", "q")))
    square = shape[0] == shape[1]
    rows = ONE if shape[0].is_one else first
    cols = ONE if shape[1].is_one else first if square else second
    return build.sym(name, (rows, cols))


def _declaration(argument: Expr) -> str:
    dims = ", ".join(str(d) for d in argument.shape if not d.is_one)
    return f"{argument.kind}({dims})" if dims else argument.kind


_templates: dict[tuple[str, tuple[Expr, ...]], Expr] = {}


def forget() -> None:
    """Drop the meanings that were read, after a change of the table."""
    _templates.clear()


def template(op: str, formal: tuple[Expr, ...]) -> Expr:
    """What a function of the table means, for formal arguments ``A``, ``B``.

    Raises UnsupportedError for a row that says nothing of it.
    """
    found = _templates.get((op, formal))
    if found is None:
        from matrixcalc.infer import parse

        row = TABLE[op]
        text = row.meaning or row.definition
        if not text or row.meaning.startswith(f"{op}("):
            raise UnsupportedError(f"{op} has no meaning entry by entry")
        found = parse(text, {a.name: _declaration(a) for a in formal})
        _templates[op, formal] = found
    return found


# Primitives on grids


def _add(arithmetic: Arithmetic, *grids: Grid) -> Grid:
    add = arithmetic.add
    result = grids[0]
    for g in grids[1:]:
        result = [
            [add(x, y) for x, y in zip(r, s, strict=True)] for r, s in zip(result, g, strict=True)
        ]
    return result


def _had(arithmetic: Arithmetic, *grids: Grid) -> Grid:
    mul = arithmetic.mul
    result = grids[0]
    for g in grids[1:]:
        result = [
            [mul(x, y) for x, y in zip(r, s, strict=True)] for r, s in zip(result, g, strict=True)
        ]
    return result


def _product(arithmetic: Arithmetic, e: Expr, args: list[Grid]) -> Grid:
    scale: Any = None
    chain: list[Grid] = []
    for operand, grid in zip(e.args, args, strict=True):
        if operand.is_scalar:
            scale = grid[0][0] if scale is None else arithmetic.mul(scale, grid[0][0])
        else:
            chain.append(grid)
    if not chain:
        return [[scale]]
    if len(chain[-1][0]) <= len(chain[0]):
        result = chain.pop()
        while chain:
            result = product(arithmetic, chain.pop(), result)
    else:
        result = chain[0]
        for grid in chain[1:]:
            result = product(arithmetic, result, grid)
    if scale is None:
        return result
    return [[arithmetic.mul(scale, x) for x in row] for row in result]


def _matrix_power(arithmetic: Arithmetic, grid: Grid, exponent: int) -> Grid:
    if exponent < 0:
        grid, exponent = inverse(arithmetic, grid), -exponent
    result: Grid | None = None
    while True:
        if exponent & 1:
            result = grid if result is None else product(arithmetic, result, grid)
        exponent >>= 1
        if not exponent:
            break
        grid = product(arithmetic, grid, grid)
    return identity(arithmetic, len(grid)) if result is None else result


def _powers(arithmetic: Arithmetic, base: Grid, exponent: Grid) -> Grid:
    power = arithmetic.power
    rows = max(len(base), len(exponent))
    cols = max(len(base[0]), len(exponent[0]))
    return [[power(_at(base, i, j), _at(exponent, i, j)) for j in range(cols)] for i in range(rows)]


def _at(grid: Grid, i: int, j: int) -> Any:
    """An entry, of a grid that may be 1×1 and stand for a larger one."""
    return grid[i if len(grid) > 1 else 0][j if len(grid[0]) > 1 else 0]


def _total(arithmetic: Arithmetic, entries: list[Any]) -> Any:
    total = entries[0]
    for x in entries[1:]:
        total = arithmetic.add(total, x)
    return total


def _sum(arithmetic: Arithmetic, grid: Grid) -> Grid:
    return [[_total(arithmetic, [x for row in grid for x in row])]]


def _colsum(arithmetic: Arithmetic, grid: Grid) -> Grid:
    return [[_total(arithmetic, list(column)) for column in zip(*grid, strict=True)]]


def _rowsum(arithmetic: Arithmetic, grid: Grid) -> Grid:
    return [[_total(arithmetic, row)] for row in grid]


def _trace(arithmetic: Arithmetic, grid: Grid) -> Grid:
    return [[_total(arithmetic, [row[i] for i, row in enumerate(grid)])]]


def _diag(arithmetic: Arithmetic, grid: Grid) -> Grid:
    entries = [x for row in grid for x in row]
    zero = arithmetic.number(Fraction(0))
    return [[x if i == j else zero for j in range(len(entries))] for i, x in enumerate(entries)]


def _diagonal(_: Arithmetic, grid: Grid) -> Grid:
    return [[row[i]] for i, row in enumerate(grid)]


def _vec(_: Arithmetic, grid: Grid) -> Grid:
    return [[x] for column in zip(*grid, strict=True) for x in column]


def _kron(arithmetic: Arithmetic, a: Grid, b: Grid) -> Grid:
    return [[arithmetic.mul(x, y) for x in r for y in s] for r in a for s in b]


def _cumsum(arithmetic: Arithmetic, grid: Grid) -> Grid:
    if len(grid) == 1:
        return transposed(_cumsum_down(arithmetic, transposed(grid)))
    return _cumsum_down(arithmetic, grid)


def _cumsum_down(arithmetic: Arithmetic, grid: Grid) -> Grid:
    rows = [grid[0]]
    for row in grid[1:]:
        rows.append([arithmetic.add(x, y) for x, y in zip(rows[-1], row, strict=True)])
    return rows


def _pinv(arithmetic: Arithmetic, grid: Grid) -> Grid:
    """The pseudoinverse of a matrix of full rank."""
    other = transposed(grid)
    if len(grid) == len(other):
        return inverse(arithmetic, grid)
    if len(grid) > len(other):
        return product(arithmetic, inverse(arithmetic, product(arithmetic, other, grid)), other)
    return product(arithmetic, other, inverse(arithmetic, product(arithmetic, grid, other)))


def _extreme(sign: int) -> Callable[[Arithmetic, Grid], Grid]:
    def rule(arithmetic: Arithmetic, grid: Grid) -> Grid:
        entries = [x for row in grid for x in row]
        best = entries[0]
        for x in entries[1:]:
            if arithmetic.greater(x, best) if sign > 0 else arithmetic.greater(best, x):
                best = x
        return [[best]]

    return rule


def _of_matrix(name: str) -> Callable[[Arithmetic, Grid], Grid]:
    return lambda arithmetic, grid: arithmetic.matrix_function(name, grid)


def _frechet(name: str) -> Callable[[Arithmetic, Grid, Grid], Grid]:
    """The derivative of a matrix function: the corner of f([[A, B], [0, A]])."""

    def rule(arithmetic: Arithmetic, a: Grid, b: Grid) -> Grid:
        n = len(a)
        zero = arithmetic.number(Fraction(0))
        block = [[*r, *s] for r, s in zip(a, b, strict=True)] + [[zero] * n + r for r in a]
        return [row[n:] for row in arithmetic.matrix_function(name, block)[:n]]

    return rule


def _jacobian(name: str) -> Callable[[Arithmetic, Grid], Grid]:
    """The matrix of vec(E) -> vec(L(A, E)), one column for each unit matrix E."""
    along = _frechet(name)

    def rule(arithmetic: Arithmetic, a: Grid) -> Grid:
        n = len(a)
        zero, one = (arithmetic.number(Fraction(k)) for k in (0, 1))
        columns = []
        for col, row in cartesian(range(n), repeat=2):
            unit = [[zero] * n for _ in range(n)]
            unit[row][col] = one
            change = along(arithmetic, a, unit)
            columns.append([change[i][j] for j in range(n) for i in range(n)])
        return [list(entries) for entries in zip(*columns, strict=True)]

    return rule


_RULES: dict[str, Callable[..., Grid]] = {
    "add": _add,
    "had": _had,
    "T": lambda _, grid: transposed(grid),
    "sum": _sum,
    "colsum": _colsum,
    "rowsum": _rowsum,
    "tr": _trace,
    "diag": _diag,
    "diagonal": _diagonal,
    "vec": _vec,
    "kron": _kron,
    "cumsum": _cumsum,
    "det": lambda arithmetic, grid: [[determinant(arithmetic, grid)]],
    "adj": adjugate,
    "pinv": _pinv,
    "max": _extreme(1),
    "min": _extreme(-1),
    **{name: _of_matrix(name) for name in ("expm", "logm", "sqrtm")},
    **{f"{name}_frechet": _frechet(name) for name in ("expm", "logm", "sqrtm")},
    **{f"{name}_jacobian": _jacobian(name) for name in ("expm", "logm", "sqrtm")},
}
