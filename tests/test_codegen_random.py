"""Random expressions of the whole language: the code gives what the engine says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from reference import OutsideError, compute
from strategies import Problem, problems, sample
from test_properties import flat

from matrixcalc import LimitError, UnsupportedError, compile, derive

QUICK = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
LONG = settings(QUICK, max_examples=600)


def compare(problem: Problem, wrt: str, order: int) -> None:
    """Value and derivative of generated code against those of the result's expression."""
    point = sample(problem, 7)
    values: dict[str, Any] = flat(point, problem)
    try:
        # not where a matrix is singular, which rounding may hide
        compute(problem.tree, point)
    except OutsideError:
        assume(False)
    try:
        d = derive(problem.text, *(wrt,) * order, vars=problem.vars, structured="none",
                   verify=False)
        f = compile(problem.text, wrt, (0, order), vars=problem.vars, structured="none",
                    dense=True)
    except (UnsupportedError, LimitError):
        assume(False)
    used = {name: values[name] for name in d.variables}
    with np.errstate(all="ignore"):
        true, expected = d.value(values), d.as_tensor(values)
        assume(np.isfinite(true).all() and np.isfinite(expected).all())
        try:
            value, found = f(**used)
        except np.linalg.LinAlgError:
            # a matrix of the sample that is singular
            assume(False)
    assert np.shape(found) == expected.shape
    # an inverse of a matrix of too small a rank has no digits to compare
    assume(np.max(np.abs(expected), initial=0.0) < 1e7)
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7 * scale,
                               err_msg=f"{problem.text} by {wrt}")
    np.testing.assert_allclose(np.ravel(value), np.ravel(true), rtol=1e-7, atol=1e-9)


@QUICK
@given(st.data())
def test_first_derivatives(data: st.DataObject) -> None:
    problem = data.draw(problems(depth=4))
    compare(problem, data.draw(st.sampled_from(sorted(problem.shapes))), 1)


@QUICK
@given(st.data())
def test_second_derivatives(data: st.DataObject) -> None:
    problem = data.draw(problems(depth=3))
    compare(problem, data.draw(st.sampled_from(sorted(problem.shapes))), 2)


@pytest.mark.slow
@LONG
@given(st.data())
def test_many_first_derivatives(data: st.DataObject) -> None:
    problem = data.draw(problems(depth=6))
    compare(problem, data.draw(st.sampled_from(sorted(problem.shapes))), 1)


@pytest.mark.slow
@LONG
@given(st.data())
def test_many_second_derivatives(data: st.DataObject) -> None:
    problem = data.draw(problems(depth=4))
    compare(problem, data.draw(st.sampled_from(sorted(problem.shapes))), 2)
