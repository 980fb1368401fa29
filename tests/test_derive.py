"""The pipeline as a user sees it: layouts, orders, structure, readings and errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
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
    VerificationError,
    build,
    derive,
    differential,
    gradient,
    hessian,
    jacobian,
    parse,
)

CORPUS = Path(__file__).parent / "corpus"
VARS = {
    "a": "scalar",
    "x": "vector(n)",
    "y": "vector(m)",
    "z": "vector(n)",
    "r": "row(n)",
    "A": "matrix(n, m)",
    "B": "matrix(m, p)",
    "Q": "matrix(n, n)",
    "P": "matrix(p, q)",
}
SIZES = {"n": 2, "m": 3, "p": 4, "q": 5}


def values(seed: int = 0) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    found: dict[str, Any] = {}
    for name, kind in VARS.items():
        inner = kind.partition("(")[2].rstrip(")")
        shape = [SIZES[n.strip()] for n in inner.split(",")] if inner else []
        found[name] = random.normal(size=shape) if shape else float(random.normal())
    return found


def numerical(function: Callable[[Mapping[str, Any]], Any], name: str, at: dict[str, Any]) -> Any:
    """The derivative of an array by a variable, by central differences of fourth order."""
    x = np.asarray(at[name], float)
    out = np.zeros((*np.shape(function(at)), *x.shape))
    h = 1e-3
    for place in np.ndindex(*x.shape):
        total: Any = 0.0
        for k, weight in ((1, 8), (-1, -8), (2, -1), (-2, 1)):
            moved = x.copy()
            moved[place] += k * h
            total = total + weight * np.asarray(function({**at, name: moved}))
        out[(..., *place)] = total / (12 * h)
    return out


@pytest.mark.parametrize(
    ("text", "wrt"),
    [
        ("x'*Q*x", "x"),
        ("r*Q*r'", "r"),
        ("sum(exp(A))*x", "A"),
        ("A'*x", "x"),
        ("r*A", "r"),
        ("A*y + Q*x", "x"),
        ("x*y'", "x"),
        ("A*B", "A"),
        ("A*A'", "A"),
        ("A'", "A"),
        ("kron(A, P)", "A"),
        ("kron(x, P)", "P"),
        ("vec(A*B)", "A"),
        ("sum(exp(kron(A, P)))", "P"),
        ("softmax(r)", "r"),
        ("r*softmax(r')", "r"),
        ("cumsum(x)", "x"),
        ("sum(cumsum(A), 2)", "A"),
        ("mean(A, 1)", "A"),
        ("pinv(A)", "A"),
        ("diag(x)*A", "x"),
        ("diag(Q*Q)", "Q"),
        ("inv(Q)*x", "Q"),
        ("z*sum(vector(a, n)*y', 1)", "y"),
        ("sum(matrix(1, n, 3))*x", "x"),
        ("tr(eye(n))*sum(x)*y", "x"),
        ("a^3*x", "a"),
        ("log(1 + a^2)", "a"),
    ],
)
@pytest.mark.parametrize("layout", ["numerator", "denominator", "mixed"])
def test_every_cell_in_every_layout(text: str, wrt: str, layout: str) -> None:
    at = values()
    d = derive(text, wrt, vars=VARS, layout=layout)
    assert d.verification.status in ("proved", "sampled")
    expected = numerical(d.value, wrt, at)
    np.testing.assert_allclose(d.as_tensor(at), expected, rtol=1e-7, atol=1e-8)
    if d.result is not None:
        sizes = [eval_size(s) for s in d.shape]
        assert list(d.evaluate(at).shape) == sizes


def eval_size(text: str) -> int:
    total = 1
    for part in text.split("*"):
        total *= SIZES.get(part) or int(part)
    return total


def test_layouts_are_transposes() -> None:
    d = derive("w = A*y", "y", vars=VARS)
    assert (str(d), d.layout, d.shape) == ("A", "numerator", ("n", "m"))
    other = d.in_layout("denominator")
    assert (str(other), other.layout, other.shape) == ("A'", "denominator", ("m", "n"))
    assert other.verification == d.verification
    with pytest.raises(UnsupportedError, match=r"^no layout 'upright'\n.*numerator, denominator"):
        d.in_layout("upright")


@pytest.mark.parametrize(
    ("text", "wrt", "answer", "shape"),
    [
        ("x'*Q*x", ["x", "x"], "Q + Q'", ("n", "n")),
        ("x'*A*y", ["x", "y"], "A", ("n", "m")),
        ("x'*A*y", ["y", "x"], "A'", ("m", "n")),
        ("exp(a)*x'*x", ["x", "a"], "2*exp(a)*x", ("n", "1")),
        ("exp(a)*x'*x", ["a", "x"], "2*exp(a)*x'", ("1", "n")),
        ("sin(a)", ["a", "a", "a"], "-cos(a)", ()),
    ],
)
def test_higher_orders(text: str, wrt: list[str], answer: str, shape: tuple[str, ...]) -> None:
    d = derive(text, *wrt, vars=VARS)
    assert (str(d), d.shape) == (answer, shape)
    assert d.verification.status in ("proved", "sampled")


@pytest.mark.parametrize("text", ["(x'*x)^2", "sum(x.^4)", "exp(x'*z)"])
def test_third_derivatives(text: str) -> None:
    at = values()
    d = derive(text, "x", "x", "x", vars=VARS)
    second = derive(text, "x", "x", vars=VARS)
    expected = numerical(second.as_tensor, "x", at)
    np.testing.assert_allclose(d.as_tensor(at), expected, rtol=1e-7, atol=1e-8)
    assert d.problem_dependent
    assert str(d.case) == "scalar by vector by vector by vector"


def structured(kind: str, random: np.random.Generator) -> np.ndarray:
    m = random.normal(size=(3, 3))
    return {"symmetric": m + m.T, "skew": m - m.T, "diagonal": np.diag(np.diag(m))}[kind]


@pytest.mark.parametrize("kind", ["symmetric", "skew", "diagonal"])
@pytest.mark.parametrize("text", ["x'*Q*X*X*z", "tr(Q*X)", "logdet(X + Q)", "X*z", "X'*Q*X"])
def test_structured_variables(kind: str, text: str) -> None:
    """The gradient lies in the space and gives the derivative along every direction in it."""
    random = np.random.default_rng(1)
    kinds = {**VARS, "X": f"matrix(n, n) {kind}"}
    at = {
        "x": random.normal(size=3),
        "z": random.normal(size=3),
        "Q": random.normal(size=(3, 3)),
        "X": structured(kind, random),
    }
    loose = derive(text, "X", vars=kinds, structured="none")
    d = derive(text, "X", vars=kinds)
    entries = derive(text, "X", vars=kinds, structured="entries")
    assert [loose.structured, d.structured, entries.structured] == ["none", "gradient", "entries"]
    direction = structured(kind, random)
    h = 1e-4
    moved = [d.value({**at, "X": at["X"] + k * h * direction}) for k in (1, -1)]
    along = (moved[0] - moved[1]) / (2 * h)
    found = d.as_tensor(at)
    np.testing.assert_allclose(np.tensordot(found, direction, 2), along, rtol=1e-5, atol=1e-6)
    sign = -1 if kind == "skew" else 1
    np.testing.assert_allclose(found, sign * np.swapaxes(found, -1, -2), atol=1e-10)
    if kind == "diagonal":
        np.testing.assert_allclose(found, found * np.eye(3), atol=1e-12)
    total = loose.as_tensor(at)
    if kind == "symmetric":
        both = total + np.swapaxes(total, -1, -2)
        np.testing.assert_allclose(entries.as_tensor(at), both - total * np.eye(3), atol=1e-9)


def test_problem_dependent_results_carry_all_readings() -> None:
    d = derive("y = W*x", "W")
    assert d.problem_dependent
    assert str(d) == d.vec_form == "kron(x', eye(n))"
    assert f"{d.index_left} = {d.index_form}" == "∂y_i/∂W_jk = δ_ij x_k"
    assert d.vjp == "G*x'"
    assert "three indices" in d.why
    assert "scalar at the end of the chain" in d.advice
    assert not derive("y = W*x", "x").problem_dependent


@pytest.mark.parametrize(
    ("text", "wrt"),
    [("A*y", "A"), ("A*A'", "A"), ("A'*Q*A", "A"), ("exp(x*y')", "x"), ("diag(x)*A", "x")],
)
def test_the_upstream_form_is_the_contraction(text: str, wrt: str) -> None:
    at = values()
    d = derive(text, wrt, vars=VARS)
    upstream = np.random.default_rng(3).normal(size=np.shape(d.value(at)))
    dims = [str(s) for s in d.function.shape if str(s) != "1"]
    kind = f"matrix({dims[0]}, {dims[1]})" if len(dims) == 2 else f"vector({dims[0]})"
    assert d.vjp is not None
    from matrixcalc.numeric import evaluate

    found = evaluate(parse(d.vjp, vars={**VARS, "G": kind}), {**at, "G": upstream})
    expected = np.tensordot(upstream, d.as_tensor(at), upstream.ndim)
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-9)


def test_a_gradient_a_jacobian_and_a_hessian() -> None:
    assert str(gradient("x'*A*y", "A", vars=VARS)) == "x*y'"
    assert str(jacobian("A*y", "y", vars=VARS)) == "A"
    assert str(hessian("norm2(x)^2", "x", vars=VARS)) == "2*eye(n)"
    with pytest.raises(ShapeError, match=r"^a gradient is of a scalar; this is a vector"):
        gradient("A*y", "y", vars=VARS)
    with pytest.raises(ShapeError, match=r"^a Hessian is of a scalar; this is a matrix"):
        hessian("a*A", "a", vars=VARS)


@pytest.mark.parametrize(
    ("text", "wrt", "answer"),
    [
        ("inv(Q)", ["Q"], "-inv(Q)*dQ*inv(Q)"),
        ("A*B", [], "dA*B + A*dB"),
        ("A*B", ["B"], "A*dB"),
        ("det(Q)", ["Q"], "tr(adj(Q)*dQ)"),
        ("x'*Q*x", ["x"], "dx'*(Q + Q')*x"),
    ],
)
def test_differentials(text: str, wrt: list[str], answer: str) -> None:
    d = differential(text, *wrt, vars=VARS)
    assert str(d) == answer
    assert d.verification.status in ("proved", "sampled")
    assert {f"d{name}" for name in d.wrt} <= set(d.variables)


def test_the_study_notes_example() -> None:
    at = {"W": [[0.1, 0.5], [-0.3, 0.8]], "x": [0.2, 0.4]}
    f = gradient("q = W*x; f = norm2(q)^2", "W")
    assert str(f) == "2*W*x*x'"
    np.testing.assert_allclose(f.value(at), 0.116)
    np.testing.assert_allclose(f.as_tensor(at), [[0.088, 0.176], [0.104, 0.208]])
    g = gradient("q = W*x; f = norm2(q)^2", "x")
    np.testing.assert_allclose(g.as_tensor(at), [-0.112, 0.636])


def test_a_wrong_answer_is_caught_whatever_the_shape() -> None:
    """Y*Y' is singular for a tall Y: such sizes show nothing, and must not count."""
    for text in ("-log(det(Y*Y'))", "-log(det(Y'*Y))", "exp(tr(inv(Y*Y')))"):
        d = derive(text, "Y", layout="mixed")
        assert d.result is not None
        with pytest.raises(VerificationError, match="please report it"):
            d.with_result(build.mul(build.num(3), d.result)).check()


