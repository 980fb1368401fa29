"""The entries of a derivative, paired with those that the function itself has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import product as cartesian
from typing import Any

from matrixcalc.expr import Expr
from matrixcalc.grids import Grid
from matrixcalc.jets import Exact
from matrixcalc.sampling import Direction, lies_within, plain

_CLOSE = Decimal("1e-30")
_NOISE = Decimal("1e-45")

Compared = tuple[tuple[int, ...], Any, Any, bool]
"""An index, the true entry, the claimed one, and whether only the space is at stake."""


class Tensor:
    """The derivative of a function by one variable or several, at given sizes."""

    def __init__(self, function: Expr, targets: tuple[Expr, ...], sizes: Mapping[str, int]) -> None:
        self.function = function
        self.targets = targets
        self.sizes = dict(sizes)

    def positions(self, e: Expr) -> list[tuple[int, int]]:
        rows, cols = (d.value(self.sizes) for d in e.shape)
        return [(i, j) for i in range(rows) for j in range(cols)]

    def identical(
        self,
        expected: Callable[[int, int, tuple[tuple[int, int], ...]], Any],
        claims: Mapping[str, Callable[[tuple[int, ...]], Any]],
    ) -> bool:
        """Whether every entry is equal, for arithmetic in which equality is exact."""
        for i, j in self.positions(self.function):
            for places in cartesian(*(self.positions(t) for t in self.targets)):
                index = self.full_index((i, j), places)
                true = expected(i, j, places)
                if any(found(index) != true for found in claims.values()):
                    return False
        return True

    def full_index(
        self, own: tuple[int, int], places: tuple[tuple[int, int], ...]
    ) -> tuple[int, ...]:
        index = position(self.function, own)
        for t, p in zip(self.targets, places, strict=True):
            index += position(t, p)
        return index

    def by_entry(
        self,
        arithmetic: Exact,
        value: Grid,
        moves: Sequence[list[Direction]],
        found: Callable[[tuple[int, ...]], Any],
    ) -> Iterator[Compared]:
        """Each entry of the tensor with what it should be."""
        owners = [by_place(m) for m in moves]
        for i, j in self.positions(self.function):
            entry = value[i][j]
            for places in cartesian(*(self.positions(t) for t in self.targets)):
                index = self.full_index((i, j), places)
                sign: Any = 1
                chosen = []
                for owner, place in zip(owners, places, strict=True):
                    n, factor = owner.get(place, (0, 0))
                    sign *= factor
                    chosen.append(n)
                true = sign * arithmetic.coefficient(entry, tuple(chosen)) if sign else 0
                yield index, true, found(index), False

    def contracted(
        self,
        arithmetic: Exact,
        value: Grid,
        moves: Sequence[list[Direction]],
        found: Callable[[tuple[int, ...]], Any],
        values: Mapping[Expr, Grid],
    ) -> Iterator[Compared]:
        """The tensor contracted with each direction, then what must vanish in its space."""
        for i, j in self.positions(self.function):
            first = position(self.function, (i, j))
            for chosen in cartesian(*(range(len(m)) for m in moves)):
                total: Any = 0
                steps = [list(moves[k][n].items()) for k, n in enumerate(chosen)]
                index: tuple[int, ...] = first
                for combination in cartesian(*steps):
                    index = first
                    factor: Any = 1
                    for t, (place, x) in zip(self.targets, combination, strict=True):
                        index += position(t, place)
                        factor = factor * x
                    total = total + factor * found(index)
                yield index, arithmetic.coefficient(value[i][j], chosen), total, False
            yield from self.outside(first, found, values)

    def outside(
        self,
        first: tuple[int, ...],
        found: Callable[[tuple[int, ...]], Any],
        values: Mapping[Expr, Grid],
    ) -> Iterator[Compared]:
        for k, target in enumerate(self.targets):
            if plain(target):
                continue
            others = [self.positions(t) for n, t in enumerate(self.targets) if n != k]
            rows, cols = (d.value(self.sizes) for d in target.shape)
            for places in cartesian(*others):
                before = first + tuple(
                    n
                    for t, p in zip(self.targets[:k], places[:k], strict=True)
                    for n in position(t, p)
                )
                after = tuple(
                    n
                    for t, p in zip(self.targets[k + 1 :], places[k:], strict=True)
                    for n in position(t, p)
                )
                array = [[found((*before, r, c, *after)) for c in range(cols)] for r in range(rows)]
                rest = lies_within(target, values[target], array)
                for r, row in enumerate(rest or []):
                    for c, x in enumerate(row):
                        got = array[r][c]
                        yield (*before, r, c, *after), got - x, got, True


def position(e: Expr, place: tuple[int, int]) -> tuple[int, ...]:
    """A position as an index with one number for each axis."""
    return tuple(p for p, d in zip(place, e.shape, strict=True) if not d.is_one)


def by_place(moves: list[Direction]) -> dict[tuple[int, int], tuple[int, Any]]:
    return {place: (n, x) for n, move in enumerate(moves) for place, x in move.items()}


def exactly(pairs: Iterator[Compared]) -> Compared | None:
    return next((p for p in pairs if p[1] != p[2]), None)


def clearly(pairs: Iterator[Compared]) -> Compared | None:
    """The first pair that differs by more than rounding can explain."""
    found = list(pairs)
    largest = max((max(abs(p[1]), abs(p[2])) for p in found), default=Decimal(0))
    noise = _NOISE * max(Decimal(1), Decimal(largest))
    for p in found:
        if abs(p[1] - p[2]) > _CLOSE * max(abs(p[1]), abs(p[2])) + noise:
            return p
    return None
