"""Generated code computes what the engine says, and stays finite."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import mpmath
import numpy
import pytest

import matrixcalc
from matrixcalc import build
from matrixcalc.codegen.api import code, compile
from matrixcalc.codegen.products import hvp
from matrixcalc.derive import derive
from matrixcalc.dims import ONE as UNIT_AXIS
from matrixcalc.dims import Dim
from matrixcalc.errors import ParseError, UnsupportedError

CORPUS = Path(__file__).parent / "corpus"
CASES = [
    json.loads(line)
    for name in ("cases.jsonl", "more.jsonl")
    for line in (CORPUS / name).read_text(encoding="utf-8").splitlines()
]
ONE = [c for c in CASES if len(set(c["wrt"])) == 1 and len(c["wrt"]) <= 2]


@pytest.mark.parametrize("case", ONE, ids=[c["id"] for c in ONE])
def test_the_corpus_runs(case: dict[str, Any]) -> None:
    f = compile(
        case["expr"], case["wrt"][0], (0, len(case["wrt"])), vars=case.get("vars"),
        structured=case.get("structured"), dense=True,
    )
    for point in case["points"]:
        value, tensor = f(**point["values"])
        true = numpy.array(point["tensor"])
        assert numpy.shape(tensor) == true.shape
        scale = numpy.max(numpy.abs(true), initial=0.0)
        assert numpy.max(numpy.abs(tensor - true), initial=0.0) <= 1e-8 * scale + 1e-12
        numpy.testing.assert_allclose(
            numpy.ravel(value), numpy.ravel(point["value"]), rtol=1e-8, atol=1e-12
        )


def test_generation_is_quick() -> None:
    code("x'*A*x", "x")
    times = []
    for case in ONE[::4]:
        start = time.perf_counter()
        code(case["expr"], case["wrt"][0], len(case["wrt"]), vars=case.get("vars"))
        times.append(time.perf_counter() - start)
    assert sorted(times)[len(times) // 2] < 0.05


def test_the_softplus_chain_is_right_to_ten_digits() -> None:
    f = compile("sum(log(exp(-y.*(X*w)) + vector(1)))", "w", (0, 1, 2))
    for t in (-1000.0, -30.0, 0.5, 30.0, 1000.0):
        value, gradient, hessian = f(X=[[1.0]], w=[t], y=[1.0])
        with mpmath.workdps(60):
            e = mpmath.exp(-mpmath.mpf(t))
            pairs = (
                (value, mpmath.log1p(e)),
                (gradient[0], -e / (1 + e)),
                (hessian[0, 0], e / (1 + e) ** 2),
            )
        for found, true in pairs:
            assert abs(mpmath.mpf(float(found)) - true) <= 1e-10 * abs(true) + 1e-300


def test_softmax_does_not_overflow() -> None:
    f = compile("log(sum(exp(x)))", "x", (0, 1))
    value, gradient = f(x=[1000.0, -1000.0, 999.0])
    assert value == pytest.approx(1000 + float(numpy.log1p(numpy.exp(-1))), rel=1e-14)
    assert numpy.isfinite(gradient).all()


def test_value_gradient_and_hessian_share_their_work() -> None:
    text = code("sum(log(exp(-y.*(X*w)) + vector(1)))", "w", (0, 1, 2))
    assert text.count("X.dot(w)") == 1
    assert text.count(".T, part") <= 1


def test_one_factorisation_serves_all_uses() -> None:
    text = code("logdet(S) + a'*inv(S)*b", "S", (0, 1), vars={"a": "vector(n)", "b": "vector(n)"})
    assert text.count("dgetrf") == 1


def test_no_kronecker_product_is_formed() -> None:
    text = code("norm2(T - U*V')^2", "U", 2, dense=True).rpartition('"""')[2]
    text = "".join(line for line in text.splitlines() if "#" not in line)
    assert "kron" not in text
    assert "np.eye" not in text


def test_the_source_is_self_contained() -> None:
    text = code("x'*A*x", "x")
    program = f"{text}\nprint(function([[1., 2.], [3., 4.]], [1., 1.]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          check=True)
    assert done.stdout.strip() == "[ 7. 13.]"


def test_wrong_shapes_are_told() -> None:
    f = compile("A*x", "x")
    with pytest.raises(ValueError, match=r"^A is n×m, which the other arguments make"):
        f(A=numpy.ones((2, 3)), x=numpy.ones(2))
    with pytest.raises(ValueError, match=r"^A must have 2 axes \(n×m\)$"):
        f(A=1.0, x=numpy.ones(2))


def test_a_number_is_asked_for() -> None:
    with pytest.raises(ValueError, match=r"^k must be a number$"):
        compile("k*x", "x", vars={"k": "scalar"})(k=[1.0, 2.0], x=[1.0])


