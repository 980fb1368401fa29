"""A user's gradient function checked against the derivative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy

from matrixcalc.checks.points import WAYS, Values, close, draw, grids, owners_of, sizes_for
from matrixcalc.checks.slips import Evidence, diagnose
from matrixcalc.checks.verdict import Counterexample, Verdict
from matrixcalc.derive import derive
from matrixcalc.errors import ShapeError, UnsupportedError
from matrixcalc.products import Array

POINTS = 3
TOLERANCE = 1e-4


def check_code(
    fun: Callable[..., Any] | None,
    grad: Callable[..., Any],
    expression: str,
    wrt: str,
    vars: Mapping[str, str] | None = None,
    layout: str = "mixed",
    tolerance: float = TOLERANCE,
) -> Verdict:
    """Compare a numerical gradient function with the derivative at random points.

    Args:
        fun: the function, called with the variables by name; None to check the gradient alone.
        grad: its derivative by ``wrt``, called in the same way. Vectors are given as 1-D
            arrays, matrices as 2-D, scalars as floats; what comes back may be an array of NumPy,
            JAX or torch, with or without axes of length one.
        expression, wrt, vars: the function and the variable in matrixcalc's language.
        layout: the layout of what ``grad`` gives; ``"mixed"`` is the shape of the variable.
        tolerance: the relative difference that counts as rounding.

    Raises:
        As :func:`matrixcalc.derive`; UnsupportedError where no points are found.

    >>> check_code(None, lambda x: 2*x, "x'*x", "x").status
    'true'
    >>> check_code(None, lambda x: x, "x'*x", "x").slip
    'factor'
    """
    d = derive(expression, wrt, vars=vars, layout=layout, verify=False)
    result = d.result
    if result is None:
        raise UnsupportedError("this derivative has no matrix form to compare with")
    owners = owners_of([d.function, result])
    sizes = sizes_for([d.function, result])
    points: list[Values] = []
    right: list[Array] = []
    wrong: list[Array] = []
    claim = f"{getattr(grad, '__name__', 'grad')} is d({expression})/d{wrt}"
    for attempt in range(WAYS * 5):
        values = draw(owners, sizes, attempt, attempt)
        own = grids([d.function, result], values)
        if own is None:
            continue
        given = {name: _argument(a) for name, a in values.items()}
        if fun is not None and not close(
            own[0].reshape(-1), as_numpy(fun(**given)).reshape(-1), tolerance
        ):
            sentence = "the function itself is another one than the expression"
            shown = {n: a.tolist() for n, a in values.items()}
            found = str(as_numpy(fun(**given)).tolist())
            counter = Counterexample(shown, None, str(own[0].tolist()), found)
            return Verdict("false", claim, [], layout, d, counter, "other", sentence)
        points.append(values)
        right.append(own[1])
        wrong.append(as_numpy(grad(**given)))
        if len(points) == POINTS:
            break
    if not points:
        raise UnsupportedError("no points were found at which the function is real and smooth")
    fitted = [_fit(w, r) for w, r in zip(wrong, right, strict=True)]
    if all(f is not None and close(f, r, tolerance) for f, r in zip(fitted, right, strict=True)):
        return Verdict("true", claim, [], layout, d, detail=f"equal at {len(points)} random points")
    shown = {n: a.tolist() for n, a in points[0].items()}
    first = fitted[0]
    if first is None or any(f is None for f in fitted):
        if all(close(w.T, r, tolerance) for w, r in zip(wrong, right, strict=True)):
            slip, sentence = "transposed", "it is the transpose of the right answer"
        else:
            slip = "shape"
            sentence = f"its shape is {wrong[0].shape}; {right[0].shape} would fit"
        counter = Counterexample(shown, None, str(right[0].tolist()), str(wrong[0].tolist()))
    else:
        kept = [f for f in fitted if f is not None]
        found_slip = diagnose(Evidence(d.function, [], result, result, points, right, kept, sizes))
        slip, sentence = found_slip.name, found_slip.sentence
        i, j = (int(k) for k in numpy.argwhere(numpy.abs(first - right[0]) > 0)[0])
        counter = Counterexample(shown, (i + 1, j + 1), str(right[0][i, j]), str(first[i, j]))
    return Verdict(
        "false", claim, [], layout, d, counter, slip, f"{sentence}; the right answer is {d}"
    )


def assert_gradient(grad: Callable[..., Any], expression: str, wrt: str, **options: Any) -> None:
    """Fail with the diagnosis where a gradient function is wrong: for use in tests.

    Options as for :func:`check_code`, ``fun`` among them.

    >>> assert_gradient(lambda x: 2*x, "x'*x", "x")
    """
    verdict = check_code(options.pop("fun", None), grad, expression, wrt, **options)
    if verdict.status != "true":
        raise AssertionError(str(verdict))


def as_numpy(value: Any) -> Array:
    """An array of NumPy from one of NumPy, JAX or torch, or from a number."""
    for name in ("detach", "cpu"):
        step = getattr(value, name, None)
        if callable(step):
            value = step()
    try:
        return numpy.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ShapeError(f"{type(value).__name__} is no array of numbers") from None


def _argument(a: Array) -> Any:
    if a.size == 1:
        return float(a.reshape(-1)[0])
    return a.reshape(-1) if 1 in a.shape else a


def _fit(a: Array, like: Array) -> Array | None:
    if a.shape == like.shape:
        return a
    if a.size == like.size and (a.ndim < 2 or (1 in like.shape and a.ndim != 2)):
        return a.reshape(like.shape)
    return None
