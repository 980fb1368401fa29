"""The two sides of a claim in floating point, at one point and at many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy

from matrixcalc.checks.points import (
    WAYS,
    Values,
    close,
    draw,
    grids,
    nudged,
    owners_of,
    size_list,
)
from matrixcalc.checks.sought import Question, Reading
from matrixcalc.derivative import Derivative
from matrixcalc.errors import MatrixCalcError
from matrixcalc.expr import Expr, topological
from matrixcalc.products import Array

Pair = tuple[Values, Array, Array]
"""A point, our value there and the claimed one."""

_SLOW = ("expm", "logm", "sqrtm")
_POINTS = 3
_APART = 1e-6
_STEP = 1e-9
_TINY = 1e-10


def expressions(q: Question, r: Reading) -> list[Expr]:
    """All of a question that has variables."""
    found = (q.function, *q.targets, r.claimed, q.ours(r.layout))
    return [e for e in found if e is not None]


def sizes_of(q: Question, r: Reading) -> list[dict[str, int]]:
    """Choices of sizes, the preferred first."""
    return size_list([e for e in (q.function, *q.targets, r.claimed) if e is not None])


@dataclass(frozen=True)
class Sample:
    """Points of one choice of sizes, with our values and those of the claim."""

    sizes: dict[str, int]
    points: list[Values]
    right: list[Array]
    wrong: list[Array]

    @property
    def agrees(self) -> bool:
        """Whether the two sides are equal at all points, of which there are some."""
        pairs = zip(self.right, self.wrong, strict=True)
        return len(self.points) > 1 and all(close(a, b) for a, b in pairs)


def sampled(
    q: Question,
    r: Reading,
    more: Mapping[str, str] | None = None,
    other_than: Mapping[str, int] | None = None,
) -> Sample:
    """Some points of one choice of sizes, of one at which the sides differ if there is one.

    ``more`` gives some variables one property more; the sizes are ``other_than`` some.
    """
    owners = owners_of(expressions(q, r))
    best: list[Pair] = []
    used: dict[str, int] = {}
    for sizes in sizes_of(q, r):
        if sizes == other_than:
            continue
        found: list[Pair] = []
        for attempt in range(WAYS * 4):
            way = attempt if not found else attempt // 4
            pair = pair_at(q, r, draw(owners, sizes, attempt, way, more), sizes)
            if pair is None or max(_largest(pair[1]), _largest(pair[2])) < _TINY:
                continue
            if steady(q, r, pair, sizes):
                found.append(pair)
            if len(found) == _POINTS:
                break
        if len(found) > len(best):
            best, used = found, sizes
        if len(found) == _POINTS and not all(close(own, theirs) for _, own, theirs in found):
            best, used = found, sizes
            break
    return Sample(used, [p[0] for p in best], [p[1] for p in best], [p[2] for p in best])


class Search(NamedTuple):
    """What many points show: one at which the sides are apart, and whether the right side has
    no value at some at which the left side has one."""

    apart: Pair | None
    partly: bool


def search(q: Question, r: Reading) -> Search:
    """Look for a point at which the sides are apart, at many sizes and signs.

    Two sides may agree for odd sizes only, or for positive numbers only: so every variable
    changes its sign and its size by itself.
    """
    assert r.claimed is not None
    exprs = expressions(q, r)
    owners = owners_of(exprs)
    slow = any(e.op.startswith(_SLOW) for root in exprs for e in topological(root))
    slowest = any(e.op.endswith("_jacobian") for root in exprs for e in topological(root))
    attempts, enough = (10, 4) if slowest else (24, 12) if slow else (64, 40)
    done, partly = 0, False
    for sizes, seed, ways in _plan(sizes_of(q, r), list(owners), attempts):
        values = draw(owners, sizes, seed, ways)
        pair = pair_at(q, r, values, sizes)
        if pair is None:
            partly = partly or (
                not slow
                and grids([r.claimed], values, sizes) is None
                and ours_at(q, r, values, sizes) is not None
            )
            continue
        done += 1
        if not close(pair[1], pair[2], _APART) and firm(q, r, pair, sizes):
            return Search(pair, partly)
        if done == enough:
            break
    return Search(None, partly)


def _plan(
    choices: list[dict[str, int]], names: list[str], attempts: int
) -> Iterator[tuple[dict[str, int], int, dict[str, int]]]:
    random = numpy.random.default_rng(len(names))
    for attempt in range(attempts):
        way = attempt // len(choices)
        if way < WAYS:
            ways = dict.fromkeys(names, way)
        else:
            ways = {name: int(random.integers(WAYS)) for name in names}
        yield choices[attempt % len(choices)], 100 + attempt, ways


def firm(q: Question, r: Reading, pair: Pair, sizes: Mapping[str, int]) -> bool:
    """Whether the two values are more apart than rounding explains."""
    apart = _largest(pair[1] - pair[2])
    noise = _noise(q, r, pair, sizes) if apart > _TINY else None
    return noise is not None and apart > 10 * max(noise)


def steady(q: Question, r: Reading, pair: Pair, sizes: Mapping[str, int]) -> bool:
    """Whether neither value is a rounding error."""
    noise = _noise(q, r, pair, sizes)
    if noise is None:
        return False
    return all(
        n < 1e-4 * (_TINY + _largest(side)) for n, side in zip(noise, pair[1:], strict=True)
    )


def _noise(
    q: Question, r: Reading, pair: Pair, sizes: Mapping[str, int]
) -> tuple[float, float] | None:
    """By how much both values change at a point that is very near.

    At a singular matrix, or where all cancels, they change by as much as they are.
    """
    values, own, theirs = pair
    moved = nudged(owners_of(expressions(q, r)), values, _STEP)
    again = pair_at(q, r, moved, sizes)
    return None if again is None else (_largest(own - again[1]), _largest(theirs - again[2]))


def pair_at(q: Question, r: Reading, values: Values, sizes: Mapping[str, int]) -> Pair | None:
    """Both sides at a point; None outside the domain of either."""
    assert r.claimed is not None
    ours = q.ours(r.layout)
    wanted = [r.claimed] if ours is None else [r.claimed, ours]
    made = grids(wanted, values, sizes)
    if made is None:
        return None
    rows_cols = _rows_cols(r, sizes)
    own = _by_entries(q, r, values, rows_cols) if ours is None else _fitted(made[1], rows_cols)
    if own is None or own.shape != made[0].shape:
        return None
    return values, own, made[0]


def ours_at(q: Question, r: Reading, values: Values, sizes: Mapping[str, int]) -> Array | None:
    """Our answer at a point, in the shape that the claim must have."""
    ours = q.ours(r.layout)
    if ours is None:
        return _by_entries(q, r, values, _rows_cols(r, sizes))
    made = grids([ours], values, sizes)
    return None if made is None else _fitted(made[0], _rows_cols(r, sizes))


def _rows_cols(r: Reading, sizes: Mapping[str, int]) -> tuple[int, int]:
    rows, cols = (d.value(dict(sizes)) for d in r.shape)
    return rows, cols


def _fitted(a: Array, shape: tuple[int, int]) -> Array | None:
    """A value in the shape of the claim, stacked where the claim is by a stacked variable."""
    if a.shape == shape:
        return a
    return a.reshape(shape, order="F") if 1 in shape else None


def _by_entries(q: Question, r: Reading, values: Values, shape: tuple[int, int]) -> Array | None:
    """A derivative that only index form has, its entries put in their places."""
    if not isinstance(q.answer, Derivative):
        return None
    try:
        with numpy.errstate(all="ignore"):
            tensor = q.answer.as_tensor({n: _plain(a) for n, a in values.items()})
    except (MatrixCalcError, ArithmeticError, ValueError, numpy.linalg.LinAlgError):
        return None
    made = numpy.empty(shape)
    for index in numpy.ndindex(tensor.shape):
        made[r.place(index, tensor.shape)] = tensor[index]
    return made if numpy.isfinite(made).all() else None


def _plain(a: Array) -> Array:
    return a.reshape(-1) if 1 in a.shape and a.size > 1 else a


def _largest(a: Array) -> float:
    return float(numpy.abs(a).max(initial=0.0))
