"""Functions that a user adds are proved before they can be used."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from matrixcalc import ParseError, RuleError, UnknownNameError, derive, register, unregister


@pytest.fixture
def swish() -> Iterator[None]:
    register(
        "swish",
        differential="(sigmoid(A) + A.*sigmoid(A).*(1 - sigmoid(A))).*dA",
        meaning="A.*sigmoid(A)",
    )
    yield
    unregister("swish")


def test_an_added_function_is_used_like_any_other(swish: None) -> None:
    d = derive("sum(swish(A*x))", "x", "x")
    assert d.verification.status == "proved"
    at = {"A": [[1.0, -2.0, 0.5], [0.3, 0.1, 2.0]], "x": np.array([0.2, -0.4, 1.0])}
    found = derive("sum(swish(A*x))", "x").as_tensor(at)
    h = 1e-6
    for k in range(3):
        step = np.eye(3)[k] * h
        f = derive("sum(swish(A*x))", "x", verify=False).value
        slope = (f({**at, "x": at["x"] + step}) - f({**at, "x": at["x"] - step})) / (2 * h)
        assert slope == pytest.approx(found[k], rel=1e-7)


def test_a_reduction_and_a_matrix_function() -> None:
    register("sumsq", "any -> []", differential="2*sum(A.*dA)", meaning="sum(A.^2)")
    register("quartic", "[n,n] -> []", differential="4*tr(A^3*dA)", meaning="tr(A*A*A*A)")
    assert str(derive("sumsq(A*x - y)", "x")) == "2*(A*x - y)'*A"
    assert str(derive("quartic(X)", "X")) == "4*X^3"
    unregister("sumsq")
    unregister("quartic")
    with pytest.raises(UnknownNameError, match=r"^there is no function 'sumsq'"):
        derive("sumsq(x)", "x")


@pytest.mark.parametrize(
    ("signature", "differential", "meaning"),
    [
        ("any -> same", "cos(A).*dA", "sin(2*A)"),
        ("any -> same", "2*A.*dA", "A.^3"),
        ("[n,n] -> []", "tr(dA*A)", "tr(A*A)"),
        ("[n,n] -> [n,n]", "dA*A + dA", "A*A + A"),
        ("any -> same", "sum(dA) + 0.*A", "A"),
    ],
)
def test_a_wrong_differential_is_refused(signature: str, differential: str, meaning: str) -> None:
    with pytest.raises(RuleError, match=r"wrong for a .*entry .* of the derivative is"):
        register("wrong", signature, differential=differential, meaning=meaning)
    with pytest.raises(UnknownNameError, match=r"^there is no function 'wrong'"):
        derive("wrong(x)", "x")


def test_names_and_signatures() -> None:
    rule = {"differential": "dA", "meaning": "A"}
    with pytest.raises(ParseError, match=r"^there is a function exp already"):
        register("exp", **rule)
    with pytest.raises(ParseError, match=r"^a function cannot be called '2x'"):
        register("2x", **rule)
    with pytest.raises(ParseError, match=r"^the signature 'x' is not known"):
        register("fine", "x", **rule)
    with pytest.raises(RuleError, match=r"where the signature says a scalar"):
        register("fine", "any -> []", **rule)
    with pytest.raises(ParseError, match=r"^exp was not added by register"):
        unregister("exp")


def test_its_latex_is_used_and_checked() -> None:
    rule = {"differential": "2*A.*dA", "meaning": "A.^2"}
    register("twice", latex=r"\operatorname{{twice}}({A})", **rule)
    try:
        assert derive("twice(x)", "x", verify=False).latex().startswith(
            r"\frac{\partial}{\partial \mathbf{x}} \operatorname{twice}(\mathbf{x})"
        )
    finally:
        unregister("twice")
    for latex in (r"\operatorname{f}({A})", "{B}", "f({A}"):
        with pytest.raises(ParseError, match=r"^the LaTeX of a function has \{A\} for its arg"):
            register("twice", latex=latex, **rule)
