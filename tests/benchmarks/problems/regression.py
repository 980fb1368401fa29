"""Regression and matrix factorisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.benchmarks.problems.problem import Array, Problem, labels


def _twice(n: int) -> dict[str, int]:
    return {"m": 2 * n, "n": n}


# Logistic regression


def _logistic(lib: Any, X: Any, w: Any, y: Any) -> Any:
    return lib.sum(lib.log(lib.exp(-y * (X @ w)) + 1))


def _logistic_gradient(X: Array, w: Array, y: Array) -> Array:
    s = 1 / (1 + np.exp(y * (X @ w)))
    return -X.T @ (s * y)


def _logistic_hessian(X: Array, w: Array, y: Array) -> Array:
    s = 1 / (1 + np.exp(y * (X @ w)))
    return (X.T * (y**2 * s * (1 - s))) @ X


def _logistic_hvp(X: Array, v: Array, w: Array, y: Array) -> Array:
    s = 1 / (1 + np.exp(y * (X @ w)))
    return X.T @ (y**2 * s * (1 - s) * (X @ v))


def _logistic_joint(X: Array, w: Array, y: Array) -> tuple[Any, Array, Array]:
    z = y * (X @ w)
    s = 1 / (1 + np.exp(z))
    return np.sum(np.log(1 + np.exp(-z))), -X.T @ (s * y), (X.T * (y**2 * s * (1 - s))) @ X


# Least squares


def _squares(lib: Any, X: Any, w: Any, y: Any) -> Any:
    return lib.sum((X @ w - y) ** 2)


# Matrix factorisation


def _factorisation(lib: Any, T: Any, U: Any, V: Any) -> Any:
    return lib.sum((T - U @ V.T) ** 2)


def _factorisation_hessian(T: Array, U: Array, V: Array) -> Array:
    return 2 * np.einsum("ac,bd->abcd", np.eye(U.shape[0]), V.T @ V)


REGRESSION = (
    Problem(
        name="logistic regression",
        text="sum(log(exp(-y.*(X*w)) + vector(1)))",
        wrt="w",
        vars={"X": "matrix(m, n)", "w": "vector(n)", "y": "vector(m)"},
        dims=_twice,
        few={"m": 5, "n": 3},
        function=_logistic,
        plain={
            "gradient": _logistic_gradient,
            "hessian": _logistic_hessian,
            "hvp": _logistic_hvp,
            "joint": _logistic_joint,
        },
        sizes={"hessian": (10, 100, 1000), "joint": (10, 100, 1000)},
        made={"y": labels},
    ),
    Problem(
        name="least squares",
        text="norm2(X*w - y)^2",
        wrt="w",
        vars={"X": "matrix(m, n)", "w": "vector(n)", "y": "vector(m)"},
        dims=_twice,
        few={"m": 5, "n": 3},
        function=_squares,
        plain={
            "gradient": lambda X, w, y: 2 * X.T @ (X @ w - y),
            "hessian": lambda X, w, y: 2 * X.T @ X,
            "hvp": lambda X, v, w, y: 2 * X.T @ (X @ v),
        },
        sizes={"hessian": (10, 100, 1000)},
    ),
    Problem(
        name="matrix factorisation",
        text="norm2(T - U*V')^2",
        wrt="U",
        vars={"T": "matrix(n, m)", "U": "matrix(n, k)", "V": "matrix(m, k)"},
        dims=lambda n: {"n": n, "m": n, "k": min(10, n // 2)},
        few={"n": 5, "m": 4, "k": 3},
        function=_factorisation,
        plain={
            "gradient": lambda T, U, V: -2 * (T - U @ V.T) @ V,
            "hessian": _factorisation_hessian,
            "structured": _factorisation_hessian,
            "hvp": lambda T, U, V, v: 2 * v @ (V.T @ V),
        },
        sizes={"hessian": (10, 100, 200), "structured": (10, 100, 200)},
    ),
)
