"""Every operation and every elementwise function runs in every target, or is refused in words.

The operations are those of the table in :mod:`matrixcalc.codegen.ir`, the functions the rows of
:mod:`matrixcalc.codegen.spellings`: a new one must be given its meaning here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import mpmath
import numpy
import pytest
from numpy.typing import NDArray
from scipy import linalg, special

from matrixcalc.codegen import ir
from matrixcalc.codegen.ir import Builder, Value
from matrixcalc.codegen.program import Output, Program
from matrixcalc.codegen.spellings import ELEMENTWISE
from matrixcalc.codegen.targets import target_named
from matrixcalc.dims import Dim
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import symbols
from matrixcalc.infer import parse
from tests.libraries import EVERY, NUMPY, Library, agree, double_precision, params, told

Array = NDArray[numpy.float64]
LIBRARIES = [NUMPY, *EVERY]

ARGUMENTS = {
    "A": "matrix(n, m)", "B": "matrix(m, k)", "C": "matrix(n, n)", "D": "matrix(n, m)",
    "F": "matrix(m, n)",
    "P": "matrix(n, n) positive_definite", "S": "matrix(k, l)", "s": "scalar",
    "u": "vector(m)", "x": "vector(n)", "y": "vector(n)", "L": "matrix(l, n)",
}
SIZES = {"n": 3, "m": 4, "k": 2, "l": 5}
N, M, K, L = (Dim.named(name) for name in SIZES)


@pytest.fixture(autouse=True)
def _double_precision() -> Iterator[None]:
    with double_precision():
        yield


class Example(NamedTuple):
    """An operation on some arguments, and what it means.

    ``args`` names arguments, or gives a number, or an operation on arguments.
    """

    op: str
    args: tuple[Any, ...]
    dims: tuple[Dim, ...]
    true: Callable[..., Any]
    data: Any = None

    def __str__(self) -> str:
        return f"{self.op}({', '.join(map(str, self.args))})"


def E(  # so short, for the table
    op: str, args: str, dims: tuple[Dim, ...], true: Callable[..., Any], data: Any = None
) -> Example:
    return Example(op, tuple(args.split()), dims, true, data)


def by_vec(f: Callable[[Array, Array], Array]) -> Callable[[Array], Array]:
    """The matrix of a derivative along a direction, by vec."""

    def jacobian(c: Array) -> Array:
        units = [numpy.eye(c.size)[k].reshape(c.shape, order="F") for k in range(c.size)]
        return numpy.stack([f(c, unit).ravel(order="F") for unit in units], axis=1)

    return jacobian


def along(f: Callable[[Array], Array]) -> Callable[[Array, Array], Array]:
    """The derivative of a function of a matrix along a direction, by its block form."""

    def derivative(c: Array, e: Array) -> Array:
        n = len(c)
        return numpy.real(f(numpy.block([[c, e], [0 * c, c]])))[:n, n:]

    return derivative


def adjugate(c: Array) -> Array:
    return numpy.linalg.det(c) * numpy.linalg.inv(c)


def covariance(x: Array) -> Array:
    s = special.softmax(x)
    return numpy.diag(s) - numpy.outer(s, s)  # type: ignore[no-any-return]


def diagonal_added(a: Array, v: Any) -> Array:
    return a + v * numpy.eye(len(a))


def log_softmax(x: Array) -> Array:
    return special.log_softmax(x, axis=0)  # type: ignore[no-any-return]


expm, logm, sqrtm = linalg.expm, linalg.logm, linalg.sqrtm
einsum, np = numpy.einsum, numpy

EXAMPLES = [
    E("input", "A", (N, M), lambda a: a),
    Example("number", (2,), (), lambda: 2.0),
    E("pi", "", (), lambda: numpy.pi),
    E("size", "", (), lambda: 3.0, N),
    E("ones", "", (N, M), lambda: np.ones((3, 4))),
    E("ones", "", (N,), lambda: np.ones(3)),
    E("zeros", "", (N, M), lambda: np.zeros((3, 4))),
    E("eye", "", (N, N), lambda: np.eye(3)),
    E("full", "s", (N, M), lambda s: np.full((3, 4), s)),
    E("scaled_eye", "s", (N, N), lambda s: s * np.eye(3)),
    E("add", "A D", (N, M), lambda a, d: a + d), E("add", "s A", (N, M), lambda s, a: s + a),
    E("sub", "A D", (N, M), lambda a, d: a - d), E("sub", "x s", (N,), lambda x, s: x - s),
    E("mul", "A D", (N, M), lambda a, d: a * d), E("mul", "s x", (N,), lambda s, x: s * x),
    E("div", "x y", (N,), lambda x, y: x / y), E("div", "s A", (N, M), lambda s, a: s / a),
    E("pow", "x y", (N,), lambda x, y: x**y), E("pow", "s s", (), lambda s, t: s**t),
    E("neg", "A", (N, M), lambda a: -a),
    E("apply", "A", (N, M), np.exp, "exp"), E("apply", "s", (), np.sin, "sin"),
    E("T", "A", (M, N), np.transpose),
    E("reshape", "A", (N * M,), np.ravel),
    E("reshape", "A", (M, N), lambda a: a.reshape(4, 3)),
    E("vec", "A", (N * M,), lambda a: a.ravel(order="F")),
    E("diag", "x", (N, N), np.diag), E("diagonal", "C", (N,), np.diagonal),
    E("add_diag", "C x", (N, N), diagonal_added), E("add_diag", "C s", (N, N), diagonal_added),
    E("scale_rows", "x A", (N, M), lambda x, a: np.diag(x) @ a),
    E("scale_columns", "A u", (N, M), lambda a, u: a @ np.diag(u)),
    E("dot", "A B", (N, K), np.dot), E("dot", "A u", (N,), np.dot), E("dot", "x y", (), np.dot),
    E("multi_dot", "A B S", (N, L), lambda *a: np.linalg.multi_dot(a)),
    E("multi_dot", "A B S L", (N, N), lambda *a: np.linalg.multi_dot(a)),
    E("symv", "P x", (N,), np.dot),
    E("gram", "A", (M, M), lambda a: a.T @ a), E("gram", "A s", (M, M), lambda a, s: s * a.T @ a),
    E("plus_transpose", "C", (N, N), lambda c: c + c.T),
    E("outer", "x u", (N, M), np.outer),
    E("kron", "A B", (N * M, M * K), np.kron),
    E("kron", "x A", (N * N, M), lambda x, a: np.kron(x[:, None], a), ("n1", "nn")),
    E("kron", "A x", (N, M * N), lambda a, x: np.kron(a, x[None, :]), ("nn", "1n")),
    E("kron", "x u", (N, M), lambda x, u: np.kron(x[:, None], u[None, :]), ("n1", "1n")),
    E("kron", "x u", (N * M,), np.kron, ("n1", "n1")),
    E("kron", "s A", (N, M), lambda s, a: s * a, ("11", "nn")),
    E("trace_product", "A F", (), lambda a, f: np.trace(a @ f)),
    E("tr", "C", (), np.trace), E("sum", "A", (), np.sum), E("sum", "x", (), np.sum),
    E("colsum", "A", (M,), lambda a: a.sum(0)), E("rowsum", "A", (N,), lambda a: a.sum(1)),
    E("norm1", "A", (), lambda a: abs(a).sum()), E("norm1", "x", (), lambda x: abs(x).sum()),
    E("norm2", "A", (), np.linalg.norm), E("norm2", "x", (), np.linalg.norm),
    E("norm2", "s", (), abs),
    E("max", "A", (), np.max), E("min", "x", (), np.min),
    E("cumsum", "x", (N,), np.cumsum),
    E("logsumexp", "x", (), special.logsumexp), E("softmax", "x", (N,), special.softmax),
    E("log_softmax", "x", (N,), log_softmax),
    *(
        Example(op, (*arrays, Example("softmax", ("x",), (N,), special.softmax)), dims, true)
        for op, arrays, dims, true in (
            ("softmax_rest", (), (N,), lambda x: 1 - special.softmax(x)),
            ("centred", ("A",), (N, M), lambda a, x: a - special.softmax(x) @ a),
            ("softmax_times", ("A",), (N, M), lambda a, x: covariance(x) @ a),
            ("softmax_jacobian", (), (N, N), lambda x: covariance(x)),
        )
    ),
    E("near", "x y", (N,), lambda x, y: np.where(x < 0.75, x**2 * (2 - 3 * x), y),
      (Fraction(3, 4), 2, Fraction(2), Fraction(-3))),
    E("copy", "A", (N, M), np.copy),
    E("softmax_columns", "A", (N, M), lambda a: special.softmax(a, axis=0)),
    E("log_softmax_columns", "A", (N, M), log_softmax),
    E("logsumexp_columns", "A", (M,), lambda a: special.logsumexp(a, axis=0)),
    E("logaddexp", "A D", (N, M), np.logaddexp), E("logaddexp", "s s", (), np.logaddexp),
    *(
        example
        for f, c in (("lu", "C"), ("cholesky", "P"))
        for factor in [Example(f, (c,), (N, N), lambda c: c)]
        for example in (
            Example("solve", (factor, "x"), (N,), np.linalg.solve, False),
            Example("solve", (factor, "A"), (N, M), np.linalg.solve, False),
            Example("solve", (factor, "x"), (N,), lambda c, x: np.linalg.solve(c.T, x), True),
            Example("inverse", (factor,), (N, N), np.linalg.inv),
            Example("logdet", (factor,), (), lambda c: np.linalg.slogdet(c)[1]),
        )
    ),
    E("det", "C", (), np.linalg.det), E("pinv", "A", (M, N), np.linalg.pinv),
    E("adj", "C", (N, N), adjugate), E("expm", "C", (N, N), expm), E("logm", "P", (N, N), logm),
    E("sqrtm", "P", (N, N), sqrtm),
    E("matrix_power", "C", (N, N), lambda c: c @ c @ c, 3),
    E("expm_frechet", "C P", (N, N), along(expm)), E("logm_frechet", "P C", (N, N), along(logm)),
    E("sqrtm_frechet", "P C", (N, N), along(sqrtm)),
    E("expm_jacobian", "C", (N * N, N * N), by_vec(along(expm))),
    E("logm_jacobian", "P", (N * N, N * N), by_vec(along(logm))),
    E("sqrtm_jacobian", "P", (N * N, N * N), by_vec(along(sqrtm))),
    E("einsum", "C", (), np.trace, (((0, 0),), ())),
    E("einsum", "A", (M, N), np.transpose, (((0, 1),), (1, 0))),
    E("einsum", "A B", (K, N), lambda a, b: (a @ b).T, (((0, 1), (1, 2)), (2, 0))),
    E("einsum", "A A", (M,), lambda a, b: (a * b).sum(0), (((0, 1), (0, 1)), (1,))),
    E("einsum", "A B", (N, K, M), lambda a, b: einsum("ij,jk->ikj", a, b),
      (((0, 1), (1, 2)), (0, 2, 1))),
    E("einsum", "A x", (M, N), lambda a, x: (a.T * x), (((0, 1), (0,)), (1, 0))),
    E("stack", "A D A", (Dim.number(3), N, M), lambda *a: np.stack(a)),
    E("stack", "x y", (Dim.number(2), N), lambda *a: np.stack(a)),
    E("assemble", "C", (N, N, M, M), lambda c: einsum("ij,kl->ijkl", c, np.eye(4)),
      (((0, 1), (0, 1, 2, 2)),)),
    E("assemble", "A x", (N, M, N, M),
      lambda a, x: einsum("ij,ik,jl->ijkl", a, np.eye(3), np.eye(4))
      + einsum("i,ik,jl->ijkl", x, np.eye(3), np.eye(4)),
      (((0, 1), (0, 1, 0, 1)), ((0,), (0, 1, 0, 1)))),
]

# What a target does not have.
_MATRIX = ("expm", "logm", "sqrtm")
REFUSED = {
    ("array-api", f"{f}{part}") for f in _MATRIX for part in ("", "_frechet", "_jacobian")
} | {
    ("jax", f"logm{part}") for part in ("", "_frechet", "_jacobian")
} | {
    ("torch", f"{f}{part}") for f in _MATRIX[1:] for part in ("", "_frechet", "_jacobian")
}

# Words of the table that are no operations.
WORDS = {"data", "None"}

# Operations of one target, see tests/test_structured.py.
OPERATORS = {
    f"{name}_operator" for name in ("diagonal", "kronecker", "crossed", "block", "low_rank")
} | {"operator_sum"}


def test_every_operation_has_an_example() -> None:
    rows = (ir.__doc__ or "").split("=================  ===")
    named = {
        word
        for quoted in re.findall(r"``([^`]+)``", rows[1])
        for word in re.sub(r"\(.*\)$", "", quoted).split()
        if re.fullmatch(r"[A-Za-z]\w*", word) and f"({word}" not in quoted
    }
    inner = {a.op for e in EXAMPLES for a in e.args if isinstance(a, Example)}
    covered = {e.op for e in EXAMPLES} | inner
    assert named - WORDS - OPERATORS == covered


def values_of(seed: int = 5) -> dict[str, Any]:
    rng = numpy.random.default_rng(seed)
    made: dict[str, Any] = {}
    for name, kind in ARGUMENTS.items():
        shape = [SIZES[d] for d in re.findall(r"\b[nmkl]\b", kind)]
        made[name] = rng.uniform(0.4, 1.4, shape)
    made["C"] = made["C"] + numpy.diag([2.0, 3.0, 4.0])
    made["P"] = 2.0 * numpy.eye(3) + 0.3 * made["P"] @ made["P"].T
    return made


def program_of(example: Example) -> tuple[Program, list[str]]:
    b = Builder()
    every = parse("tr(A*B*S*L) + x'*C*y + x'*P*D*u*s + tr(A*F)", ARGUMENTS)
    known = {e.name: e for e in symbols(every)}
    used: list[str] = []  # by the operation, some twice

    def value(given: Any) -> Value:
        if isinstance(given, Example):
            return made(given)
        used.append(given)
        e = known[given]
        dims = tuple(d for d in e.shape if not d.is_one)
        return b.make("input", dims=dims, data=(given, e.data[1]))

    def made(one: Example) -> Value:
        if one.op == "number":
            return b.number(one.args[0])
        if one.op == "input":
            return value(one.args[0])
        return b.make(one.op, *map(value, one.args), dims=one.dims, data=one.data)

    output = Output("the operation", made(example))
    variables = [known[name] for name in {*used, "A"}]
    return Program.of("One operation.", variables, [output], b), used


@pytest.mark.parametrize("library", params(LIBRARIES))
@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_every_operation_runs_or_is_refused(example: Example, library: Library) -> None:
    program, used = program_of(example)
    target = target_named(library.target)
    if (library.target, example.op) in REFUSED:
        with pytest.raises(
            UnsupportedError,
            match=rf"^the {library.target} target has no {example.op}\nthese targets .*: numpy",
        ):
            target.source(program)
        return
    values = values_of()
    given = {name: library.array(values[name]) for name in {*used, "A"}}
    with told(library):
        found = library.numpy(target.load(program)(**given))
        agree(found, example.true(*(values[name] for name in used)), 1e-10)


# Elementwise functions: their meaning in many digits, and where they are defined.

def _softplus(x: Any) -> Any:
    return mpmath.log1p(mpmath.exp(x))


ALL, ABOVE, BELOW, UNIT = (lambda x: True), (lambda x: x > 0), (lambda x: x < 0), (
    lambda x: abs(x) < 1
)
MEANING: dict[str, tuple[Callable[[Any], Any], Callable[[float], bool]]] = {
    "exp": (mpmath.exp, ALL), "log": (mpmath.log, ABOVE), "log1p": (mpmath.log1p, lambda x: x > -1),
    "abs": (abs, ALL), "sign": (mpmath.sign, ALL),
    "step": (lambda x: (mpmath.sign(x) + 1) / 2, ALL),
    "sin": (mpmath.sin, ALL), "cos": (mpmath.cos, ALL), "tan": (mpmath.tan, ALL),
    "arcsin": (mpmath.asin, UNIT), "arccos": (mpmath.acos, UNIT), "arctan": (mpmath.atan, ALL),
    "sinh": (mpmath.sinh, ALL), "cosh": (mpmath.cosh, ALL), "tanh": (mpmath.tanh, ALL),
    "relu": (lambda x: max(x, mpmath.mpf(0)), ALL),
    "sigmoid": (lambda x: 1 / (1 + mpmath.exp(-x)), ALL),
    "softplus": (_softplus, ALL), "erf": (mpmath.erf, ALL),
    "cbrt": (lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), ALL), "sqrt": (mpmath.sqrt, ABOVE),
    "expm1": (mpmath.expm1, ALL), "log1mexp": (lambda x: mpmath.log(-mpmath.expm1(x)), BELOW),
    "log_cosh": (lambda x: mpmath.log(mpmath.cosh(x)), ALL),
    "log_inv_cloglog": (lambda x: mpmath.log(-mpmath.expm1(-mpmath.exp(x))), ALL),
    "log_softplus": (lambda x: mpmath.log(_softplus(x)), ALL),
}
POINTS = [s * x for x in (1e-8, 1e-3, 0.3, 0.68, 0.7, 1.0, 19.0, 21.0, 36.0, 38.0, 700.0, 1000.0)
          for s in (1, -1)]


def test_every_function_has_its_meaning() -> None:
    assert MEANING.keys() == ELEMENTWISE.keys()


@pytest.mark.parametrize("library", params(LIBRARIES))
@pytest.mark.parametrize("name", MEANING)
def test_every_function_is_right_to_ten_digits(name: str, library: Library) -> None:
    meaning, defined = MEANING[name]
    points = [x for x in POINTS if defined(x)]
    with mpmath.workdps(1000):
        true = [meaning(mpmath.mpf(x)) for x in points]
    kept = [(x, float(t)) for x, t in zip(points, true, strict=True) if abs(t) < 1e300]
    f = target_named(library.target).load(_applied(name))
    found = library.numpy(f(x=library.array([x for x, _ in kept])))
    numpy.testing.assert_allclose(found, [t for _, t in kept], rtol=1e-10, atol=1e-300)
    alone = library.numpy(f(x=library.array([kept[0][0]])))
    numpy.testing.assert_allclose(alone, [kept[0][1]], rtol=1e-10)


def _applied(name: str) -> Program:
    b = Builder()
    (x,) = symbols(parse("2*x", {"x": "vector(n)"}))
    v = b.unary(name, b.make("input", dims=(N,), data=("x", ())))
    return Program.of(f"{name}.", [x], [Output(name, v)], b)


SUMS = ["logsumexp", "softmax", "log_softmax", "softmax_rest"]


@pytest.mark.parametrize("library", params(LIBRARIES))
@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize("x", [
    [0.0, -40.0, -38.0], [1000.0, -1000.0, 999.0], [3.0, 3.0, -30.0], [-800.0, -800.0, -800.0],
    [1e-9, -1e-9, 0.0], [700.0, 30.0, 660.0],
])
def test_sums_of_exponentials_are_right_to_ten_digits(
    name: str, x: list[float], library: Library
) -> None:
    with mpmath.workdps(1000):
        e = [mpmath.exp(mpmath.mpf(t)) for t in x]
        total = mpmath.fsum(e)
        true: Any = {
            "logsumexp": [mpmath.log(total)],
            "softmax": [t / total for t in e],
            "log_softmax": [mpmath.log(t / total) for t in e],
            "softmax_rest": [(total - t) / total for t in e],  # of the softmax
        }[name]
        true = numpy.array(list(map(float, true)))
    for columns in (False, True):
        if columns and name == "softmax_rest":
            continue
        b = Builder()
        dims = (N, M) if columns else (N,)
        text = "tr(x*x')" if columns else "x'*x"
        (symbol,) = symbols(parse(text, {"x": "matrix(n, m)" if columns else "vector(n)"}))
        v = b.make("input", dims=dims, data=("x", ()))
        if name == "softmax_rest":
            v = b.make("softmax", v, dims=dims)
        out = dims if name != "logsumexp" else dims[1:]
        made = b.make(f"{name}_columns" if columns else name, v, dims=out)
        program = Program.of("Sums.", [symbol], [Output(name, made)], b)
        given = numpy.stack([x, x[::-1]], axis=1) if columns else numpy.array(x)
        found = library.numpy(target_named(library.target).load(program)(library.array(given)))
        first = found[..., 0] if columns else found
        numpy.testing.assert_allclose(numpy.ravel(first), true, rtol=1e-10, atol=1e-300)
