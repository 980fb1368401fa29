"""Maps of a vector, and quadratic forms."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.benchmarks.problems.problem import Array, Problem


def _square(n: int) -> dict[str, int]:
    return {"m": n, "n": n}


def _softmax_jacobian(A: Array, x: Array) -> Array:
    z = A @ x
    e = np.exp(z - z.max())
    s = e / e.sum()
    return s[:, None] * A - np.outer(s, s @ A)


def _quadratic(lib: Any, A: Any, x: Any) -> Any:
    return 0.5 * x @ A @ x


MAPS = (
    Problem(
        name="softmax(A*x)",
        text="softmax(A*x)",
        wrt="x",
        vars={"A": "matrix(m, n)", "x": "vector(n)"},
        dims=_square,
        few={"m": 4, "n": 3},
        function=lambda lib, A, x: lib.softmax(A @ x, 0),
        plain={"jacobian": _softmax_jacobian},
    ),
    Problem(
        name="A*exp(x)",
        text="A*exp(x)",
        wrt="x",
        vars={"A": "matrix(m, n)", "x": "vector(n)"},
        dims=_square,
        few={"m": 4, "n": 3},
        function=lambda lib, A, x: A @ lib.exp(x),
        plain={"jacobian": lambda A, x: A * np.exp(x)},
    ),
    Problem(
        name="x.*(A*x)",
        text="x.*(A*x)",
        wrt="x",
        vars={"A": "matrix(n, n)", "x": "vector(n)"},
        dims=lambda n: {"n": n},
        few={"n": 3},
        function=lambda lib, A, x: x * (A @ x),
        plain={"jacobian": lambda A, x: np.diag(A @ x) + x[:, None] * A},
    ),
    Problem(
        name="0.5*x'*A*x",
        text="0.5*x'*A*x",
        wrt="x",
        vars={"A": "matrix(n, n)", "x": "vector(n)"},
        dims=lambda n: {"n": n},
        few={"n": 3},
        function=_quadratic,
        plain={
            "gradient": lambda A, x: 0.5 * (A @ x + A.T @ x),
            "hessian": lambda A, x: 0.5 * (A + A.T),
            "hvp": lambda A, v, x: 0.5 * (A @ v + A.T @ v),
        },
    ),
    Problem(
        name="0.5*x'*A*x, A symmetric",
        text="0.5*x'*A*x",
        wrt="x",
        vars={"A": "matrix(n, n) symmetric", "x": "vector(n)"},
        dims=lambda n: {"n": n},
        few={"n": 3},
        function=_quadratic,
        plain={
            "gradient": lambda A, x: A @ x,
            "hessian": lambda A, x: A.copy(),
            "hvp": lambda A, v, x: A @ v,
        },
    ),
)
