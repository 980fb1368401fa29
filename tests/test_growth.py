"""Deep, long and shared input: it works, and what is printed stays of a size with it."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from matrixcalc import Derivative, LimitError, derive, parse


def kinds(d: Derivative) -> dict[str, str]:
    return {name: str(kind) for name, kind in d.variables.items()}


def by_differences(d: Derivative, text: str, wrt: str, size: int) -> tuple[float, float]:
    """The derivative in a random direction: as found, and by a central difference."""
    rng = np.random.default_rng(3)
    values = {
        name: rng.normal(size=(size,) * sum(not a.is_one for a in kind.shape)) / size
        for name, kind in d.variables.items()
    }
    step = rng.normal(size=np.shape(values[wrt]))
    ahead, behind = (
        float(d.value({**values, wrt: values[wrt] + h * step})) for h in (1e-5, -1e-5)
    )
    return float(np.sum(d.as_tensor(values) * step)), (ahead - behind) / 2e-5


def network(layers: int) -> tuple[str, dict[str, str]]:
    text = "W_1*x"
    for k in range(2, layers + 1):
        text = f"W_{k}*tanh({text})"
    declared = {f"W_{k}": "matrix(n, n)" for k in range(1, layers + 1)}
    return f"sum({text})", {"x": "vector(n)", **declared}


@pytest.mark.parametrize("wrt", ["x", "W_1", "W_100", "W_200"])
def test_a_network_of_two_hundred_layers(wrt: str) -> None:
    text, declared = network(200)
    d = derive(text, wrt, vars=declared, verify=False)
    assert len(str(d)) < 20_000
    assert parse(str(d), vars=kinds(d)) is d.result


@pytest.mark.parametrize("wrt", ["x", "W_1", "W_20"])
def test_a_network_is_right(wrt: str) -> None:
    text, declared = network(40)
    d = derive(text, wrt, vars=declared, verify=False)
    found, expected = by_differences(d, text, wrt, 3)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_a_sum_of_two_thousand_terms() -> None:
    text = " + ".join(f"a{k}'*X*b{k}" for k in range(2000))
    declared = {f"{name}{k}": "vector(n)" for name in "ab" for k in range(2000)}
    d = derive(text, "X", vars={**declared, "X": "matrix(n, n)"}, verify=False)
    assert len(str(d)) < 2 * len(text)
    assert parse(str(d), vars=kinds(d)) is d.result


def test_a_trace_of_three_hundred_factors() -> None:
    names = [f"A{k}" for k in range(300)]
    d = derive(f"tr({'*'.join(names)})", "A150", vars=dict.fromkeys(names, "matrix(n, n)"),
               verify=False)  # fmt: skip
    assert str(d) == "*".join(names[151:] + names[:150])


def test_a_trace_of_three_hundred_equal_factors() -> None:
    d = derive(f"tr({'*'.join(['X'] * 300)})", "X", vars={"X": "matrix(n, n)"}, verify=False)
    assert str(d) == "300*X^299"


def residual(blocks: int) -> str:
    lines = ["h0 = x"]
    lines += [f"h{k} = h{k - 1} + W*tanh(h{k - 1})" for k in range(1, blocks + 1)]
    return "; ".join([*lines, f"sum(h{blocks})"])


@pytest.mark.parametrize("wrt", ["x", "W"])
def test_a_residual_network_does_not_grow_exponentially(wrt: str) -> None:
    declared = {"W": "matrix(n, n)", "x": "vector(n)"}
    lengths = []
    for blocks in (25, 50, 100):
        d = derive(residual(blocks), wrt, vars=declared, verify=False)
        lengths.append(len(str(d)))
        assert parse(str(d), vars=kinds(d)) is d.result
    assert lengths[2] < 6 * lengths[1] < 36 * lengths[0]


@pytest.mark.parametrize("wrt", ["x", "W"])
def test_a_residual_network_is_right(wrt: str) -> None:
    text = residual(12)
    d = derive(text, wrt, vars={"W": "matrix(n, n)", "x": "vector(n)"}, verify=False)
    found, expected = by_differences(d, text, wrt, 3)
    assert found == pytest.approx(expected, rel=1e-6)


DOUBLED = {
    "sums": ("{a} + {a}", "x"),
    "elementwise products": ("{a}.*{a}", "x"),
    "elementwise products of two": ("sin({a}).*cos({a})", "x"),
    "products": ("tanh({a}*{a}')*x", "x"),
    "quotients": ("{a}./(1 + {a}.^2)", "x"),
    "scalars": ("({a}'*{a})*x", "x"),
}


@pytest.mark.parametrize("name", DOUBLED)
def test_equations_that_double_sixty_times_stay_finite(name: str) -> None:
    form, wrt = DOUBLED[name]
    lines = [f"y1 = {form.format(a='x')}"]
    lines += [f"y{k} = {form.format(a=f'y{k - 1}')}" for k in range(2, 61)]
    text = "; ".join([*lines, "sum(y60)"])
    try:
        d = derive(text, wrt, vars={"x": "vector(n)"}, verify=False)
    except LimitError:
        return
    printed = str(d)
    assert len(printed) < 500_000
    if len(printed) < 100_000:
        assert parse(printed, vars=kinds(d)) is d.result


def test_deep_parentheses_transposes_and_signs() -> None:
    for text in ("(" * 5000 + "x" + ")" * 5000, "x" + "'" * 5000, "-" * 5000 + "x"):
        assert str(derive(text, "x", vars={"x": "vector(n)"}, verify=False)) == "eye(n)"


def test_deep_functions_work_or_end_in_a_limit() -> None:
    for op in ("tanh", "exp", "log_softmax", "cumsum"):
        depth = 60 if op == "log_softmax" else 300  # there every layer adds a term to all
        text = f"{op}(" * depth + "x" + ")" * depth
        with contextlib.suppress(LimitError):
            d = derive(f"sum({text})", "x", vars={"x": "vector(n)"}, verify=False)
            assert len(str(d)) < 200_000
