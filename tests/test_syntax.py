"""The grammar: what is read, how tightly it binds, and how fast and how far."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import pytest

from matrixcalc import tables
from matrixcalc.errors import LimitError, ParseError
from matrixcalc.infer import parse
from matrixcalc.syntax import (
    MAX_TEXT,
    MAX_TOKENS,
    ClaimNode,
    EquationNode,
    normalise,
    read,
    read_kind,
    split_by,
)


@pytest.mark.parametrize("name", tables.START)
def test_the_tables_are_those_of_the_grammar(name: str) -> None:
    # not text against text: Lark numbers its states anew in each process
    saved = json.loads((tables.folder() / f"{name}.json").read_text(encoding="utf-8"))
    fresh = json.loads(tables.tables_text(name))
    assert saved["grammar"] == fresh["grammar"], "run python -m matrixcalc.tables"
    states = [t["tables"]["data"]["parser"]["parser"]["states"] for t in (saved, fresh)]
    assert len(states[0]) == len(states[1])


def test_a_parser_built_from_the_grammar_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    original = tables._build

    def build(name: str, grammar: str, transformer: object) -> object:
        built.append(grammar)
        return original(name, grammar, transformer)

    monkeypatch.setattr(tables, "_build", build)
    monkeypatch.setattr(tables, "_digest", lambda grammar: "another grammar")
    parser = tables.load("matrix", None)
    assert built
    assert parser.parse("W*x", start="program").data == "program"


# Each pair is one expression, written in two ways.
SAME = [
    # transposes and powers stand after their operand and chain from left to right
    ("X^2'", "(X^2)'"),
    ("X'^2", "(X')^2"),
    ("X^2'^3", "((X^2)')^3"),
    ("X.T", "X'"),
    ("Xᵀ", "X'"),
    ("X^T", "X'"),
    ("X^T*X", "X'*X"),
    ("X**T", "X'"),
    ("X'''", "X'"),
    # powers
    ("a^b^c", "a^(b^c)"),
    ("a^-b^c", "a^(-(b^c))"),
    ("-a^2", "-(a^2)"),
    ("2^-1", "0.5"),
    ("a**b", "a^b"),
    ("x.^y.^z", "x.^(y.^z)"),
    ("a²", "a^2"),
    ("a⁻¹²", "a^(-12)"),
    ("X²'", "(X^2)'"),
    ("A^(1+1)", "A*A"),
    ("A^-1", "inv(A)"),
    # signs
    ("a*-b", "-(a*b)"),
    ("-a*b", "(-a)*b"),
    ("a - -b", "a + b"),
    ("+a", "a"),
    # numbers and the dot of an operator
    ("2.*x.^2./y", "(2 .* (x.^2))./y"),
    ("2./x", "2 ./ x"),
    ("2.^x", "2 .^ x"),
    ("2.*3", "6"),
    (".5", "1/2"),
    ("2.", "2"),
    ("1e-3", "0.001"),
    ("2.5E+2", "250"),
    # spellings of products
    ("A@x", "A*x"),
    ("A·x", "A*x"),
    ("A×x", "A*x"),
    ("x⊙y", "x.*y"),
    ("x⊘y", "x./y"),
    ("A⊗B", "kron(A, B)"),
    ("A\\x", "inv(A)*x"),
    ("A\\B*x", "(A\\B)*x"),
    ("a/b/c", "(a/b)/c"),
    ("a/b*c", "(a/b)*c"),
    ("x'*y*z", "(x'*y)*z"),
    # characters
    ("x′*y", "x'*y"),
    ("x\u2019*y", "x'*y"),
    ("a − b", "a - b"),
    ("x'*\u00a0y", "x'*y"),
    ("x'*\u200by", "x'*y"),
    ("\U0001d431'*\U0001d431", "x'*x"),
    ("\U0001d468*\U0001d499", "A*x"),
    ("x₁'*x₁", "x1'*x1"),
    # blanks, comments, lines
    ("x'*A # the form\n *x", "x'*A*x"),
    ("x'*A*\n\n x", "x'*A*x"),
    ("dot(x,\n y)", "dot(x, y)"),
    ("(x\n+ y)", "x + y"),
    ("q = W*x\nq'*q", "(W*x)'*(W*x)"),
    ("q = W*x\n  + y\nq'*q", "(W*x + y)'*(W*x + y)"),
    ("\n; q = W*x;;\n\n q'*q ;\n", "(W*x)'*(W*x)"),
]


@pytest.mark.parametrize(("written", "meant"), SAME)
def test_what_is_written_two_ways_is_one(written: str, meant: str) -> None:
    assert parse(written) is parse(meant)


def test_characters_keep_their_places() -> None:
    text = "\U0001d431′·\U0001d400 − α₁"
    assert normalise(text) == "x'*A - α1"
    assert len(normalise(text)) == len(text)


def test_nodes_know_their_places() -> None:
    text = "f(x, 2.5) + (A*x)'"
    found: list[str] = []
    statement = read(text).statements[0]
    assert isinstance(statement, EquationNode)
    stack = [statement.right]
    while stack:
        node = stack.pop()
        found.append(text[node.start : node.end])
        stack.extend(node.args)
    assert sorted(found) == sorted(
        [text, "f(x, 2.5)", "x", "2.5", "(A*x)'", "(A*x)", "A*x", "A", "x"]
    )


CLAIMS = [
    ("d(f)/dx = 2", 1, ("x",)),
    ("d2(f)/dx2 = 2", 2, ("x", "x")),
    ("d2(f)/dxdy = 2", 2, ("x", "y")),
    ("d2(f)/(dx dy) = 2", 2, ("x", "y")),
    ("d2(f)/(dx*dy) = 2", 2, ("x", "y")),
    ("d^2(f)/dx^2 = 2", 2, ("x", "x")),
    ("∂(f)/∂x = 2", 1, ("x",)),
    ("∂f/∂x = 2", 1, ("x",)),
    ("∂²f/∂x² = 2", 2, ("x", "x")),
    ("∂²f/∂x∂y = 2", 2, ("x", "y")),
    (r"\partial(f)/\partial x = 2", 1, ("x",)),
    ("d(f)/d x_1 = 2", None, None),
    ("d(f)/dx_1 = 2", 1, ("x_1",)),
    ("d2(f)/dw = 2", 2, None),
    ("d(f)/dx", 1, ("x",)),
]


@pytest.mark.parametrize(("text", "order", "by"), CLAIMS)
def test_claims(text: str, order: int | None, by: tuple[str, ...] | None) -> None:
    if order is None:
        with pytest.raises(ParseError, match=r"^'d' does not say by what the derivative is taken"):
            read(text)
        return
    statement = read(text).statements[0]
    assert isinstance(statement, ClaimNode)
    assert statement.left.order == order
    assert split_by(statement.left, {"x", "y", "x_1"}) == by


def test_a_variable_comes_before_a_power_in_what_is_differentiated_by() -> None:
    statement = read("d2(f)/dx2 = 2").statements[0]
    assert isinstance(statement, ClaimNode)
    assert split_by(statement.left, {"x", "x2"}) is None


def test_a_differential_is_by_nothing() -> None:
    statement = read("d(inv(X)) = -inv(X)*dX*inv(X)").statements[0]
    assert isinstance(statement, ClaimNode)
    assert (statement.left.by, statement.left.order) == ((), 1)


def test_kinds() -> None:
    kind = read_kind("matrix(n, 3) positive nonzero")
    assert (kind.kind, [p[0] for p in kind.properties]) == ("matrix", ["positive", "nonzero"])
    assert kind.sizes is not None
    assert [size.value for size in kind.sizes] == ["n", 3]
    assert read_kind("scalar").sizes is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * (MAX_TEXT + 1), "the text has 200,001 characters; the limit is 200,000"),
        ("x+" * MAX_TOKENS + "x", "the text has more than 30,000 names, numbers and signs"),
        ("1e999999999", "a number of more than 1,000 digits"),
        ("1e-1001*x", "a number of more than 1,000 digits"),
        ("9" * 1001, "a number of more than 1,000 digits"),
        ("a" + "⁹" * 1001, "a number of more than 1,000 digits"),
    ],
)
def test_limits(text: str, message: str) -> None:
    with pytest.raises(LimitError, match=rf"^{message}"):
        parse(text)


DEEP = {
    "calls": "exp(" * 3000 + "x" + ")" * 3000,
    "primes": "x'*Q" + "'" * 5000 + "*x",
    "inverses": "inv(Q + " * 1000 + "Q" + ")" * 1000,
    "powers": "a^(" * 2000 + "a" + ")" * 2000,
    "a chain of powers": "^".join(["a"] * 5000),
    "parentheses": "(" * 10_000 + "x" + ")" * 10_000,
    "signs": "-" * 5000 + "x",
    "a sum": " + ".join(f"A_{i}*x" for i in range(2000)),
    "a product": "*".join(f"A_{i}" for i in range(2000)),
    "an elementwise product": ".*".join(f"x_{i}" for i in range(2000)),
    "quotients": "/".join(f"a{i}" for i in range(2000)),
    "a network": "; ".join(f"v{i + 1} = tanh(W{i}*v{i} + h{i})" for i in range(200)),
    "blank lines": "x'*x" + "\n" * 90_000 + "+ y'*y",
    "doubled sums": "; ".join(f"v{i + 1} = v{i} + v{i}.^2" for i in range(60)),
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_and_long_texts_are_read(name: str) -> None:
    begin = time.perf_counter()
    parse(DEEP[name])
    # generous: a busy machine is slower, a quadratic algorithm far slower
    assert time.perf_counter() - begin < 5


TOO_MUCH = {
    "doubled products": "; ".join(f"M{i + 1} = M{i}*M{i}'" for i in range(60)),
    "a Kronecker product": "(" + "⊗".join(f"A_{i}" for i in range(3000)) + ")'",
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_would_be_too_large_is_refused_soon(name: str) -> None:
    begin = time.perf_counter()
    with pytest.raises(LimitError, match="of more than"):
        parse(TOO_MUCH[name])
    assert time.perf_counter() - begin < 5


def test_time_grows_with_the_length_of_the_text() -> None:
    times = []
    for terms in (500, 1000, 2000):
        text = " + ".join(f"x_{i}'*A*x_{i}" for i in range(terms))
        best = 10.0
        for _ in range(3):
            begin = time.perf_counter()
            parse(text)
            best = min(best, time.perf_counter() - begin)
        times.append(best)
    assert all(later < 4 * earlier for earlier, later in pairwise(times))
