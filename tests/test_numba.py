"""The numba target: its loops compute what the engine says, and share their passes."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from typing import Any

import numpy
import pytest
from test_codegen import ONE

from matrixcalc.codegen.api import code, compile
from matrixcalc.codegen.fusion import ENTRYWISE, LAZY, REDUCTIONS, SINGLE, Nest, segments
from matrixcalc.codegen.ir import schedule
from matrixcalc.codegen.programs import program_of
from matrixcalc.codegen.spellings import ELEMENTWISE
from matrixcalc.codegen.targets import numba as target
from matrixcalc.codegen.targets.numba_helpers import HELPERS
from matrixcalc.codegen.unfolding import unfolded
from matrixcalc.errors import UnsupportedError

numba = pytest.importorskip("numba")
special = pytest.importorskip("scipy.special")

LOGISTIC = "sum(log(exp(-y.*(X*w)) + vector(1)))"


def agrees(case: dict[str, Any]) -> None:
    f = compile(
        case["expr"], case["wrt"][0], (0, len(case["wrt"])), target="numba",
        vars=case.get("vars"), structured=case.get("structured"), dense=True,
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


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The kernels run as plain Python: the same text, without the time to compile it."""
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    target.NumbaTarget.executed.cache_clear()
    yield
    target.NumbaTarget.executed.cache_clear()


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("case", ONE, ids=[c["id"] for c in ONE])
def test_the_corpus_runs(case: dict[str, Any]) -> None:
    agrees(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", ONE, ids=[c["id"] for c in ONE])
def test_the_corpus_runs_compiled(case: dict[str, Any]) -> None:
    agrees(case)


TOGETHER = {
    "functions of entries": ("sum(tanh(c*u) - sigmoid(v)./u + softplus(u))", "u", 0),
    "an entry, a row and a column": ("diag(u)*A*diag(v) + u*v' + 2*A - c*eye(n)", "u", (0, 1)),
    "a transpose, a diagonal": ("tr((A + A').^3*diag(u)) + sum(diag(A).^c)", "A", (0, 1)),
    "sums": ("tr(exp(A)*A) + sum(exp(sum(A, 1))) + norm1(sum(A, 2)) + norm2(A)^2", "A", (0, 1)),
    "a factorisation between loops": ("exp(logdet(A))*sum(exp(inv(A)*u))", "u", (0, 1)),
    "a product in a loop over rows": ("u.*(A*u)", "u", 1),
    "functions of vectors": (
        "norm2(u)*max(u)*softmax(u) + min(u)*cumsum(A*u)", "u", 0
    ),
    "constants": (
        "exp(eye(n)) + exp(c*eye(n)) + A.*exp(c*matrix(1, n, n)) + exp(matrix(0, n, n))", "A", 0
    ),
    "a tensor": ("exp(A)*(A + vector(1)*v')", "A", 1),
    "arrays for a library": ("inv(eye(n) + diag(exp(u)))*(A + matrix(1, n, n))*u", "u", 1),
}
"""What is compiled, in few programs, since each takes a second: text, variable, order."""


@pytest.mark.parametrize(("text", "wrt", "order"), TOGETHER.values(), ids=TOGETHER)
def test_compiled_code_agrees_with_numpy(text: str, wrt: str, order: Any) -> None:
    rng = numpy.random.default_rng(3)
    size = 4
    values = {"A": rng.random((size, size)) + size * numpy.eye(size), "c": 0.5,
              "u": rng.random(size), "v": rng.random(size)}
    values = {k: v for k, v in values.items() if re.search(rf"\b{k}\b", text)}
    made = compile(text, wrt, order, "numba", vars=KINDS)(**values)
    true = compile(text, wrt, order, "numpy", vars=KINDS)(**values)
    pairs = zip(made, true, strict=True) if isinstance(order, tuple) else [(made, true)]
    for a, b in pairs:
        numpy.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


KINDS = {"A": "matrix(n, n)", "u": "vector(n)", "v": "vector(n)", "c": "scalar"}


def test_they_are_all_operations_that_are_compiled() -> None:
    found: set[str] = set()
    for text, wrt, order in TOGETHER.values():
        program = program_of(text, wrt, order, KINDS, "mixed", None, None, False, None)
        found.update(v.op for v in schedule([o.value for o in unfolded(program).outputs]))
    helped = {op for op in SINGLE if f"stable_{op}" in HELPERS} | {"logaddexp"}
    assert {*ENTRYWISE, *REDUCTIONS, *SINGLE, *LAZY} - helped <= found


def test_every_function_of_entries_is_compiled() -> None:
    """All in one function, since each compilation takes a second."""
    texts = [row.numba.replace("{0}", "u") for row in ELEMENTWISE.values()]
    scope: dict[str, Any] = {"np": numpy, "math": math, "special": special, "numba": numba}
    exec(f"@numba.njit(error_model='numpy')\ndef f(u):\n    return {', '.join(texts)}", scope)
    for u in (-1e3, -2.0, -0.3, 0.0, 0.4, 3.0, 1e3, numpy.inf, -numpy.inf, numpy.nan):
        with numpy.errstate(all="ignore"):
            true = [eval(row.numpy.replace("{0}", f"numpy.float64({u!r})"),
                         {**scope, "numpy": numpy, "inf": numpy.inf, "nan": numpy.nan})
                    for row in ELEMENTWISE.values()]
        for name, a, b in zip(ELEMENTWISE, scope["f"](u), true, strict=True):
            numpy.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-300, err_msg=f"{name}({u})")


