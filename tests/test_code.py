"""Gradient functions checked: NumPy here, JAX and torch where they are installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from matrixcalc import ShapeError, UnsupportedError, check_code
from matrixcalc.checks.code import assert_gradient

QUADRATIC = "x'*A*x"
LEAST = "norm2(A*x - b)^2"
KINDS = {"A": "matrix(m, n)", "x": "vector(n)", "b": "vector(m)"}


class Elsewhere:
    """An array of another library: it only knows how to become one of NumPy."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def detach(self) -> Elsewhere:
        return self

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self.data, dtype=dtype)


@pytest.mark.parametrize(
    ("grad", "slip"),
    [
        (lambda A, x, b: 2 * A.T @ (A @ x - b), None),
        (lambda A, x, b: (2 * A.T @ (A @ x - b)).reshape(-1, 1), None),
        (lambda A, x, b: Elsewhere(2 * A.T @ (A @ x - b)), None),
        (lambda A, x, b: (2 * A.T @ (A @ x - b)).astype("float32"), None),
        (lambda A, x, b: A.T @ (A @ x - b), "factor"),
        (lambda A, x, b: (A.T @ (A @ x - b)).astype("float32"), "factor"),
        (lambda A, x, b: 2 * A.T @ (b - A @ x), "sign"),
        (lambda A, x, b: 2 * A.T @ A @ x, "missing term"),
        (lambda A, x, b: (2 * A.T @ A @ x).astype("float32"), "missing term"),
        (lambda A, x, b: 2 * (A @ x - b), "shape"),
        (lambda A, x, b: 2 * A.T @ (A @ x - b) / np.linalg.norm(x), "chain rule"),
        (lambda A, x, b: np.sin(x), "other"),
    ],
)
def test_least_squares(grad: Callable[..., Any], slip: str | None) -> None:
    verdict = check_code(lambda A, x, b: ((A @ x - b) ** 2).sum(), grad, LEAST, "x", KINDS)
    assert (verdict.status, verdict.slip) == ("true" if slip is None else "false", slip)


@pytest.mark.parametrize(
    ("text", "grad", "slip"),
    [
        ("norm2(A*X*B)^2", lambda A, X, B: 2 * A.T @ A @ X @ B @ B.T, None),
        ("norm2(A*X*B)^2", lambda A, X, B: (2 * A.T @ A @ X @ B @ B.T).T, "transposed"),
        ("norm2(A*X*B)^2", lambda A, X, B: 2 * A @ A.T @ X @ B @ B.T, "order"),
        ("tr(A*X*B)", lambda A, X, B: B @ A, "transposed"),
        ("tr(A*X*B)", lambda A, X, B: A @ B.T, "transposed"),
        ("tr(X^2*A)", lambda X, A: (X @ A).T, "missing term"),
        ("exp(tr(A*X))", lambda A, X: A.T, "chain rule"),
    ],
)
def test_matrices(text: str, grad: Callable[..., Any], slip: str | None) -> None:
    kinds = {n: "matrix(n, n)" for n in "AXB" if n in text}
    verdict = check_code(None, grad, text, "X", kinds)
    assert (verdict.status, verdict.slip) == ("true" if slip is None else "false", slip)


def test_matrices_of_other_shapes() -> None:
    kinds = {"A": "matrix(m, n)", "X": "matrix(n, m)"}
    assert check_code(None, lambda A, X: A.T, "tr(A*X)", "X", kinds).status == "true"
    assert check_code(None, lambda A, X: A, "tr(A*X)", "X", kinds).slip == "transposed"
    assert check_code(None, lambda A, X: A, "tr(A*X)", "X", kinds, "numerator").status == "true"
    assert check_code(None, lambda A, X: A @ X, "tr(A*X)", "X", kinds).slip == "shape"


def test_scalars_and_jacobians() -> None:
    assert check_code(np.sin, np.cos, "sin(a)", "a").status == "true"
    assert check_code(None, lambda a: -np.cos(a), "sin(a)", "a").slip == "sign"
    assert check_code(np.exp, lambda x: np.diag(np.exp(x)), "exp(x)", "x").status == "true"
    assert check_code(None, lambda x: np.exp(x), "exp(x)", "x").slip == "shape"


def test_arguments_by_name_and_by_place() -> None:
    def gradient(matrix: Any, vector: Any) -> Any:
        return (matrix + matrix.T) @ vector

    assert check_code(None, lambda *, x, A: (A + A.T) @ x, QUADRATIC, "x").status == "true"
    kinds = {"A": "matrix(n, n)", "x": "vector(n)"}
    assert check_code(None, gradient, QUADRATIC, "x", kinds).status == "true"
    assert check_code(None, gradient, QUADRATIC, "x", args=("A", "x")).status == "true"
    with pytest.raises(UnsupportedError, match=r"the function takes \(x\); the variables are"):
        check_code(None, lambda x: x, QUADRATIC, "x")


def test_what_is_wrong_is_said() -> None:
    verdict = check_code(lambda A, x: 0.0, lambda A, x: x, QUADRATIC, "x")
    assert (verdict.slip, verdict.diagnosis) == (
        "other",
        "the function itself is another one than the expression",
    )
    assert verdict.counterexample is not None
    message = r"<lambda> is d\(x'\*x\)/dx: .*the factor 2 is missing"
    with pytest.raises(AssertionError, match=message):
        assert_gradient(lambda x: x, "x'*x", "x")
    with pytest.raises(ShapeError, match="str is no array of numbers"):
        check_code(None, lambda x: "nothing", "x'*x", "x")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("jax") is None, reason="needs JAX")
def test_functions_of_jax() -> None:
    import jax
    import jax.numpy as jnp

    def loss(w: Any, X: Any, y: Any) -> Any:
        return jnp.sum(jnp.log(1 + jnp.exp(-y * (X @ w))))

    text = "sum(log(1 + exp(-y.*(X*w))))"
    kinds = {"w": "vector(n)", "X": "matrix(m, n)", "y": "vector(m)"}
    assert check_code(loss, jax.grad(loss), text, "w", kinds).status == "true"
    assert check_code(loss, lambda w, X, y: -jax.grad(loss)(w, X, y), text, "w").slip == "sign"
    half = jax.jit(lambda w, X, y: jax.grad(loss)(w, X, y) / 2)
    assert check_code(loss, half, text, "w", kinds).slip == "factor"
    jacobian = jax.jacobian(lambda W, x: jnp.tanh(W @ x), argnums=1)
    assert check_code(None, jacobian, "tanh(W*x)", "x").status == "true"


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torch") is None, reason="needs torch")
def test_functions_of_torch() -> None:
    import torch

    def loss(W: Any, x: Any) -> Any:
        return torch.linalg.norm(W @ x) ** 2

    def grad(W: Any, x: Any) -> Any:
        W = W.clone().requires_grad_()
        loss(W, x).backward()
        return W.grad

    text = "norm2(W*x)^2"
    assert check_code(loss, grad, text, "W", array=torch.tensor).status == "true"
    double = check_code(loss, lambda W, x: 2 * grad(W, x), text, "W", array=torch.tensor)
    assert double.slip == "factor"
    turned = check_code(loss, lambda W, x: grad(W, x).T, text, "W", array=torch.tensor)
    assert turned.slip == "transposed"
