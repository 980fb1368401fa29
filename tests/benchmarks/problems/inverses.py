"""Functions of a matrix: determinants, inverses and a trace."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.benchmarks.problems.problem import Array, Problem, positive, regular

# log det


def _logdet(lib: Any, X: Any) -> Any:
    return lib.linalg.slogdet(X.T @ X)[1]


def _logdet_hvp(X: Array, v: Array) -> Array:
    inverse = np.linalg.inv(X.T @ X)
    return 2 * v @ inverse - 2 * X @ inverse @ (v.T @ X + X.T @ v) @ inverse


# A trace


def _trace(lib: Any, A: Any, B: Any, C: Any, X: Any) -> Any:
    return lib.trace(A @ X.T @ B @ X @ C)


def _trace_hessian(A: Array, B: Array, C: Array, X: Array) -> Array:
    D = C @ A
    return np.einsum("ac,db->abcd", B, D) + np.einsum("ca,bd->abcd", B, D)


# A bilinear form of an inverse


def _bilinear(lib: Any, X: Any, a: Any, b: Any) -> Any:
    return a @ lib.linalg.inv(X) @ b


def _bilinear_gradient(X: Array, a: Array, b: Array) -> Array:
    inverse = np.linalg.inv(X)
    return -np.outer(inverse.T @ a, inverse @ b)


def _bilinear_hessian(X: Array, a: Array, b: Array) -> Array:
    inverse = np.linalg.inv(X)
    p, q = inverse.T @ a, inverse @ b
    return np.einsum("la,k,b->abkl", inverse, p, q) + np.einsum("a,bk,l->abkl", p, inverse, q)


def _bilinear_hvp(X: Array, a: Array, b: Array, v: Array) -> Array:
    inverse = np.linalg.inv(X)
    p, q = inverse.T @ a, inverse @ b
    return np.outer(inverse.T @ (v.T @ p), q) + np.outer(p, inverse @ (v @ q))


# The Gaussian log-likelihood


def _gaussian(lib: Any, C: Any, N: Any, S: Any) -> Any:
    return -N / 2 * lib.linalg.slogdet(S)[1] - lib.trace(lib.linalg.inv(S) @ C) / 2


def _gaussian_gradient(C: Array, N: float, S: Array) -> Array:
    inverse = np.linalg.inv(S)
    return 0.5 * inverse @ C @ inverse - N / 2 * inverse


def _gaussian_data(lib: Any, N: Any, S: Any, X: Any) -> Any:
    return -N / 2 * lib.linalg.slogdet(S)[1] - lib.trace(X.T @ lib.linalg.inv(S) @ X) / 2


def _gaussian_data_gradient(N: float, S: Array, X: Array) -> Array:
    inverse = np.linalg.inv(S)
    return 0.5 * inverse @ X @ X.T @ inverse - N / 2 * inverse


_MATRIX_SIZES = (10, 100, 300, 1000)

INVERSES = (
    Problem(
        name="logdet(X'*X)",
        text="logdet(X'*X)",
        wrt="X",
        vars={"X": "matrix(m, n)"},
        dims=lambda n: {"m": 2 * n, "n": n},
        few={"m": 5, "n": 3},
        function=_logdet,
        plain={"gradient": lambda X: 2 * X @ np.linalg.inv(X.T @ X), "hvp": _logdet_hvp},
        sizes={"gradient": _MATRIX_SIZES, "hvp": _MATRIX_SIZES},
    ),
    Problem(
        name="tr(A*X'*B*X*C)",
        text="tr(A*X'*B*X*C)",
        wrt="X",
        vars={
            "A": "matrix(l, k)",
            "X": "matrix(n, k)",
            "B": "matrix(n, n)",
            "C": "matrix(k, l)",
        },
        dims=lambda n: {"l": n, "n": n, "k": n},
        few={"l": 2, "n": 4, "k": 3},
        function=_trace,
        plain={
            "gradient": lambda A, B, C, X: B @ X @ C @ A + B.T @ X @ A.T @ C.T,
            "hessian": _trace_hessian,
            "hvp": lambda A, B, C, X, v: B @ v @ C @ A + B.T @ v @ A.T @ C.T,
        },
        sizes={"gradient": _MATRIX_SIZES, "hessian": (10, 20, 40), "hvp": _MATRIX_SIZES},
    ),
    Problem(
        name="a'*inv(X)*b",
        text="a'*inv(X)*b",
        wrt="X",
        vars={"X": "matrix(n, n)", "a": "vector(n)", "b": "vector(n)"},
        dims=lambda n: {"n": n},
        few={"n": 3},
        function=_bilinear,
        plain={
            "gradient": _bilinear_gradient,
            "hessian": _bilinear_hessian,
            "hvp": _bilinear_hvp,
        },
        sizes={"gradient": _MATRIX_SIZES, "hessian": (10, 20, 40), "hvp": _MATRIX_SIZES},
        made={"X": regular},
    ),
    Problem(
        name="Gaussian log-likelihood",
        text="-N/2*logdet(S) - tr(inv(S)*C)/2",
        wrt="S",
        vars={
            "N": "scalar",
            "S": "matrix(n, n) positive_definite",
            "C": "matrix(n, n) symmetric",
        },
        dims=lambda n: {"n": n},
        few={"n": 3},
        function=_gaussian,
        plain={"gradient": _gaussian_gradient},
        sizes={"gradient": _MATRIX_SIZES},
        made={"S": positive, "C": positive},
    ),
    Problem(
        name="Gaussian log-likelihood of data",
        text="-N/2*logdet(S) - tr(X'*inv(S)*X)/2",
        wrt="S",
        vars={"N": "scalar", "S": "matrix(n, n) positive_definite", "X": "matrix(n, m)"},
        dims=lambda n: {"n": n, "m": 2 * n},
        few={"n": 3, "m": 4},
        function=_gaussian_data,
        plain={"gradient": _gaussian_data_gradient},
        sizes={"gradient": _MATRIX_SIZES},
        made={"S": positive},
    ),
)
