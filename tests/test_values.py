"""What is given for the variables: every value is taken or refused in words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from matrixcalc import (
    Derivative,
    LimitError,
    MatrixCalcError,
    ParseError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    derive,
)

W = [[1, 2], [3, 4], [5, 6]]
GOOD: dict[str, Any] = {"a": 2.0, "W": W, "x": [1, 1]}


@pytest.fixture(scope="module")
def scaled() -> Derivative:
    return derive("a*W*x", "x", verify=False)


@pytest.mark.parametrize(
    "x",
    [
        [1, 1],
        (1, 1),
        np.array([1, 1]),
        np.array([[1], [1]]),
        np.array([[1, 1]]),
        np.array([1, 1], dtype=object),
        [Fraction(1), Decimal(1)],
        [True, True],
        [np.float32(1), 1],
    ],
    ids=repr,
)
@pytest.mark.parametrize("a", [2, 2.0, np.array(2), np.array([[2]]), Fraction(2), Decimal(2)])
def test_values_that_are_taken(scaled: Derivative, x: object, a: object) -> None:
    values = {**GOOD, "x": x, "a": a}
    assert scaled.evaluate(values).tolist() == [[2, 4], [6, 8], [10, 12]]
    assert scaled.value(values).tolist() == [6, 14, 22]


class Unwilling:
    def __array__(self, *_: object, **__: object) -> None:
        raise RuntimeError("no array today")


REFUSED: list[tuple[str, object, type[MatrixCalcError], str]] = [
    ("x", None, ShapeError, "the value of x is not numeric: NoneType"),
    ("x", [1, None], ShapeError, "the value of x is not numeric"),
    ("x", "12", ShapeError, "the value of x is not numeric: <U2"),
    ("x", ["1", 2], ShapeError, "the value of x is not numeric"),
    ("x", {1: 2}, ShapeError, "the value of x is not numeric: dict"),
    ("x", iter([1, 1]), ShapeError, "the value of x is not numeric"),
    ("x", Unwilling(), ShapeError, "the value of x cannot be made an array: no array today"),
    ("x", [[1, 2], [3]], ShapeError, "the value of x is not an array: its rows differ"),
    ("x", [], ShapeError, "the value of x has no entries: a dimension is at least 1"),
    ("x", [1, 1j], UnsupportedError, "the value of x is complex: only real values"),
    ("x", np.ma.array([1, 2], mask=[0, 1]), UnsupportedError, "the value of x has masked"),
    ("x", [10**400, 1], LimitError, "the value of x is too large for double precision"),
    ("x", [1, 2, 3], ShapeError, "x is m×1, the value given is of length 3, but m is 2"),
    ("x", 3, ShapeError, "x is m×1, the value given is a number"),
    ("x", np.ones((2, 2)), ShapeError, "x is m×1, the value given is 2×2"),
    ("x", np.ones((2, 1, 1)), ShapeError, "x is m×1, the value given is 2×1×1"),
    ("W", [1, 2], ShapeError, "W is n×m, the value given is of length 2"),
    ("W", 3, ShapeError, "W is n×m, the value given is a number"),
    ("a", [1, 2], ShapeError, "a is a scalar, the value given is of length 2"),
    ("a", np.datetime64("2020-01-01"), ShapeError, "the value of a is not numeric: datetime64"),
]


@pytest.mark.parametrize(("name", "value", "kind", "message"), REFUSED, ids=lambda v: str(v)[:20])
def test_values_that_are_refused(
    scaled: Derivative, name: str, value: object, kind: type[MatrixCalcError], message: str
) -> None:
    given = {**GOOD, name: value}
    with pytest.raises(kind, match=f"^{message.replace('(', '.')}"):
        scaled.evaluate(given)
    if not hasattr(value, "__next__"):
        for method in (scaled.as_tensor, scaled.value):
            with pytest.raises(kind, match=r"^(the value of )?[axW] "):
                method(given)


def methods(d: Derivative) -> list[Callable[[Any], Any]]:
    return [d.evaluate, d.as_tensor, d.value]


@pytest.mark.parametrize("values", [None, 3, "x", [("a", 1)], {1, 2}])
def test_values_are_a_mapping(scaled: Derivative, values: object) -> None:
    for method in methods(scaled):
        with pytest.raises(ParseError, match=r"^values is a mapping of names to numbers and"):
            method(values)


def test_a_value_that_is_missing(scaled: Derivative) -> None:
    for method in methods(scaled):
        with pytest.raises(UnknownNameError, match=r"^no value is given for \w\nvalues are given"):
            method({"w": 1, "A": 2})
        with pytest.raises(UnknownNameError, match=r"\nno value is given at all$"):
            method({})


def test_values_that_nobody_asks_for_are_left_alone(scaled: Derivative) -> None:
    assert scaled.evaluate({**GOOD, "z": None, 3: "?"}).shape == (3, 2)


def test_names_are_read_as_in_a_text() -> None:
    d = derive("x₁'*A*x₁", "x₁", verify=False)
    assert d.wrt == ("x1",)
    for name in ("x₁", "x1"):
        assert d.evaluate({name: [1, 2], "A": [[1, 2], [3, 4]]}).tolist() == [[12, 21]]


def test_nan_and_infinity_go_through() -> None:
    d = derive("sum(x.^2)", "x", verify=False)
    assert np.isnan(d.evaluate({"x": [np.nan, 1]})[0, 0])
    assert d.evaluate({"x": [np.inf, 1]})[0, 0] == np.inf


@pytest.mark.parametrize("text", ["expm(X)", "logm(X)", "sqrtm(X)", "pinv(X)", "inv(X)", "det(X)"])
def test_functions_of_matrices_of_nan_are_nan(text: str) -> None:
    pytest.importorskip("scipy")
    d = derive(text, "X", verify=False)
    values = {"X": [[np.nan, 1.0], [0.5, 2.0]]}
    assert np.isnan(d.as_tensor(values)).any()
    assert np.isnan(d.value(values)).any()


def test_a_size_that_no_variable_tells_is_given_by_its_name() -> None:
    d = derive("vector(c, k)", "c", verify=False)
    with pytest.raises(UnknownNameError, match=r"^the size of the dimension k is not known"):
        d.evaluate({"c": 2})
    assert d.evaluate({"c": 2, "k": 3}).tolist() == [[1], [1], [1]]


def test_an_array_beyond_memory_is_a_limit() -> None:
    d = derive("matrix(c, k, 1000000)", "c", verify=False)
    with pytest.raises(LimitError, match=r"^a constant of 1000000×1000000 has more than"):
        d.evaluate({"c": 2, "k": 1_000_000})
