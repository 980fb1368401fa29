"""Chains of products with transposes, which the JAX code computes transposed."""

from __future__ import annotations

import re
from typing import Any

import numpy
import pytest

from matrixcalc.codegen.api import code, compile
from tests.libraries import JAX, Library, agree, double_precision, params

DIMS = {"k": 2, "l": 3, "m": 4, "n": 5, "p": 6, "b": 7}
SHAPES = {
    "W1": "lk", "W2": "ml", "W3": "nm", "W4": "pn", "X": "kb", "Y": "pb", "M": "lb",
    "u": "m", "w": "b", "c": "", "V": "lk",
}  # fmt: skip

TEXTS = {
    "a net": ("norm2(W4*tanh(W3*tanh(W2*tanh(W1*X))) - Y)^2", "W1"),
    "a net without bends": ("sum((W4*relu(W3*relu(W2*relu(W1*X)))).*Y)", "W1"),
    "of its input": ("norm2(W4*tanh(W3*tanh(W2*tanh(W1*X))) - Y)^2", "X"),
    "rows and columns scaled": (
        "norm2(W4*tanh(W3*diag(u)*tanh(W2*tanh(W1*X))*diag(w)) - Y)^2", "W1",
    ),
    "signs and scalars": ("sum((W3*exp(-c*(W2*sin(W1*X)))).^2)", "W1"),
    "two ways back": ("norm2(W3*tanh(W2*tanh(W1*X)))^2 + norm2(W2*(M.*tanh(W1*X)))^2", "W1"),
    "one link": ("norm2(W2*tanh(W1*X))^2", "W1"),
}  # fmt: skip


def declared(text: str) -> dict[str, str]:
    kinds = ("scalar", "vector", "matrix")
    names = {name for name in SHAPES if re.search(rf"\b{name}\b", text)}
    return {
        name: kinds[len(SHAPES[name])] + (f"({', '.join(SHAPES[name])})" if SHAPES[name] else "")
        for name in sorted(names)
    }


def values_of(text: str, *more: str) -> dict[str, Any]:
    rng = numpy.random.default_rng(7)
    return {
        name: 0.7 * rng.standard_normal([DIMS[d] for d in SHAPES[name]])
        for name in sorted({*declared(text), *more})
    }


@pytest.fixture(autouse=True)
def _double_precision() -> Any:
    with double_precision():
        yield


@pytest.mark.parametrize("library", params([JAX]))
@pytest.mark.parametrize("name", TEXTS)
def test_chains_agree_with_automatic_differentiation(name: str, library: Library) -> None:
    import jax

    text, wrt = TEXTS[name]
    variables, values = declared(text), values_of(text)
    arrays = {k: library.array(v) for k, v in values.items()}
    v = library.array(numpy.random.default_rng(8).standard_normal(values[wrt].shape))

    value = compile(text, wrt, 0, "jax", vars=variables)

    def f(at: Any) -> Any:
        return value(**{**arrays, wrt: at})

    gradient, product = compile(text, wrt, (1,), "jax", vars=variables,
                                product="hvp")(**arrays, v=v)
    agree(numpy.asarray(gradient), numpy.asarray(jax.grad(f)(arrays[wrt])))
    second = jax.jvp(jax.grad(f), (arrays[wrt],), (v,))[1]
    agree(numpy.asarray(product), numpy.asarray(second))


def test_a_chain_multiplies_by_the_weights_as_they_lie_in_memory() -> None:
    text, wrt = TEXTS["a net without bends"]
    made = code(text, wrt, target="jax", vars=declared(text))
    assert not re.search(r"W\d\.T", made)
    assert made.count(" @ W") == 3
    assert "# ((W4'*Y).*step(W3*relu(W2*relu(W1*X))))'*W3" in made


def test_one_product_with_a_transpose_is_written_as_such() -> None:
    text, wrt = TEXTS["one link"]
    assert "W2.T @ " in code(text, wrt, target="jax", vars=declared(text))
