"""Numeric evaluation: values, inputs and stability."""

from __future__ import annotations

from types import SimpleNamespace

import numpy
import pytest

from matrixcalc import kernels
from matrixcalc.build import MINUS, add, call, mul, num, power, sym, transpose
from matrixcalc.dims import ONE, Dim
from matrixcalc.errors import ShapeError, UnknownNameError, UnsupportedError
from matrixcalc.numeric import contract, evaluate, evaluate_many

n, m = Dim.named("n"), Dim.named("m")
A = sym("A", (n, m))
X = sym("X", (n, n))
x = sym("x", (m, ONE))
r = sym("r", (ONE, m))
random = numpy.random.default_rng(0)


def test_kinds_and_shapes() -> None:
    a, v = random.normal(size=(3, 2)), random.normal(size=2)
    numpy.testing.assert_allclose(evaluate(mul(A, x), {"A": a, "x": v}), (a @ v).reshape(3, 1))
    assert evaluate(r, {"r": v}).shape == (1, 2)
    assert evaluate(x, {"x": v.reshape(1, 2)}).shape == (2, 1)
    assert evaluate(mul(r, x), {"r": v, "x": v}).shape == ()
    assert evaluate(num(3), {}).dtype == numpy.float64


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"A": [[1.0, 2.0]], "x": [1.0, 2.0, 3.0]},
            r"x is m×1, the value given is of length 3, but m is 2 elsewhere",
        ),
        ({"A": [[1.0, 2.0]], "x": [[1.0, 2.0], [3.0, 4.0]]}, r"x is m×1, the value given is 2×2"),
        ({"A": [1.0, 2.0], "x": [1.0, 2.0]}, r"A is n×m, the value given is of length 2"),
        ({"A": [[1.0], [2.0, 3.0]], "x": [1.0]}, r"rows differ in length"),
        ({"A": [["a", "b"]], "x": [1.0, 2.0]}, r"not numeric"),
    ],
)
def test_values_that_do_not_fit(values: dict[str, object], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        evaluate(mul(A, x), values)


def test_missing_and_complex_values() -> None:
    with pytest.raises(UnknownNameError, match="no value is given for x"):
        evaluate(x, {})
    with pytest.raises(UnsupportedError, match="complex"):
        evaluate(x, {"x": [1j, 2]})


def test_a_scalar_takes_no_vector() -> None:
    with pytest.raises(ShapeError, match="a is a scalar, the value given is of length 2"):
        evaluate(sym("a"), {"a": [1, 2]})


def test_a_deep_expression_is_evaluated_without_recursion() -> None:
    e = x
    for _ in range(5000):
        e = call("sin", e)
    assert numpy.all(numpy.isfinite(evaluate(e, {"x": [0.5, 1.0]})))


def test_long_products() -> None:
    shapes = [Dim.named(f"k{i}") for i in range(8)]
    sizes = random.integers(1, 6, size=8)
    factors = [sym(f"M{i}", (shapes[i], shapes[i + 1])) for i in range(7)]
    values = {f"M{i}": random.normal(size=(sizes[i], sizes[i + 1])) for i in range(7)}
    expected = values["M0"]
    for i in range(1, 7):
        expected = expected @ values[f"M{i}"]
    numpy.testing.assert_allclose(evaluate(mul(*factors), values), expected)


def test_powers() -> None:
    a = random.normal(size=(3, 3))
    numpy.testing.assert_allclose(evaluate(power(X, MINUS), {"X": a}), numpy.linalg.inv(a))
    numpy.testing.assert_allclose(
        evaluate(power(X, num(3)), {"X": a}), numpy.linalg.matrix_power(a, 3)
    )
    assert numpy.isnan(evaluate(power(sym("a"), sym("b")), {"a": -1.0, "b": 0.5}))
    assert not numpy.all(numpy.isfinite(evaluate(power(X, MINUS), {"X": numpy.ones((2, 2))})))


def test_many_share_sizes() -> None:
    one, other = evaluate_many([mul(A, x), transpose(A)], {"A": [[1, 2]], "x": [3, 4]})
    assert one.tolist() == [[11.0]]
    assert other.tolist() == [[1.0], [2.0]]


def test_stability() -> None:
    big = numpy.array([[1000.0], [-1000.0]])
    with numpy.errstate(all="raise", under="ignore"):
        assert kernels.sigmoid(big).ravel().tolist() == [1.0, 0.0]
        assert kernels.softplus(big).ravel().tolist() == [1000.0, 0.0]
        assert kernels.softmax(big).ravel().tolist() == [1.0, 0.0]
        assert kernels.log_softmax(big).ravel().tolist() == [0.0, -2000.0]
        assert float(kernels.norm2(big * 1e300)) == pytest.approx(2**0.5 * 1e303)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("rank", [0, 1, 2, 5])
def test_adjugate_of_any_rank(size: int, rank: int) -> None:
    a = random.normal(size=(size, min(size, rank))) @ random.normal(size=(min(size, rank), size))
    cofactors = numpy.array(
        [
            [
                (-1) ** (i + j)
                * numpy.linalg.det(numpy.delete(numpy.delete(a, i, axis=0), j, axis=1))
                for j in range(size)
            ]
            for i in range(size)
        ]
    )
    numpy.testing.assert_allclose(kernels.adjugate(a), cofactors.T, atol=1e-10)


@pytest.mark.parametrize("name", ["expm", "logm", "sqrtm"])
def test_frechet_derivatives(name: str) -> None:
    a = random.normal(size=(3, 3)) * 0.3 + 2 * numpy.eye(3)
    e = random.normal(size=(3, 3))
    f = getattr(kernels, name)
    numpy.testing.assert_allclose(
        getattr(kernels, f"{name}_frechet")(a, e),
        (f(a + 1e-5 * e) - f(a - 1e-5 * e)) / 2e-5,
        rtol=1e-6,
    )


def test_index_forms() -> None:
    a, v = random.normal(size=(3, 2)), random.normal(size=2)
    terms = [SimpleNamespace(scalars=(num(2),), factors=[(A, (0, 1)), (x, (1,))])]
    numpy.testing.assert_allclose(contract(terms, (0,), {0: n, 1: m}, {"A": a, "x": v}), 2 * a @ v)
    stacked = [SimpleNamespace(scalars=(), factors=[(call("vec", A), ((1, 0),))])]
    numpy.testing.assert_allclose(contract(stacked, (0, 1), {0: n, 1: m}, {"A": a}), a)
    delta = [SimpleNamespace(scalars=(), factors=[(x, (1,))])]
    numpy.testing.assert_allclose(contract(delta, (1, 1), {1: m}, {"x": v}), numpy.diag(v))
    spread = [SimpleNamespace(scalars=(), factors=[(x, (1,))])]
    form = contract(spread, (1, 0), {1: m, 0: n}, {"x": v}, {"n": 3})
    numpy.testing.assert_allclose(form, numpy.outer(v, numpy.ones(3)))


def test_many_indices() -> None:
    factors = [(x, (i,)) for i in range(60)]
    term = SimpleNamespace(scalars=(), factors=factors)
    total = contract([term], (), dict.fromkeys(range(60), m), {"x": [0.5, 0.5]})
    assert float(total) == pytest.approx(1.0)


def test_sums_of_a_scalar_and_a_vector() -> None:
    assert evaluate(add(x, num(1)), {"x": [1, 2]}).ravel().tolist() == [2.0, 3.0]
