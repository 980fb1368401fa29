"""Points in floating point at which the two sides of a claim are compared quickly."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy

from matrixcalc.errors import MatrixCalcError
from matrixcalc.expr import Expr, topological
from matrixcalc.numeric import evaluate_many
from matrixcalc.products import Array
from matrixcalc.sampling import size_choices

WAYS = 5
_RANGES = ((-1.5, 1.5), (0.2, 1.7), (-0.7, 0.7), (1.2, 2.5), (-7.0, 7.0))
_WHOLE = ((-3, 4), (1, 4), (1, 7), (-6, 7), (-9, 10))
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
    found = list(size_choices(nodes))[:6]
    skew = [e for e in nodes if e.op == "sym" and "skew" in e.data[1]]
    if skew and found:
        # regular skew matrices have an even size, and at 2 too much is true
        found.insert(1, {**found[0], **{n: 4 for e in skew for n in e.rows.names}})
    return list({tuple(f.items()): f for f in found}.values()) or [{}]


def draw(
    owners: Mapping[str, Expr],
    sizes: Mapping[str, int],
    seed: int,
    way: int | Mapping[str, int],
    more: Mapping[str, str] | None = None,
    whole: bool = False,
) -> Values:
    """Values for all variables.

    Args:
        owners, sizes: the variables, and the size of each dimension.
        seed, way: which numbers; a way for all variables, or for each its own.
        more: gives some variables one property more.
        whole: whether to draw whole numbers.
    """
    random = numpy.random.default_rng(seed)
    values: Values = {}
    for name, e in owners.items():
        shape = tuple(d.value(dict(sizes)) for d in e.shape)
        properties = set(e.data[1])
        if more and name in more:
            properties.add(more[name])
        own = way if isinstance(way, int) else way[name]
        values[name] = _draw(random, shape, properties, own, whole)
    return values


def _draw(
    random: Any, shape: tuple[int, ...], properties: set[str], way: int, whole: bool
) -> Array:
    if whole:
        first, last = _WHOLE[way % WAYS]
        made = random.integers(first, last, size=shape).astype(float)
    else:
        low, high = _RANGES[way % WAYS]
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


def nudged(owners: Mapping[str, Expr], values: Values, step: float) -> Values:
    """The point moved a little, each entry by its own share, in the space of its properties."""
    random = numpy.random.default_rng(0)
    moved: Values = {}
    for name, a in values.items():
        shares = random.standard_normal(a.shape)
        if a.shape[0] == a.shape[1] and a.size > 1:
            if "orthogonal" in owners[name].data[1]:
                turn = numpy.eye(a.shape[0])
                turn[:2, :2] += [[0, -step], [step, 0]]
                moved[name] = a @ turn
                continue
            shares = shares + shares.T
        moved[name] = a * (1 + step * shares)
    return moved


def grids(
    exprs: list[Expr], values: Values, sizes: Mapping[str, int] | None = None
) -> list[Array] | None:
    """The expressions as 2-D arrays; None outside their domain.

    ``sizes`` tells those of the dimensions that no variable has.
    """
    try:
        with numpy.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = evaluate_many(exprs, values, sizes)
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
