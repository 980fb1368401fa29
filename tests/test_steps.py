"""Derivations in differentials: what they say, and that a wrong step is refuted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import pytest

from matrixcalc import Derivative, LimitError, UnsupportedError, derive
from matrixcalc.cli import run
from matrixcalc.derivation.records import plain


def made(
    text: str, *wrt: str, vars: Mapping[str, str] | None = None, layout: str = "numerator"
) -> Derivative:
    return derive(text, *wrt, vars=vars, layout=layout, verify=False)


def lines(d: Derivative) -> list[str]:
    return [f"{s.left} = {s.after}" for s in d.steps]


@pytest.mark.parametrize(
    ("text", "wrt", "expected"),
    [
        ("y = W*x", "x", ["dy = W*dx", "∂y/∂x = W"]),
        ("y = x*W", "x", ["dy = dx*W", "∂y/∂x = W'"]),
        ("y = tr(A*X*B)", "X", ["dy = tr(A*dX*B)", "dy = tr(B*A*dX)", "∂y/∂X = B*A"]),
        ("Y = inv(X)", "X", ["dY = -inv(X)*dX*inv(X)"]),
        ("t: scalar; Y = t^2*A", "t", ["dY = 2*t*dt*A", "∂Y/∂t = 2*t*A"]),
        ("y = x", "x", ["∂y/∂x = eye(n)"]),
        ("y = a*c", "x", []),
    ],
)
def test_a_derivation_reads_as_in_a_textbook(text: str, wrt: str, expected: list[str]) -> None:
    vars = {"x": "vector(n)"} if text == "y = a*c" else None
    found = lines(made(text, wrt, vars=vars))
    for line in expected:
        assert line in found
    assert len(found) <= 5


def test_constants_drop_out_before_the_eyes_of_the_reader() -> None:
    step = made("y = W*x", "x").steps[0]
    assert str(step) == "d(W*x) = dW*x + W*dx = W*dx"
    assert (step.rule, step.place, step.reason) == (
        "constant factor",
        "d(W*x)",
        "W being constant",
    )
    assert "Matrix Cookbook" in step.source


def test_a_row_of_the_table_gives_its_name_and_source() -> None:
    step = made("logdet(X)", "X").steps[0]
    assert step.rule == "logdet"
    assert step.source.endswith("(43)")
    assert str(step.after) == "tr(inv(X)*dX)"


@pytest.mark.parametrize("layout", ["numerator", "denominator", "mixed"])
@pytest.mark.parametrize(
    ("text", "wrt"),
    [("x'*A*x", "x"), ("A*x", "x"), ("tr(A*X)", "X"), ("Y = A*X*B", "X"), ("x*A", "x")],
)
def test_the_end_is_what_is_printed_in_every_layout(text: str, wrt: str, layout: str) -> None:
    d = made(text, wrt, layout=layout)
    assert str(d.steps[-1].after) == str(d)
    assert all(s.check().status in ("proved", "sampled") for s in d.steps)


def test_each_side_follows_from_the_one_before() -> None:
    steps = made("(x - a)'*W*(x - a)/norm2(x)", "x", vars={"a": "vector(n)"}).steps
    for first, second in pairwise(steps):
        if first.left == second.left:
            assert str(first.after) == str(second.before)


def test_the_same_rule_at_several_places_is_one_step() -> None:
    steps = made("sum(sin(A*x)) + sum(sin(B*x))", "x").steps
    assert [s.rule for s in steps].count("sin") == 1


def test_a_wrong_step_is_refuted() -> None:
    step = made("x'*A*x", "x").steps[0]
    assert step.check().status == "proved"
    wrong = replace(step, after=plain(step.before.parts[0], step.before.inner))
    assert wrong.check().status == "proved"
    half = step.after.parts[0].args[0]
    assert replace(step, after=plain(half, step.after.inner)).check().status == "failed"


def test_a_wrong_value_is_refuted() -> None:
    step = made("sin(x'*x)", "x").steps[0]
    lost = step.before.parts[0]
    assert replace(step, before=plain(lost, step.before.inner)).check().status == "sampled"
    doubled = plain(step.after.parts[0].args[0], step.after.inner)
    assert replace(step, after=doubled).check().status == "failed"


@pytest.mark.parametrize(
    ("kind", "text", "result"),
    [
        ("matrix(n, n) symmetric", "tr(A*S)", "0.5*(A + A')"),
        ("matrix(n, n) diagonal", "tr(A*S)", None),
        ("matrix(n, n) skew", "tr(A*S)", None),
    ],
)
def test_a_variable_with_a_property_has_a_step_of_its_own(
    kind: str, text: str, result: str | None
) -> None:
    d = made(text, "S", vars={"S": kind})
    assert result in (None, str(d))
    assert any(kind.split()[-1] in s.rule for s in d.steps)
    assert str(d.steps[-1].after) == str(d)
    assert all(s.check().status in ("proved", "sampled") for s in d.steps)


def test_a_second_derivative_is_two_derivations() -> None:
    steps = made("x'*A*x", "x", "x").steps
    assert {s.stage for s in steps} == {1, 2}
    assert steps[-1].left == "∂²y/∂x∂x"
    assert str(steps[-1]) == "∂²y/∂x∂x = A + A'"


def test_a_case_without_a_matrix_ends_in_the_index_form_and_says_why() -> None:
    d = made("kron(x, A)", "x", vars={"A": "matrix(p, q)"})
    last = d.steps[-1]
    if d.result is None:
        assert last.rule == "index form"
        assert "entry by entry" in last.reason
    assert str(last.after) == str(d)


def test_a_problem_dependent_case_says_that_it_is() -> None:
    last = made("Y = A*X*B", "X").steps[-1]
    assert "four indices" in last.reason
    assert str(last.after) == "kron(B', A)"


def test_names_that_are_taken_are_not_used_for_differentials() -> None:
    d = made("y = dx*x", "x", vars={"dx": "scalar", "x": "vector(n)"})
    assert "dx_" in str(d.steps[0].after)
    assert all(s.check().status == "proved" for s in d.steps)


def test_the_text_names_rules_and_reasons() -> None:
    text = made("y = W*x", "x").explain()
    assert text.splitlines()[0] == "dy = d(W*x)"
    assert "constant factor [Matrix Cookbook (34)]: W being constant" in text


def test_latex_is_a_block_of_aligned_equations() -> None:
    for style in ("differential", "elements"):
        text = made("f = norm2(W*x)^2", "W").explain(style, "latex")
        assert text.startswith("\\begin{align*}\n")
        assert text.endswith("\n\\end{align*}")
        assert text.count("{") == text.count("}")
        assert "&=" in text
        assert "qz9" not in text.lower()


def test_unknown_styles_and_formats_are_refused() -> None:
    d = made("y = W*x", "x")
    with pytest.raises(UnsupportedError, match="no style 'prose'"):
        d.explain("prose")
    with pytest.raises(UnsupportedError, match="no format 'html'"):
        d.explain(format="html")


def test_deep_functions_do_not_recurse() -> None:
    deep = "x"
    for _ in range(900):
        deep = f"sin({deep})"
    d = made(deep, "x", vars={"x": "scalar"})
    with pytest.raises(LimitError, match="the derivation"):
        _ = d.steps


def test_wide_functions_stay_short() -> None:
    d = made(" + ".join(f"x'*A_{k}*x" for k in range(100)), "x")
    assert len(d.steps) <= 6


def test_the_command_prints_the_derivation(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "y = W*x", "x"]) == 0
    assert capsys.readouterr().out.startswith("dy = d(W*x)\n   = dW*x + W*dx\n   = W*dx")
    assert run(["explain", "y = W*x", "x", "--style", "elements"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"∂y_i/∂x_j = Σ_k W_ik δ_kj", out)
    assert run(["explain", "y = W*x", "z"]) == 2
    assert "no variable 'z'" in capsys.readouterr().err
