"""Products with a derivative: right, and at the cost of a few evaluations."""

from __future__ import annotations

import json
import re
from math import prod
from pathlib import Path
from typing import Any

import numpy
import pytest
from work import largest, multiplications

from matrixcalc.codegen.api import code, compile
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.programs import program_of
from matrixcalc.derive import derive
from matrixcalc.errors import UnsupportedError

FILES = [Path(__file__).parent / "corpus" / name for name in ("cases.jsonl", "more.jsonl")]
CASES = [json.loads(line) for f in FILES for line in f.read_text(encoding="utf-8").splitlines()]
FIRST = [c for c in CASES if len(c["wrt"]) == 1]
SCALAR = [c for c in CASES if len(set(c["wrt"])) == 1 and c["case"].startswith("scalar-by-")]


def options(case: dict[str, Any]) -> dict[str, Any]:
    return {"vars": case.get("vars"), "structured": case.get("structured")}


def agree(found: Any, true: Any) -> None:
    true = numpy.asarray(true)
    assert numpy.shape(found) == true.shape
    scale = numpy.max(numpy.abs(true), initial=0.0)
    assert numpy.max(numpy.abs(found - true), initial=0.0) <= 1e-8 * scale + 1e-10


def drawn(case: dict[str, Any], shape: tuple[int, ...]) -> Any:
    return numpy.random.default_rng(len(case["expr"])).standard_normal(shape)


def direction(case: dict[str, Any], point: dict[str, Any]) -> tuple[Any, Any]:
    """A direction, and what a tensor of partial derivatives is contracted with for it.

    Any direction will do for a tensor in a space of matrices; by independent entries it is a
    symmetric one, of which each entry counts once.
    """
    v = drawn(case, numpy.shape(point["values"][case["wrt"][0]]))
    if case.get("structured") != "entries":
        return v, v
    v = v + v.T
    return v, numpy.triu(v)


def singular(matrix: Any) -> bool:
    return bool(numpy.linalg.matrix_rank(matrix) < len(matrix))


def free(name: str, point: dict[str, Any]) -> str:
    """The name of a direction: v, or the first free v_1, v_2, …"""
    return name if name not in point["values"] else f"{name}_1"


@pytest.mark.parametrize("case", FIRST, ids=[c["id"] for c in FIRST])
def test_the_jacobian_times_a_direction(case: dict[str, Any]) -> None:
    f = compile(case["expr"], case["wrt"][0], product="jvp", **options(case))
    for point in case["points"]:
        v, once = direction(case, point)
        made = f(**point["values"], **{free("v", point): v})
        agree(made, numpy.tensordot(point["tensor"], once, v.ndim))


@pytest.mark.parametrize("case", FIRST, ids=[c["id"] for c in FIRST])
def test_an_upstream_gradient_times_the_jacobian(case: dict[str, Any]) -> None:
    f = compile(case["expr"], case["wrt"][0], product="vjp", **options(case))
    for point in case["points"]:
        g = drawn(case, numpy.shape(point["value"]))
        made = f(**point["values"], **{free("G", point): g})
        agree(made, numpy.tensordot(g, point["tensor"], g.ndim))


@pytest.mark.parametrize("case", SCALAR, ids=[c["id"] for c in SCALAR])
def test_the_hessian_times_a_direction(case: dict[str, Any]) -> None:
    x = case["wrt"][0]
    try:
        d = derive(case["expr"], x, x, verify=False, **options(case))
    except UnsupportedError as error:
        with pytest.raises(UnsupportedError, match=f"^{re.escape(error.message)}"):
            compile(case["expr"], x, product="hvp", **options(case))
        return
    first = derive(case["expr"], x, verify=False, **options(case))
    f = compile(case["expr"], x, (0, 1), product="hvp", **options(case))
    for point in case["points"]:
        v, once = direction(case, point)
        values = {**point["values"], free("v", point): v}
        if "X invertible" in d.conditions and singular(point["values"]["X"]):
            continue
        hessian = d.as_tensor(point["values"])
        value, gradient, made = f(**values)
        agree(value, point["value"])
        agree(gradient, first.as_tensor(point["values"]))
        agree(made, numpy.tensordot(hessian, once, v.ndim))


def net(layers: int) -> str:
    """A ReLU net with softmax cross-entropy, on a batch of columns."""
    hidden = "X"
    lines = []
    for k in range(1, layers):
        lines.append(f"H{k} = relu(W{k}*{hidden})")
        hidden = f"H{k}"
    lines += [f"Z = W{layers}*{hidden}", "f = sum(log(sum(exp(Z), 1))) - sum(Y.*Z)"]
    return "; ".join(lines)


