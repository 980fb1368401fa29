"""The derivatives of max and min, where what is subtracted is a sum that rounds."""

from __future__ import annotations

import re

import numpy as np
import pytest

from matrixcalc import compile, derive

KINDS = {
    "X": "matrix(n, m)", "Y": "matrix(n, m)", "A": "matrix(n, n)", "B": "matrix(n, n)",
    "x": "vector(m)", "y": "vector(m)", "z": "vector(n)", "r": "row(n)", "a": "scalar",
}  # fmt: skip
SIZES = {"n": 5, "m": 4}

CASES = [
    ("max(X*x + Y*y)", "Y", 1), ("min(X*x + Y*y)", "Y", 1),
    ("max(X*x + Y*x)", "x", 1), ("min(x'*X' + r)", "x", 1),
    ("max(A + A' + B)", "A", 1), ("min(X*x/a + z/3)", "x", 1),
    ("max(a*A*B - A)", "A", 1), ("max(A*B + B*A)", "B", 1),
    ("min(exp(X*x) - 1 - z)", "x", 1), ("z*max(X*x + z)", "X", 1),
    ("max(X*x + z)^2", "x", 2), ("x*exp(max(X*x + z))", "x", 2), ("exp(min(X*x - z))", "x", 2),
]  # fmt: skip


def numbers(names: set[str], seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    out = {}
    for name in sorted(names):
        _, _, axes = KINDS[name].partition("(")
        out[name] = rng.normal(size=[SIZES[d.strip()] for d in axes.rstrip(")").split(",") if d])
    return out


@pytest.mark.parametrize(("text", "wrt", "order"), CASES)
def test_the_greatest_entry_is_found_exactly(text: str, wrt: str, order: int) -> None:
    """By differences; where the greatest entry is not found the gradient is zero."""
    kinds = {n: k for n, k in KINDS.items() if re.search(rf"\b{n}\b", text)}
    d = derive(text, *(wrt,) * order, vars=kinds)
    code = compile(text, wrt, order, vars=kinds, dense=True)
    below = compile(text, wrt, order - 1, vars=kinds, dense=True, layout="mixed")
    for seed in range(60):
        values = numbers(set(kinds), seed)
        exact = d.as_tensor(values)
        x = values[wrt]
        slopes = np.empty(exact.shape)
        for place in np.ndindex(x.shape):
            step = np.zeros_like(x)
            step[place] = 1e-6
            ends = [np.asarray(below(**{**values, wrt: x + s * step})) for s in (1, -1)]
            slopes[(..., *place)] = (ends[0] - ends[1]) / 2e-6
        scale = max(1.0, float(np.abs(slopes).max()))
        np.testing.assert_allclose(exact, slopes, atol=1e-5 * scale)
        found = np.asarray(code(**values))
        turned = found if found.shape == exact.shape else found.T
        np.testing.assert_allclose(turned, exact, atol=1e-9 * scale)
