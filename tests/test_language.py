"""The language, form by form: every spelling means what docs/language.md says."""

from __future__ import annotations

import pytest

from matrixcalc import derive, differential, gradient, parse
from matrixcalc.derivative import Derivative
from matrixcalc.errors import ParseError, ShapeError, UnknownNameError

SAME = [
    # transposes
    ("x'*A*x", "x.T*A*x"),
    ("x'*A*x", "xᵀ*A*x"),
    ("x'*A*x", "x^T*A*x"),
    ("x'*A*x", "x^T @ A @ x"),
    ("x'*A*x", "x.'*A*x"),
    ("x'*A*x", "x\u22a4*A*x"),
    ("x'*A*x", "x^\u22a4*A*x"),
    ("x'*A*x", "x^\\top*A*x"),
    ("x'*A*x", "x′*A*x"),
    ("x'*A*x", "x\u2019*A*x"),
    ("x'*A*x", "transpose(x)*A*x"),
    ("X^2'", "(X^2)'"),
    ("X'^2", "(X')^2"),
    # products and quotients
    ("W*x", "W @ x"),
    ("W*x", "W·x"),
    ("W*x", "W × x"),
    ("x.*y", "x ⊙ y"),
    ("x.*y", "x ∘ y"),
    ("x./y", "x ⊘ y"),
    ("kron(A, B)", "A ⊗ B"),
    ("x/a", "x÷a"),
    ("A\\x", "inv(A)*x"),
    ("A\\x", "A^-1*x"),
    ("a\\x", "x/a"),
    ("x - y", "x − y"),
    # powers
    ("a^2", "a**2"),
    ("a^2", "a²"),
    ("x.^2", "x.**2"),
    ("X^-1", "X⁻¹"),
    ("X^-1", "inv(X)"),
    ("X^-2", "inv(X)^2"),
    ("X^-2", "inv(X*X)"),
    ("a^b^c", "a^(b^c)"),
    ("-a^2", "-(a^2)"),
    ("2^-1", "1/2"),
    ("a^-b", "a^(-b)"),
    ("-x'*y", "-(x'*y)"),
    # functions
    ("log(a)", "ln(a)"),
    ("arcsin(a)", "asin(a)"),
    ("arccos(a)", "acos(a)"),
    ("arctan(a)", "atan(a)"),
    ("sigmoid(x)", "logistic(x)"),
    ("relu(x)", "max(0, x)"),
    ("relu(x)", "max(x, 0)"),
    ("norm2(x)", "norm(x)"),
    ("tr(X)", "trace(X)"),
    ("dot(x, y)", "x'*y"),
    ("outer(x, y)", "x*y'"),
    ("square(x)", "x.^2"),
    ("pinv(x)", "x'/(x'*x)"),
    # constants
    ("eye*x", "x"),
    ("x + vector(1)", "x + 1"),
    ("x + vector(a)", "x + a"),
    ("X + matrix(a)", "X + a"),
    ("sin(pi*a)", "sin(π*a)"),
    # other characters
    ("x1'*x1", "x₁'*x₁"),
    ("α*x", "α · x"),
    ("2*x", "\uff12\uff0a\uff58"),
    ("x'*y", "x'*\u200by"),
    ("x'*y", "x' \u00a0 *\ty"),
    # statements
    ("x'*A*x", "x'*A\n  *x"),
    ("x'*A*x", "x'*A*  # a quadratic form\n  x"),
    ("x'*A*x", "(x'\n*A*x)"),
    ("x'*A*x", "\n# a comment\n; x'*A*x ;;\n"),
    ("norm2(W*x)^2", "q = W*x; f = norm2(q)^2"),
    ("norm2(W*x)^2", "q = W*x\nf = norm2(q)^2\nf"),
    ("W*x", "W: matrix(n, m)\nx: vector(m); y = W*x"),
]


@pytest.mark.parametrize(("text", "other"), SAME)
def test_two_spellings_of_one_thing(text: str, other: str) -> None:
    assert parse(text) is parse(other)


