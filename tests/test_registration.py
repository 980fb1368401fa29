"""Functions that a user adds are proved before they can be used."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from matrixcalc import (
    ParseError,
    RuleError,
    ShapeError,
    UnknownNameError,
    derive,
    register,
    unregister,
)


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
        ("[n] -> []", "sum(dA)", "norm2(A)"),
        ("[n,m] -> [m,m]", "2*A'*dA", "A'*A"),
        ("[n,m] -> [1,m]", "mean(dA, 1)", "sum(A, 1)"),
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


@pytest.mark.parametrize(
    "differential", ["dA.*dA", "A", "2*A.*dA + 1", "abs(dA)", "2*A.*sign(dA)", "2*A.*dA.^3"]
)
def test_a_differential_is_linear_in_the_increment(differential: str) -> None:
    with pytest.raises(RuleError, match=r"^the differential of bent is not linear in dA"):
        register("bent", differential=differential, meaning="A.^2")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"differential": ""}, "in the differential of fine: there is no expression"),
        ({"meaning": ""}, "in the meaning of fine: there is no expression"),
        ({"differential": 3}, "in the differential of fine: an expression is a text, not int"),
        ({"differential": "2*A.*dB"}, "the differential of fine uses dB, which is not known"),
        ({"meaning": "B.^2"}, "the meaning of fine uses B, which is not known"),
        ({"meaning": "fine(A)"}, "the meaning of fine is told by fine itself"),
        ({"signature": 3}, "a signature is a text, not int"),
        ({"signature": "[n], [n] -> []"}, r"the signature '\[n\], \[n\] -> \[\]' is not known"),
        ({"where": "{B} positive"}, "where is a text with {A} for the argument, not"),
        ({"latex": "{"}, r"the LaTeX of a function has \{A\} for its argument"),
        ({"sample": "large"}, "sample is one of positive, unit, spd, not 'large'"),
    ],
)
def test_what_register_is_given(given: dict[str, str], message: str) -> None:
    with pytest.raises(ParseError, match=f"^{message}"):
        register("fine", **{"differential": "2*A.*dA", "meaning": "A.^2", **given})
    with pytest.raises(UnknownNameError, match=r"^there is no function 'fine'"):
        derive("fine(x)", "x")


@pytest.mark.parametrize(
    "name", ["n", "A", "dA", "d2", "pi", "size", "mul", "λ", "f'", "", "xᴴ", "_f"]
)
def test_names_that_no_function_can_have(name: str) -> None:
    with pytest.raises(ParseError, match=r"^a function cannot be called"):
        register(name, differential="dA", meaning="A")
    assert str(derive("x'*A*x", "x", verify=False)) == "x'*(A + A')"


def test_taken_names() -> None:
    for name in ("ln", "logistic", "eye", "vector", "transpose"):
        with pytest.raises(ParseError, match=rf"^there is a function {name} already"):
            register(name, differential="dA", meaning="A")


def test_vectors_are_taken_for_matrices_where_the_rule_holds_for_them() -> None:
    register("gram", "[n,m] -> [m,m]", differential="dA'*A + A'*dA", meaning="A'*A")
    assert str(derive("gram(x)", "x")) == "2*x'"
    unregister("gram")
    rule = "-pinv(A)*dA*pinv(A) + pinv(A)*pinv(A)'*dA'*(eye - A*pinv(A))"
    rule += " + (eye - pinv(A)*A)*dA'*pinv(A)'*pinv(A)"
    register("pinverse", "[n,m] -> [m,n]", differential=rule, meaning="pinv(A)")
    assert derive("tr(pinverse(X)*Y)", "X").verification.status == "proved"
    with pytest.raises(ShapeError, match=r"^pinverse takes a matrix; x is n×1"):
        derive("pinverse(x)", "x")
    unregister("pinverse")


def test_threads_may_register_and_derive() -> None:
    def work(k: int) -> str:
        name = f"cubed{k}"
        register(name, differential="3*A.^2.*dA", meaning="A.^3")
        found = str(derive(f"sum({name}(A*x + {k}*y))", "x", verify=False))
        unregister(name)
        return found

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, range(1, 9)))
    assert found == [work(k) for k in range(1, 9)]


def test_one_name_is_registered_once_by_many_threads() -> None:
    def work(_: int) -> bool:
        try:
            register("cubed", differential="3*A.^2.*dA", meaning="A.^3")
        except ParseError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(8))) == 1
    unregister("cubed")


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