def test_a_name_that_is_none_never_reaches_code() -> None:
    name = 'x{print(1)}"'
    x = build.sym(name, (Dim.named("n"), UNIT_AXIS))
    with pytest.raises(ParseError, match=r"called|name|variable"):
        code(build.mul(build.transpose(x), x), name)


@pytest.mark.parametrize("target", ["numpy", "numba"])
def test_complex_numbers_are_refused(target: str) -> None:
    if target == "numba":
        pytest.importorskip("numba")
    with pytest.raises(ValueError, match=r"^x must be real$"):
        compile("x'*x", "x", target=target)(x=[1.0, 2.0j])


def test_results_are_written_into_a_workspace() -> None:
    rng = numpy.random.default_rng(0)
    values = {"A": rng.standard_normal((3, 4)), "x": rng.standard_normal(4)}
    for text in ("softmax(A*x)", "A*exp(x)", "2*A*x", "A"):
        f = compile(text, "x" if "x" in text else "A", vars={"A": "matrix(3, 4)"})
        true = f(**{k: v for k, v in values.items() if k in text})
        place = numpy.empty(true.shape)
        made = f(**{k: v for k, v in values.items() if k in text}, out=place)
        assert made is place
        numpy.testing.assert_array_equal(place, true)
    both = compile("norm2(A*x)^2", "x", (0, 1))
    place = numpy.empty(4)
    value, gradient = both(**values, out=(None, place))
    assert gradient is place
    assert value == both(**values)[0]


def test_a_workspace_updated_by_blas_is_given_back_itself() -> None:
    rng = numpy.random.default_rng(0)
    lengths = {"a": 3, "b": 4, "c": 3, "d": 4}
    variables = {name: f"vector({n})" for name, n in lengths.items()}
    values = {name: rng.standard_normal(n) for name, n in lengths.items()}
    values["X"] = numpy.ones((3, 4))
    text = "a'*X*b + c'*X*d"
    assert "dger" in code(text, "X", vars=variables)
    place = numpy.empty((3, 4))
    assert compile(text, "X", vars=variables)(**values, out=place) is place
    true = numpy.outer(values["a"], values["b"]) + numpy.outer(values["c"], values["d"])
    numpy.testing.assert_allclose(place, true, rtol=1e-14)


@pytest.mark.parametrize("target", ["numpy", "numba"])
def test_no_two_results_share_memory(target: str) -> None:
    if target == "numba":
        pytest.importorskip("numba")
    for text, wrt, variables in (
        ("exp(s)*X", "s", {"s": "scalar", "X": "matrix(2, 3)"}),
        ("sinh(s)*x", "s", {"s": "scalar", "x": "vector(3)"}),
        ("x'*A*x - x'*A'*x", "x", {"A": "matrix(3, 3)"}),
    ):
        values = {"s": 0.5, "X": numpy.ones((2, 3)), "x": numpy.arange(3.0), "A": numpy.eye(3)}
        values = {k: v for k, v in values.items() if re.search(rf"\b{k}\b", text)}
        made = [numpy.asarray(a) for a in
                compile(text, wrt, (0, 1, 2), target, vars=variables, dense=True)(**values)]
        for k, a in enumerate(made):
            assert not any(numpy.shares_memory(a, b) for b in (*made[:k], *values.values()))


@pytest.mark.parametrize(
    "place",
    [
        numpy.empty(8)[::2],
        numpy.empty((3, 4)),
        numpy.empty(5),
        numpy.empty((1, 4)),
        numpy.empty(4, dtype=numpy.float32),
        [0.0] * 4,
    ],
)
@pytest.mark.parametrize("text", ["norm2(A*x)^2", "x'*B*x"])
def test_a_workspace_that_does_not_fit_is_refused(text: str, place: numpy.ndarray) -> None:
    """NumPy itself would repeat a result to fill a larger array."""
    f = compile(text, "x", (0, 1), vars={"B": "matrix(n, n) symmetric"} if "B" in text else None)
    values = {"A": numpy.ones((3, 4)), "B": numpy.eye(4), "x": numpy.ones(4)}
    wanted = r"^out must be a C-contiguous array of floats of shape \(4,\)$"
    with pytest.raises(ValueError, match=wanted):
        f(**{k: v for k, v in values.items() if k in text}, out=(None, place))


@pytest.mark.parametrize("sizes", [(30, 2, 40, 3), (2, 30, 3, 40), (5, 5, 5, 5)])
def test_the_order_of_a_chain_is_chosen_when_it_runs(sizes: tuple[int, ...]) -> None:
    n, m, p, q = sizes
    rng = numpy.random.default_rng(2)
    a, b, c = (rng.standard_normal(s) for s in ((n, m), (m, p), (p, q)))
    f = compile("tr(A*B*C*X)", "X")
    numpy.testing.assert_allclose(f(A=a, B=b, C=c, X=numpy.ones((q, n))), (a @ b @ c).T)
    assert "if " in code("tr(A*B*C*X)", "X").rpartition("# (A*B*C)'")[2]
    assert "multi_dot" in code("tr(A*B*C*D*X)", "X")
    assert "multi_dot" not in code(
        "tr(A*B*C*D*X)", "X", sizes={"n": 9, "m": 8, "p": 7, "q": 6}
    )