def found(text: str, *wrt: str) -> Derivative:
    return derive(text, *wrt, verify=False)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("a*h'*z", {"a": "scalar", "h": "vector(n)", "z": "vector(n)"}),
        ("A*x", {"A": "matrix(n, m)", "x": "vector(m)"}),
        ("x*W", {"x": "row(n)", "W": "matrix(n, m)"}),
        ("x*W*y", {"x": "row(n)", "W": "matrix(n, m)", "y": "vector(m)"}),
        ("W_1*x2", {"W_1": "matrix(n, m)", "x2": "vector(m)"}),
        ("alpha*x", {"alpha": "scalar", "x": "vector(n)"}),
        ("λ*x", {"λ": "scalar", "x": "vector(n)"}),
        ("lambda_2*x", {"lambda_2": "scalar", "x": "vector(n)"}),
        ("Σ*x", {"Σ": "matrix(n, m)", "x": "vector(m)"}),
        ("W: matrix(3, 2); W*x", {"W": "matrix(3, 2)", "x": "vector(2)"}),
        ("x: row(k); x*A*x'", {"x": "row(k)", "A": "matrix(k, k)"}),
        ("n: scalar; n*x", {"n": "scalar", "x": "vector(m)"}),
        ("x: matrix(n, 1); x'*x", {"x": "vector(n)"}),
        ("A\\x", {"A": "matrix(n, n)", "x": "vector(n)"}),
        ("x*A + y", {"x": "row(n)", "A": "matrix(n, m)", "y": "row(m)"}),
    ],
)
def test_kinds_and_dimensions(text: str, kinds: dict[str, str]) -> None:
    d = found(text, next(iter(kinds)))
    assert {name: str(kind) for name, kind in d.variables.items()} == kinds


def test_a_declaration_wins() -> None:
    assert found("pi: scalar; pi^2", "pi").result is parse("pi: scalar; 2*pi")
    assert str(found("a: vector(n); a'*a", "a")) == "2*a'"
    assert str(found("X: scalar; X^2", "X")) == "2*X"
    assert str(derive("y: scalar; y^2", "y", vars={"y": "vector(n)"}, verify=False)) == "2*y"
    assert str(found("x: vector(n); x'*x/n", "x")) == "2*x'/n"


def test_what_a_name_of_an_equation_is_not() -> None:
    with pytest.raises(UnknownNameError, match=r"q is what an equation gives") as error:
        found("q = W*x; f = norm2(q)^2", "q")
    assert "its variables are W, x" in error.value.hint
    with pytest.raises(ParseError, match=r"^x is defined by itself"):
        found("x = 2*x", "x")
    with pytest.raises(ParseError, match=r"^r is used before the equation that defines it"):
        found("q = 2*r; r = 3*q; r", "q")
    with pytest.raises(ParseError, match=r"^q is defined twice"):
        found("q = x; q = 2*x; q", "x")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("X", "did you mean x\\? its variables are x, A"),
        ("x, A", "each variable is an argument of its own"),
        ("sin", "sin is a word of the language"),
        ("pi", "pi is the number, unless it is declared"),
        ("q", "its variables are x, A"),
    ],
)
def test_a_name_that_is_no_variable(name: str, hint: str) -> None:
    with pytest.raises(UnknownNameError, match=rf"^no variable .* in the expression\n{hint}"):
        found("x'*A*x", name)


@pytest.mark.parametrize("name", [None, 3, "", " ", ["x"], b"x"])
def test_what_is_no_name(name: object) -> None:
    for function in (derive, gradient, differential):
        with pytest.raises(ParseError, match=r"^a variable to differentiate by is a name, not"):
            function("x'*x", name, verify=False)  # type: ignore[operator]
    assert str(differential("x₁'*x₁", " x₁ ", verify=False)) == "2*dx1'*x1"


def test_an_expression_that_was_read_has_its_declarations() -> None:
    e = parse("x'*A*x", vars={"A": "matrix(n, n) symmetric"})
    assert str(derive(e, "x", vars={"A": "matrix(n, n) symmetric"}, verify=False)) == "2*x'*A"
    assert str(derive(e, "z", vars={"z": "scalar"}, verify=False)) == "0"
    with pytest.raises(ShapeError, match=r"^A is matrix\(n, n\) symmetric in the expression, and"):
        derive(e, "x", vars={"A": "matrix(n, n)"}, verify=False)


