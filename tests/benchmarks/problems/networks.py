"""Neural networks, by the weights of one layer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tests.benchmarks.problems.problem import Array, Problem, classes

DEPTH = 10
BATCH = 32

# A deep ReLU network, softmax and cross-entropy


def _deep_text() -> str:
    lines = ["H1 = relu(W1*X)"]
    lines += [f"H{k} = relu(W{k}*H{k - 1})" for k in range(2, DEPTH)]
    lines += [f"Z = W{DEPTH}*H{DEPTH - 1}", "f = sum(log(sum(exp(Z), 1))) - sum(Y.*Z)"]
    return "; ".join(lines)


def _weights(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """So that the signals neither fade nor grow through the layers."""
    return rng.standard_normal(shape) * (2 / shape[1]) ** 0.5


def _deep(lib: Any, **values: Any) -> Any:
    h = values["X"]
    for k in range(1, DEPTH):
        h = lib.relu(values[f"W{k}"] @ h)
    z = values[f"W{DEPTH}"] @ h
    return lib.sum(lib.logsumexp(z, 0)) - lib.sum(values["Y"] * z)


def _forward(values: dict[str, Array]) -> tuple[list[Array], list[Array], Array]:
    """What enters each layer, where each layer is active, and the softmax."""
    entering, active = [values["X"]], []
    for k in range(1, DEPTH):
        a = values[f"W{k}"] @ entering[-1]
        active.append((a > 0).astype(float))
        entering.append(np.maximum(a, 0))
    z = values[f"W{DEPTH}"] @ entering[-1]
    e = np.exp(z - z.max(axis=0))
    return entering, active, e / e.sum(axis=0)


def _deep_gradient(layer: int, **values: Array) -> Array:
    entering, active, p = _forward(values)
    g = p - values["Y"]
    for k in range(DEPTH, layer, -1):
        g = active[k - 2] * (values[f"W{k}"].T @ g)
    return g @ entering[layer - 1].T


def _deep_hessian(layer: int, **values: Array) -> Array:
    """Linear between the layer and the softmax, for every sample."""
    entering, active, p = _forward(values)
    n, x = p.shape[0], entering[layer - 1]
    made = np.zeros((n, x.shape[0]) * 2)
    for s in range(p.shape[1]):
        jacobian = np.eye(n)
        for k in range(layer, DEPTH):
            jacobian = values[f"W{k + 1}"] @ (active[k - 1][:, s, None] * jacobian)
        inner = jacobian.T @ (np.diag(p[:, s]) - np.outer(p[:, s], p[:, s])) @ jacobian
        made += np.einsum("ac,bd->abcd", inner, np.outer(x[:, s], x[:, s]))
    return made


def _deep_hvp(layer: int, v: Array, **values: Array) -> Array:
    entering, active, p = _forward(values)
    t = v @ entering[layer - 1]
    for k in range(layer, DEPTH):
        t = values[f"W{k + 1}"] @ (active[k - 1] * t)
    g = p * t - p * (p * t).sum(axis=0)
    for k in range(DEPTH, layer, -1):
        g = active[k - 2] * (values[f"W{k}"].T @ g)
    return g @ entering[layer - 1].T


def _deep_problem(layer: int) -> Problem:
    weights = {f"W{k}": "matrix(n, n)" for k in range(1, DEPTH + 1)}
    plain: dict[str, Callable[..., Any]] = {
        "gradient": partial(_deep_gradient, layer),
        "hessian": partial(_deep_hessian, layer),
        "hvp": partial(_deep_hvp, layer),
    }
    sizes = (10, 20, 40, 100, 400)
    return Problem(
        name=f"{DEPTH}-layer ReLU net, by W{layer}",
        text=_deep_text(),
        wrt=f"W{layer}",
        vars={**weights, "X": "matrix(n, b)", "Y": "matrix(n, b)"},
        dims=lambda n: {"n": n, "b": BATCH},
        few={"n": 4, "b": 3},
        function=_deep,
        plain=plain,
        sizes={"gradient": sizes, "hvp": sizes, "hessian": (10, 20, 40)},
        made={**dict.fromkeys(weights, _weights), "Y": classes},
    )


# Two layers and a hyperbolic tangent


def _tanh(lib: Any, W1: Any, W2: Any, X: Any, Y: Any) -> Any:
    return lib.sum((W2 @ lib.tanh(W1 @ X) - Y) ** 2)


def _tanh_gradient(W1: Array, W2: Array, X: Array, Y: Array) -> Array:
    h = np.tanh(W1 @ X)
    return 2 * ((W2.T @ (W2 @ h - Y)) * (1 - h**2)) @ X.T


def _tanh_hessian(W1: Array, W2: Array, X: Array, Y: Array) -> Array:
    h = np.tanh(W1 @ X)
    d = 1 - h**2
    made = 2 * np.einsum("as,ac,cs,bs,ds->abcd", d, W2.T @ W2, d, X, X, optimize=True)
    bend = -4 * (W2.T @ (W2 @ h - Y)) * h * d
    rows = np.arange(W1.shape[0])
    made[rows, :, rows, :] += np.einsum("as,bs,ds->abd", bend, X, X, optimize=True)
    return made


def _tanh_hvp(W1: Array, W2: Array, X: Array, Y: Array, v: Array) -> Array:
    h = np.tanh(W1 @ X)
    d = 1 - h**2
    t = v @ X
    bend = -4 * (W2.T @ (W2 @ h - Y)) * h * d
    return (2 * d * (W2.T @ (W2 @ (d * t))) + bend * t) @ X.T


NETWORKS = (
    *(_deep_problem(layer) for layer in (1, 5)),
    Problem(
        name="2-layer tanh net, by W1",
        text="norm2(W2*tanh(W1*X) - Y)^2",
        wrt="W1",
        vars={
            "W1": "matrix(h, n)",
            "W2": "matrix(k, h)",
            "X": "matrix(n, b)",
            "Y": "matrix(k, b)",
        },
        dims=lambda n: {"n": n, "h": n, "k": n, "b": BATCH},
        few={"n": 4, "h": 5, "k": 2, "b": 3},
        function=_tanh,
        plain={"gradient": _tanh_gradient, "hessian": _tanh_hessian, "hvp": _tanh_hvp},
        sizes={"gradient": (10, 100, 1000), "hvp": (10, 100, 1000), "hessian": (10, 20, 40)},
    ),
)
