"""Chains of exponentials and logarithms stay finite and right to ten digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest
from mpmath import mp, mpf

from matrixcalc.codegen.api import compile
from tests.jets_by_mpmath import Jet, cosh, exp, log, power, sigmoid, sinh, sqrt, tanh, truth

SIZES = (1e-8, 1e-3, 1.0, 30.0, 700.0, 1000.0)
POINTS = [s * x for x in SIZES for s in (1, -1)]


def agrees(found: Any, true: Any) -> bool:
    """Right to ten digits; what is no double at all need not be."""
    if isinstance(true, mp.mpc) or abs(true) > 1e300:
        return True
    return bool(abs(mpf(float(found)) - true) <= 1e-10 * abs(true) + mpf(10) ** -300)


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