@pytest.mark.parametrize("text", ["xᴴ*y", "xᵢ", "①*a", "½*a", "aⁿ", "٣*a", "Ⅷ"])
def test_letters_and_digits_that_only_look_like_them(text: str) -> None:
    with pytest.raises(ParseError, match=r"^the character .* is not of the language"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("A \\exp(x)", "A*exp(x)"),
        ("2 \\alpha", "2*alpha"),
        ("A\\cdot(x)", "A*x"),
        ("a*\\log(b)", "a*log(b)"),
        ("A\\exp(x)", "inv(A)*exp(x)"),
        ("A\\exp(x) # \\alpha", "inv(A)*exp(x)"),
        ("A\\(x + y)", "inv(A)*(x + y)"),
        ("A^2\\(x + y)", "inv(A^2)*(x + y)"),
        ("A'\\(x + y)", "inv(A')*(x + y)"),
    ],
)
def test_a_command_of_latex_is_told_from_a_solution(text: str, same: str) -> None:
    assert parse(text) is parse(same)


@pytest.mark.parametrize(
    ("text", "same", "kinds"),
    [
        ("diag(a)\\softmax(x)", "inv(diag(a))*softmax(x)", {"a": "vector(n)"}),
        ("(X'*X)\\exp(y)", "inv(X'*X)*exp(y)", {}),
        ("A.T\\log(x)", "inv(A')*log(x)", {}),
        ("A\\beta", "inv(A)*beta", {"beta": "vector(n)"}),
        ("beta: vector(n); A\\beta", "beta: vector(n); inv(A)*beta", {}),
        ("beta = B*x; A\\beta", "beta = B*x; inv(A)*beta", {}),
        ("# \\mathbf{x}\nA\\exp(x)", "inv(A)*exp(x)", {}),
        ("A^2 \\ exp(x)", "inv(A^2)*exp(x)", {}),
        ("A^2\\cdot\\exp(x)", "A^2*exp(x)", {}),
        ("A**-1\\exp(x)", "inv(A^-1)*exp(x)", {}),
        ("A^-1\\exp(x)", "inv(A^-1)*exp(x)", {}),
        ("A²\\exp(x)", "inv(A^2)*exp(x)", {}),
        ("A^2\\logm(B)", "inv(A^2)*logm(B)", {}),
        ("a \\ log(b)", "log(b)/a", {}),
        ("a\\b", "b/a", {}),
        ("a\\cdot\\log(b)", "a*log(b)", {}),
        ("a\\log b", "a*log(b)", {}),
        ("2\\exp(x)", "2*exp(x)", {}),
    ],
)
def test_a_sign_right_behind_an_operand_solves(
    text: str, same: str, kinds: dict[str, str]
) -> None:
    assert parse(text, kinds) is parse(same, kinds)


@pytest.mark.parametrize(
    ("text", "word", "kinds"),
    [
        ("A^2\\exp(x)", "exp", {}),
        ("c + a\\log(b)", "log", {}),
        ("-a\\log(a)", "log", {}),
        ("(a + c)\\sin(b)^2", "sin", {}),
        ("x\\sin(x)", "sin", {"x": "scalar"}),
        ("x'*x\\exp(y)", "exp", {}),
        ("a\\beta", "beta", {"beta": "vector(n)"}),
        ("# all of it\na\\log(b)", "log", {}),
    ],
)
def test_a_sign_that_two_notations_read_is_refused(
    text: str, word: str, kinds: dict[str, str]
) -> None:
    with pytest.raises(ParseError, match=r"^whether this \\ solves, as in A\\b, or begins") as info:
        parse(text, kinds)
    assert info.value.span is not None
    start, end = info.value.span
    assert text[start:end] == f"\\{word}"
    assert info.value.hint == (
        f"write \\ {word} with blanks around the sign to solve, \\cdot \\{word} for a product"
    )


def test_why_names_the_layout() -> None:
    plain = found("p'*x", "x").why
    assert plain.startswith("the entries ∂y/∂x_j stand in a row")
    turned = derive("p'*x", "x", layout="denominator", verify=False).why
    assert turned == (
        f"in numerator layout {plain[:-1]}; the denominator layout is the transpose of that."
    )
    assert derive("W*x", "x", layout="mixed", verify=False).why == found("W*x", "x").why


def test_nothing_is_divided_by_a_zero_that_is_seen() -> None:
    from matrixcalc import UnsupportedError

    for text in ("1./(x - x)", "(0*x).^-1", "x/(a - a)"):
        with pytest.raises(UnsupportedError, match=r"^division by zero"):
            parse(text)


def test_a_transpose_that_gets_simpler_ends() -> None:
    kinds = {"A": "matrix(n, n)", "X": "matrix(n, n)"}
    d = derive("log(det(X'*A*X'*A*X))", "A", vars=kinds)
    assert (str(d), d.verification.status) == ("2*inv(A)", "proved")
