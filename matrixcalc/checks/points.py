"""Points in floating point at which the two sides of a claim are compared quickly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy

from matrixcalc.errors import MatrixCalcError
from matrixcalc.expr import Expr, topological
from matrixcalc.numeric import evaluate_many
from matrixcalc.products import Array
from matrixcalc.sampling import size_choices

WAYS = 4
Values = dict[str, Array]


def owners_of(exprs: Iterable[Expr]) -> dict[str, Expr]:
    """Each variable by name, with the most that is known of it."""
    found: dict[str, Expr] = {}
    for root in exprs:
        for e in topological(root):
            if e.op == "sym":
                known = found.get(e.name)
                if known is None or len(e.data[1]) > len(known.data[1]):
                    found[e.name] = e
    return found


def sizes_for(exprs: Iterable[Expr]) -> dict[str, int]:
    """A size for each name of a dimension, all different."""
    nodes = [e for root in exprs for e in topological(root)]
    return next(iter(size_choices(nodes)), {})


def size_list(exprs: Iterable[Expr]) -> list[dict[str, int]]:
    """Some choices of sizes, the preferred first."""
    nodes = [e for root in exprs for e in topological(root)]
    return list(size_choices(nodes))[:6] or [{}]


def draw(
    owners: Mapping[str, Expr],
    sizes: Mapping[str, int],
    seed: int,
    way: int,
    more: Mapping[str, str] | None = None,
    whole: bool = False,
) -> Values:
    """Values for all variables; ``more`` gives some of them one property more."""
    random = numpy.random.default_rng(seed)
    values: Values = {}
    for name, e in owners.items():
        shape = tuple(d.value(dict(sizes)) for d in e.shape)
        properties = set(e.data[1])
        if more and name in more:
            properties.add(more[name])
        values[name] = _draw(random, shape, properties, way, whole)
    return values


def _draw(
    random: Any, shape: tuple[int, ...], properties: set[str], way: int, whole: bool
) -> Array:
    if whole:
        first, last = ((-3, 4), (1, 4), (1, 7), (-6, 7))[way % WAYS]
        made = random.integers(first, last, size=shape).astype(float)
    else:
        low, high = ((-1.5, 1.5), (0.2, 1.7), (-0.7, 0.7), (1.2, 2.5))[way % WAYS]
        made = random.uniform(low, high, size=shape)
    if "positive" in properties:
        made = numpy.abs(made) + (1.0 if whole else 0.1)
    if "nonzero" in properties:
        made = numpy.where(made == 0, 1.0, made)
    if shape[0] != shape[1] or shape[0] == 1:
        return numpy.asarray(made)
    if "orthogonal" in properties:
        if whole:
            made = numpy.eye(shape[0])[random.permutation(shape[0])]
        else:
            made = numpy.linalg.qr(made)[0]
    elif "diagonal" in properties:
        made = numpy.diag(numpy.diag(made))
        if "positive_definite" in properties:
            made = numpy.abs(made) + numpy.eye(shape[0])
    elif "positive_definite" in properties:
        made = made @ made.T + numpy.eye(shape[0])
    elif "symmetric" in properties:
        made = numpy.tril(made) + numpy.tril(made, -1).T
    elif "skew" in properties:
        made = numpy.tril(made, -1) - numpy.tril(made, -1).T
    return numpy.asarray(made)


def grids(exprs: list[Expr], values: Values) -> list[Array] | None:
    """The expressions as 2-D arrays; None outside their domain."""
    try:
        with numpy.errstate(all="ignore"):
            made = evaluate_many(exprs, values)
    except (MatrixCalcError, ArithmeticError, ValueError, numpy.linalg.LinAlgError):
        return None
    arrays = [numpy.atleast_2d(a) for a in made]
    if not all(numpy.isfinite(a).all() for a in arrays):
        return None
    if any(numpy.abs(a).max(initial=0) > 1e12 for a in arrays):
        return None
    return arrays


def close(a: Array, b: Array, tolerance: float = 1e-7) -> bool:
    """Whether two arrays are equal up to rounding."""
    if a.shape != b.shape:
        return False
    scale = max(1e-12, float(numpy.abs(a).max(initial=0)), float(numpy.abs(b).max(initial=0)))
    return float(numpy.abs(a - b).max(initial=0)) <= tolerance * scale
