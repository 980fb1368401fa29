"""Index form: products of factors with named indices, repeated ones summed.

``x'*A*x`` is ``x_i A_ij x_j``. A :class:`Term` is one product. An index is a number;
an axis of a Kronecker product or of ``vec`` carries a tuple of them, major to minor.
``free`` lists the axes that are not summed; an index that stands there twice is a
Kronecker delta.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from matrixcalc import build
from matrixcalc.dims import Dim
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr

Index = int | tuple[int, ...]
Factor = tuple[Expr, tuple[Index, ...]]


class Indices:
    """The indices of one computation, with the dimension of each."""

    def __init__(self) -> None:
        self.dims: dict[int, Dim] = {}
        self._next = count()

    def fresh(self, dim: Dim) -> int:
        index = next(self._next)
        self.dims[index] = dim
        return index

    def axes(self, e: Expr) -> tuple[int, ...]:
        """A fresh index for each axis of an expression longer than one."""
        return tuple(self.fresh(d) for d in e.shape if not d.is_one)


@dataclass(slots=True)
class Term:
    """scalars times factors, summed over every index that is not free."""

    scalars: tuple[Expr, ...]
    factors: tuple[Factor, ...]
    free: tuple[Index, ...]

    @property
    def coefficient(self) -> Expr:
        """The product of the scalar factors."""
        return build.mul(*self.scalars)

    def mapped(self, change: Callable[[Expr], Expr]) -> Term:
        """The term with every scalar and factor changed."""
        factors = tuple((change(e), axes) for e, axes in self.factors)
        return Term(tuple(map(change, self.scalars)), factors, self.free)

    def renamed(self, old: int, new: Index) -> Term:
        """The term with one index replaced by another (or by a tuple)."""
        return Term(
            self.scalars,
            tuple((e, _replace(ax, old, new)) for e, ax in self.factors),
            _replace(self.free, old, new),
        )


def single(axis: Index) -> int:
    """An axis that is known to be one index."""
    assert isinstance(axis, int)
    return axis


def flat(axes: Iterable[Index]) -> list[int]:
    """All single indices of some axes."""
    out: list[int] = []
    for a in axes:
        if isinstance(a, tuple):
            out.extend(a)
        else:
            out.append(a)
    return out


def _replace(axes: tuple[Index, ...], old: int, new: Index) -> tuple[Index, ...]:
    if old not in flat(axes):
        return axes
    out: list[Index] = []
    for a in axes:
        if a == old:
            out.append(new)
        elif isinstance(a, tuple) and old in a:
            out.append(tuple(flat([new if i == old else i for i in a])))
        else:
            out.append(a)
    return tuple(out)


def unify(term: Term, a: Index, b: Index, indices: Indices) -> Term:
    """The term with two axes made one (multiplied by a delta and summed).

    Raises UnsupportedError when a composite axis is cut at different places.
    """
    if a == b:
        return term
    if isinstance(a, int) and isinstance(b, int):
        return term.renamed(b, a)
    if isinstance(a, int) and isinstance(b, tuple):
        return term if a in b else term.renamed(a, b)
    if isinstance(b, int) and isinstance(a, tuple):
        return term.renamed(b, a)
    assert isinstance(a, tuple)
    assert isinstance(b, tuple)
    if [indices.dims[i] for i in a] != [indices.dims[i] for i in b]:
        raise UnsupportedError(
            "an axis is cut in two different ways by vec and kron: not supported yet"
        )
    pairs = list(zip(a, b, strict=True))
    for i, j in pairs:
        if i != j:
            term = term.renamed(j, i)
            pairs = [(x if x != j else i, y if y != j else i) for x, y in pairs]
    return term


def multiply(
    term: Term, factors: Sequence[Factor], free: tuple[Index, ...], indices: Indices
) -> Term:
    """The term times more factors, with other free axes; factors are taken apart.

    A transpose swaps its axes, a scalar multiple gives its scalars, ``ones`` vanish,
    ``eye`` and ``diag`` make two axes one, an outer product becomes two vectors. A sum
    over an index on which nothing stands any more is the length of its axis.
    """
    scalars = list(term.scalars)
    done = list(term.factors)
    merges: list[tuple[Index, Index]] = []
    todo = list(reversed(factors))
    while todo:
        e, axes = todo.pop()
        if e.is_scalar:
            scalars.append(e)
        elif e.op == "T":
            todo.append((e.args[0], axes[::-1]))
        elif e.op == "ones":
            continue
        elif e.op == "eye":
            merges.append((axes[0], axes[1]))
        elif e.op == "commutation":
            i, j = (indices.fresh(d) for d in e.data)
            merges.append((axes[0], (i, j)))
            merges.append((axes[1], (j, i)))
        elif e.op == "diag":
            todo.append((e.args[0], axes[:1]))
            merges.append((axes[0], axes[1]))
        elif e.op == "mul":
            front = [a for a in e.args if a.is_scalar]
            if front:
                scalars.extend(front)
                todo.append((build.mul(*e.args[len(front) :]), axes))
                continue
            cut = next((i for i, a in enumerate(e.args) if i and a.rows.is_one), None)
            if cut is None:
                done.append((e, axes))
            else:
                todo.append((build.mul(*e.args[cut:]), axes[-1:]))
                todo.append((build.mul(*e.args[:cut]), axes[:1]))
        else:
            done.append((e, axes))
    touched = dict.fromkeys(flat([*term.free, *(a for _, axes in factors for a in axes)]))
    made = Term(tuple(scalars), tuple(done), free)
    same: dict[int, int] = {}
    for k, (a, b) in enumerate(merges):
        before = made
        touched.update(dict.fromkeys(flat((a, b))))
        _note(same, a, b)
        made = unify(made, a, b, indices)
        if made is not before:
            follow = _mapping(a, b)
            merges[k + 1 :] = [(_apply(x, follow), _apply(y, follow)) for x, y in merges[k + 1 :]]
    standing = flat([*made.free, *(a for _, axes in made.factors for a in axes)])
    present = {_root(same, i) for i in standing}
    lost = {_root(same, i) for i in touched} - present - {_SPLIT}
    if lost:
        lengths = tuple(build.size(indices.dims[i]) for i in sorted(lost))
        made = Term((*made.scalars, *lengths), made.factors, made.free)
    return made


_SPLIT = -1
"""Stands for an index that has been replaced by the parts of a composite axis."""


def _root(same: dict[int, int], i: int) -> int:
    while i in same:
        i = same[i]
    return i


def _note(same: dict[int, int], a: Index, b: Index) -> None:
    """Note which indices a merge of two axes makes one."""
    if isinstance(a, int) and isinstance(b, int):
        pairs = [(a, b)]
    elif isinstance(a, tuple) and isinstance(b, tuple):
        pairs = list(zip(a, b, strict=False))
    else:
        whole = a if isinstance(a, int) else b
        assert isinstance(whole, int)
        pairs = [(_SPLIT, whole)]
    for i, j in pairs:
        i, j = _root(same, i), _root(same, j)
        if i != j:
            same[j] = i


def _mapping(a: Index, b: Index) -> tuple[int, Index] | None:
    if isinstance(b, int):
        return (b, a)
    if isinstance(a, int):
        return (a, b)
    return None


def _apply(axis: Index, change: tuple[int, Index] | None) -> Index:
    if change is None:
        return axis
    return _replace((axis,), *change)[0]


def explicit(term: Term, indices: Indices) -> Term:
    """The term with every free index named once; a repetition becomes a factor ``eye``."""
    seen: set[int] = set()
    factors = list(term.factors)
    free: list[Index] = []
    for axis in term.free:
        parts: list[int] = []
        for i in axis if isinstance(axis, tuple) else (axis,):
            if i in seen:
                new = indices.fresh(indices.dims[i])
                factors.append((build.eye(indices.dims[i]), (i, new)))
                i = new
            seen.add(i)
            parts.append(i)
        free.append(tuple(parts) if isinstance(axis, tuple) else parts[0])
    return Term(term.scalars, tuple(factors), tuple(free))
