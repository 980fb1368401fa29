"""Expressions: immutable, interned nodes with a kind and a symbolic shape.

One object stands for one expression: equal expressions are the same object, so
that ``is`` compares them and a shared subexpression is stored once. Nodes are made
by the constructors of :mod:`matrixcalc.build`, which bring them to normal form.

The operators (``Expr.op``), with what ``args`` and ``data`` hold:

=========  ==========================================================================
``sym``    a variable; data ``(name, properties)``, properties a sorted tuple
``num``    a number; data a Fraction
``pi``     the constant
``size``   a dimension used as a number; data a Dim
``commutation``  the matrix that takes vec(A) to vec(A'); data rows and columns of A
``eye``    the identity; ``ones``: all entries 1; ``zeros``: all entries 0 (not scalar)
``add``    two or more terms of one shape (a scalar beside a matrix is ``s*ones``)
``mul``    matrix product: a number (first, not 1) and scalars, then the other factors
``had``    elementwise product of two or more factors of one shape, none scalar
``pow``    power of a scalar by a scalar, or of a square matrix by a whole number
           (``inv`` is the power -1, ``sqrt`` of a scalar the power 1/2)
``epow``   elementwise power of a vector or matrix by a scalar or by its like
``T``      transpose; never of a scalar, a product, a Hadamard product
=========  ==========================================================================

Every other ``op`` is the name of a row of :mod:`matrixcalc.operators`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from matrixcalc.dims import SCALAR, Dim, Shape

COMMUTATIVE = frozenset({"add", "had"})


class Expr:
    """A node of the expression graph; see the module's table of operators.

    Attributes:
        op: the operator; args: its operands; data: what else it holds.
        shape: rows and columns, each a :class:`~matrixcalc.dims.Dim`.
        key: 16 bytes that are the same for expressions equal up to the order of the
            terms of sums, of elementwise factors and of scalar factors, in any process.
        cost: about how many signs and names it takes to write the expression
            (shared parts counted each time).
        lean: how much longer the transpose is to write; negative where it is shorter.
        flipped: the transpose, once it is known (a cache of ``build.transpose``).
        rest: what a number multiplies, once it is known (a cache of ``build.split_number``).
        is_scalar: whether the shape is 1×1.
    """

    __slots__ = (
        "__weakref__",
        "args",
        "cost",
        "data",
        "flipped",
        "is_scalar",
        "key",
        "lean",
        "op",
        "rest",
        "shape",
    )

    op: str
    args: tuple[Expr, ...]
    data: Any
    shape: Shape
    key: bytes
    cost: int
    lean: int
    flipped: Expr | None
    rest: Expr | None
    is_scalar: bool

    @property
    def rows(self) -> Dim:
        return self.shape[0]

    @property
    def cols(self) -> Dim:
        return self.shape[1]

    @property
    def order(self) -> int:
        """Number of axes: 0 for a scalar, 1 for a vector or row, 2 for a matrix."""
        return (not self.shape[0].is_one) + (not self.shape[1].is_one)

    @property
    def kind(self) -> str:
        """``"scalar"``, ``"vector"``, ``"row"`` or ``"matrix"``."""
        if self.shape[1].is_one:
            return "scalar" if self.shape[0].is_one else "vector"
        return "row" if self.shape[0].is_one else "matrix"

    @property
    def is_square(self) -> bool:
        return self.shape[0] == self.shape[1]

    @property
    def name(self) -> str:
        """The name of a variable (``sym`` only)."""
        result: str = self.data[0]
        return result

    @property
    def number(self) -> Fraction | None:
        """The value of a number, or None for anything else."""
        return self.data if self.op == "num" else None

    def __str__(self) -> str:
        from matrixcalc.printers.text import to_text

        return to_text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_latex_(self) -> str:
        from matrixcalc.printers.latex import to_latex

        return f"$\\displaystyle {to_latex(self)}$"

    def __reduce__(self) -> tuple[object, ...]:
        return (_unpickle, (list(_flatten(self)),))


_table: WeakValueDictionary[tuple[Any, ...], Expr] = WeakValueDictionary()
_adding = Lock()


def node(
    op: str,
    args: tuple[Expr, ...],
    data: Any,
    shape: Shape,
    cost: int,
    lean: int,
    key: bytes | None = None,
) -> Expr:
    """The one object for this node. Only the constructors call it."""
    identity = (op, args, data, shape)
    found = _table.get(identity)
    if found is not None:
        return found
    self = Expr.__new__(Expr)
    self.op = op
    self.args = args
    self.data = data
    self.shape = shape
    self.cost = cost
    self.lean = lean
    self.flipped = None
    self.rest = None
    self.is_scalar = shape == SCALAR
    self.key = key or _digest(op, args, data, shape)
    with _adding:
        # another thread may have been quicker
        found = _table.get(identity)
        if found is not None:
            return found
        _table[identity] = self
    return self


def _digest(op: str, args: tuple[Expr, ...], data: Any, shape: Shape) -> bytes:
    digest = blake2b(digest_size=16)
    digest.update(f"{op}|{data!r}|{_written(shape)}|".encode())
    if op in COMMUTATIVE:
        keys = sorted(a.key for a in args)
    elif op == "mul":
        scalars = [a for a in args if a.is_scalar]
        keys = sorted(a.key for a in scalars) + [a.key for a in args[len(scalars) :]]
    else:
        keys = [a.key for a in args]
    for key in keys:
        digest.update(key)
    return digest.digest()


@lru_cache(maxsize=256)
def _written(shape: Shape) -> str:
    return f"{shape[0]!s},{shape[1]!s}"


def topological(root: Expr, enter: Callable[[Expr], bool] | None = None) -> list[Expr]:
    """The nodes below ``root``, each once, operands before what uses them.

    ``enter(node)`` tells whether to go into the operands of a node. No recursion.
    """
    return list(_recent(root)) if enter is None else _walk((root,), enter)


def topological_many(roots: Sequence[Expr]) -> list[Expr]:
    """All nodes below several roots, each once, operands first."""
    return _walk(roots)


@lru_cache(maxsize=16)
def _recent(root: Expr) -> tuple[Expr, ...]:
    """The order below a root; one stage after another asks for that of the same root."""
    return tuple(_walk((root,)))


def _walk(roots: Sequence[Expr], enter: Callable[[Expr], bool] | None = None) -> list[Expr]:
    order: list[Expr] = []
    seen: set[Expr] = set()
    # a node in a tuple has had its operands
    stack: list[Expr | tuple[Expr]] = list(reversed(roots))
    while stack:
        current = stack.pop()
        if isinstance(current, tuple):
            order.append(current[0])
        elif current not in seen:
            seen.add(current)
            if current.args and (enter is None or enter(current)):
                stack.append((current,))
                stack.extend(current.args[::-1])
            else:
                order.append(current)
    return order


def depends_many(nodes: Sequence[Expr], targets: Iterable[Expr]) -> set[Expr]:
    """The nodes, operands first, in which one of the targets occurs."""
    found = set(targets)
    for e in nodes:
        if e not in found and any(a in found for a in e.args):
            found.add(e)
    return found


def depth(root: Expr) -> int:
    """The number of operators on the longest way from the root to a leaf."""
    level: dict[Expr, int] = {}
    for e in topological(root):
        level[e] = 1 + max((level[a] for a in e.args), default=-1)
    return level[root]


def symbols(root: Expr) -> list[Expr]:
    """The variables of an expression, in the order in which they are met."""
    return [e for e in topological(root) if e.op == "sym"]


def depends(root: Expr, targets: Iterable[Expr]) -> set[Expr]:
    """The nodes below ``root`` in which one of the targets occurs."""
    return depends_many(topological(root), targets)


Row = tuple[str, tuple[int, ...], Any, Shape, int, int, bytes]


def _flatten(root: Expr) -> Iterator[Row]:
    position: dict[Expr, int] = {}
    for e in topological(root):
        position[e] = len(position)
        args = tuple(position[a] for a in e.args)
        yield (e.op, args, e.data, e.shape, e.cost, e.lean, e.key)


def _unpickle(rows: list[Row]) -> Expr:
    made: list[Expr] = []
    for op, args, data, shape, cost, lean, key in rows:
        made.append(node(op, tuple(made[i] for i in args), data, shape, cost, lean, key))
    return made[-1]
