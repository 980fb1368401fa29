"""SymPy's matrix expressions, taken over."""

from __future__ import annotations

import pytest
import sympy as sp

from matrixcalc import UnsupportedError, derive
from matrixcalc.sympy_bridge import from_sympy

n, m = sp.symbols("n m", integer=True, positive=True)
A = sp.MatrixSymbol("A", n, n)
B = sp.MatrixSymbol("B", n, n)
x = sp.MatrixSymbol("x", n, 1)
t = sp.Symbol("t")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (A * x, "A*x"),
        (sp.Trace(A * B), "tr(A*B)"),
        (sp.Determinant(A), "det(A)"),
        (sp.Inverse(A) * x, "inv(A)*x"),
        (A + sp.Identity(n), "eye + A"),
        (sp.HadamardProduct(A, B), "A.*B"),
        (sp.KroneckerProduct(A, B), "kron(A, B)"),
        (A**2, "A^2"),
        (2 * A.T * x, "2*A'*x"),
        (sp.exp(t) ** 2 / 3, "exp(2*t)/3"),
        (sp.DiagMatrix(x), "diag(x)"),
    ],
)
def test_what_is_taken_over(given: sp.Basic, text: str) -> None:
    assert str(from_sympy(given)) == text


def test_it_can_be_differentiated() -> None:
    assert str(derive(from_sympy(sp.Trace(A * B)), "A", verify=False)) == "B"


def test_it_can_be_given_directly() -> None:
    assert str(derive(A * x, "x", verify=False)) == "A"


def test_the_unknown_is_named() -> None:
    with pytest.raises(UnsupportedError, match=r"^zeta of SymPy has no counterpart here$"):
        from_sympy(sp.zeta(t))
