"""A user's gradient function checked against the derivative."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy

from matrixcalc import build
from matrixcalc.checks.points import WAYS, Values, close, draw, grids, owners_of, size_list
from matrixcalc.checks.slips import Evidence, Slip, diagnose
from matrixcalc.checks.verdict import Counterexample, Verdict
from matrixcalc.derivative import Derivative
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
    args: Sequence[str] | None = None,
    array: Callable[[Any], Any] | None = None,
) -> Verdict:
    """Compare a numerical gradient function with the derivative at random points.

    Args:
        fun: the function; None to check the gradient alone.
        grad: its derivative by ``wrt``, which takes the same arguments. Vectors are given as
            1-D arrays, matrices as 2-D, scalars as floats; what comes back may be an array of
            NumPy, JAX or torch, with or without axes of length one.
        expression, wrt, vars: the function and the variable in matrixcalc's language.
        layout: the layout of what ``grad`` gives; ``"mixed"`` is the shape of the variable.
        tolerance: the relative difference that counts as rounding.
        args: the variables in the order of the arguments. Without it they are given by
            name, or, to functions with other names, in the order of ``vars``.
        array: makes the arrays that the functions take, such as ``torch.tensor``.

    Raises:
        As :func:`matrixcalc.derive`; UnsupportedError where no points are found, or where it
        cannot be told which argument is which variable.

    >>> check_code(None, lambda x: 2*x, "x'*x", "x").status
    'true'
    >>> check_code(None, lambda x: x, "x'*x", "x").slip
    'factor'
    >>> check_code(None, lambda u, v: v, "x'*y", "x", args=("x", "y")).status
    'true'
    """
    d = derive(expression, wrt, vars=vars, layout=layout, verify=False)
    if d.result is None:
        raise UnsupportedError("this derivative has no matrix form to compare with")
    claim = f"{getattr(grad, '__name__', 'grad')} is d({expression})/d{wrt}"
    order = list(dict.fromkeys([*(vars or {}), *d.variables]))
    order = [n for n in order if n in d.variables]

    def called(function: Callable[..., Any], values: Values) -> Array:
        given = {n: _argument(values[n], d.variables[n].kind, array) for n in order}
        return as_numpy(_call(function, given, args))

    points: list[Values] = []
    right: list[Array] = []
    wrong: list[Array] = []
    sizes, found = _points(d)
    for values, own in found:
        if fun is not None:
            made = called(fun, values)
            if not close(own[0].reshape(-1), made.reshape(-1), tolerance):
                sentence = "the function itself is another one than the expression"
                counter = Counterexample(_shown(values), None, _text(own[0]), _text(made))
                return Verdict("false", claim, [], layout, d, counter, "other", sentence)
        points.append(values)
        right.append(own[1])
        wrong.append(called(grad, values))
    if not points:
        raise UnsupportedError("no points were found at which the function is real and smooth")
    fitted = [_fit(w, r) for w, r in zip(wrong, right, strict=True)]
    if all(f is not None and close(f, r, tolerance) for f, r in zip(fitted, right, strict=True)):
        return Verdict("true", claim, [], layout, d, detail=f"equal at {len(points)} random points")
    kept = [f for f in fitted if f is not None]
    if len(kept) < len(fitted):
        slip = _misfit(wrong, right, tolerance)
        counter = Counterexample(_shown(points[0]), None, _text(right[0]), _text(wrong[0]))
    else:
        targets = list(d.problem.targets)
        slip = diagnose(
            Evidence(d.function, targets, d.result, None, points, right, kept, sizes, tolerance)
        )
        apart = numpy.abs(kept[0] - right[0])
        i, j = (int(k) for k in numpy.unravel_index(int(apart.argmax()), apart.shape))
        entry = (f"{right[0][i, j]:.6g}", f"{kept[0][i, j]:.6g}")
        counter = Counterexample(_shown(points[0]), (i + 1, j + 1), *entry)
    sentence = f"{slip.sentence}; the right answer is {d}"
    return Verdict("false", claim, [], layout, d, counter, slip.name, sentence)


def assert_gradient(grad: Callable[..., Any], expression: str, wrt: str, **options: Any) -> None:
    """Fail with the diagnosis where a gradient function is wrong: for use in tests.

    Options as for :func:`check_code`, ``fun`` among them.

    >>> assert_gradient(lambda x: 2*x, "x'*x", "x")
    """
    __tracebackhide__ = True
    verdict = check_code(options.pop("fun", None), grad, expression, wrt, **options)
    if verdict.status != "true":
        raise AssertionError(f"{verdict.claim}: {verdict}")


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


def _points(d: Derivative) -> tuple[dict[str, int], list[tuple[Values, list[Array]]]]:
    """A choice of sizes, and points of it with the function and the derivative there.

    The values keep three decimals, so that they can be read.
    """
    assert d.result is not None
    exprs = [d.function, d.result]
    owners = owners_of(exprs)
    for n, declared in d.variables.items():
        owners.setdefault(n, build.sym(n, declared.shape, declared.properties))
    for sizes in size_list(list(owners.values()) + exprs):
        found: list[tuple[Values, list[Array]]] = []
        for attempt in range(WAYS * 5):
            values = draw(owners, sizes, attempt, attempt)
            loose = {n for n, e in owners.items() if "orthogonal" not in e.data[1]}
            values = {n: numpy.round(a, 3) if n in loose else a for n, a in values.items()}
            own = grids(exprs, values, sizes)
            if own is not None:
                found.append((values, own))
            if len(found) == POINTS:
                break
        if found:
            return sizes, found
    return {}, []


def _call(function: Callable[..., Any], given: dict[str, Any], args: Sequence[str] | None) -> Any:
    if args is not None:
        return function(*(given[n] for n in args))
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a function of C
        return function(*given.values())
    for positional in (False, True):
        try:
            bound = signature.bind(*given.values()) if positional else signature.bind(**given)
        except TypeError:
            continue
        return function(*bound.args, **bound.kwargs)
    raise UnsupportedError(
        f"the function takes {signature}; the variables are {', '.join(given)}",
        hint="say with args=(…) which variable each argument is",
    )


def _argument(a: Array, kind: str, array: Callable[[Any], Any] | None) -> Any:
    value: Any = a
    if kind == "scalar":
        value = float(a.reshape(-1)[0])
    elif kind in ("vector", "row"):
        value = a.reshape(-1)
    return value if array is None else array(value)


def _fit(a: Array, like: Array) -> Array | None:
    if a.shape == like.shape:
        return a
    if a.size == like.size and (a.ndim < 2 or (1 in like.shape and a.ndim != 2)):
        return a.reshape(like.shape)
    return None


def _misfit(wrong: list[Array], right: list[Array], tolerance: float) -> Slip:
    if all(close(w.T, r, tolerance) for w, r in zip(wrong, right, strict=True)):
        return Slip("transposed", "it is the transpose of the right answer")
    rows, cols = right[0].shape
    fitting = (rows * cols,) if 1 in (rows, cols) else (rows, cols)
    return Slip("shape", f"its shape is {wrong[0].shape}; {fitting} would fit")


def _shown(values: Values) -> dict[str, Any]:
    return {n: float(a.reshape(-1)[0]) if a.size == 1 else a.tolist() for n, a in values.items()}


def _text(a: Array) -> str:
    return str(numpy.round(a, 6).tolist())
