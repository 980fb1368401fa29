"""Derivations in differentials: what they say, and that a wrong step is refuted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import pytest

from matrixcalc import (
    Derivative,
    LimitError,
    UnsupportedError,
    check,
    derive,
    register,
    unregister,
)
from matrixcalc.cli import run
from matrixcalc.derivation.elements import elements
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


def test_a_step_says_its_rule_with_a_letter_that_is_free() -> None:
    reasons = {s.rule: s.reason for s in made("sum(sin(A*x))", "x").steps}
    assert reasons["sin"] == "d(sin(U)) = cos(U).*dU"
    assert made("log(det(X))", "X").steps[1].reason == "d(det(A)) = tr(adj(A)*dA)"


def test_terms_are_shown_before_they_are_put_together() -> None:
    found = lines(made("tr(X'*A*X)", "X"))
    assert "dy = tr((A*X + A'*X)'*dX)" in found
    assert "dy = tr(X'*(A + A')*dX)" in found


def test_rules_are_used_from_the_left() -> None:
    rules = [s.rule for s in made("sin(a)*cos(a)", "a").steps]
    assert rules.index("sin") < rules.index("cos")


@pytest.mark.parametrize("layout", ["numerator", "denominator", "mixed"])
def test_the_identification_says_where_it_transposes(layout: str) -> None:
    d = made("tr(A*X*B)", "X", layout=layout)
    transposed = "transposed" in d.steps[-1].reason
    assert transposed == (layout != "numerator")


def test_a_long_equation_is_not_said_again() -> None:
    d = made("h = tanh(W*x + b); y = V*h; L = norm2(y - z)^2", "W", vars={"b": "vector(m)"})
    assert d.steps[-1].reason == "dL = tr(C*dW), so ∂L/∂W = C in the numerator layout"


@pytest.mark.parametrize(
    ("text", "wrt", "vars"),
    [
        ("x - x", ["x"], {}),
        ("x*r + X'", ["X"], {"x": "vector(n)", "r": "row(p)"}),
        ("dot(r, s)", ["r", "r"], {"r": "row(n)", "s": "row(n)"}),
        ("-mean(X)", ["X", "X"], {}),
        ("pinv(X)*(Y\\Y)", ["Y"], {}),
        ("det(X + 3*eye(n))", ["X", "X"], {"X": "matrix(n, n) skew"}),
        ("r/norm2(r)", ["r"], {"r": "row(n)"}),
        ("-r*(A.*B)/a", ["r"], {"r": "row(n)", "a": "scalar"}),
        ("X.^X", ["X"], {"X": "matrix(n, m) positive"}),
        ("tr(X + a)", ["a"], {"X": "matrix(n, n)"}),
        ("mean(X*matrix(0.5, p, m), 2)", ["X"], {"X": "matrix(m, p)"}),
        ("inv(X)", ["X"], {"X": "matrix(n, n) orthogonal"}),
        ("pinv(X)", ["X"], {"X": "matrix(n, n) diagonal"}),
        ("expm(a*X)", ["a"], {}),
    ],
)
def test_odd_cases_are_derived_and_checked(
    text: str, wrt: list[str], vars: dict[str, str]
) -> None:
    d = derive(text, *wrt, vars=vars, verify=False)
    for steps in (d.steps, elements(d)):
        assert str(steps[-1].after) == str(d)
        for step in steps:
            assert step.check().status in ("proved", "sampled"), (step.left, str(step))


def test_a_function_of_the_user_is_a_step_like_any_other() -> None:
    register(
        "swish",
        differential="(sigmoid(A) + A.*sigmoid(A).*(1 - sigmoid(A))).*dA",
        meaning="A.*sigmoid(A)",
        source="Ramachandran et al. (2017)",
    )
    try:
        step = next(s for s in made("sum(swish(W*x))", "W").steps if s.rule == "swish")
        assert step.source == "Ramachandran et al. (2017)"
        assert step.check().status in ("proved", "sampled")
    finally:
        unregister("swish")


IDENTITY_USERS = [
    ("x'*A*x", "x", {}),
    ("tr(A*X'*B)", "X", {}),
    ("sum(A.*X)", "X", {}),
    ("a'*X*b", "X", {"a": "vector(n)", "b": "vector(m)"}),
    ("tr(sin(A*X))", "X", {}),
    ("softmax(W*x)", "x", {}),
    ("kron(x, y)", "x", {}),
    ("2*x", "x", {}),
    ("Y = A*X*B", "X", {}),
    ("Y = X'", "X", {}),
    ("Y = sin(X)", "X", {}),
    ("Y = tr(A*X)*B", "X", {}),
    ("Y = diag(x)*A", "x", {}),
    ("tr(diag(x)*A)", "x", {}),
]


def test_the_identities_that_bring_dx_to_the_end_are_true() -> None:
    named = set()
    for text, wrt, vars in IDENTITY_USERS:
        for step in made(text, wrt, vars=vars).steps:
            if step.rule in ("gathering", "trace trick", "vec trick"):
                clauses = step.reason.split("; ")
                named |= {c.rpartition(": ")[2] for c in clauses if " = " in c}
    assert len(named) > 10
    for identity in named:
        for claim in chained(identity):
            assert check(claim).status == "true", claim


def chained(identity: str) -> list[str]:
    sides = identity.split(" = ")
    declared = "x: vector(n); " if "(n)" in identity else ""
    return [declared + " = ".join(pair) for pair in pairwise(sides)]


def test_steps_show_themselves_in_a_notebook() -> None:
    steps = made("y = W*x", "x").steps
    assert repr(steps).startswith("dy = d(W*x)\n")
    assert steps._repr_latex_() == made("y = W*x", "x").explain(format="latex")
    html = steps._repr_html_()
    assert html.count("<tr") == 4
    assert "constant factor [Matrix Cookbook (34)]: W being constant" in html
    assert "Magnus &amp; Neudecker" in html


def test_steps_are_ready_for_json() -> None:
    first, last = made("y = W*x", "x").steps.to_dict()
    assert first["via"] == "dW*x + W*dx"
    assert first["place"] == "d(W*x)"
    assert last["left"] == "∂y/∂x"
    assert last["latex"] == r"\frac{\partial \mathbf{y}}{\partial \mathbf{x}} = \mathbf{W}"
    assert json.loads(json.dumps(last)) == last


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
    assert run(["explain", "y = W*x", "x", "--latex"]) == 0
    assert capsys.readouterr().out.startswith("\\begin{align*}\n")
    assert run(["explain", "y = W*x", "x", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["result"] == "W"
    assert [s["rule"] for s in told["steps"]] == ["constant factor", "identification"]
    symmetric = ["explain", "tr(A*S)", "S", "--vars", "S: matrix(n, n) symmetric"]
    assert run([*symmetric, "--structured", "none", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"] == "A"
    assert run(["explain", "y = W*x", "z"]) == 2
    assert "no variable 'z'" in capsys.readouterr().err
