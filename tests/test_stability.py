"""Chains of exponentials and logarithms stay finite and right to ten digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy
import pytest
from mpmath import mp, mpf

from matrixcalc.codegen.api import code, compile
from matrixcalc.derive import derive
from matrixcalc.errors import ParseError, UnknownNameError
from matrixcalc.operators import STABLE
from tests.jets_by_mpmath import (
    Jet,
    cosh,
    exp,
    log,
    power,
    sigmoid,
    sinh,
    sqrt,
    tanh,
    total,
    truth,
)

SIZES = (1e-8, 1e-3, 1.0, 30.0, 700.0, 1000.0)
POINTS = [s * x for x in SIZES for s in (1, -1)]


def agrees(found: Any, true: Any) -> bool:
    """Right to ten digits; what is no double at all need not be."""
    if isinstance(true, mp.mpc) or abs(true) > 1e300:
        return True
    return bool(abs(mpf(float(found)) - true) <= 1e-10 * abs(true) + mpf(10) ** -300)


@pytest.mark.parametrize("x", [[25.0, -9.2, 1.2], [100.0, 3.0, -40.0]])
def test_a_sum_that_is_huge_cancels_with_nothing(x: list[float]) -> None:
    # softplus(s) = s to all digits for s = sum(exp(x)): s - softplus(s) would be 0
    gradient, hessian = compile("log(1 + exp(sum(exp(x))))", "x", (1, 2))(x=x)
    true = numpy.exp(x)
    numpy.testing.assert_allclose(gradient, true, rtol=1e-12)
    numpy.testing.assert_allclose(hessian, numpy.diag(true), rtol=1e-12)


def real(j: Jet) -> bool:
    return not any(isinstance(v, mp.mpc) for v in (j.value, *j.first))


ONE = [
    ("log(1 + exp(x))", lambda x: log(1 + exp(x))),
    ("log(1 + exp(-x))", lambda x: log(1 + exp(-x))),
    ("log1p(exp(3*x))", lambda x: log(1 + exp(3 * x))),
    ("1/(1 + exp(-x))", lambda x: 1 / (1 + exp(-x))),
    ("1/(1 + exp(x))^2", lambda x: 1 / power(1 + exp(x), 2)),
    ("exp(x)/(1 + exp(x))^2", lambda x: exp(x) / power(1 + exp(x), 2)),
    ("exp(x)/(exp(x) + exp(-x))", lambda x: exp(x) / (exp(x) + exp(-x))),
    ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", tanh),
    ("log(1 - exp(-x))", lambda x: log(1 - exp(-x))),
    ("log(exp(x) - 1)", lambda x: log(exp(x) - 1)),
    ("x*sigmoid(x)", lambda x: x * sigmoid(x)),
    ("sigmoid(x)", sigmoid),
    ("1 - sigmoid(x)", lambda x: 1 - sigmoid(x)),
    ("sigmoid(x)*(1 - sigmoid(x))", lambda x: sigmoid(x) * (1 - sigmoid(x))),
    ("log(sigmoid(x))", lambda x: log(sigmoid(x))),
    ("log(1 - sigmoid(x))", lambda x: log(1 - sigmoid(x))),
    ("tanh(x)", tanh),
    ("1 - tanh(x)", lambda x: 1 - tanh(x)),
    ("tanh(x)^2", lambda x: tanh(x) * tanh(x)),
    ("log(cosh(x))", lambda x: log(cosh(x))),
    ("sinh(x)/cosh(x)", lambda x: sinh(x) / cosh(x)),
    ("1/cosh(x)", lambda x: 1 / cosh(x)),
    ("log(exp(x) + exp(-x))", lambda x: log(exp(x) + exp(-x))),
    ("exp(x) - 1", lambda x: exp(x) - 1),
    ("x/(exp(x) - 1)", lambda x: x / (exp(x) - 1)),
    ("(exp(x) - 1)/x", lambda x: (exp(x) - 1) / x),
    ("exp(x) - 1 - x", lambda x: exp(x) - 1 + -x),
    ("x - log(1 + x)", lambda x: x + -log(1 + x)),
    ("log(1 + x)/x", lambda x: log(1 + x) / x),
    ("tanh(x)/x", lambda x: tanh(x) / x),
    ("sinh(x)/x", lambda x: sinh(x) / x),
    ("log(sinh(x)/x)", lambda x: log(sinh(x) / x)),
    ("1/x - 1/(exp(x) - 1)", lambda x: 1 / x + -(1 / (exp(x) - 1))),
    ("exp(2*x - 3)", lambda x: exp(2 * x + -3)),
    ("exp(x)/(1 + exp(x))", sigmoid),
    ("log(exp(x)/(1 + exp(2*x)))", lambda x: log(exp(x) / (1 + exp(2 * x)))),
    ("1/(1 + exp(x) + exp(-x))", lambda x: 1 / (1 + exp(x) + exp(-x))),
    ("log(1 + x)", lambda x: log(1 + x)),
    ("sqrt(1 + x^2) - 1", lambda x: sqrt(1 + x * x) - 1),
    ("sqrt(exp(x))", lambda x: sqrt(exp(x))),
    ("exp(-x^2/2)*exp(x)", lambda x: exp(x - x * x / 2)),
    ("log(1 + exp(x) + exp(2*x))", lambda x: log(1 + exp(x) + exp(2 * x))),
    ("log(log(1 + exp(x)))", lambda x: log(log(1 + exp(x)))),
]


@pytest.mark.parametrize(("text", "f"), ONE, ids=[t for t, _ in ONE])
def test_of_a_number(text: str, f: Callable[[Jet], Jet]) -> None:
    g = compile(text, "x", (0, 1, 2), vars={"x": "scalar"})
    wrong = []
    for x in POINTS:
        with mp.workdps(1000):
            try:
                true = truth(f, [x])
            except (ZeroDivisionError, ValueError):
                continue
            if not real(true):
                continue
            exact = (true.value, true.first[0], true.second[0][0])
            huge = "ignore" if max(map(abs, exact)) > 1e300 else "raise"
            with numpy.errstate(over=huge, invalid=huge, divide="raise"):
                found = g(x=x)
            for k, (a, b) in enumerate(zip(found, exact, strict=True)):
                if not agrees(a, b):
                    wrong.append((x, k, float(a), float(b)))
    assert not wrong


@pytest.mark.parametrize("name", STABLE)
def test_internal_functions_are_no_part_of_the_language(name: str) -> None:
    spoken = name.removeprefix("_")
    with pytest.raises(UnknownNameError, match=f"no function '{spoken}'"):
        derive(f"{spoken}(x)", "x")
    with pytest.raises(ParseError, match="begins with a letter"):
        derive(f"{name}(x)", "x")


# vectors

A = [[0.7, -1.2, 0.4], [-0.3, 0.9, 1.1], [0.2, 0.5, -0.8], [1.3, -0.4, 0.6]]
Y = [0.2, 0.5, 0.3]
B = [0.0, 1.0, 0.0, 0.0]
Vector = Sequence[Jet]


def dot(w: Sequence[float], z: Vector) -> Jet:
    return total([a * v for v, a in zip(w, z, strict=True)])


def images(x: Vector) -> list[Jet]:
    return [dot(row, x) for row in A]


def lse(z: Vector) -> Jet:
    return log(total([exp(a) for a in z]))


def softmax(z: Vector) -> list[Jet]:
    return [exp(a - lse(z)) for a in z]


def log_others(z: Vector) -> list[Jet]:
    return [log(total([exp(b) for j, b in enumerate(z) if j != i])) - lse(z)
            for i in range(len(z))]


def squared(z: Vector) -> Jet:
    return total([a * a for a in z])


BY_ENTRY = [
    ("log(sum(exp(x))) - y'*x", lambda x: lse(x) - dot(Y, x)),
    ("2*log(sum(exp(x/2)))", lambda x: lse([a * 0.5 for a in x]) * 2),
    ("log(sum(exp(3*x)))/3", lambda x: lse([a * 3 for a in x]) / 3),
    ("-y'*log(softmax(x))", lambda x: -dot(Y, [a - lse(x) for a in x])),
    ("log(softmax(x))'*y", lambda x: dot(Y, [a - lse(x) for a in x])),
    ("-b'*log(softmax(A*x))", lambda x: -dot(B, [a - lse(images(x)) for a in images(x)])),
    ("y'*log(y./softmax(x))",
     lambda x: dot(Y, [lse(x) - a + mp.log(mpf(w)) for a, w in zip(x, Y, strict=True)])),
    ("sum(softmax(x).*log(softmax(x)))",
     lambda x: total([p * (a - lse(x)) for p, a in zip(softmax(x), x, strict=True)])),
    ("sum(log(exp(-b.*(A*x)) + vector(1)))",
     lambda x: total([log(1 + exp(-a * w)) for a, w in zip(images(x), B, strict=True)])),
    ("sum(log(1 + exp(A*x))) - b'*A*x",
     lambda x: total([log(1 + exp(a)) for a in images(x)]) - dot(B, images(x))),
    ("sum(exp(x - y)./(1 + exp(x - y)))",
     lambda x: total([sigmoid(a + -mpf(w)) for a, w in zip(x, Y, strict=True)])),
    ("1/(1 + exp(-y'*x))", lambda x: sigmoid(dot(Y, x))),
    ("log(1 + exp(-y'*x))", lambda x: log(1 + exp(-dot(Y, x)))),
    ("sum(x.*sigmoid(x))", lambda x: total([a * sigmoid(a) for a in x])),
    ("sum(log(cosh(x)))", lambda x: total([log(cosh(a)) for a in x])),
    ("sum(exp(-x.^2/2))", lambda x: total([exp(a * a * -0.5) for a in x])),
    ("sum(log(1 - exp(-x.^2)))", lambda x: total([log(1 - exp(-(a * a))) for a in x])),
    ("log(1 - exp(-norm2(x)^2))", lambda x: log(1 - exp(-squared(x)))),
    ("norm2(x)", lambda x: sqrt(squared(x))),
    ("sqrt(1 + x'*x) - 1", lambda x: sqrt(squared(x) + 1) + -1),
    ("log(1 + x'*x)", lambda x: log(squared(x) + 1)),
    ("norm2(log(sigmoid(A*x)))^2", lambda x: squared([log(sigmoid(a)) for a in images(x)])),
]
"""Functions of which each entry is right to ten digits."""

BY_SIZE = [
    ("y'*softmax(x)", lambda x: dot(Y, softmax(x)), 1e3),
    ("sum(y.*exp(x))/sum(exp(x))", lambda x: dot(Y, softmax(x)), 1e3),
    ("exp(y'*x)/(1 + sum(exp(x)))",
     lambda x: exp(dot(Y, x)) / (1 + total([exp(a) for a in x])), 1e3),
    ("sum(tanh(A*x))", lambda x: total([tanh(a) for a in images(x)]), 1.0),
    ("log(1 + sum(exp(x)))", lambda x: log(1 + total([exp(a) for a in x])), 30.0),
    ("log(sum(exp(x)) + exp(-sum(x)))",
     lambda x: log(total([exp(a) for a in x]) + exp(-total(x))), 1.0),
    ("sum(log(1 + exp(x)) - x.*y)",
     lambda x: total([log(1 + exp(a)) - a * w for a, w in zip(x, Y, strict=True)]), 1e3),
    ("sum(log(1 - exp(softmax(x) - 1)))",
     lambda x: total([log(1 - exp(-exp(a))) for a in log_others(x)]), 5.0),
    ("y'*log(1 - exp(-exp(x))) - (vector(1) - y)'*exp(x)",
     lambda x: total([log(1 - exp(-exp(a))) * w - exp(a) * (1 - mpf(w))
                      for a, w in zip(x, Y, strict=True)]), 300.0),
]
"""Functions of which the largest entry is, for x up to a size: differences of data that are nearly
equal have as few digits as these have in common."""

CHAINS = [
    ("norm2(log(softmax(x)))^2", lambda x: squared([a - lse(x) for a in x])),
    ("exp(y'*log(softmax(x)))", lambda x: exp(dot(Y, [a - lse(x) for a in x]))),
    ("tanh(sum(log(softmax(x))))", lambda x: tanh(total([a - lse(x) for a in x]))),
    ("log(1 + exp(sum(log(exp(x)/sum(exp(x))))))",
     lambda x: log(1 + exp(total([a - lse(x) for a in x])))),
    ("log(sum(log(exp(x) + exp(-x))))",
     lambda x: log(total([log(exp(a) + exp(-a)) for a in x]))),
    ("1/(1 + exp(-sum(log(exp(A*x) + exp(-A*x)))))",
     lambda x: sigmoid(total([log(exp(a) + exp(-a)) for a in images(x)]))),
    ("log(sum(y.*exp(softmax(x).*log(softmax(x)))))",
     lambda x: log(total([exp(p * log(p)) * w for p, w in zip(softmax(x), Y, strict=True)]))),
    ("log(sum(y.*exp(log(exp(x) + exp(-x)))))",
     lambda x: log(total([(exp(a) + exp(-a)) * w for a, w in zip(x, Y, strict=True)]))),
    ("sum(softplus(A*x))/(1 + exp(sum(x)))",
     lambda x: total([log(1 + exp(a)) for a in images(x)]) / (1 + exp(total(x)))),
    ("log(sum(1 - exp(-exp(x))))", lambda x: log(total([1 - exp(-exp(a)) for a in x]))),
    ("sum(log(log(1 + exp(x))))", lambda x: total([log(log(1 + exp(a))) for a in x])),
    ("sum(log(log(1 + exp(x - y))))",
     lambda x: total([log(log(1 + exp(a + -mpf(w)))) for a, w in zip(x, Y, strict=True)])),
    ("log(sum(exp(tanh(A*x - log(sum(exp(A*x)))))))",
     lambda x: log(total([exp(tanh(a - lse(images(x)))) for a in images(x)]))),
    ("norm2(exp(-x.^2))", lambda x: sqrt(squared([exp(-(a * a)) for a in x]))),
    ("exp(-sum(exp(x)))", lambda x: exp(-total([exp(a) for a in x]))),
    ("sum(log(1 - exp(-exp(x))))", lambda x: total([log(1 - exp(-exp(a))) for a in x])),
    ("y'*log(1 - softmax(x))", lambda x: dot(Y, log_others(x))),
    ("b'*log(1 - softmax(A*x))", lambda x: dot(B, log_others(images(x)))),
    ("-y'*log(softmax(x)) - (vector(1) - y)'*log(1 - softmax(x))",
     lambda x: -dot(Y, [a - lse(x) for a in x])
     - dot([1 - w for w in Y], log_others(x))),
    ("norm2(log(1 - softmax(x)))^2", lambda x: squared(log_others(x))),
    ("tanh(sum(log(1 - softmax(2*x))))",
     lambda x: tanh(total(log_others([a * 2 for a in x])))),
    ("log(1 + exp(sum(log(1 - softmax(x - y)))))",
     lambda x: log(1 + exp(total(log_others([a + -mpf(w) for a, w in zip(x, Y, strict=True)]))))),
    ("sum(x./(exp(x) + exp(-x)))", lambda x: total([a / (exp(a) + exp(-a)) for a in x])),
    ("sum(x./(exp(x) - exp(-x)))", lambda x: total([a / (exp(a) - exp(-a)) for a in x])),
    ("sum(log(1 + exp(x - 1./(exp(-x) + exp(x)))))",
     lambda x: total([log(1 + exp(a - 1 / (exp(a) + exp(-a)))) for a in x])),
    ("y'*softmax(x./(2*cosh(x)))",
     lambda x: dot(Y, softmax([a / (cosh(a) * 2) for a in x]))),
    ("sum(log(1 + exp(2*x) + exp(x.*y)))",
     lambda x: total([log(1 + exp(a * 2) + exp(a * w)) for a, w in zip(x, Y, strict=True)])),
    ("sum(log(1 + exp(A*x) + exp((A*x - b).*tanh(A*x - b))))",
     lambda x: total([log(1 + exp(a) + exp(z * tanh(z)))
                      for a, w in zip(images(x), B, strict=True) for z in (a + -mpf(w),)])),
    ("sum(softmax(x)./(1 + exp(x.*y)).*exp(x)./(exp(x) + exp(x.*y)))",
     lambda x: total([p / (1 + exp(a * w)) * exp(a) / (exp(a) + exp(a * w))
                      for p, a, w in zip(softmax(x), x, Y, strict=True)])),
    ("log(1 + sum((softmax(2*x).*softmax(log(exp(x) + exp(x.*y)))).^2))",
     lambda x: log(1 + squared([
         p * q for p, q in zip(softmax([a * 2 for a in x]), softmax(
             [log(exp(a) + exp(a * w)) for a, w in zip(x, Y, strict=True)]), strict=True)]))),
    ("max(log(1 - softmax(2*x)))",
     lambda x: max(log_others([a * 2 for a in x]), key=lambda a: a.value)),
]
"""Chains of three and more functions: right to ten digits, or to twelve places beside 1."""


def points(size: float) -> list[numpy.ndarray]:
    rng = numpy.random.default_rng(0)
    made = [s * rng.uniform(-1, 1, 3) for s in SIZES if s <= size]
    corners = [numpy.array([1000.0, -1000.0, 3.0]), numpy.array([700.0, 700.0, -700.0])]
    return made + corners * (size > 700)


def results(text: str, f: Callable[[Vector], Jet], size: float = 1e3) -> Any:
    """Points, and what was found there beside what is true, by order."""
    data = {"A": numpy.array(A), "b": numpy.array(B), "y": numpy.array(Y)}
    declared = {"A": "matrix(4, 3)", "b": "vector(4)", "x": "vector(3)", "y": "vector(3)"}
    g = compile(text, "x", (0, 1, 2), vars=declared, dense=True)
    needed = {k: v for k, v in data.items() if re.search(rf"\b{k}\b", text)}
    for x in points(size):
        true = truth(lambda *z: f(z), list(x))
        exact = ([true.value], true.first, [v for row in true.second for v in row])
        for found, right in zip(g(x=x, **needed), exact, strict=True):
            yield x, numpy.ravel(found), right


@pytest.mark.parametrize(("text", "f"), BY_ENTRY, ids=[t for t, _ in BY_ENTRY])
def test_of_a_vector(text: str, f: Callable[[Vector], Jet]) -> None:
    with mp.workdps(1000):
        wrong = [
            (x, k, a, float(b))
            for x, found, right in results(text, f)
            for k, (a, b) in enumerate(zip(found, right, strict=True))
            if not agrees(a, b)
            # the value is a difference of terms of the size of x
            and not (len(right) == 1 and abs(mpf(float(a)) - b) <= 1e-15 * max(abs(x)))
        ]
    assert not wrong


@pytest.mark.parametrize(("text", "f", "size"), BY_SIZE, ids=[t for t, *_ in BY_SIZE])
def test_of_a_vector_with_data(text: str, f: Callable[[Vector], Jet], size: float) -> None:
    with mp.workdps(1000):
        for x, found, right in results(text, f, size):
            error = max(abs(mpf(float(a)) - b) for a, b in zip(found, right, strict=True))
            assert error <= 1e-10 * max(map(abs, right)) + mpf(10) ** -16, x


@pytest.mark.parametrize(("text", "f"), CHAINS, ids=[t for t, _ in CHAINS])
def test_of_a_longer_chain(text: str, f: Callable[[Vector], Jet]) -> None:
    # exp(exp(x)) is infinite on the way, no result is
    with mp.workdps(1000), numpy.errstate(over="ignore"):
        for x, found, right in results(text, f):
            assert numpy.isfinite(found).all(), x
            error = max(abs(mpf(float(a)) - b) for a, b in zip(found, right, strict=True))
            assert error <= 1e-10 * max(map(abs, right)) + mpf(10) ** -12, x


@pytest.mark.parametrize(
    "text",
    ["norm2(1 - exp(-exp(1 - sigmoid(x))))^2", "norm2(1 - exp(-exp(2*exp(x))))^2",
     "sum((1 - exp(-exp(1 - tanh(x)))).^3)"],
)
def test_sums_of_sums_do_not_grow_beyond_measure(text: str) -> None:
    f = compile(text, "x", (0, 1, 2), dense=True)
    x = numpy.array([0.3, -0.5, 0.1])
    step = 1e-6 * numpy.eye(3)
    for k in (0, 1):
        slope = numpy.array([(f(x + e)[k] - f(x - e)[k]) / 2e-6 for e in step])
        numpy.testing.assert_allclose(f(x)[k + 1], slope, rtol=1e-6, atol=1e-8)
    assert len(code(text, "x", (0, 1, 2), dense=True)) < 20_000


@pytest.mark.parametrize("kind", ["vector(n)", "row(n)"])
def test_what_softmax_leaves_of_a_row(kind: str) -> None:
    text = "sum(log(3 - 3*softmax(x)))"
    f = compile(text, "x", (0, 1, 2), vars={"x": kind}, dense=True)
    for x in ([0.3, -1.2, 2.0, 0.1], [1000.0, 3.0, -2.0, 2.5]):
        with mp.workdps(1000):
            true = truth(lambda *z: total([a + mp.log(3) for a in log_others(list(z))]), x)
            exact = ([true.value], true.first, [v for row in true.second for v in row])
            for found, right in zip(f(x=x), exact, strict=True):
                pairs = zip(numpy.ravel(found), right, strict=True)
                assert max(abs(mpf(float(a)) - b) for a, b in pairs) <= mpf(10) ** -12


def test_the_gradient_of_what_softmax_leaves() -> None:
    f = compile("y'*log(1 - softmax(x))", "x", (0, 1))
    for x in ([13.6, 0.2, -23.9], [150.0, -30.0, 2.0], [-300.0, 250.0, 20.0], [0.1, -0.2, 0.3]):
        with mp.workdps(1000):
            true = truth(lambda *z: dot(Y, [log(1 - p) for p in softmax(z)]), x)
            value, gradient = f(x=x, y=Y)
            assert agrees(value, true.value)
            error = max(abs(mpf(float(a)) - b) for a, b in zip(gradient, true.first, strict=True))
            assert error <= mpf(10) ** -14


NET = "sum(log(sum(exp(W2*relu(W1*X)), 1))) - sum(Y.*(W2*relu(W1*X)))"


def test_a_network_with_large_logits_stays_finite_in_every_product() -> None:
    rng = numpy.random.default_rng(0)
    values = {
        "W1": rng.standard_normal((4, 3)) * 30,
        "W2": rng.standard_normal((5, 4)) * 30,
        "X": rng.standard_normal((3, 6)) * 3,
        "Y": numpy.eye(5)[:, [0, 1, 2, 3, 4, 0]],
    }
    v = rng.standard_normal((4, 3))
    hessian = compile(NET, "W1", 2, dense=True)(**values)
    made = compile(NET, "W1", (0, 1), product="hvp")(**values, v=v)
    assert all(numpy.isfinite(a).all() for a in (*made, hessian))
    numpy.testing.assert_allclose(made[2], numpy.tensordot(hessian, v, 2), rtol=1e-9, atol=1e-9)