def test_the_helpers_agree_with_scipy() -> None:
    scope: dict[str, Any] = {"np": numpy, "math": math, "numba": numba}
    for text in HELPERS.values():
        exec(text, scope)
    a = numpy.array([[1000.0, -1.0, -numpy.inf, 2.0], [999.0, 2.0, 0.5, 2.0]])
    u = a[:, 0]
    expected = {
        "softmax": special.softmax(u),
        "log_softmax": special.log_softmax(u), "logsumexp": special.logsumexp(u),
        "softmax_columns": special.softmax(a, axis=0),
        "log_softmax_columns": special.log_softmax(a, axis=0),
        "logsumexp_columns": special.logsumexp(a, axis=0),
    }
    for op, true in expected.items():
        made = scope[f"stable_{op}"](u if numpy.ndim(true) < 2 and "columns" not in op else a)
        numpy.testing.assert_allclose(made, true, rtol=1e-13)
    for x, y in ((1.0, 2.0), (1e3, -1e3), (-numpy.inf, -numpy.inf), (numpy.inf, 0.0)):
        assert scope["stable_logaddexp"](x, y) == pytest.approx(numpy.logaddexp(x, y), rel=1e-15)
    p = special.softmax([50.0, 0.0, -1.0])
    rest = scope["stable_softmax_rest"](p)
    numpy.testing.assert_allclose(rest, [p[1] + p[2], 1 - p[1], 1 - p[2]], rtol=1e-15)


def test_a_jacobian_is_written_in_one_pass() -> None:
    assert kernel("x.*(A*x)", "x") == """\
@numba.njit(error_model="numpy")
def kernel(A, x, total):
    n = A.shape[0]
    # diag(A*x) + diag(x)*A
    for i in range(n):
        row_total = 0.0
        for j in range(n):
            total[i, j] = x[i] * A[i, j]
            row_total = plus(row_total, A[i, j] * x[j])
        total[i, i] += row_total
"""


def test_what_only_a_loop_needs_is_no_array() -> None:
    assert kernel(LOGISTIC, "w", (0, 1)) == """\
@numba.njit(error_model="numpy")
def kernel(X, w, y):
    n = X.shape[0]
    m = X.shape[1]
    Xw = np.dot(X, w)
    # total: sum(softplus(-y.*(X*w)))
    # scaled: sigmoid(-y.*(X*w)).*y
    total = 0.0
    scaled = np.empty(n)
    for i in range(n):
        negative = -(y[i] * Xw[i])
        softplus = max(negative, 0.0) + math.log1p(math.exp(-abs(negative)))
        total = plus(total, softplus)
        scaled[i] = (1.0 / (1.0 + math.exp(-negative))) * y[i]
    product = np.dot(X.T, scaled)
    # -X'*(sigmoid(-y.*(X*w)).*y)
    negative_2 = np.empty(m)
    for i in range(m):
        negative_2[i] = -product[i]
    return total, negative_2
"""


def kernel(text: str, wrt: str, order: int | tuple[int, ...] = 1) -> str:
    """The compiled part of a program."""
    return code(text, wrt, order, "numba").split("\n\n\n")[-2].rstrip("\n") + "\n"


