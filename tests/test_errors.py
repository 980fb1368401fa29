"""Every mistake has its message: the table of wordings, whole messages, the corpus of mistakes."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from typing import Any

import pytest

from matrixcalc.errors import (
    LimitError,
    MatrixCalcError,
    ParseError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    point_at,
)
from matrixcalc.infer import parse, typed
from matrixcalc.mistakes import WORDINGS, Wording
from matrixcalc.syntax import normalise
from matrixcalc.wordings import explain, find, place

CORPUS = Path(__file__).parent / "corpus" / "invalid.jsonl"


def refusal(text: object, vars: object = None) -> MatrixCalcError | None:
    try:
        typed(text, vars)
    except MatrixCalcError as error:
        return error
    return None


def whole(error: pytest.ExceptionInfo[MatrixCalcError]) -> list[str]:
    return str(error.value).split("\n")


def pattern(template: str) -> str:
    """A pattern for a message of the table, its words in braces being anything."""
    plain = re.escape(template.replace("{{", "\0").replace("}}", "\1"))
    plain = plain.replace("\0", r"\{").replace("\1", r"\}")
    return re.sub(r"\\\{\w+\\\}", ".*", plain)


@pytest.mark.parametrize("row", WORDINGS, ids=lambda row: row.example)
def test_each_example_gets_its_wording(row: Wording) -> None:
    with pytest.raises(ParseError, match=rf"^{pattern(row.message)}") as error:
        parse(row.example)
    assert error.value.text == row.example
    assert error.value.span is not None
    assert re.fullmatch(pattern(row.hint), error.value.hint)
    assert "{" not in error.value.message.replace("'{'", "").replace("'{1", "")
    # no row above takes the example away
    stop = error.value.span[0] if not row.at_open else len(row.example)
    clean = normalise(row.example)
    if not row.at_open and "(?P<start>" not in row.before and row.example[stop:].strip():
        assert find(clean, stop, place(clean, stop))[0] is row


def test_no_two_wordings_are_alike() -> None:
    assert len({row.example for row in WORDINGS}) == len(WORDINGS)


WHOLE: list[tuple[str, type[MatrixCalcError], list[str]]] = [
    (
        "x'*Q x",
        ParseError,
        [
            "an operator is missing between 'Q' and 'x'",
            "    x'*Q x",
            "         ^",
            "write Q*x",
        ],
    ),
    (
        "2x'*x",
        ParseError,
        [
            "an operator is missing between '2' and 'x'",
            "    2x'*x",
            "     ^",
            "write 2*x",
        ],
    ),
    (
        "norm2((x + y)",
        ParseError,
        [
            "this '(' is never closed",
            "    norm2((x + y)",
            "         ^",
            "add a ')'",
        ],
    ),
    (
        "q = W*x\nq'*q)",
        ParseError,
        [
            "this ')' closes nothing",
            "    q'*q)",
            "        ^",
            "leave it out, or open a '(' before it",
        ],
    ),
    (
        "x.+z",
        ParseError,
        [
            "'.+' is not an operator",
            "    x.+z",
            "     ^^",
            "+ and - work element by element as they are: leave out the dot",
        ],
    ),
    ("", ParseError, ["there is no expression"]),
    (
        " # only a comment",
        ParseError,
        ["there is no expression", "     # only a comment", "    ^^^^^^^^^^^^^^^^^"],
    ),
    (
        "x*y",
        ShapeError,
        [
            "x*y: both are columns, n×1 and n×1",
            "    x*y",
            "    ^^^",
            "write x'*y for the inner product, x*y' for the outer, x.*y for elementwise",
        ],
    ),
    (
        "r*r",
        ShapeError,
        [
            "r*r: both are rows, 1×n and 1×n",
            "    r*r",
            "    ^^^",
            "write r*r' for the inner product, r'*r for the outer, r.*r for elementwise",
        ],
    ),
    (
        "x@y",
        ParseError,
        [
            "x@y: both are columns, n×1 and n×1",
            "    x@y",
            "    ^^^",
            "write x'*y for the inner product, x*y' for the outer, x.*y for elementwise",
        ],
    ),
    (
        "2 + norm2(A*x)",
        ShapeError,
        [
            "A*x: n×m times n×1, the inner dimensions m and n differ",
            "    2 + norm2(A*x)",
            "              ^^^",
            "did you mean A'*x?",
        ],
    ),
    (
        "x + x'",
        ShapeError,
        [
            "x + x': the shapes are n×1 and 1×n",
            "    x + x'",
            "    ^^^^^^",
            "transpose one of them, as in x",
        ],
    ),
    (
        "x/y",
        ShapeError,
        [
            "/ divides by a scalar; y is n×1",
            "    x/y",
            "    ^^^",
            "write x./y for elementwise division",
        ],
    ),
    (
        "x²",
        ShapeError,
        [
            "^ is the power of a scalar or of a square matrix, not of n×1",
            "    x²",
            "    ^^",
            "write x.^2 for elementwise powers",
        ],
    ),
    (
        "logdet(A)",
        ShapeError,
        ["logdet takes a square matrix; A is n×m", "    logdet(A)", "    ^^^^^^^^^"],
    ),
    (
        "vec(A) + x",
        ShapeError,
        ["a length of n*m does not fit where n is wanted", "    vec(A) + x", "    ^^^^^^"],
    ),
    (
        "vector(1)",
        ShapeError,
        [
            "the length of this constant is unknown: no variable tells it",
            "    vector(1)",
            "    ^^^^^^^^^",
            "write it out, as in vector(1, n)",
        ],
    ),
    (
        "sigmod(x)",
        UnknownNameError,
        [
            "there is no function 'sigmod'",
            "    sigmod(x)",
            "    ^^^^^^",
            "did you mean sigmoid?",
        ],
    ),
    (
        "exp*x",
        ParseError,
        [
            "'exp' is a function; its argument is missing",
            "    exp*x",
            "    ^^^",
            "write exp(x)",
        ],
    ),
    (
        "A(1, 2)",
        ParseError,
        [
            "A is a variable, not a function",
            "    A(1, 2)",
            "    ^",
            "for a product write A*(…); there are no entries by index",
        ],
    ),
    (
        "X^0.5",
        ParseError,
        [
            "the exponent of a matrix is a whole number, written out",
            "    X^0.5",
            "    ^^^^^",
            "write sqrtm(X) for the square root of a matrix",
        ],
    ),
    ("1/(a - a)", UnsupportedError, ["division by zero", "    1/(a - a)", "    ^^^^^^^^^"]),
]
KNOWN = {
    "A": "matrix(n, m)",
    "x": "vector(n)",
    "y": "vector(n)",
    "r": "row(n)",
}


@pytest.mark.parametrize(("text", "kind", "lines"), WHOLE, ids=lambda v: v if v is str else None)
def test_whole_messages(text: str, kind: type[MatrixCalcError], lines: list[str]) -> None:
    with pytest.raises(kind, match=re.escape(lines[0])) as error:
        parse(text, KNOWN)
    assert whole(error) == lines
    assert type(error.value) is kind


DECLARED: list[tuple[object, str]] = [
    ({"x": "tensor(n)"}, "in the declaration of x: there is no kind 'tensor'"),
    ({"x": "(n)"}, "in the declaration of x: "),
    ({"x": ""}, "in the declaration of x: there is no kind"),
    ({"x": "vector"}, "in the declaration of x: a vector has one dimension, not 0"),
    ({"x": "vector(n, m)"}, "in the declaration of x: a vector has one dimension, not 2"),
    ({"x": "scalar(n)"}, "in the declaration of x: a scalar has no dimension, not 1"),
    ({"x": "scalar()"}, "in the declaration of x: a scalar has no dimension, not 0"),
    ({"A": "matrix(n, n, symmetric)"}, "in the declaration of A: symmetric is a property and no "
     "dimension"),
    ({"x": "vector(0)"}, "in the declaration of x: a dimension is at least 1, not 0"),
    ({"x": "vector(-1)"}, "in the declaration of x: a dimension is at least 1, not negative"),
    ({"x": "vector(2.5)"}, "in the declaration of x: a dimension is a whole number, not 2.5"),
    ({"x": "vector(n + 1)"}, "in the declaration of x: a dimension is a name or a whole number"),
    ({"x": "matrix(n, m) symmetric"}, "in the declaration of x: symmetric needs a square matrix"),
    ({"x": "vector(n) pretty"}, "in the declaration of x: there is no property 'pretty'"),
    ({"x": "matrix(n, n) skew symmetric"}, "in the declaration of x: a matrix that is skew and"),
    ({"x": "matrix(1, 1) skew"}, "in the declaration of x: skew says nothing of a single number"),
    ({"2x": "scalar"}, "in the declaration of 2x: '2x' is not a name"),
    ({"exp": "scalar"}, "in the declaration of exp: 'exp' is a function"),
    ({"eye": "matrix(n, n)"}, "in the declaration of eye: 'eye' is a word of the language"),
    ({"x": 3}, "in the declaration of x: a declaration is a text, not int"),
    ({3: "scalar"}, "in the declaration of 3: a variable's name is a text, not int"),
    (["x"], "vars is a mapping of names to kinds, not list"),
]


@pytest.mark.parametrize(("vars", "message"), DECLARED)
def test_declarations_that_are_wrong(vars: object, message: str) -> None:
    with pytest.raises((ParseError, ShapeError), match=rf"^{re.escape(message)}"):
        parse("1", vars)


def test_a_wrong_declaration_shows_its_place() -> None:
    with pytest.raises(ShapeError, match=r"^in the declaration of A") as error:
        parse("tr(A)", {"A": "matrix(n, m) symmetric"})
    assert whole(error)[1:] == ["    matrix(n, m) symmetric", "                 ^^^^^^^^^"]


def test_declared_twice() -> None:
    with pytest.raises(ParseError, match=r"^x is declared twice"):
        parse("x: scalar; x: scalar; x")


@pytest.mark.parametrize("text", [None, 3, b"x", ["x"]])
def test_what_is_no_text(text: object) -> None:
    with pytest.raises(ParseError, match=r"^an expression is a text, not "):
        parse(text)


# Checks of what is differentiated by, which are made after reading.
BY = {"bad-198", "bad-199", "bad-203", "bad-206", "bad-207", "bad-209", "bad-210", "bad-212"}
# Its reason speaks of a negative dimension, but what it declares is vector(n): valid.
VALID = {"bad-219"}
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r["id"] not in BY | VALID], ids=lambda row: row["id"]
)
def test_the_corpus_of_mistakes(row: dict[str, Any]) -> None:
    error = refusal(row["expr"], row["vars"])
    if error is None:
        assert row["may_succeed"]
        return
    assert type(error).__name__ in row["error"]
    assert error.message
    assert len(str(error)) < 1000


@pytest.mark.parametrize("identity", sorted(VALID))
def test_rows_that_cannot_be_refused(identity: str) -> None:
    row = next(r for r in ROWS if r["id"] == identity)
    assert typed(row["expr"], row["vars"]).expr.is_scalar


@pytest.mark.parametrize(
    "text", ["x\0y", "x*\ud800", "x*\u202ey", "\x1b[31m", "x;DROP TABLE", "${x}", "`x`", "x\\"]
)
def test_odd_characters_are_refused(text: str) -> None:
    with pytest.raises(ParseError, match=r"not of the language|is missing|ends after"):
        parse(text)


def test_every_beginning_of_a_text_is_read_or_refused() -> None:
    text = "W: matrix(n, m) positive; q = W*x' + max(0, -2.5e-3.*y).^T; d2(f(q)^2)/(dx dy) = 1"
    for end in range(len(text)):
        error = refusal(text[:end])
        assert error is None or error.text in (None, text[:end])


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "x + " * 100 + "(y"
    with pytest.raises(ParseError, match="never closed") as error:
        parse(text)
    line, caret = whole(error)[1:3]
    assert len(line) < 85
    assert line[caret.index("^")] == "("


def test_the_caret_stands_in_the_right_line() -> None:
    assert point_at("a\nbc\nd", (3, 4)) == "    bc\n     ^"


def test_errors_can_be_pickled() -> None:
    error = explain("Q x", "Q x", 2)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert type(again) is ParseError


def test_limits_are_errors_of_their_own() -> None:
    assert issubclass(LimitError, MatrixCalcError)
    assert not issubclass(LimitError, ParseError)
