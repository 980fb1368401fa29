"""The numeric functions that the rule table names, beside those of NumPy itself.

All take and return float64 arrays with two axes (scalars may be 1×1 arrays or
floats) and are stable: nothing overflows on the way to a finite result. The functions
of a matrix (``expm`` and its like) need SciPy, which is an extra.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from math import erf as _erf_of_float
from typing import Any

import numpy
import numpy.typing as npt

from matrixcalc.errors import UnsupportedError

Array = npt.NDArray[numpy.float64]


# Elementwise


def step(a: Array) -> Array:
    """0 below zero, 1 above it and 1/2 at it.

    >>> [float(v) for v in step(numpy.array([-2.0, 0.0, 3.0]))]
    [0.0, 0.5, 1.0]
    """
    return numpy.asarray(numpy.heaviside(a, 0.5), dtype=float)


def relu(a: Array) -> Array:
    """The positive part."""
    return numpy.asarray(numpy.maximum(a, 0.0), dtype=float)


def sigmoid(a: Array) -> Array:
    """1/(1 + exp(-a)), without overflow and exact to the last digits on both sides.

    >>> float(sigmoid(numpy.array(-800.0)))
    0.0
    """
    a = numpy.asarray(a, dtype=float)
    small = numpy.exp(-numpy.abs(a))
    return numpy.asarray(numpy.where(a >= 0, 1.0, small) / (1.0 + small), dtype=float)


def softplus(a: Array) -> Array:
    """log(1 + exp(a)).

    >>> float(softplus(numpy.array(1000.0)))
    1000.0
    """
    return numpy.asarray(numpy.logaddexp(0.0, a), dtype=float)


@lru_cache(maxsize=1)
def _erf_function() -> Callable[[Any], Any]:
    try:
        found: Callable[[Any], Any] = import_module("scipy.special").erf
    except ImportError:
        found = numpy.frompyfunc(_erf_of_float, 1, 1)
    return found


def erf(a: Array) -> Array:
    """The error function; by SciPy where it is installed, else entry by entry."""
    return numpy.asarray(_erf_function()(numpy.asarray(a, dtype=float)), dtype=float)


# Reductions and functions of a vector


def norm1(a: Array) -> Array:
    """The sum of absolute values, of a matrix too."""
    return numpy.asarray(numpy.sum(numpy.abs(a)), dtype=float)


def norm2(a: Array) -> Array:
    """The Euclidean norm; of a matrix the Frobenius norm. Large entries do not overflow."""
    a = numpy.asarray(a, dtype=float)
    largest = numpy.max(numpy.abs(a), initial=0.0)
    if largest == 0 or not numpy.isfinite(largest):
        return numpy.asarray(largest)
    return numpy.asarray(largest * numpy.linalg.norm((a / largest).ravel()))


def logsumexp(a: Array) -> Array:
    """log(sum(exp(a))), shifted by the largest entry.

    >>> float(logsumexp(numpy.array([[1000.0], [1000.0]]))) == 1000 + float(numpy.log(2))
    True
    """
    top = numpy.max(a)
    if not numpy.isfinite(top):
        return numpy.asarray(top)
    return numpy.asarray(top + numpy.log(numpy.sum(numpy.exp(a - top))))


def softmax(a: Array) -> Array:
    """exp(a)/sum(exp(a)), shifted by the largest entry.

    >>> float(softmax(numpy.array([[900.0], [-900.0]]))[0, 0])
    1.0
    """
    powers = numpy.exp(a - numpy.max(a))
    return numpy.asarray(powers / numpy.sum(powers), dtype=float)


def log_softmax(a: Array) -> Array:
    """The logarithm of softmax."""
    return numpy.asarray(a - logsumexp(a), dtype=float)


def cumsum(a: Array) -> Array:
    """Running sums: along a vector or a row, and down the columns of a matrix.

    >>> cumsum(numpy.array([[1.0, 2.0, 3.0]])).tolist()
    [[1.0, 3.0, 6.0]]
    """
    along_row = numpy.ndim(a) == 2 and a.shape[0] == 1
    return numpy.asarray(numpy.cumsum(a, axis=1 if along_row else 0), dtype=float)


def vec(a: Array) -> Array:
    """The columns, stacked into one column.

    >>> vec(numpy.array([[1.0, 2.0], [3.0, 4.0]])).ravel().tolist()
    [1.0, 3.0, 2.0, 4.0]
    """
    return numpy.reshape(numpy.asarray(a, dtype=float), (-1, 1), order="F")


# Square matrices


def logdet(a: Array) -> Array:
    """log|det(a)|; minus infinity for a singular matrix."""
    return numpy.asarray(numpy.linalg.slogdet(a)[1], dtype=float)


def adjugate(a: Array) -> Array:
    """The transposed matrix of cofactors, also of a singular matrix.

    By the singular values: a = U*S*V' has the adjugate det(U)*det(V)*V*adj(S)*U'.

    >>> adjugate(numpy.array([[1.0, 2.0], [2.0, 4.0]])).round(12).tolist()
    [[4.0, -2.0], [-2.0, 1.0]]
    """
    u, s, vt = numpy.linalg.svd(a)
    n = len(s)
    before = numpy.concatenate(([1.0], numpy.cumprod(s[:-1])))
    after = numpy.concatenate((numpy.cumprod(s[:0:-1])[::-1], [1.0]))
    sign = numpy.sign(numpy.linalg.det(u) * numpy.linalg.det(vt)) if n else 1.0
    return numpy.asarray(sign * (vt.T * (before * after)) @ u.T, dtype=float)


def _scipy_linalg() -> Any:
    try:
        return import_module("scipy.linalg")
    except ImportError:
        raise UnsupportedError(
            "functions of a matrix are computed by SciPy, which is not installed",
            hint="pip install matrixcalc-engine[scipy]",
        ) from None


def _real(a: Any) -> Array:
    """The real part of a result that must be real; nan where it is not."""
    a = numpy.asarray(a)
    if numpy.iscomplexobj(a):
        scale = max(1.0, float(numpy.max(numpy.abs(a), initial=0.0)))
        if not numpy.max(numpy.abs(a.imag), initial=0.0) <= 1e-9 * scale:
            return numpy.full(a.shape, numpy.nan)
        a = a.real
    return numpy.asarray(a, dtype=float)


def expm(a: Array) -> Array:
    """The exponential of a square matrix. Raises UnsupportedError without SciPy."""
    return _real(_scipy_linalg().expm(a))


def logm(a: Array) -> Array:
    """The principal logarithm; nan where it is not real. Raises UnsupportedError without SciPy."""
    return _real(_scipy_linalg().logm(a))


def sqrtm(a: Array) -> Array:
    """The principal root; nan where it is not real. Raises UnsupportedError without SciPy."""
    return _real(_scipy_linalg().sqrtm(a))


def expm_frechet(a: Array, e: Array) -> Array:
    """The derivative of expm at ``a`` in the direction ``e``."""
    return _real(_scipy_linalg().expm_frechet(a, e, compute_expm=False))


def logm_frechet(a: Array, e: Array) -> Array:
    """The derivative of logm at ``a`` in the direction ``e``.

    It is the upper right block of logm([[a, e], [0, a]]).
    """
    n = a.shape[0]
    block = numpy.block([[a, e], [numpy.zeros_like(a), a]])
    return _real(_scipy_linalg().logm(block))[:n, n:]


def sqrtm_frechet(a: Array, e: Array) -> Array:
    """The derivative of sqrtm at ``a`` in the direction ``e``: the solution of R*L + L*R = e."""
    root = sqrtm(a)
    if not numpy.all(numpy.isfinite(root)):
        return numpy.full(a.shape, numpy.nan)
    return _real(_scipy_linalg().solve_sylvester(root, root, e))


def _jacobian(frechet: Callable[[Array, Array], Array], a: Array) -> Array:
    """The matrix of vec(E) -> vec(L(A, E)), one column for each unit matrix E."""
    n = len(a)
    columns = []
    for k in range(n * n):
        unit = numpy.zeros(n * n)
        unit[k] = 1.0
        columns.append(frechet(a, unit.reshape(n, n, order="F")).reshape(-1, order="F"))
    return numpy.stack(columns, axis=1)


def expm_jacobian(a: Array) -> Array:
    """The n²×n² Jacobian of vec(expm(A)) by vec(A)."""
    return _jacobian(expm_frechet, a)


def logm_jacobian(a: Array) -> Array:
    """The n²×n² Jacobian of vec(logm(A)) by vec(A)."""
    return _jacobian(logm_frechet, a)


def sqrtm_jacobian(a: Array) -> Array:
    """The n²×n² Jacobian of vec(sqrtm(A)) by vec(A)."""
    return _jacobian(sqrtm_frechet, a)
