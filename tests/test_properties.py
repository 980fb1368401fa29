"""Random expressions of the whole language against an evaluator that knows no rules."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from reference import Array, OutsideError, compute, numeric
from strategies import SCALAR, Problem, Shape, problems, sample

from matrixcalc import LimitError, MatrixCalcError, UnsupportedError, derive, parse

QUICK = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
LONG = settings(QUICK, max_examples=500)


def flat(values: dict[str, Array], problem: Problem) -> dict[str, Any]:
    """The values as a user gives them: numbers, 1-D and 2-D arrays."""
    out: dict[str, Any] = {}
    for name, a in values.items():
        order = sum(bool(axis) for axis in problem.shapes[name])
        out[name] = float(a[0, 0]) if order == 0 else a.ravel() if order == 1 else a
    return out


def check(problem: Problem, wrt: tuple[str, ...], layout: str, tolerance: float) -> None:
    """Compare the printed result with the numerical derivative."""
    values = sample(problem, 5)
    try:
        expected = numeric(problem.tree, values, wrt)
        compute(problem.tree, values)
    except OutsideError:
        assume(False)
    try:
        d = derive(
            problem.text, *wrt, vars=problem.vars, layout=layout, structured="none", verify=False
        )
    except (UnsupportedError, LimitError):
        assume(False)
    found = d.as_tensor(flat(values, problem))
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    np.testing.assert_allclose(found, expected, atol=tolerance * scale, err_msg=problem.text)
    if d.result is not None:
        kinds = {**problem.vars, **{n: str(v) for n, v in d.variables.items()}}
        assert parse(str(d), vars=kinds) is d.result
    assert str(derive(problem.text, *wrt, vars=problem.vars, layout=layout, structured="none",
                      verify=False)) == str(d)  # fmt: skip


def first(data: st.DataObject, depth: int) -> None:
    problem = data.draw(problems(depth=depth))
    assume(problem.shapes)
    name = data.draw(st.sampled_from(sorted(problem.shapes)))
    layout = data.draw(st.sampled_from(["numerator", "denominator", "mixed"]))
    check(problem, (name,), layout, 1e-7)


def second(data: st.DataObject, depth: int, shapes: list[Shape] | None) -> None:
    problem = data.draw(problems(shapes, depth=depth, smooth=True))
    assume(problem.shapes)
    names = st.sampled_from(sorted(problem.shapes))
    check(problem, (data.draw(names), data.draw(names)), "numerator", 1e-5)


@QUICK
@given(st.data())
def test_first_derivatives(data: st.DataObject) -> None:
    first(data, 3)


@QUICK
@given(st.data())
def test_second_derivatives_of_scalars(data: st.DataObject) -> None:
    second(data, 2, [SCALAR])


@settings(QUICK, max_examples=40)
@given(st.data())
def test_second_derivatives(data: st.DataObject) -> None:
    second(data, 2, None)


@pytest.mark.slow
@LONG
@given(st.data())
def test_many_first_derivatives(data: st.DataObject) -> None:
    first(data, 4)


@pytest.mark.slow
@LONG
@given(st.data())
def test_many_second_derivatives(data: st.DataObject) -> None:
    second(data, 3, [SCALAR])


@pytest.mark.slow
@LONG
@given(st.data())
def test_many_second_derivatives_of_anything(data: st.DataObject) -> None:
    second(data, 3, None)


@QUICK
@given(problems(depth=3), st.data())
def test_the_check_accepts_every_right_answer(problem: Problem, data: st.DataObject) -> None:
    """A VerificationError would be a wrong answer, or a wrong check."""
    assume(problem.shapes)
    name = data.draw(st.sampled_from(sorted(problem.shapes)))
    reading = data.draw(st.sampled_from([None, "none", "entries"]))
    try:
        d = derive(problem.text, name, vars=problem.vars, structured=reading)
    except (UnsupportedError, LimitError):
        assume(False)
    assert d.verification.status in ("proved", "sampled", "skipped")


@QUICK
@given(problems(depth=2), st.data())
def test_spoilt_texts_end_in_an_error_of_ours(problem: Problem, data: st.DataObject) -> None:
    text = problem.text
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 2))
        put = data.draw(st.sampled_from(["", *"'*.(),^x2=é"]))
        text = text[:place] + put + text[place + cut :]
    with contextlib.suppress(MatrixCalcError):
        parse(text, vars=problem.vars)