def test_entries_are_computed_where_they_are_used() -> None:
    program = unfolded(program_of(LOGISTIC, "w", (0, 1, 2), None, "mixed", None, None, False,
                                  None))
    first = segments([o.value for o in program.outputs])[0]
    nests = [step for step in first.steps if isinstance(step, Nest)]
    assert [len(n.dims) for n in nests] == [1, 1, 2]
    assert len(nests[0].members) >= 9
    assert len(first.arrays) == 5


def test_extreme_values_stay_finite() -> None:
    f = compile(LOGISTIC, "w", (0, 1), "numba")
    for t in (-1000.0, -30.0, 30.0, 1000.0):
        value, gradient = f(X=[[1.0]], w=[t], y=[1.0])
        assert value == pytest.approx(max(-t, 0.0) + numpy.log1p(numpy.exp(-abs(t))), rel=1e-12)
        assert gradient[0] == pytest.approx(-numpy.exp(-numpy.logaddexp(0.0, t)), rel=1e-12)
    value, gradient = compile("log(sum(exp(x)))", "x", (0, 1), "numba")(x=[1e3, -1e3, 999.0])
    assert value == pytest.approx(1000 + float(numpy.log1p(numpy.exp(-1))), rel=1e-14)
    assert numpy.isfinite(gradient).all()


def test_infinities_and_what_is_no_number_pass_through() -> None:
    f = compile("sum(1./x) + sum(log(x)) + sum(relu(x))", "x", (0, 1), "numba")
    value, gradient = f(x=[0.0, 1.0])
    assert numpy.isnan(value)
    assert gradient[0] == -numpy.inf or numpy.isnan(gradient[0])
    value, gradient = f(x=[numpy.nan, 1.0])
    assert numpy.isnan([value, gradient[0]]).all()
    assert gradient[1] == 1.0


def test_arrays_of_any_order_are_taken_and_left_alone() -> None:
    f = compile("A*diag(exp(x)) + A", "x", 0, "numba")
    a = numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3))
    x = numpy.arange(6.0)[::2]
    a.setflags(write=False)
    before = a.copy()
    made = f(a, x)
    numpy.testing.assert_allclose(made, a * numpy.exp(x) + a)
    assert not numpy.shares_memory(made, a)
    numpy.testing.assert_array_equal(a, before)


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("name", ["i", "j", "math", "kernel", "numba", "np", "top", "range"])
def test_names_do_not_clash(name: str) -> None:
    text = "sum(softmax({0}).*exp({0})) + max({0})"
    entries = [0.5, 1.5, 1.0]
    made = compile(text.format(name), name, 1, "numba", vars={name: "vector(k)"})(entries)
    true = compile(text.format("x"), "x")(entries)
    numpy.testing.assert_allclose(made, true, rtol=1e-12)


def test_one_text_is_compiled_once() -> None:
    first, again = (compile("sum(exp(x))", "x", 1, "numba") for _ in range(2))
    assert first is again


def test_a_structured_hessian_is_an_operator() -> None:
    rng = numpy.random.default_rng(4)
    values = {"T": rng.random((3, 4)), "U": rng.random((3, 2)), "V": rng.random((4, 2))}
    value, operator = compile("norm2(T - U*V')^2", "U", (0, 2), "numba")(**values)
    true = compile("norm2(T - U*V')^2", "U", (0, 2), dense=True)(**values)
    assert value == pytest.approx(true[0], rel=1e-14)
    numpy.testing.assert_allclose(operator.dense(), true[1], rtol=1e-14)


def test_without_numba_the_text_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    assert "@numba.njit" in code("sum(cosh(x))", "x", 1, "numba")
    with pytest.raises(UnsupportedError, match=r"^this code needs numba, .*\npip .*\[numba\]'$"):
        compile("sum(cosh(x))", "x", 1, "numba")


def test_results_are_written_into_a_workspace() -> None:
    f = compile("A*diag(exp(x))", "A", 0, "numba")
    a, x = numpy.ones((3, 2)), numpy.array([0.0, 1.0])
    out = numpy.empty((3, 2))
    assert f(a, x, out=out) is out
    numpy.testing.assert_array_equal(out, f(a, x))
    with pytest.raises(ValueError, match=r"^out must be .* of shape \(3, 2\)$"):
        f(a, x, out=numpy.empty((2, 2)))
