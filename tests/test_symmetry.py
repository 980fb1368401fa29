"""Arrays that are symmetric in two axes, and products of which half is computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matrixcalc
from matrixcalc.codegen.ir import Builder, Value
from matrixcalc.codegen.symmetry import unchanged_by_swap
from matrixcalc.codegen.targets.jax import SYMMETRIC_PRODUCT as JAX_SYMMETRIC_PRODUCT
from matrixcalc.codegen.targets.numpy_tensors import SYMMETRIC_PRODUCT
from matrixcalc.dims import Dim
from tests.libraries import JAX, Library, agree, double_precision, params

N, K = Dim.named("n"), Dim.named("k")


def _input(b: Builder, name: str, *dims: Dim) -> Value:
    return b.make("input", dims=dims, data=(name, ()))


def _numbers(shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    rng = np.random.default_rng(7)
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def test_symmetry_is_seen_through_products_scalings_and_sums() -> None:
    b = Builder()
    a, s, v = _input(b, "A", N, K), _input(b, "s", K), _input(b, "v", N)
    gram = b.dot(b.columns(a, s), b.transpose(a))
    assert unchanged_by_swap(gram, 0, 1)
    assert unchanged_by_swap(b.make("neg", b.outer(v, v), dims=(N, N)), 0, 1)
    assert unchanged_by_swap(b.binary("sub", gram, b.outer(v, v)), 0, 1)
    stack = b.make("einsum", a, a, dims=(N, N, K), data=(((0, 1), (2, 1)), (0, 2, 1)))
    assert unchanged_by_swap(stack, 0, 1)
    assert unchanged_by_swap(b.binary("mul", b.number(3), stack), 0, 1)


def test_symmetry_is_not_claimed_of_what_is_not_symmetric() -> None:
    b = Builder()
    a, c, v = _input(b, "A", N, N), _input(b, "C", N, N), _input(b, "v", N)
    for made in (
        a,
        b.dot(a, a),
        b.dot(a, b.transpose(c)),
        b.rows(v, b.dot(a, b.transpose(a))),
        b.outer(v, b.dot(a, v)),
        b.binary("add", b.outer(v, v), a),
        b.make("einsum", a, a, dims=(N, N, N), data=(((0, 1), (1, 2)), (0, 1, 2))),
    ):
        assert not unchanged_by_swap(made, 0, 1), made.op
    square = b.dot(a, a)
    for _ in range(40):
        square = b.dot(square, square)
    assert not unchanged_by_swap(square, 0, 1), "deep sharing ends, and without an answer"


def test_half_of_a_symmetric_product_is_the_whole_of_it() -> None:
    shapes = {"W": (33, 5), "X": (5, 4), "Y": (33, 4)}
    values = _numbers(shapes)
    text = "sum(log(sum(exp(W*X), 1))) - sum(Y.*(W*X))"
    z = np.exp(values["W"] @ values["X"])
    s = z / z.sum(axis=0)
    blocks = np.einsum("iw,ik->wik", s, np.eye(33)) - np.einsum("iw,kw->wik", s, s)
    wanted = np.einsum("wik,jw,lw->ijkl", blocks, values["X"], values["X"])
    hessian = matrixcalc.compile(text, "W", order=2)
    assert np.abs(hessian(**values) - wanted).max() < 1e-14


HESSIANS = [
    ("sum(log(sum(exp(V*relu(W*X)), 1)))", {"V": (5, 4), "W": (4, 3), "X": (3, 6)}),
    ("sum(Y.*exp(V*tanh(W*X)))", {"V": (5, 4), "W": (4, 3), "X": (3, 6), "Y": (5, 6)}),
    ("sum(relu(V*exp(W*X)).^2)", {"V": (5, 4), "W": (4, 3), "X": (3, 6)}),
]


@pytest.mark.parametrize(("text", "shapes"), HESSIANS)
def test_pieces_and_one_product_agree(text: str, shapes: dict[str, tuple[int, ...]]) -> None:
    values = _numbers(shapes)
    source = matrixcalc.code(text, "W", order=2)
    assert SYMMETRIC_PRODUCT in source
    whole: dict[str, Any] = {}
    exec(source, whole)
    pieces: dict[str, Any] = {}
    exec(source.replace("if n < 32", "if n < 1"), pieces)
    one, other = whole["function"](**values), pieces["function"](**values)
    assert np.abs(one - other).max() < 1e-13 * np.abs(one).max()
    again = matrixcalc.derive(text, "W", "W").as_tensor(values)
    assert np.abs(one - again).max() < 1e-12 * np.abs(one).max()


@pytest.mark.parametrize("library", params([JAX]))
@pytest.mark.parametrize(("text", "shapes"), HESSIANS)
def test_jax_computes_half_of_it_too(
    text: str, shapes: dict[str, tuple[int, ...]], library: Library
) -> None:
    values = _numbers(shapes)
    source = matrixcalc.code(text, "W", order=2, target="jax")
    assert JAX_SYMMETRIC_PRODUCT in source
    with double_precision():
        made = matrixcalc.compile(text, "W", order=2, target="jax")(**values)
        agree(np.asarray(made), matrixcalc.derive(text, "W", "W").as_tensor(values), 1e-12)
