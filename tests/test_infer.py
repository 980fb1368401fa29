"""Kinds by name, dimensions by unification, and what is built of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matrixcalc.declare import Declaration, declaration
from matrixcalc.dims import ONE, Dim
from matrixcalc.errors import ParseError, ShapeError, UnknownNameError
from matrixcalc.infer import kind_by_name, parse, typed

CORPUS = Path(__file__).parent / "corpus"


def told(text: str, vars: dict[str, str] | None = None) -> dict[str, str]:
    return {name: str(known) for name, known in typed(text, vars).variables.items()}


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ("a g a1 e_max alpha lambda lambda_1 mu2 omega α λ λ_2", "scalar"),
        ("h z x x2 w_1 learning xy mus", "vector"),
        ("A Z W_1 Sigma Lambda X2 Σ", "matrix"),
    ],
)
def test_kinds_by_name(names: str, kind: str) -> None:
    assert {name: kind_by_name(name) for name in names.split()} == dict.fromkeys(
        names.split(), kind
    )


INFERRED = [
    ("W*x", {"W": "matrix(n, m)", "x": "vector(m)"}),
    ("x'*A*x", {"x": "vector(n)", "A": "matrix(n, n)"}),
    ("x*W", {"x": "row(n)", "W": "matrix(n, m)"}),
    ("x*W + y", {"x": "row(n)", "W": "matrix(n, m)", "y": "row(m)"}),
    ("(x + y)*W", {"x": "row(n)", "y": "row(n)", "W": "matrix(n, m)"}),
    ("x*A*x'", {"x": "row(n)", "A": "matrix(n, n)"}),
    ("x*W*y", {"x": "row(n)", "W": "matrix(n, m)", "y": "vector(m)"}),
    ("W*x + b", {"W": "matrix(n, m)", "x": "vector(m)", "b": "scalar"}),
    ("a*X^2", {"a": "scalar", "X": "matrix(n, n)"}),
    ("A + eye", {"A": "matrix(n, n)"}),
    ("x + vector(1)", {"x": "vector(n)"}),
    ("X .* matrix(1)", {"X": "matrix(n, m)"}),
    ("eye(k)*x", {"x": "vector(k)"}),
    ("x + vector(1, 3)", {"x": "vector(3)"}),
    ("n'*n", {"n": "vector(m)"}),
    ("vec(A)'*x", {"A": "matrix(n, m)", "x": "vector(m*n)"}),
    ("kron(A, B)*x", {"A": "matrix(n, m)", "B": "matrix(p, q)", "x": "vector(m*q)"}),
    ("vec(A) + vec(B)", {"A": "matrix(n, m)", "B": "matrix(n, m)"}),
    ("dot(x, y)", {"x": "vector(n)", "y": "vector(n)"}),
    ("diag(x)*A", {"x": "vector(n)", "A": "matrix(n, m)"}),
    ("diag(X)", {"X": "matrix(n, n)"}),
    ("q: vector(k); q = W*x", {"W": "matrix(k, n)", "x": "vector(n)"}),
]


@pytest.mark.parametrize(("text", "variables"), INFERRED)
def test_what_is_not_declared_is_inferred(text: str, variables: dict[str, str]) -> None:
    assert told(text) == variables


def test_a_declaration_wins() -> None:
    assert told("x: row(n); a: matrix(n, m)\nx*a") == {"x": "row(n)", "a": "matrix(n, m)"}
    assert told("x*y", {"x": "vector(n)"}) == {"x": "vector(n)", "y": "row(m)"}
    assert told("W*x", {"W": "matrix(n, 3)"}) == {"W": "matrix(n, 3)", "x": "vector(3)"}


def test_a_declaration_in_the_text_wins_over_one_beside_it() -> None:
    assert told("x: row(n); x", {"x": "scalar"}) == {"x": "row(n)"}


def test_new_dimensions_take_no_name_that_is_in_use() -> None:
    assert told("W*x + m*y'*y", {"y": "vector(n)", "m": "scalar"})["W"] == "matrix(p, q)"


def test_an_unread_vector_has_one_reading_or_none() -> None:
    for text in ("x*y", "x + y'", "x*y*W"):
        with pytest.raises(ShapeError, match=r"^x(\*| \+ )y"):
            parse(text)


def test_variables_asked_for_are_told_too() -> None:
    known = typed("x'*x", {"x": "vector(n)", "y": "scalar", "z": "scalar"}, ["y", "w"])
    assert list(known.variables) == ["x", "y"]


def test_equations_share_what_they_name() -> None:
    known = typed("q = W*x; f = norm2(q)^2")
    assert known.name == "f"
    assert known.expr is parse("norm2(W*x)^2")
    assert known.equations == {"q": parse("W*x"), "f": known.expr}


def test_an_expression_after_equations_has_no_name() -> None:
    assert typed("q = W*x; q'*q").name is None


def test_a_dimension_is_a_number_too() -> None:
    known = parse("x: vector(n); sum(x)/n")
    assert known is parse("mean(x)", {"x": "vector(n)"})
    assert parse("x: vector(4); sum(x)/4") is parse("x: vector(4); mean(x)")


def test_the_whole_gives_constants_their_size() -> None:
    n = Dim.named("n")
    assert typed("eye", shape=(n, n)).expr.shape == (n, n)
    assert typed("2*vector(1)", shape=(n, ONE)).expr.shape == (n, ONE)


def test_pi_can_be_declared() -> None:
    assert parse("2*pi").op == "mul"
    assert told("pi: vector(3); pi'*pi") == {"pi": "vector(3)"}


SAME = [
    ("max(0, x)", "relu(x)"),
    ("max(x, 0)", "relu(x)"),
    ("transpose(x)*x", "x'*x"),
    ("outer(x, y)", "x*y'"),
    ("outer(x', y)", "x*y'"),
    ("dot(x', y)", "x'*y"),
    ("diag(x)*y", "x.*y"),
    ("1./x", "x.^-1"),
    ("x./2", "0.5*x"),
    ("expm(a)", "exp(a)"),
    ("inv(a)", "1/a"),
    ("kron(a, X)", "a*X"),
    ("tr(x'*A*x)", "x'*A*x"),
    ("asin(a) + ln(b) + logistic(c)", "arcsin(a) + log(b) + sigmoid(c)"),
    ("norm(x) + trace(A)", "norm2(x) + tr(A)"),
    ("vector(2, n) .* x", "2*x"),
    ("1 + x", "vector(1) + x"),
    ("sum(x, 1)", "sum(x)"),
    ("sum(x', 2)", "sum(x)"),
]


@pytest.mark.parametrize(("written", "meant"), SAME)
def test_functions_that_are_others(written: str, meant: str) -> None:
    assert parse(written) is parse(meant)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("cumsum(X)", "matrix"),
        ("cumsum(x)", "vector"),
        ("cumsum(x')", "row"),
        ("softmax(x')", "row"),
        ("sum(X, 1)", "row"),
        ("mean(X, 2)", "vector"),
        ("pinv(X)", "matrix"),
        ("vector(1, 1)", "scalar"),
        ("matrix(1, 1, n)", "row"),
        ("eye(1)", "scalar"),
    ],
)
def test_kinds_of_results(text: str, kind: str) -> None:
    assert parse(text).kind == kind


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("scalar", "scalar"),
        ("vector( n )", "vector(n)"),
        ("row(3)", "row(3)"),
        ("matrix(n,n) positive_definite  symmetric", "matrix(n, n) symmetric positive_definite"),
        ("matrix(n, 1)", "vector(n)"),
        ("matrix(1, n) positive", "row(n) positive"),
        ("vector(1)", "scalar"),
        ("matrix(1, 1) positive_definite", "scalar positive"),
        ("vector(2*m*n)", "vector(2*m*n)"),
    ],
)
def test_declarations(written: str, told: str) -> None:
    known = declaration(written)
    assert str(known) == told
    assert declaration(str(known)) == known


def test_a_declaration_may_be_given_as_such() -> None:
    known = Declaration("vector", (Dim.named("n"), ONE))
    assert typed("x", {"x": known}).variables == {"x": known}


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("y = W*x; y = x", ParseError, "y is defined twice"),
        ("y = y + 1", ParseError, "y is defined by itself"),
        ("f = q'*q; q = W*x", ParseError, "q is used before the equation that defines it"),
        ("x; y", ParseError, "only the last of several expressions can be without a name"),
        ("d(f)/dx = 2", ParseError, "this is a claim, not an expression"),
        ("d(f)/dx", ParseError, "this is a derivative, not an expression"),
        ("x'*x = y", ParseError, "this is a claim, not an expression: the left side"),
        ("exp = x", ParseError, "'exp' is a function, and cannot name a variable"),
        ("x: vector(n)", ParseError, "there are declarations, but no expression"),
        ("q: row(k); q = W*x", ShapeError, r"q is declared row\(k\), but its equation is n×1"),
        ("é*x", UnknownNameError, "what é is cannot be told from its name"),
        ("vector(1)", ShapeError, "the length of this constant is unknown"),
        ("matrix(1)*x", ShapeError, "the number of rows of this constant is unknown"),
        ("eye", ShapeError, "the size of this constant is unknown"),
    ],
)
def test_texts_that_mean_nothing(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=rf"^{message}"):
        parse(text)


def test_every_case_of_the_corpus_is_typed() -> None:
    lines = (CORPUS / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        known = typed(row["expr"], row["vars"])
        assert set(row["wrt"]) <= set(known.variables), row["id"]


def test_differentials_of_the_table_are_typed() -> None:
    from matrixcalc.operators import ELEMENTWISE

    for kind in ("scalar", "vector(n)", "row(n)", "matrix(n, m)"):
        for row in ELEMENTWISE:
            argument = parse("A", {"A": kind})
            made = parse(row.differential, {"A": kind, "dA": kind})
            assert made.shape == argument.shape, row.name
