"""Counterexamples: small whole numbers at which the two sides of a claim differ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy

from matrixcalc.checks.points import WAYS, Values, draw, grids, owners_of
from matrixcalc.checks.sides import Pair, expressions, firm, ours_at, pair_at, sizes_of
from matrixcalc.checks.sought import STEP, Question, Reading
from matrixcalc.checks.verdict import Counterexample
from matrixcalc.claims import Verification
from matrixcalc.expr import Expr
from matrixcalc.products import Array

_APART = 1e-6


def counterexample(
    q: Question, r: Reading, outcome: Verification | None = None
) -> Counterexample | None:
    """Where the claim fails, in numbers as small as possible."""
    if r.claimed is None:
        return None
    for values, sizes in _small(q, r):
        pair = pair_at(q, r, values, sizes)
        if pair is not None and firm(q, r, pair, sizes):
            made = _apart(pair)
            if made is not None:
                return made
    return _of_outcome(outcome)


def without_shape(q: Question, r: Reading, claimed: Expr | None) -> Counterexample | None:
    """Our value, and beside it the claimed one, which has another shape."""
    for values, sizes in _small(q, r):
        own = ours_at(q, r, values, sizes)
        theirs = None if claimed is None else grids([claimed], values, sizes)
        if own is None or (claimed is not None and theirs is None):
            continue
        found = "something of another kind" if theirs is None else _matrix(theirs[0])
        return Counterexample(_shown(values), None, _matrix(own), found)
    return None


def _small(q: Question, r: Reading) -> Iterator[tuple[Values, dict[str, int]]]:
    """Whole numbers first, then numbers with one decimal."""
    owners = owners_of(expressions(q, r))
    choices = sizes_of(q, r)
    for whole in (True, False):
        for attempt in range(WAYS * 5):
            sizes = choices[attempt // WAYS % len(choices)]
            values = draw(owners, sizes, attempt, attempt % WAYS, whole=whole)
            if not whole:
                values = {n: numpy.round(a, 1) for n, a in values.items()}
            if STEP in values:
                values[STEP] = numpy.zeros((1, 1))
            yield values, sizes


def _apart(pair: Pair) -> Counterexample | None:
    values, own, theirs = pair
    apart = numpy.abs(own - theirs)
    places = numpy.argwhere(apart > _APART * max(1.0, float(numpy.abs(own).max())))
    if not len(places):
        return None
    i, j = (int(k) for k in places[0])
    return Counterexample(
        _shown(values), (i + 1, j + 1), f"{own[i, j]:.10g}", f"{theirs[i, j]:.10g}"
    )


def _shown(values: Values) -> dict[str, object]:
    return {n: _plain(a) for n, a in values.items() if n != STEP}


def _matrix(a: Array) -> str:
    return str(_plain(numpy.array([[float(f"{x:.6g}") for x in row] for row in a])))


def _plain(a: Array) -> object:
    whole = [[int(x) if float(x).is_integer() else float(x) for x in row] for row in a.tolist()]
    return whole[0][0] if a.size == 1 else whole


def _of_outcome(outcome: Verification | None) -> Counterexample | None:
    if outcome is None or outcome.mismatch is None:
        return None
    m = outcome.mismatch
    values = {n: [[str(x) for x in row] for row in grid] for n, grid in m.values.items()}
    entry = (m.entry[0] + 1 if m.entry else 1, m.entry[1] + 1 if len(m.entry) > 1 else 1)
    return Counterexample(values, entry, m.expected, m.found)
