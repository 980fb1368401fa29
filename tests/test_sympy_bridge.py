"""SymPy's matrix expressions: taken over, differentiated, and given back."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
import sympy as sp
from hypothesis import given
from strategies import Problem, problems, sample
from test_properties import QUICK

from matrixcalc import (
    ShapeError,
    UnsupportedError,
    derive,
    differential,
    from_sympy,
    gradient,
    hessian,
    parse,
    to_sympy,
)
from matrixcalc.errors import MatrixCalcError, ParseError
from matrixcalc.expr import symbols
from matrixcalc.numeric import evaluate_many

n, m = sp.symbols("n m", integer=True, positive=True)
A = sp.MatrixSymbol("A", n, n)
B = sp.MatrixSymbol("B", n, n)
W = sp.MatrixSymbol("W", n, m)
x = sp.MatrixSymbol("x", n, 1)
y = sp.MatrixSymbol("y", n, 1)
Z = sp.MatrixSymbol("Z", 1, 2)
t = sp.Symbol("t")
u = sp.Symbol("u", real=True)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (A * x, "A*x"),
        (sp.Trace(A * B), "tr(A*B)"),
        (sp.Determinant(A), "det(A)"),
        (sp.Inverse(A) * x, "inv(A)*x"),
        (A + sp.Identity(n), "eye + A"),
        (sp.HadamardProduct(A, B), "A.*B"),
        (sp.HadamardPower(A, 2), "A.^2"),
        (sp.KroneckerProduct(A, B), "kron(A, B)"),
        (A**2, "A^2"),
        (A**-2, "A^-2"),
        (2 * A.T * x, "2*A'*x"),
        (sp.exp(t) ** 2 / 3, "exp(2*t)/3"),
        (sp.DiagMatrix(x), "diag(x)"),
        (x.T * A * x, "x'*A*x"),
        (sp.Trace(x * x.T) / n, "x'*x/n"),
        (A.applyfunc(sp.sin), "sin(A)"),
        (x.applyfunc(sp.Lambda(u, 1 / (1 + sp.exp(-u)))), "1./(1 + exp(-x))"),
        (x.applyfunc(sp.Lambda(u, u**2 + t)), "t + x.^2"),
        (sp.Max(0, t), "relu(t)"),
        (sp.OneMatrix(1, n) * x, "sum(x)"),
        (sp.ZeroMatrix(n, 1) + x, "x"),
        (sp.log(sp.Determinant(A)), "log(det(A))"),
        (sp.sqrt(sp.Trace(x.T * x)), "sqrt(x'*x)"),
        (sp.pi * t, "pi*t"),
        (sp.MatrixSymbol("r", 1, n) * A, "r*A"),
        (sp.matrices.expressions.diagonal.DiagonalOf(A), "diag(A)"),
    ],
    ids=str,
)
def test_what_is_taken_over(given: sp.Basic, text: str) -> None:
    made = from_sympy(given)
    assert made is parse(text, {s.name: _declared(s) for s in symbols(made)}) or str(made) == text


def _declared(s: Any) -> Any:
    from matrixcalc.declare import declare

    return declare(s.shape, s.data[1])


def test_it_is_differentiated_directly_by_names_and_by_symbols() -> None:
    assert str(derive(A * x, "x", verify=False)) == "A"
    assert str(derive(sp.Trace(A * B), A, verify=False)) == "B"
    assert str(derive(x.T * A * x, x)) == "x'*(A + A')"
    assert str(gradient(sp.Trace(W.T * A * W), W, verify=False)) == "(A + A')*W"
    assert str(hessian(x.T * A * x, x, vars={"A": "matrix(n, n) symmetric"})) == "2*A"
    assert str(differential(sp.Inverse(A), A, verify=False)) == "-inv(A)*dA*inv(A)"
    d = derive(parse("x'*A*x"), parse("x"), verify=False)
    assert str(d) == "x'*(A + A')"
    assert derive(t**2, t, verify=False).to_dict()["expression"] == "t^2"


def test_assumptions_become_properties() -> None:
    p = sp.Symbol("p", positive=True)
    assert str(derive(sp.log(p), p, verify=False).variables["p"]) == "scalar positive"
    assert to_sympy(from_sympy(sp.log(p))) == sp.log(p)


def test_its_own_symbols_come_back() -> None:
    assert to_sympy(from_sympy(A * x + y), like=A * x + y) == A * x + y
    assert to_sympy(derive(x.T * A * x, x, verify=False).result, like=A * x) == x.T * (A + A.T)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (sp.zeta(t), UnsupportedError, r"^zeta of SymPy has no counterpart here$"),
        (A[0, 1], UnsupportedError, r"^a single entry of a matrix has no counterpart here\n"),
        (sp.Max(t, u), UnsupportedError, r"^Max of SymPy has no counterpart here\n"),
        (A**t, UnsupportedError, r"^a power of a matrix has a whole number as its exponent\n"),
        (sp.Matrix([[1, 2]]), UnsupportedError, r"^a matrix that is given by its entries has no"),
        (Z * sp.ImmutableMatrix([[1], [2]]), UnsupportedError, r"^a matrix that is given by its e"),
        (sp.Sum(t, (t, 1, n)), UnsupportedError, r"^Sum of SymPy has no counterpart here$"),
        (sp.MatrixSymbol("t", n, n) * t, ShapeError, r"^the name t stands for .* two shapes$"),
        (sp.Symbol("x^*"), ParseError, r"^'x\^\*' is not a name\n"),
        (sp.MatrixSymbol("A", n + 1, n), UnsupportedError, r"^a dimension is a name, .*, not n"),
    ],
    ids=str,
)
def test_the_rest_is_refused(given: Any, error: type[MatrixCalcError], message: str) -> None:
    with pytest.raises(error, match=message):
        from_sympy(given)


def test_declarations_must_fit() -> None:
    with pytest.raises(ShapeError, match=r"^A is declared matrix\(n, m\), but is n×n in the"):
        derive(A * x, x, vars={"A": "matrix(n, m)"})
    with pytest.raises(ParseError, match=r"^an expression of SymPy is wanted, not str$"):
        from_sympy("A*x")  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError, match=r"^vec has no counterpart among the matrix expr"):
        to_sympy(parse("vec(A*X)"))


TEXTS = [
    "x'*A*x + a", "A*inv(B)*x", "tr(A'*B)*x", "(x.*y)'*A", "A.^2.*B", "sum(A, 1)*x", "sum(A, 2)",
    "diag(x)*B", "softmax(x)", "logsumexp(x)", "norm2(A)", "norm1(x)", "logdet(A)",
    "adj(A)", "sigmoid(A*x)", "kron(A, x)", "2*x + 3", "sum(A)", "exp(a)*A^2", "x*y'", "mean(x)",
    "log_softmax(x)", "step(x)", "cbrt(x)", "softplus(x)", "relu(x)",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_sympy_means_the_same(text: str) -> None:
    """Explicit matrices in SymPy, against our own numbers."""
    kinds = {"A": "matrix(3, 3)", "B": "matrix(3, 3)", "x": "vector(3)", "y": "vector(3)"}
    e = parse(text, kinds)
    values: dict[str, Any] = {
        "A": [[2, -1, 3], [1, 4, -2], [-3, 1, 5]],
        "B": [[1, 2, 0], [-1, 3, 1], [2, -2, 4]],
        "x": [[2], [-1], [3]],
        "y": [[-2], [5], [1]],
        "a": 0.5,
    }
    made = to_sympy(e)
    change: dict[Any, Any] = {
        s: sp.ImmutableMatrix(values[s.name]) if hasattr(s, "shape") else sp.Float(values[s.name])
        for s in made.free_symbols
    }
    constants = (sp.OneMatrix, sp.Identity, sp.ZeroMatrix)
    made = made.replace(lambda e: isinstance(e, constants), lambda e: e.as_explicit())
    got = made.subs(change).doit()
    got = sp.ImmutableMatrix(got) if hasattr(got, "shape") else got
    ours = evaluate_many([e], values)[0]
    theirs = numpy.array(sp.N(got).tolist() if hasattr(got, "tolist") else sp.N(got), dtype=float)
    numpy.testing.assert_allclose(theirs.reshape(ours.shape), ours, rtol=1e-12)


@QUICK
@given(problems(depth=3))
def test_there_and_back(problem: Problem) -> None:
    try:
        e = parse(problem.text, problem.vars)
        there = to_sympy(e)
    except MatrixCalcError:
        return
    back = from_sympy(there)
    assert back.shape == e.shape
    if back is not e and symbols(e):
        values = sample(problem, 7)
        known = [s for s in symbols(parse(problem.text, problem.vars)) if s.name in values]
        with numpy.errstate(all="ignore"):
            a, b = evaluate_many([e, back, *known], values)[:2]
        numpy.testing.assert_allclose(b, a, rtol=1e-7, atol=1e-9)