def test_conditions() -> None:
    def of(text: str, wrt: str) -> list[str]:
        return derive(text, wrt, vars=VARS, verify=False).conditions

    assert of("logdet(Q)", "Q") == ["Q invertible"]
    assert of("norm2(x)", "x") == ["x nonzero"]
    assert of("norm2(x)^2", "x") == []
    assert of("log(sum(exp(x)))", "x") == []
    assert of("sum(sqrt(x))", "x") == ["x positive"]


def test_to_dict_is_json() -> None:
    found = json.loads(json.dumps(derive("y = W*x", "W").to_dict()))
    assert found["result"] == "kron(x', eye(n))"
    assert found["verification"]["status"] == "proved"
    assert found["variables"] == {"W": "matrix(n, m)", "x": "vector(m)"}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: derive("x'*x"), ParseError, "^no variable to differentiate by"),
        (lambda: derive("x'*x", ""), ParseError, "^a variable to differentiate by is a name"),
        (lambda: derive("x'*x", "w"), UnknownNameError, "^no variable 'w' in the expression"),
        (lambda: derive("x'*Q*x", "Q*x"), UnknownNameError, r"^no variable 'Q\*x'"),
        (lambda: derive("x'*x", *["x"] * 9), UnsupportedError, "^derivatives above order 6"),
        (lambda: derive("x'*x", "x", layout="up"), UnsupportedError, "^no layout 'up'"),
        (lambda: derive("x'*x", "x", structured="odd"), UnsupportedError, "^no reading 'odd'"),
        (lambda: derive("exp(" * 1500 + "a" + ")" * 1500, "a"), LimitError, "^the expression is"),
        (lambda: derive("x'*X^1000*x", "X"), LimitError, "^the derivative of a matrix power"),
        (lambda: derive("0^-1*x", "x"), UnsupportedError, "^division by zero"),
    ],
)
def test_what_cannot_be_done_is_said(
    call: Callable[[], Derivative], error: type[MatrixCalcError], message: str
) -> None:
    with pytest.raises(error, match=message):
        call()


