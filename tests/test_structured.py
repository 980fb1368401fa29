"""Hessians that are returned as operators: what they are is what they do."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy
import pytest
from scipy.sparse.linalg import LinearOperator, cg

from matrixcalc.codegen.api import code, compile
from matrixcalc.derivative import Derivative
from matrixcalc.derive import derive

CORPUS = Path(__file__).parent / "corpus" / "cases.jsonl"
CASES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
HESSIANS = [c for c in CASES if len(c["wrt"]) == 2 and len(set(c["wrt"])) == 1]

VECTORS = {"a": "vector(n)", "b": "vector(n)", "d": "vector(n)"}
SIDES = {"a": "vector(n)", "b": "vector(m)", "X": "matrix(n, m)"}
SYMMETRIC = {"S": "matrix(n, n) symmetric"}

# function, variable, declarations, and the classes, from the outside in
RECOGNISED = (
    ("norm2(T - U*V')^2", "U", {}, "Kronecker"),
    ("norm2(T - U*V')^2", "V", {}, "Kronecker"),
    ("tr(X'*A*X)", "X", {}, "Kronecker"),
    ("norm2(A*X*B - C)^2", "X", {}, "Kronecker"),
    ("sum((A*X*b).^2)", "X", {"b": "vector(m)"}, "Kronecker"),
    ("tr(X'*diag(d)*X)", "X", VECTORS, "Kronecker"),
    ("norm2(A*X)^2 + 2*norm2(X)^2", "X", {}, "Kronecker"),
    ("tr(A*X'*B*X*C)", "X", {}, "Sum Kronecker Kronecker"),
    ("norm2(A*X*B)^2 + 2*norm2(X)^2", "X", {}, "Sum Kronecker Kronecker"),
    ("norm2(A*X)^2 + norm2(X*B)^2", "X", {}, "Sum Kronecker Kronecker"),
    ("sum(log(1 + exp(-Y.*(X*W))))", "W", {"Y": "matrix(m, k)", "X": "matrix(m, n)"}, "Block"),
    ("sum(exp(A*X)) + norm2(X)^2 + norm2(B*X)^2 + sum(X.^4)", "X", {"X": "matrix(n, m)"}, "Block"),
    ("sum(exp(X*A)) + 3*norm2(X)^2", "X", {"X": "matrix(n, m)"}, "Block"),
    ("sum(exp(A*X)) + sum(exp(X*B)) + sum(X)^2", "X", {"X": "matrix(n, m)"},
     "LowRank Sum Block Block"),
    ("norm2(X*X')^2", "X", {}, "Sum Kronecker Kronecker Crossed"),
    ("logdet(X'*X)", "X", {}, "Sum Kronecker Crossed"),
    ("logdet(X)", "X", {}, "Crossed"),
    ("tr(X*X)", "X", {}, "Crossed"),
    ("tr(A*X*B*X)", "X", {}, "Sum Crossed Crossed"),
    ("tr(A*X*B*X)", "X", {"X": "matrix(n, n)"}, "Sum Crossed Crossed"),
    ("norm2(x)^2/2 + a'*x", "x", VECTORS | {"x": "vector(n)"}, "Diagonal"),
    ("sum(exp(x))", "x", {}, "Diagonal"),
    ("sum(log(x.^2 + vector(1)))", "x", {}, "Diagonal"),
    ("x'*diag(d)*x", "x", VECTORS, "Diagonal"),
    ("x'*D*x", "x", {"D": "matrix(n, n) diagonal"}, "Diagonal"),
    ("x'*(eye.*A)*x + (a'*x)^2", "x", {"a": "vector(n)"}, "LowRank Diagonal"),
    ("tr(X'*D*X)", "X", {"D": "matrix(n, n) diagonal"}, "Kronecker"),
    ("sum(exp(X))", "X", {"X": "matrix(n, m)"}, "Diagonal"),
    ("sum(exp(A.*X)) + 3*norm2(X)^2", "X", SIDES, "Diagonal"),
    ("sum(X.^4) + norm2(A*X)^2", "X", SIDES, "Sum Diagonal Kronecker"),
    ("log(sum(exp(x)))", "x", {}, "LowRank Diagonal"),
    ("logsumexp(x)", "x", {}, "LowRank Diagonal"),
    ("norm2(x)", "x", {}, "LowRank Diagonal"),
    ("(a'*x)^2 + 2*sum(x.^4)", "x", VECTORS, "LowRank Diagonal"),
    ("exp(a'*x)*sum(x.^2)", "x", VECTORS, "LowRank Diagonal"),
    ("norm2(X)^4", "X", {}, "LowRank Diagonal"),
    ("norm2(A*X*B - C)^2 + (a'*X*b)^2", "X", SIDES, "LowRank Kronecker"),
    ("det(X)", "X", {}, "LowRank Crossed"),
    ("(a'*x)*(b'*x)", "x", VECTORS, "LowRank"),
    ("(a'*X*b)^2", "X", SIDES, "LowRank"),
    ("sum(X)^2", "X", SIDES, "LowRank"),
    ("tr(X)^2", "X", {}, "LowRank"),
    ("logdet(S)", "S", SYMMETRIC, "Sum Kronecker Crossed"),
)


def sample(d: Derivative) -> dict[str, numpy.ndarray]:
    """Values in which all dimensions differ, and nothing is symmetric that need not be."""
    rng = numpy.random.default_rng(7)
    names = sorted({n for e in d.variables.values() for axis in e.shape for n in axis.names})
    sizes = {name: 3 + k for k, name in enumerate(names)}
    values = {}
    for name, e in d.variables.items():
        a = rng.standard_normal([axis.value(sizes) for axis in e.shape if not axis.is_one])
        a = numpy.diag(numpy.diag(a)) if "diagonal" in e.properties else a
        values[name] = a @ a.T if "symmetric" in e.properties else a
    return values


def classes(h: Any) -> str:
    """The kinds of an operator and its parts."""
    parts = getattr(h, "parts", ()) or (getattr(h, "base", None),)
    own = type(h).__name__.replace("Operator", "")
    return " ".join((own, *(classes(p) for p in parts if p is not None)))


def agrees(h: Any, true: numpy.ndarray, x: numpy.ndarray) -> None:
    """Whether an operator is the tensor, by all that can be done with it."""
    rng = numpy.random.default_rng(8)
    size = max(x.size, 1)
    matrix = true.reshape(size, size)
    scale = numpy.abs(true).max()

    def close(found: Any, expected: Any, factor: float = 1.0) -> None:
        assert numpy.shape(found) == numpy.shape(expected)
        assert numpy.abs(found - expected).max() <= 1e-9 * factor * scale

    assert isinstance(h, LinearOperator)
    assert h.shape == (size, size)
    close(h.dense(), true)
    close(numpy.asarray(h), true)
    close(h.diagonal(), numpy.diag(matrix).reshape(x.shape))
    v, columns = rng.standard_normal(x.shape), rng.standard_normal((size, 2))
    close(h @ v, numpy.tensordot(true, v, x.ndim))
    close(h @ v.ravel(), matrix @ v.ravel())
    close(h @ columns, matrix @ columns)
    close(h.T @ v.ravel(), matrix @ v.ravel())
    close(columns.T @ h, columns.T @ matrix)
    close((2 * h) @ v.ravel(), 2 * matrix @ v.ravel())
    if numpy.linalg.cond(matrix) > 1e12:
        with pytest.raises(numpy.linalg.LinAlgError, match=r"^the Hessian is singular$"):
            h.solve(v)
        return
    for b in (v, v.ravel(), columns):
        found = h.solve(b)
        assert found.shape == b.shape
        close(h @ found, b, max(1.0, 1.0 / scale) * numpy.linalg.cond(matrix))


@pytest.mark.parametrize("case", HESSIANS, ids=[c["id"] for c in HESSIANS])
def test_the_corpus_runs_as_operators(case: dict[str, Any]) -> None:
    wrt = case["wrt"][0]
    f = compile(case["expr"], wrt, 2, vars=case.get("vars"), structured=case.get("structured"))
    for point in case["points"]:
        h, true = f(**point["values"]), numpy.array(point["tensor"])
        if isinstance(h, LinearOperator):
            agrees(h, true, numpy.array(point["values"][wrt]))
        else:
            numpy.testing.assert_allclose(h, true, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "wrt", "declared", "kinds"), RECOGNISED, ids=[f"{r[0]} by {r[1]}" for r in RECOGNISED]
)
def test_what_is_recognised(text: str, wrt: str, declared: Mapping[str, str], kinds: str) -> None:
    declared = {k: v for k, v in declared.items() if k in text}
    d = derive(text, wrt, wrt, vars=declared, verify=False)
    values = sample(d)
    h = compile(text, wrt, 2, vars=declared)(**values)
    assert classes(h) == kinds
    agrees(h, d.as_tensor(values), values[wrt])
    dense = compile(text, wrt, 2, vars=declared, dense=True)(**values)
    numpy.testing.assert_allclose(dense, h.dense(), rtol=1e-9, atol=1e-12)


def test_a_product_of_low_rank_is_kept_by_the_hints() -> None:
    rng = numpy.random.default_rng(1)
    x, u = rng.standard_normal(9), rng.standard_normal((9, 2))
    text = "(x'*U)*(U'*x) + sum(exp(x))"
    f = compile(text, "x", 2, sizes={"n": 1000, "p": 10, "m": 10})
    assert classes(f(U=u, x=x)) == "LowRank Diagonal"
    agrees(f(U=u, x=x), 2 * u @ u.T + numpy.diag(numpy.exp(x)), x)
    assert isinstance(compile(text, "x", 2)(U=u, x=x), numpy.ndarray)


def test_logistic_regression_has_a_dense_hessian() -> None:
    text = "sum(log(exp(-y.*(X*w)) + vector(1))) + norm2(w)^2"
    rng = numpy.random.default_rng(2)
    values = {"X": rng.standard_normal((12, 3)), "w": numpy.ones(3), "y": numpy.ones(12)}
    assert isinstance(compile(text, "w", 2)(**values), numpy.ndarray)
    few = compile(text, "w", 2, sizes={"n": 20, "m": 1000})
    values = {"X": rng.standard_normal((3, 12)), "w": numpy.ones(12), "y": numpy.ones(3)}
    h = few(**values)
    assert classes(h) == "LowRank Diagonal"
    agrees(h, derive(text, "w", "w", verify=False).as_tensor(values), values["w"])


def test_a_singular_diagonal_is_made_good_by_the_rest() -> None:
    f = compile("(a'*x)^2 + sum(x.^4)", "x", 2, vars={"a": "vector(n)", "x": "vector(n)"})
    h = f(a=[1.0, 2.0, 3.0], x=[0.0, 1.0, 2.0])
    numpy.testing.assert_allclose(h @ h.solve([1.0, -1.0, 2.0]), [1.0, -1.0, 2.0])
    with pytest.raises(numpy.linalg.LinAlgError, match=r"^the Hessian is singular$"):
        f(a=[1.0, 2.0, 3.0], x=[0.0, 0.0, 2.0]).solve([1.0, -1.0, 2.0])


def test_a_sum_of_two_products_with_singular_sides_is_solved() -> None:
    rng = numpy.random.default_rng(3)
    values = {"A": rng.standard_normal((2, 4)), "B": rng.standard_normal((5, 3)),
              "X": rng.standard_normal((4, 5))}
    h = compile("norm2(A*X*B)^2 + norm2(X)^2", "X", 2)(**values)
    b = rng.standard_normal((4, 5))
    numpy.testing.assert_allclose(h @ h.solve(b), b, atol=1e-11)


def test_scipy_takes_the_operator() -> None:
    x = numpy.linspace(-1.0, 1.0, 5)
    h = compile("sum(exp(x)) + (a'*x)^2", "x", 2, vars={"a": "vector(n)"})(a=x + 2, x=x)
    found, info = cg(h, x, rtol=1e-12)
    assert info == 0
    numpy.testing.assert_allclose(found, h.solve(x), rtol=1e-9)


def test_several_orders_come_together_and_nothing_is_shared() -> None:
    x = numpy.array([1.0, 2.0, 3.0])
    value, gradient, h = compile("sum(exp(x))", "x", (0, 1, 2))(x=x)
    assert value == pytest.approx(numpy.exp(x).sum())
    gradient[:] = 0.0
    numpy.testing.assert_allclose(h.dense(), numpy.diag(numpy.exp(x)))
    u = numpy.array([[1.0, 2.0], [3.0, 5.0], [1.0, 1.0]])
    h = compile("norm2(X)^4", "X", 2)(X=u)
    before = h.dense()
    u[:] = 0.0
    numpy.testing.assert_array_equal(h.dense(), before)


def test_a_linear_function_has_zeros() -> None:
    zeros = compile("tr(A*X)", "X", 2)(A=numpy.ones((2, 3)), X=numpy.ones((3, 2)))
    numpy.testing.assert_array_equal(zeros, numpy.zeros((3, 2, 3, 2)))


def test_an_operator_has_no_workspace() -> None:
    place, x = numpy.zeros((3, 3)), numpy.ones(3)
    with pytest.raises(ValueError, match=r"^out must be None for an operator$"):
        compile("sum(exp(x))", "x", 2)(x=x, out=place)
    gradient, value = numpy.zeros(3), compile("sum(exp(x))", "x", (1, 2))
    h = value(x=x, out=(gradient, None))[1]
    value(x=2 * x, out=(gradient, None))
    numpy.testing.assert_allclose(h.dense(), numpy.e * numpy.eye(3))


def test_what_does_not_fit_is_told() -> None:
    h = compile("norm2(X)^2", "X", 2)(X=numpy.ones((2, 3)))
    words = r"^the operator takes arrays of shape \(2, 3\), \(6,\) or \(6, 'k'\), not \(3, 2\)$"
    with pytest.raises(ValueError, match=words):
        h @ numpy.ones((3, 2))
    with pytest.raises(ValueError, match=words):
        h.solve(numpy.ones((3, 2)))


@pytest.mark.parametrize(("text", "wrt", "values"), [
    ("norm2(T - U*V')^2", "U", "[[1., 2.]], [[3.], ], [[4.], [5.]]"),
    ("norm2(x)^4", "x", "[1., 2.]"),
    ("tr(A*X*B*X)", "X", "[[1., 2.]], [[3., 4.]], [[3.], [1.]]"),
])
def test_the_source_is_self_contained(text: str, wrt: str, values: str) -> None:
    text = f"{code(text, wrt, 2)}\nh = function({values})\nprint(h.solve(h @ h.diagonal()))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", text], capture_output=True,
                          text=True, check=True)
    assert done.stdout.startswith("[")
    assert "matrixcalc" not in text


def test_only_the_class_that_is_needed_is_written() -> None:
    text = code("sum(exp(x))", "x", 2)
    assert text.count("\nclass ") == 2
    assert "class DiagonalOperator" in text
    assert "class " not in code("0.5*x'*A*x", "x", 2)
    assert "class " not in code("sum(exp(x))", "x", 2, dense=True)


def test_a_variable_may_be_called_like_a_class() -> None:
    declared = {"DiagonalOperator": "scalar"}
    f = compile("DiagonalOperator*sum(exp(x))", "x", 2, vars=declared)
    h = f(DiagonalOperator=2.0, x=[0.0, 0.0])
    numpy.testing.assert_array_equal(h.dense(), 2 * numpy.eye(2))


@pytest.mark.parametrize("layout", ["numerator", "denominator", "mixed"])
def test_layouts_and_rows(layout: str) -> None:
    declared = {"r": "row(n)", "a": "vector(n)"}
    text = "(r*a)^2 + sum(exp(r))"
    d = derive(text, "r", "r", vars=declared, layout=layout, verify=False)
    values = sample(d)
    h = compile(text, "r", 2, vars=declared, layout=layout)(**values)
    assert classes(h) == "LowRank Diagonal"
    agrees(h, d.as_tensor(values), values["r"])


@pytest.mark.parametrize("reading", ["gradient", "entries", "none"])
@pytest.mark.parametrize("text", ["logdet(S)", "tr(A*S*B*S)", "norm2(A*S)^2", "sum(S.^3)"])
def test_readings_of_a_structured_variable(text: str, reading: str) -> None:
    declared = {"S": "matrix(n, n) symmetric", "A": "matrix(n, n)", "B": "matrix(n, n)"}
    declared = {k: v for k, v in declared.items() if k in text}
    d = derive(text, "S", "S", vars=declared, structured=reading, verify=False)
    values = sample(d)
    h = compile(text, "S", 2, vars=declared, structured=reading)(**values)
    if isinstance(h, LinearOperator):
        agrees(h, d.as_tensor(values), values["S"])
    else:
        numpy.testing.assert_allclose(h, d.as_tensor(values), rtol=1e-9, atol=1e-12)


PIECES = {
    "x": (
        "sum(exp(x))", "(a'*x)^2", "norm2(x)^2", "(a'*x)*(b'*x)", "sum(sin(x.*a))",
        "logsumexp(x)", "sqrt(1 + norm2(x)^2)", "exp(a'*x)", "sum(x)^3", "sum(x.^3.*b)",
        "(a'*x)*sum(x.^2)", "log(1 + exp(a'*x))", "x'*diag(a)*x", "x'*Q*x", "a'*x",
    ),
    "X": (
        "norm2(A*X)^2", "norm2(X*B)^2", "norm2(A*X*B)^2", "norm2(X)^2", "sum(X.^4)",
        "(a'*X*c)^2", "tr(C*X)", "tr(X'*D*X*E)", "tr(C*X*C*X)", "norm2(X)^4",
        "sum(exp(X.*F))", "sum(exp(a'*X*c)*X)", "sum((X*c).^2.*a)", "tr(X'*diag(a)*X)",
        "sum(A*X*c)^2", "sum(exp(A*X))", "sum(sin(X*B))", "log(norm2(X)^2 + 1)", "tr(X*diag(c)*X')",
    ),
}  # fmt: skip
KINDS = {
    "x": "vector(n)", "Q": "matrix(n, n)", "X": "matrix(n, m)", "A": "matrix(p, n)",
    "B": "matrix(m, q)", "C": "matrix(m, n)", "D": "matrix(n, n)", "E": "matrix(m, m)",
    "F": "matrix(n, m)", "a": "vector(n)", "b": "vector(n)", "c": "vector(m)",
}  # fmt: skip


@pytest.mark.parametrize("seed", range(24))
def test_sums_of_all_kinds(seed: int) -> None:
    rng = random.Random(seed)
    wrt = rng.choice("xX")
    pieces = rng.sample(PIECES[wrt], rng.randint(1, 3))
    text = " + ".join(f"{rng.randint(1, 5)}*{piece}" for piece in pieces)
    declared = {k: v for k, v in KINDS.items() if k in text}
    d = derive(text, wrt, wrt, vars=declared, verify=False)
    values = {k: 0.5 * v for k, v in sample(d).items()}
    h = compile(text, wrt, 2, vars=declared)(**values)
    if isinstance(h, LinearOperator):
        agrees(h, d.as_tensor(values), values[wrt])
    else:
        numpy.testing.assert_allclose(h, d.as_tensor(values), rtol=1e-9, atol=1e-9)
