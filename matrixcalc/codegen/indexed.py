"""Products with Kronecker factors in index form, so that no Kronecker product is formed.

``kron(A, B)*x`` is ``A_ij B_kl x_jl``: the long axis is two short ones, and what is multiplied
is the array x with its axis cut in two.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from matrixcalc import build
from matrixcalc.dims import ONE, Dim
from matrixcalc.expr import Expr
from matrixcalc.index import Factor, Index, Indices, Term, flat, multiply

PRODUCTS = frozenset({"mul", "had", "tr", "sum", "colsum", "rowsum"})
"""Operators that are a product or a contraction of one."""

_THROUGH = frozenset({"mul", "had", "T", "vec", "colsum", "rowsum"})


def is_long(e: Expr, long: Collection[Expr]) -> bool:
    """Whether a node is a Kronecker factor, or a product with one; ``long`` has those below."""
    return e.op in ("kron", "commutation") or (
        e.op in _THROUGH and any(a in long for a in e.args)
    )


def term_of(root: Expr, long: Collection[Expr], indices: Indices) -> Term | None:
    """A product with Kronecker factors, or the trace or sum of one, as one term.

    None where an axis is cut in two ways that do not fit.

    >>> from matrixcalc.infer import parse
    >>> e = parse("kron(A, B)*x")
    >>> term = term_of(e, {e, *e.args[:1]}, Indices())
    >>> [str(f) for f, _ in term.factors]
    ['x', 'B', 'A']
    """
    cuts = _Cuts(indices)
    free: tuple[Index, ...] = indices.axes(root)
    factors: list[Factor] = []
    todo: list[Factor] = [(root, free)]
    if root.op == "tr":
        i = indices.fresh(root.args[0].rows)
        todo = [(root.args[0], (i, i))]
    elif root.op == "sum":
        todo = [(root.args[0], indices.axes(root.args[0]))]
    while todo:
        e, axes = todo.pop()
        if e.op == "mul" and e in long:
            todo.extend(_chain(e, axes, indices))
        elif e.op == "had" and e in long:
            todo.extend((a, axes) for a in e.args)
        elif e.op == "colsum" and e in long:
            todo.append((e.args[0], (indices.fresh(e.args[0].rows), *axes)))
        elif e.op == "rowsum" and e in long:
            todo.append((e.args[0], (*axes, indices.fresh(e.args[0].cols))))
        elif e.op == "T":
            todo.append((e.args[0], axes[::-1]))
        elif e.op == "vec":
            rows, cols = (_axis(d, indices) for d in e.args[0].shape)
            cuts.same(axes[0], (*cols, *rows))
            todo.append((e.args[0], (*rows, *cols)))
        elif e.op == "kron":
            (top, right), (below, beside) = (
                [_axis(d, indices) for d in a.shape] for a in e.args
            )
            whole = [parts for parts in ((*top, *below), (*right, *beside)) if parts]
            for axis, parts in zip(axes, whole, strict=True):
                cuts.same(axis, parts)
            todo.extend(zip(e.args, ((*top, *right), (*below, *beside)), strict=True))
        elif e.op == "commutation":
            first, second = (indices.fresh(d) for d in e.data)
            cuts.same(axes[0], (first, second))
            cuts.same(axes[1], (second, first))
            factors.append((build.ones(e.data), (first, second)))
        else:
            if e.op in ("eye", "diag"):
                cuts.same(axes[0], flat(axes[1:]))
            factors.append((e, axes))
    if not cuts.solve():
        return None
    found = [(e, cuts.whole(axes)) for e, axes in factors]
    return multiply(Term((), (), cuts.whole(free)), found, cuts.whole(free), indices)


def _axis(d: Dim, indices: Indices) -> tuple[int, ...]:
    return () if d.is_one else (indices.fresh(d),)


def _chain(e: Expr, axes: tuple[Index, ...], indices: Indices) -> list[Factor]:
    """The factors of a product with their axes, the inner ones fresh."""
    found: list[Factor] = [(a, ()) for a in e.args if a.is_scalar]
    chain = [a for a in e.args if not a.is_scalar]
    left: tuple[Index, ...] = () if e.rows.is_one else axes[:1]
    last = axes[len(left) :]
    for k, a in enumerate(chain):
        right = last if k + 1 == len(chain) else _axis(a.cols, indices)
        found.append((a, (*left, *right)))
        left = right
    return found


class _Cuts:
    """Which indices are the same, and which are cut in shorter ones."""

    def __init__(self, indices: Indices) -> None:
        self.dims = indices.dims
        self.parts: dict[int, tuple[int, ...]] = {}
        self.pending: list[tuple[Index, Sequence[int]]] = []

    def of(self, axes: Sequence[Index]) -> list[int]:
        """Some axes in the shortest indices that are known."""
        made: list[int] = []
        todo = flat(axes)[::-1]
        while todo:
            i = todo.pop()
            if i in self.parts:
                todo.extend(reversed(self.parts[i]))
            else:
                made.append(i)
        return made

    def whole(self, axes: Sequence[Index]) -> tuple[Index, ...]:
        """The axes, each one index or a tuple of them."""
        found = [tuple(self.of([a])) for a in axes]
        return tuple(a[0] if len(a) == 1 else a for a in found)

    def same(self, axis: Index, other: Sequence[int]) -> None:
        """Note that an axis is one with others together."""
        self.pending.append((axis, other))

    def solve(self) -> bool:
        """Cut the longer indices until all that is the same is alike; whether that goes."""
        while self.pending:
            before = len(self.pending), len(self.parts)
            self.pending = [pair for pair in self.pending if not self._alike(*pair)]
            if (len(self.pending), len(self.parts)) == before:
                return False
        return True

    def _alike(self, axis: Index, other: Sequence[int]) -> bool:
        while True:
            a, b = self.of([axis]), self.of(other)
            place = next((k for k, (i, j) in enumerate(zip(a, b, strict=False)) if i != j), None)
            if place is None:
                return len(a) == len(b)
            for one, many in ((b, a), (a, b)):
                count = self._together(self.dims[one[place]], many[place:])
                if count:
                    self.parts[one[place]] = tuple(many[place : place + count])
                    break
            else:
                return False

    def _together(self, dim: Dim, indices: Sequence[int]) -> int:
        """How many of the indices make up a dimension; 0 where none do."""
        total = ONE
        for count, i in enumerate(indices, 1):
            total = total * self.dims[i]
            if total == dim:
                return count
        return 0
