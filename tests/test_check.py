"""Verdicts: what is true, under which condition, and what went wrong."""

from __future__ import annotations

import pytest

from matrixcalc import ParseError, UnknownNameError, UnsupportedError, check

TRUE = (
    "tr(A*B) = tr(B*A)",
    "d(inv(X)) = -inv(X)*dX*inv(X)",
    "d(A*x) = A*dx",
    "d2(x'*A*x) = 2*dx'*A*dx",
    "d(vec(A*X*B))/d(vec(X)) = kron(B', A)",
    "grad(norm2(W*x)^2, W) = 2*W*x*x'",
    "hessian(x'*A*x, x) = A + A'",
    "jacobian(sin(A*x), x) = diag(cos(A*x))*A",
    "q = W*x; d(norm2(q)^2)/dW = 2*q*x'",
    "q = W*x; d(q'*q)/dq = 2*q'",
    "∂tr(A*X)/∂X = A",
    "d(a^3)/da = 3*a^2",
    "d2(sum(log(x)))/dx2 = -diag(x.^(-2))",
    "d3(sin(a))/da3 = -cos(a)",
    "∂³(a^4)/∂a³ = 24*a",
    "f = x'*A*x; df/dx = x'*(A + A')",
    "d/dx (x'*x) = 2*x'",
    "∂/∂x (x'*A*x) = x'*(A + A')",
    "d(x'*x)/d x = 2*x'",
    "d vec(A*X*B)/d vec(X)' = kron(B', A)",
    "d tr(A*X) = tr(A*dX)",
    "Hessian(x'*A*x, x) = A + A'",
    "d3(sum(x.^4))/dx3 = 24*diag(vec(eye(n)))*kron(diag(x), vector(1, n)); x: vector(n)",
    "d(tr(A*X))/dX = A  (numerator layout)",
    "A: matrix(n, n) symmetric; d(x'*A*x)/dx = 2*A*x",
)

FALSE = (
    ("d(norm2(y - X*w)^2)/dw = 2*X'*(y - X*w)", "sign"),
    ("d(x'*x)/dx = x", "factor"),
    ("inv(A*B) = inv(A)*inv(B)", "order"),
    ("d(x'*A*y)/dy = x*A", "shape"),
    ("layout: mixed; d(x'*A*x)/dx = x'*(A + A')", "transposed"),
    ("layout: mixed; d(tr(X^3)*tr(X))/dX = 3*tr(X)*(X^2)'", "missing term"),
    ("d(norm2(A*x))/dx = A'*A*x", "chain rule"),
)


@pytest.mark.parametrize("claim", TRUE)
def test_true(claim: str) -> None:
    verdict = check(claim)
    assert verdict.status == "true", str(verdict)


@pytest.mark.parametrize(("claim", "slip"), FALSE)
def test_false(claim: str, slip: str) -> None:
    verdict = check(claim)
    assert (verdict.status, verdict.slip) == ("false", slip), str(verdict)
    assert verdict.counterexample is not None
    assert verdict.diagnosis in str(verdict)
    assert verdict.to_dict()["slip"] == slip


@pytest.mark.parametrize(
    "claim",
    ["d(1/a)/da = -1/a", "d(1/c^3)/dc = -3/c^2", "d(1/(a*b))/da = -b/a^2", "d(a^3/b)/da = 3*a/b"],
)
def test_what_holds_among_small_numbers_is_not_true(claim: str) -> None:
    assert check(claim).status == "false"
ONCE_ONLY = (
    "det(-A) = -det(A)",
    "det(-A) = det(A)",
    "adj(A) = tr(A)*eye - A",
    "det(2*A) = 8*det(A)",
    "tr(eye(n)) = 3; A: matrix(n, n)",
    "K: matrix(n, n) skew; inv(K) = -K/det(K)",
    "K: matrix(n, n) skew; K^2 = -det(K)*eye",
    "abs(tr(A*B)) = tr(A*B); A: matrix(n, n); B: matrix(n, n)",
    "d(abs(x'*y))/dx = y'",
    "d(relu(det(X)))/dX = adj(X)",
    "d(log(s)*abs(t))/dt = log(s); s: scalar; t: scalar",
    "arccos(cos(a)) = abs(a)",
    "arctan(tan(a)) = a",
    "sqrtm(A^2) = A",
    "logm(expm(A)) = A",
    "norm2(Y)^2 = sum(Y)^2/6",
    "1.00001*a = a",
    "sin(a) = a - a^3/6",
)


@pytest.mark.parametrize("claim", ONCE_ONLY)
def test_what_holds_at_some_sizes_or_signs_only_is_not_true(claim: str) -> None:
    assert check(claim).status != "true"


def test_rounding_is_no_difference() -> None:
    assert check("K: matrix(n, n) skew; x'*K*x = 0").status == "true"
    kinds = {"Y": "matrix(n, m)"}
    claim = "d(det(Y'*Y))/dY = 2*det(Y'*Y)*Y*inv(Y'*Y)"
    assert check(claim, kinds, "mixed").status == "true"


def test_a_narrower_domain_is_said() -> None:
    detail = check("log(a^2) = 2*log(a)").detail
    assert detail.endswith("where the right side has a value")
    assert "where" not in check("log(a^2) = 2*log(abs(a))").detail


def test_a_problem_dependent_answer_says_how_it_is_meant() -> None:
    verdict = check("d(W*x)/dW = x'")
    assert verdict.slip == "shape"
    assert verdict.diagnosis.endswith(
        "kron(x', eye(n)), columns stacked; given the gradient G of a later scalar, G*x'"
    )


def test_conditions() -> None:
    verdict = check("x'*A*y = y'*A*x")
    assert (verdict.status, verdict.condition) == ("true_if", "A symmetric")
    assert check("d(X*Y) = dX*Y").conditions == ["Y constant"]


def test_what_takes_too_long_is_undecided() -> None:
    verdict = check("d(logdet(X'*X))/dX = 2*X*inv(X'*X)", timeout=1e-4)
    assert verdict.status == "undecided"
    assert "0.0001 s" in verdict.diagnosis


@pytest.mark.parametrize(
    ("claim", "kind", "match"),
    [
        ("x'*x", ParseError, "it has no ="),
        ("d(x'*x)/dx", ParseError, "the right side of the claim is missing"),
        ("d(x'*x)/dy = x", UnknownNameError, "y"),
        ("d(x'*x)/dx = foo(x)", UnknownNameError, "there is no function 'foo'"),
    ],
)
def test_what_cannot_be_read(claim: str, kind: type[Exception], match: str) -> None:
    with pytest.raises(kind, match=match):
        check(claim)


def test_the_layout_must_be_one() -> None:
    with pytest.raises(UnsupportedError, match="no layout 'other'"):
        check("tr(A) = tr(A')", layout="other")


def test_a_sample_at_a_singular_matrix_proves_nothing() -> None:
    kinds = {"Y": "matrix(n, m)"}
    head = "d(-log(det(Y*Y')))/dY"
    assert check(f"{head} = 2*inv(Y*Y')*Y", kinds, "mixed").slip == "sign"
    assert check(f"{head} = -2*inv(Y*Y')*Y", kinds, "mixed").status == "true"
