"""Index forms written out entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product as cartesian
from typing import Any, Protocol

from matrixcalc.dims import Dim
from matrixcalc.elementwise import Writer
from matrixcalc.expr import Expr

Index = int | tuple[int, ...]
Table = dict[tuple[int, ...], Any]
"""Entries by their indices; what is missing is zero."""


class Term(Protocol):
    """A product of an index form: see :class:`matrixcalc.index.Term`."""

    @property
    def scalars(self) -> Sequence[Expr]: ...

    @property
    def factors(self) -> Sequence[tuple[Expr, tuple[Index, ...]]]: ...

    @property
    def free(self) -> tuple[Index, ...]: ...


def parts(axes: Sequence[Index]) -> list[int]:
    """All single indices of some axes, composite ones taken apart."""
    return [i for axis in axes for i in (axis if isinstance(axis, tuple) else (axis,))]


def sum_terms(terms: Sequence[Term], dims: Mapping[int, Dim], writer: Writer) -> Table:
    """The entries of an index form, by the positions along the axes of ``free``."""
    total: Table = {}
    for term in terms:
        for place, x in _term(term, dims, writer).items():
            total[place] = writer.arithmetic.add(total[place], x) if place in total else x
    return total


def _term(term: Term, dims: Mapping[int, Dim], writer: Writer) -> Table:
    arithmetic = writer.arithmetic
    extents = {i: d.value(writer.sizes) for i, d in dims.items()}
    free = list(dict.fromkeys(parts(term.free)))
    names: list[int] = []
    table: Table = {}
    coefficient: Any = None
    for scalar in term.scalars:
        x = writer.write(scalar)[0][0]
        coefficient = x if coefficient is None else arithmetic.mul(coefficient, x)
    waiting = [(parts(axes), writer.write(e), e) for e, axes in term.factors]
    while waiting:
        best = max(range(len(waiting)), key=lambda k: len(set(waiting[k][0]) & set(names)))
        ids, grid, e = waiting.pop(best)
        needed = {i for others, _, _ in waiting for i in others}.union(free)
        fresh_names, fresh = _factor(e, grid, ids, extents)
        if not names and not table:
            names, table = fresh_names, fresh
            table, names = _summed(table, names, needed, arithmetic.add)
        else:
            table, names = _joined(table, names, fresh, fresh_names, needed, arithmetic)
        if not table:
            return {}
    if not term.factors:
        table = {(): 1 if coefficient is None else coefficient}
        coefficient = None
    absent = [i for i in free if i not in names]
    result: Table = {}
    for key, x in table.items():
        if coefficient is not None:
            x = arithmetic.mul(coefficient, x)
        for more in cartesian(*(range(extents[i]) for i in absent)):
            at = dict(zip((*names, *absent), (*key, *more), strict=True))
            result[tuple(_position(axis, at, extents) for axis in term.free)] = x
    return result


def _position(axis: Index, at: Mapping[int, int], extents: Mapping[int, int]) -> int:
    place = 0
    for i in axis if isinstance(axis, tuple) else (axis,):
        place = place * extents[i] + at[i]
    return place


def _factor(
    e: Expr, grid: list[list[Any]], ids: list[int], extents: Mapping[int, int]
) -> tuple[list[int], Table]:
    """The entries of a factor that are not zero, by its distinct indices."""
    names = list(dict.fromkeys(ids))
    entries = [x for row in grid for x in row]
    table: Table = {}
    shape = [range(extents[i]) for i in ids]
    for place, x in zip(cartesian(*shape), entries, strict=True):
        if not x:
            continue
        at: dict[int, int] = {}
        if all(at.setdefault(i, p) == p for i, p in zip(ids, place, strict=True)):
            table[tuple(at[i] for i in names)] = x
    return names, table


def _summed(
    table: Table, names: list[int], needed: set[int], add: Callable[[Any, Any], Any]
) -> tuple[Table, list[int]]:
    keep = [k for k, i in enumerate(names) if i in needed]
    if len(keep) == len(names):
        return table, names
    result: Table = {}
    for key, x in table.items():
        place = tuple(key[k] for k in keep)
        result[place] = add(result[place], x) if place in result else x
    return result, [names[k] for k in keep]


def _joined(
    left: Table,
    left_names: list[int],
    right: Table,
    right_names: list[int],
    needed: set[int],
    arithmetic: Any,
) -> tuple[Table, list[int]]:
    """The product of two tables, summed over the indices that nothing needs any more."""
    shared = [i for i in left_names if i in right_names]
    of_left = [left_names.index(i) for i in shared]
    of_right = [right_names.index(i) for i in shared]
    more = [k for k, i in enumerate(right_names) if i not in shared]
    names = left_names + [right_names[k] for k in more]
    keep = [k for k, i in enumerate(names) if i in needed]
    groups: dict[tuple[int, ...], list[tuple[tuple[int, ...], Any]]] = {}
    for key, x in right.items():
        common = tuple(key[k] for k in of_right)
        groups.setdefault(common, []).append((tuple(key[k] for k in more), x))
    result: Table = {}
    for key, x in left.items():
        for rest, y in groups.get(tuple(key[k] for k in of_left), ()):
            full = key + rest
            place = tuple(full[k] for k in keep)
            value = arithmetic.mul(x, y)
            result[place] = arithmetic.add(result[place], value) if place in result else value
    return result, [names[k] for k in keep]
