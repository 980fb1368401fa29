"""Derivations of random expressions: every step of both styles is a true equation."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import problems
from test_properties import QUICK

from matrixcalc import LimitError, UnsupportedError, derive
from matrixcalc.derivation.explain import STYLES, explain, steps_in

FEW = settings(QUICK, max_examples=60)
MANY = settings(QUICK, max_examples=400)


def check_steps(data: st.DataObject, depth: int) -> None:
    problem = data.draw(problems(depth=depth))
    assume(problem.shapes)
    name = data.draw(st.sampled_from(sorted(problem.shapes)))
    layout = data.draw(st.sampled_from(["numerator", "denominator", "mixed"]))
    structured = data.draw(st.sampled_from([None, "none", "gradient", "entries"]))
    try:
        d = derive(
            problem.text, name, vars=problem.vars, layout=layout, structured=structured,
            verify=False,
        )  # fmt: skip
        derivations = {style: steps_in(d, style) for style in STYLES}
    except (LimitError, UnsupportedError):
        assume(False)
    for style, steps in derivations.items():
        assert str(steps[-1].after) == str(d)
        assert explain(d, style, "latex").count("{") == explain(d, style, "latex").count("}")
        for step in steps:
            assert str(step.before) != str(step.after), (style, str(step))
            assert step.rule
            assert step.source
            # where the function has no points at all, such as inv(x*x'), there is no check
            assert step.check().status != "failed", (style, problem.text, problem.vars, str(step))


@FEW
@given(st.data())
def test_steps_of_random_expressions(data: st.DataObject) -> None:
    check_steps(data, 2)


@pytest.mark.slow
@MANY
@given(st.data())
def test_steps_of_many_random_expressions(data: st.DataObject) -> None:
    check_steps(data, 3)
