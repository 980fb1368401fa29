"""Results as a textbook prints them: forms that a simplification of their own leads to."""

from __future__ import annotations

import pytest

from matrixcalc import UnsupportedError, derive

N, M, P = "matrix(n, n)", "matrix(n, m)", "matrix(p, p)"
SPD, SKEW = f"{N} positive_definite", f"{N} skew"
x, y, m = ({name: "vector(n)"} for name in "xym")
A, B, C, X = ({name: N} for name in "ABCX")

# expression, variables of differentiation, declarations, result in the mixed layout
FORMS: tuple[tuple[str, str, dict[str, str], str], ...] = (
    # determinants and adjugates
    ("det(A*X*B)", "X", A | B | X, "det(A)*det(B)*adj(X)'"),
    ("det(X'*A*X)", "X", A | X, "2*det(A)*det(X)*adj(X)'"),
    ("log(det(X'*B*X))", "X", X | {"B": SPD}, "2*inv(X)'"),
    ("log(abs(det(X)))", "X", X, "inv(X)'"),
    ("det(a*A)", "a", A, "n*a^(n - 1)*det(A)"),
    ("det(kron(X, C))", "X", X | {"C": P}, "p*det(C)^n*det(X)^(p - 1)*adj(X)'"),
    # Kronecker products and vec
    ("tr(kron(A, C)*kron(X, C))", "X", A | X | {"C": P}, "tr(C^2)*A'"),
    ("vec(X)'*kron(C, A)*vec(X)", "X", {"C": P, "A": N, "X": "matrix(n, p)"},
     "A'*X*C + A*X*C'"),
    ("norm2(kron(A, X))^2", "X", {"A": N, "X": "matrix(p, q)"}, "2*norm2(A)^2*X"),
    # projectors
    ("norm2((eye - X*pinv(X))*y)^2", "X", y | {"X": M},
     "-2*(eye - X*pinv(X))*y*(pinv(X)*y)'"),
    # symmetric functions
    ("-0.5*logdet(P) - 0.5*(x - m)'*P*(x - m)", "P", x | m | {"P": SPD},
     "-0.5*((x - m)*(x - m)' + inv(P))"),
    ("norm2(sqrtm(S))^2", "S", {"S": SPD}, "eye(n)"),
    ("tr(A*X)", "X", A | {"X": f"{N} diagonal"}, "eye.*A"),
    ("x'*X*y", "X", x | y | {"X": f"{N} diagonal"}, "diag(x.*y)"),
    ("x'*inv(S)*y", "y", x | y | {"S": SKEW}, "-inv(S)*x"),
    # softmax, sigmoid
    ("log(sum(exp(A*x)))", "x", A | x, "A'*softmax(A*x)"),
    ("log(sum(exp(x)))", "x x", x, "diag(softmax(x)) - softmax(x)*softmax(x)'"),
    ("sum(log(1 + exp(-y.*(A*x))))", "x", A | x | y, "-A'*(sigmoid(-y.*(A*x)).*y)"),
    ("sum(log(1 + exp(A*x)))", "x x", A | x, "A'*diag(sigmoid(A*x).*(1 - sigmoid(A*x)))*A"),
    ("softmax(x)'*log(softmax(x))", "x", x,
     "softmax(x).*(log(softmax(x)) - log(softmax(x))'*softmax(x))"),
    # means
    ("norm2(X - vector(1, n)*mean(X, 1))^2", "X", {"X": M}, "2*(X - vector(1)*sum(X, 1)/n)"),
    ("(x - mean(x))/norm2(x - mean(x))", "x", x,
     "(eye - (x - sum(x)/n)*(x - sum(x)/n)'/norm2(x - sum(x)/n)^2 - 1/n)/norm2(x - sum(x)/n)"),
    # kinks
    ("sum(abs(x).^3)", "x", x, "3*x.*abs(x)"),
    ("sum(relu(x).^2)", "x", x, "2*relu(x)"),
    ("sum(log(abs(x)))", "x", x, "1./x"),
    # fractions, powers
    ("arctan(b/a)", "a", {}, "-b/(a^2 + b^2)"),
    ("sum(x.^x)", "x", x, "x.^x.*(1 + log(x))"),
    ("log(det(A + a*B))", "a a", A | B, "-tr((inv(A + a*B)*B)^2)"),
    ("b*sum(log(x))", "x", x, "b./x"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "declared", "form"), FORMS, ids=[f[0] for f in FORMS])
def test_a_form(text: str, wrt: str, declared: dict[str, str], form: str) -> None:
    d = derive(text, *wrt.split(), vars=declared, layout="mixed")
    assert str(d) == form
    assert d.verification.status in ("proved", "sampled")


VEC_FORMS = (
    ("kron(X, Y)", "kron(eye(m), kron(commutation(q, n), eye(p)))*kron(eye(m*n), vec(Y))"),
    ("kron(Y, X)", "kron(commutation(q, m), eye(n*p))*kron(kron(eye(m), vec(Y)), eye(n))"),
)


@pytest.mark.parametrize(("text", "form"), VEC_FORMS)
def test_the_vec_form_of_a_kronecker_product(text: str, form: str) -> None:
    d = derive(text, "X", vars={"X": M, "Y": "matrix(p, q)"})
    assert d.vec_form == form
    assert d.verification.status == "proved"


def test_a_derivative_that_is_zero_has_its_shape() -> None:
    d = derive("inv(X)*X*x", "X", vars=X | x)
    assert (d.vec_form, d.vjp) == ("matrix(0, n, n*n)", "matrix(0, n, n)")
    assert derive("softmax(vector(sum(x), m))", "x", vars=x).vjp == "vector(0, n)"


@pytest.mark.parametrize("structured", ["none", "gradient", "entries"])
def test_a_trace_of_a_skew_matrix_is_zero_in_every_reading(structured: str) -> None:
    d = derive("tr(X)^2", "X", vars={"X": SKEW}, structured=structured)
    assert (str(d), d.verification.status) == ("matrix(0, n, n)", "proved")


def test_the_entries_of_an_inverse_in_vec_form() -> None:
    d = derive("inv(X)", "X", vars={"X": SPD}, structured="entries")
    assert str(d) == "kron(inv(X), inv(X))*(diag(vec(eye(n))) - eye - commutation(n, n))"
    assert d.verification.status == "proved"


CONDITIONS = (
    ("a/b", "a", {}, ["b nonzero"]),
    ("x'*log(y)", "x", x | y, ["y positive"]),
    ("log(1 + x'*x)", "x", x, []),
    ("sqrt(1 + x.^2)", "x", x, []),
    ("logdet(eye + X'*X)", "X", X, []),
    ("log(abs(a))", "a", {}, ["a nonzero"]),
    ("det(a*A)", "a", A, []),
    ("inv(X)*x", "x", X | x, ["X invertible"]),
)


@pytest.mark.parametrize(("text", "wrt", "declared", "conditions"), CONDITIONS)
def test_conditions_are_what_must_hold_and_no_more(
    text: str, wrt: str, declared: dict[str, str], conditions: list[str]
) -> None:
    assert derive(text, wrt, vars=declared, verify=False).conditions == conditions


def test_a_second_derivative_without_a_name_says_where_there_is_one() -> None:
    with pytest.raises(UnsupportedError, match="the second derivative of expm has no closed form"):
        derive("expm(A + a*B)", "a", "a", vars=A | B)
    assert str(derive("expm(a*A)", "a", "a", vars=A, verify=False)) == "A^2*expm(a*A)"
