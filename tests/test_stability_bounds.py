"""Which logarithms are seen to have an upper bound, against random large arguments."""

from __future__ import annotations

import random
from typing import Any

import numpy
import pytest

from matrixcalc import build
from matrixcalc.calls import make_call
from matrixcalc.codegen.stability.bounds import bounded
from matrixcalc.codegen.stability.forms import differentiable_form
from matrixcalc.codegen.stability.passes import Stabilising
from matrixcalc.dims import ONE
from matrixcalc.expr import Expr
from matrixcalc.infer import parse
from matrixcalc.numeric import evaluate

BOUNDED = [
    "x - softplus(x)",
    "x - 2*softplus(x)",
    "x - a - 2*softplus(softplus(x) - a)",
    "softplus(-a) - 2*softplus(softplus(x) - a) + x - a",
    "x + softplus(y - x) - softplus(y) - softplus(x)",
    "softplus(softplus(x)) - softplus(x)",
    "softplus(x) - softplus(2*x)",
    "-exp(x)",
]
UNBOUNDED = [
    "x",
    "softplus(x)",
    "a - softplus(b)",
    "x - softplus(2*x)/3",
    "softplus(x) - softplus(x - y)",
    "2*x - softplus(x)",
    "x - softplus(softplus(x) - a)",
    "exp(x)",
]


@pytest.mark.parametrize("text", BOUNDED)
def test_a_bound_is_seen(text: str) -> None:
    assert bounded(parse(text))


@pytest.mark.parametrize("text", UNBOUNDED)
def test_none_is_claimed_where_there_is_none(text: str) -> None:
    assert not bounded(parse(text))


def test_a_logarithm_of_a_sum_is_above_its_terms() -> None:
    assert bounded(parse("x - vector(1)*logsumexp(x)", {"x": "vector(n)"}))
    assert bounded(parse("x - vector(1)*logsumexp(softplus(x))", {"x": "vector(n)"}))
    assert not bounded(parse("x - vector(1)*logsumexp(-x)", {"x": "vector(n)"}))


def test_a_logarithm_of_a_sum_by_columns_or_rows_is_above_its_terms() -> None:
    x = parse("X", {"X": "matrix(n, m)"})
    u = make_call("softplus", (x,))
    columns = build.mul(build.ones((x.rows, ONE)), make_call("_logsumexp_columns", (u,)))
    turned = make_call("_logsumexp_columns", (build.transpose(u),))
    rows = build.mul(build.transpose(turned), build.ones((ONE, x.cols)))
    for total in (columns, rows):
        assert bounded(build.add(x, build.neg(total)))
        assert not bounded(build.add(x, total))


def some_logarithm(rng: random.Random) -> Expr:
    """A sum of softplus in softplus and of variables."""

    def line(depth: int) -> str:
        terms = []
        for _ in range(rng.randint(1, 3)):
            k = rng.choice([-3, -2, -1, -0.5, 1, 2])
            inner = rng.choice("abc")
            if depth and rng.random() < 0.6:
                inner = f"softplus({line(depth - 1)})"
            terms.append(f"({k})*{inner}")
        return " + ".join(terms)

    return parse(line(2))


@pytest.mark.parametrize("seed", range(60))
def test_what_is_called_bounded_is_so_at_large_arguments(seed: int) -> None:
    rng = random.Random(seed)
    log = some_logarithm(rng)
    if not bounded(log):
        return
    for _ in range(400):
        values: dict[str, Any] = {n: numpy.array([[rng.gauss(0, 1e4)]]) for n in "abc"}
        found = evaluate(log, values)
        # log(2) for each softplus, times what stands in front
        assert float(numpy.max(found)) < 200


def test_hyperbolic_functions_are_put_in_before_differentiation() -> None:
    stable = Stabilising()
    x = {"x": "vector(n)"}
    form = differentiable_form(parse("sum(x./(exp(x) + exp(-x)))", x), stable)
    assert str(form) == "0.5*sum(x./cosh(x))"
    form = differentiable_form(parse("sum(exp(2*x) - 3*exp(-x) + 3*exp(x))", x), stable)
    assert "6*sinh(x)" in str(form)