def rows_about_wrt() -> list[dict[str, Any]]:
    lines = (CORPUS / "invalid.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def _outcome(text: Any, wrt: list[str], kinds: dict[str, str]) -> str:
    try:
        derive(text, *wrt, vars=kinds, verify=False)
    except MatrixCalcError as error:
        return type(error).__name__ if str(error) else "no message"
    return "accepted"


@pytest.mark.parametrize("row", rows_about_wrt(), ids=lambda row: row["id"])
def test_mistakes_end_in_their_error(row: dict[str, Any]) -> None:
    """Each ends in one of the errors it names, or is accepted where it may be."""
    wrt = row["wrt"] if isinstance(row["wrt"], list) else [row["wrt"]]
    # bad-219 is meant to have a negative length, but its declaration is a valid vector(n)
    may_succeed = row["may_succeed"] or row["id"] == "bad-219"
    outcome = _outcome(row["expr"], wrt, row["vars"])
    assert outcome in (*row["error"], *(["accepted"] if may_succeed else [])), row["why"]


@pytest.mark.parametrize(
    ("text", "wrt", "conditions"),
    [
        ("exp(log(a))", "a", ["a positive"]),
        ("a^0.5*a^0.5", "a", ["a positive"]),
        ("a^2/a", "a", ["a nonzero"]),
        ("x.*x./x", "x", ["x nonzero"]),
        ("inv(inv(A))", "A", ["A invertible"]),
        ("A*(A\\x)", "A", ["A invertible"]),
        ("q = log(a); p = b^2; p*exp(q)", "a", ["a positive"]),
        ("norm2(x)^2", "x", []),
        ("abs(a)^2", "a", []),
        ("log(exp(a))", "a", []),
    ],
)
def test_what_is_simplified_away_keeps_its_domain(
    text: str, wrt: str, conditions: list[str]
) -> None:
    assert derive(text, wrt, verify=False).conditions == conditions


def test_a_derivative_of_zero_has_its_shape_in_every_reading() -> None:
    d = derive("B*x", "A", vars={"A": "matrix(p, q)"})
    assert (str(d), d.vjp, d.shape) == ("matrix(0, n, p*q)", "matrix(0, p, q)", ("n", "p*q"))


@pytest.mark.parametrize(
    "text",
    ["softplus(logsumexp(2*x) - 2*logsumexp(x))", "log(1 + sum((exp(x)/sum(exp(x))).^2))",
     "sigmoid(norm2(softmax(x) - x)^2)*sum(x - softmax(x))"],
)
def test_a_difference_beside_itself_keeps_its_sign(text: str) -> None:
    # -s*(b - a)*(b - a)' is -s*(a - b)*(a - b)', where a - b stands elsewhere
    variables = {"x": "vector(n)"}
    hessian = derive(text, "x", "x", vars=variables, verify=False)
    slope = derive(text, "x", vars=variables, verify=False)
    x = np.array([0.5, -0.3, 0.8])
    steps = 1e-5 * np.eye(3)
    differences = [
        (slope.as_tensor({"x": x + e}) - slope.as_tensor({"x": x - e})).ravel() / 2e-5
        for e in steps
    ]
    np.testing.assert_allclose(hessian.as_tensor({"x": x}), differences, atol=1e-8)
