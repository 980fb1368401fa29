"""Mistakes of people who know other languages, odd characters, and texts without end."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from matrixcalc import MatrixCalcError, derive, parse
from matrixcalc.errors import LimitError, ParseError, ShapeError, character, point_at
from matrixcalc.foreign import WRITE, instead_of

CORPUS = Path(__file__).parent / "corpus"
ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (CORPUS / "invalid-more.jsonl").read_text(encoding="utf-8").splitlines()
]
LIMIT = 1.0
"""Seconds in which a mistake is told, at most."""


def refused(text: object, *wrt: str, vars: object = None) -> MatrixCalcError:
    begin = time.process_time()
    with pytest.raises(MatrixCalcError, match=r"\S") as error:
        derive(text, *wrt, vars=vars, verify=False)  # type: ignore[arg-type]
    assert time.process_time() - begin < LIMIT
    return error.value


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']} {row['expr'][:20]!a}")
def test_the_corpus_of_more_mistakes(row: dict[str, Any]) -> None:
    error = refused(row["expr"], row["wrt"], vars=row["vars"])
    assert type(error).__name__ in row["error"]
    shown = str(error)
    assert len(shown) < 1000
    assert all(line.isprintable() for line in shown.replace("\ud800", "").split("\n"))
    if "at" in row:
        assert error.text is not None
        assert error.span is not None
        assert error.text[slice(*error.span)] == row["at"]
        assert "^" in shown


def test_the_corpus_has_no_row_twice() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert len({(row["expr"], row["wrt"], str(row["vars"])) for row in ROWS}) == len(ROWS)


LONG = {
    "a name": "x" * 1_000_000,
    "parentheses": "(" * 100_000 + "x" + ")" * 100_000,
    "open parentheses": "(" * 100_000,
    "closing parentheses": ")" * 20_000,
    "calls": "exp(" * 100_000 + "x" + ")" * 100_000,
    "calls below the limit of characters": "exp(" * 5_000 + "x" + ")" * 5_000,
    "primes and more": "x" + "'" * 100_000,
    "powers": "a" + "^2" * 100_000,
    "a tower of powers": "a" + "^a" * 5_000,
    "signs": "-" * 100_000 + "x",
    "digits": "9" * 100_000 + "*a",
    "an exponent": "1e999999*a",
    "superscripts": "a" + "²" * 10_000,
    "statements": "x;" * 50_000,
    "declarations": "".join(f"x{i}: vector(n); " for i in range(4_000)) + "x1'*x2)",
    "brackets": "x[" * 10_000,
    "emoji": "😀" * 100_000,
    "sums that end wrong": "x'*x + " * 4_000 + ")",
    "products that end wrong": "Q*" * 4_000 + "y",
    "a great size": f"x: vector({'9' * 900}); x'*y",
    "a size of many names": f"x: vector({'n*' * 5_000}n); x'*y",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_texts_without_end_are_refused_at_once(text: str) -> None:
    error = refused(text, "x", vars={"Q": "matrix(n, n)", "x": "vector(n)", "y": "vector(m)"})
    assert isinstance(error, LimitError | ParseError | ShapeError)
    assert error.span is not None
    assert len(str(error)) < 1000


@pytest.mark.parametrize("text", ["9^9^9^9*a", "a^999999999999", "2^1000000*a", "a^(10^10)"])
def test_great_powers_are_kept_as_they_are(text: str) -> None:
    assert str(derive(text, "a", verify=False))


# Where the caret stands


@pytest.mark.parametrize(
    ("text", "stop", "lines"),
    [
        ("\tx*y", 2, ["     x*y", "      ^"]),
        ("列*列)", 3, ["    列*列)", "         ^"]),
        ("ab\r\ncd", 4, ["    cd", "    ^"]),
        ("ab\u2028cd", 4, ["    cd", "     ^"]),
        ("\x1b[31m*", 0, ["    □[31m*", "    ^"]),
        ("x\u0302*)", 3, ["    x\u0302*)", "      ^"]),
        ("x +", 3, ["    x +", "       ^"]),
        ("", 0, ["    ", "    ^"]),
    ],
)
def test_the_caret_stands_below_its_character(text: str, stop: int, lines: list[str]) -> None:
    assert point_at(text, (stop, stop + 1)).split("\n") == lines


def test_a_character_is_named_where_it_cannot_be_seen() -> None:
    assert character("%") == "'%'"
    assert character("\u200d") == "U+200D (zero width joiner)"
    assert character("\x00") == "U+0000"


def test_the_text_of_an_error_is_what_was_typed() -> None:
    with pytest.raises(ParseError, match=r"^this '\(' is never closed") as error:
        parse("\U0001d431·(y")
    assert error.value.text == "\U0001d431·(y"
    assert "    \U0001d431·(y" in str(error.value)


# Functions of other languages


@pytest.mark.parametrize("names", WRITE)
def test_what_is_written_instead_is_of_the_language(names: str) -> None:
    for form in WRITE[names].split(" or "):
        assert parse(form)
    assert all(instead_of(name.upper()) == f"write {WRITE[names]}" for name in names.split())


@pytest.mark.parametrize(
    ("name", "form", "same"),
    [
        ("coth", "1/tanh(a)", 1.0 / 0.5370495669980353),
        ("asinh", "log(a + sqrt(a^2 + 1))", 0.5688248987322475),
        ("atanh", "log((1 + a)/(1 - a))/2", 0.6931471805599453),
        ("log2", "log(a)/log(2)", -0.7369655941662062),
        ("expm1", "exp(a) - 1", 0.8221188003905089),
    ],
)
def test_what_is_written_instead_has_the_same_value(name: str, form: str, same: float) -> None:
    assert WRITE[next(names for names in WRITE if name in names.split())].startswith(form)
    assert derive(form, "a", verify=False).value({"a": 0.6}) == pytest.approx(same, rel=1e-9)