@pytest.mark.parametrize(
    ("text", "wrt", "kind"),
    [
        ("x'*A^3*x", "x", "matrix(n, n)"),
        ("y'*A^-2*x", "x", "matrix(n, n)"),
        ("x'*A^-3*x", "x", "matrix(n, n) symmetric"),
        ("norm2((A + s^2*eye(n))^-2*x)^2", "x", "matrix(n, n)"),
        ("y'*(A + s^2*eye(n))^-1*y", "s", "matrix(n, n) positive_definite"),
    ],
)
def test_a_power_beside_a_vector_is_not_formed(text: str, wrt: str, kind: str) -> None:
    declared = {"A": kind, "s": "scalar", "x": "vector(n)", "y": "vector(n)"}
    vars = {k: v for k, v in declared.items() if re.search(rf"\b{k}\b", text)}
    source = code(text, wrt, (0, 1), vars=vars)
    assert "matrix_power" not in source
    assert "getri" not in source
    rng = numpy.random.default_rng(1)
    half = rng.standard_normal((4, 4))
    values = {"A": half @ half.T + 2 * numpy.eye(4), "s": 0.7, "x": half[0], "y": half[1]}
    given = {k: v for k, v in values.items() if k in vars}
    value, gradient = compile(text, wrt, (0, 1), vars=vars)(**given)
    d = derive(text, wrt, vars=vars, layout="mixed")
    numpy.testing.assert_allclose(gradient, numpy.squeeze(d.evaluate(given)), rtol=1e-10)
    assert numpy.isfinite(value)


@pytest.mark.parametrize("middle", ["S", "inv(S)", "(S + S')", "S^2"])
def test_a_form_of_a_difference_keeps_its_digits(middle: str) -> None:
    f = compile(f"(x - m)'*{middle}*(x - m)", "x", (0, 1), vars={"S": "matrix(n, n)"})
    s = numpy.array([[2.0, 1.0], [0.5, 3.0]])
    inner = {"S": s, "inv(S)": numpy.linalg.inv(s), "(S + S')": s + s.T, "S^2": s @ s}[middle]
    m = numpy.array([1000.0, -2000.0])
    step = numpy.array([2.0**-30, 2.0**-29])
    value, gradient = f(S=s, m=m, x=m + step)
    assert value == pytest.approx(step @ inner @ step, rel=1e-12)
    numpy.testing.assert_allclose(gradient, (inner + inner.T) @ step, rtol=1e-12)


def test_quadratic_forms_of_powers_share_their_solves() -> None:
    source = code("y'*inv(A)*y + y'*A^-2*y", "y", 0, vars={"A": "matrix(n, n) symmetric"})
    assert source.count("dgetrs") == 1
    assert "matrix_power(A, 2)" in code("tr(A^3)", "A", 0)
    assert "vdot" in code("tr(A^3)", "A", 0)


def test_an_argument_is_never_handed_back() -> None:
    a = numpy.array([[2.0, 1.0], [1.0, 3.0]])
    f = compile("0.5*x'*A*x", "x", 2, vars={"A": "matrix(n, n) symmetric"})
    made = f(A=a, x=[1.0, 1.0])
    assert not numpy.shares_memory(a, made)


@pytest.mark.parametrize(("order", "target", "words"), [
    (3, "numpy", r"^the order is 0, 1 or 2, or a tuple of them$"),
    (1, "fortran", r"^no target 'fortran'\nthe targets are numpy, .*$"),
])
def test_what_there_is_not_is_refused(order: int, target: str, words: str) -> None:
    with pytest.raises(UnsupportedError, match=words):
        code("x'*x", "x", order, target)


@pytest.mark.parametrize(("text", "wrt"), [
    ("norm2(T - U*V')^2", "U"),
    ("sum(log(exp(-y.*(X*w)) + vector(1)))", "w"),
    ("tr(A*X'*B*X*C)", "X"),
])
def test_the_product_with_the_hessian(text: str, wrt: str) -> None:
    rng = numpy.random.default_rng(1)
    d = derive(text, wrt, wrt, verify=False)
    sizes = dict.fromkeys("nmpqkrst", 3)
    values = {}
    for name, v in d.variables.items():
        values[name] = rng.standard_normal([d.value(sizes) for d in v.shape if not d.is_one])
    v = rng.standard_normal(values[wrt].shape)
    made = compile(text, wrt, product="hvp")(**values, v=v)
    numpy.testing.assert_allclose(made, numpy.tensordot(d.as_tensor(values), v, v.ndim))
    assert hvp(text, wrt)


def test_the_package_gives_the_functions_when_asked() -> None:
    assert matrixcalc.compile is compile
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        matrixcalc.nothing  # noqa: B018