SIZES = dict(zip("nmpqrstkl", (600, 500, 400, 300, 350, 450, 550, 250, 200), strict=True))
COSTS = {
    "logistic regression": ("sum(log(exp(-y.*(X*w)) + vector(1)))", "w"),
    "least squares": ("norm2(X*w - y)^2", "w"),
    "matrix factorisation": ("norm2(T - U*V')^2", "U"),
    "a deep net, the first layer": (net(10), "W1"),
    "a deep net, a layer inside": (net(10), "W5"),
    "a tanh net": ("norm2(B*tanh(A*X) - Y)^2", "A"),
    "a form with an inverse": ("u'*inv(X)*y", "X"),
    "Gaussian likelihood": ("-0.5*c*logdet(S) - 0.5*tr(D'*inv(S)*D)", "S"),
    "a Gram determinant": ("logdet(X'*X)", "X"),
    "four factors in a trace": ("tr(A*X'*B*X*C)", "X"),
    "softmax": ("sum(softmax(A*x).^2)", "x"),
}


@pytest.mark.parametrize(("f", "x"), list(COSTS.values()), ids=list(COSTS))
def test_a_hessian_vector_product_costs_a_few_gradients(f: str, x: str) -> None:
    def program(order: Any, product: str | None = None) -> Program:
        return program_of(f, x, order, None, "mixed", None, None, False, product)

    gradient, product = program((0, 1)), program(1, "hvp")
    together = program((0, 1), "hvp")
    names = {name for e in together.variables for d in e.shape for name in d.names}
    sizes = {name: SIZES.get(name, 500 + 7 * k) for k, name in enumerate(sorted(names))}
    unit = multiplications(gradient, sizes)
    assert multiplications(product, sizes) <= 3 * unit
    assert multiplications(together, sizes) <= 3.5 * unit
    v = next(e for e in together.variables if e.name == x)
    entries = prod(d.value(sizes) for d in v.shape)
    most, axes = largest(product, sizes)
    assert axes <= 2
    assert most < entries**2 / 10


KRONECKER = {
    "two factors": ("kron(A, X)*x", "X"),
    "a trace": ("tr(kron(A, X)*B)", "X"),
    "the variable twice": ("tr(kron(X, X)*B)", "X"),
    "a quadratic form of vec": ("vec(X)'*B*vec(X)", "X"),
    "vec of the transpose": ("vec(X')'*B*vec(X)", "X"),
    "elementwise": ("sum(kron(A, X).*B)", "X"),
    "vectors": ("kron(x, y)'*z", "x"),
    "nested": ("norm2(kron(kron(A, X), B)*x)^2", "X"),
    "in a sum": ("(kron(A, X) + B)*x", "X"),
    "after another": ("kron(A, B)*(kron(C, X)*x)", "X"),
    "by a scalar": ("sum(kron(sin(a*A), B)*x)", "a"),
}


@pytest.mark.parametrize("product", [None, "jvp", "vjp", "hvp"])
@pytest.mark.parametrize(("f", "x"), list(KRONECKER.values()), ids=list(KRONECKER))
def test_no_kronecker_product_is_formed(f: str, x: str, product: str | None) -> None:
    d = derive(f, x, verify=False)
    if product == "hvp" and not d.function.is_scalar:
        return
    names = sorted({n for e in d.variables.values() for a in e.shape for n in a.names})
    sizes = {name: 2 + k for k, name in enumerate(names)}
    rng = numpy.random.default_rng(3)
    values = {
        name: rng.standard_normal([a.value(sizes) for a in e.shape if not a.is_one])
        for name, e in d.variables.items()
    }
    tensor, value = d.as_tensor(values), d.value(values)
    v, g = rng.standard_normal(values[x].shape), rng.standard_normal(value.shape)
    true = {
        None: lambda: tensor,
        "jvp": lambda: numpy.tensordot(tensor, v, v.ndim),
        "vjp": lambda: numpy.tensordot(g, tensor, g.ndim),
        "hvp": lambda: numpy.tensordot(
            derive(f, x, x, verify=False).as_tensor(values), v, v.ndim
        ),
    }
    given = {"jvp": {"v": v}, "vjp": {"G": g}, "hvp": {"v": v}}.get(product or "", {})
    agree(compile(f, x, product=product)(**values, **given), true[product]())
    text = code(f, x, product=product).rpartition('"""')[2]
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert not re.search(r"\b(kron|eye)\(", "\n".join(lines))


def test_a_product_is_that_of_the_function_beside_a_second_derivative_alone() -> None:
    x, A, g = numpy.array([0.1, -0.2]), numpy.array([[1.0, 2.0], [3.0, 4.0]]), 2.0
    f = compile("sum(exp(A*x))", "x", order=(2,), product="vjp")
    second, product = f(A=A, x=x, G=g)
    e = numpy.exp(A @ x)
    assert numpy.allclose(second, A.T @ numpy.diag(e) @ A)
    assert numpy.allclose(product, g * A.T @ e)
