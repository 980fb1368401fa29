"""inv(S)*C*inv(S) by halves, and solves where the inverse is formed anyway."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from matrixcalc.codegen.api import code, compile
from matrixcalc.derive import derive

VARS = {
    "S": "matrix(n, n) positive_definite",
    "C": "matrix(n, n) symmetric",
    "K": "matrix(n, n)",
    "X": "matrix(n, m)",
    "N": "scalar",
}
TARGETS = ["numpy", *(["numba"] if find_spec("numba") else [])]

BY_HALVES = {
    "logdet(S) + tr(inv(S)*C)": lambda i, C, **_: i - i @ C @ i,
    "tr(C*inv(S))": lambda i, C, **_: -i @ C @ i,
    "-N/2*logdet(S) - tr(inv(S)*C)/2": lambda i, C, N, **_: 0.5 * (i @ C @ i - N * i),
    "tr(inv(S)*K)": lambda i, K, **_: -0.5 * i @ (K + K.T) @ i,
    "logdet(S) - tr(inv(S)*(C + X*X'))": lambda i, C, X, **_: i + i @ (C + X @ X.T) @ i,
}


def values_of(text: str, n: int) -> dict[str, Any]:
    rng = np.random.default_rng(n)
    a, c = rng.standard_normal((2, n, n))
    made: dict[str, Any] = {
        "S": np.eye(n) + a @ a.T / n,
        "C": c + c.T,
        "K": rng.standard_normal((n, n)),
        "X": rng.standard_normal((n, n + 2)),
        "N": 3.5,
    }
    return {name: v for name, v in made.items() if name in text}


def declared(text: str) -> dict[str, str]:
    return {name: kind for name, kind in VARS.items() if name in text}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("n", [1, 5, 301])
@pytest.mark.parametrize("text", BY_HALVES)
def test_a_congruence_is_right_for_small_and_large_matrices(
    text: str, n: int, target: str
) -> None:
    values = values_of(text, n)
    options: dict[str, Any] = {"vars": declared(text), "target": target}
    assert "inverse_congruence(factor[0], " in code(text, "S", **options)
    f = compile(text, "S", **options)
    kept = {name: np.array(v) for name, v in values.items()}
    found = f(**values)
    true = BY_HALVES[text](np.linalg.inv(values["S"]), **values)
    assert np.abs(found - true).max() < 1e-11 * np.abs(true).max()
    assert all(np.array_equal(kept[name], v) for name, v in values.items())
    if n == 5:
        exact = derive(text, "S", vars=declared(text), verify=False).as_tensor(values)
        assert np.abs(found - exact).max() < 1e-12 * np.abs(exact).max()
    out = np.empty((n, n))
    assert f(**values, out=out) is out
    assert np.array_equal(out, found)


@pytest.mark.parametrize("text", [
    "tr(inv(S)*K*inv(S)*C)",  # K is not symmetric where it stands
    "tr(inv(S)*C) + sum(inv(S)*C)",  # the first solve is needed elsewhere
])
def test_what_is_no_congruence_stays_two_solves(text: str) -> None:
    values = values_of(text, 6)
    found = compile(text, "S", (0, 1), vars=declared(text))(**values)
    exact = derive(text, "S", vars=declared(text), verify=False).as_tensor(values)
    assert np.abs(found[1] - exact).max() < 1e-11 * np.abs(exact).max()


SIGNED = [
    f"{front}inv(S)*({inner})*X"
    for front in ("", "-", "2*", "-3*")
    for inner in ("C*inv(S) + eye", "C*inv(S) - eye", "eye - C*inv(S)", "-C*inv(S) - 2*eye")
]


@pytest.mark.parametrize("text", SIGNED)
def test_every_sign_goes_where_it_belongs(text: str) -> None:
    # where the square matrices are the smaller ones, a scalar goes into them
    values = values_of(text, 5)
    front, inner = text.split("inv(S)", 1)[0], text.split("(", 2)[2].rsplit(")", 1)[0]
    i, c, one = np.linalg.inv(values["S"]), values["C"], np.eye(5)
    sums = {
        "C*inv(S) + eye": c @ i + one, "C*inv(S) - eye": c @ i - one,
        "eye - C*inv(S)": one - c @ i, "-C*inv(S) - 2*eye": -c @ i - 2 * one,
    }
    scale = {"": 1, "-": -1, "2*": 2, "-3*": -3}[front]
    true = scale * i @ sums[inner] @ values["X"]
    for target in TARGETS:
        for sizes in ({}, {"n": 5, "m": 7}, {"n": 5, "m": 2}):
            f = compile(text, "X", 0, target, vars=declared(text), sizes=sizes)
            assert np.abs(f(**values) - true).max() < 1e-12 * np.abs(true).max()


@pytest.mark.parametrize("target", TARGETS)
def test_a_matrix_is_multiplied_by_an_inverse_that_is_formed_anyway(target: str) -> None:
    text = "-N/2*logdet(S) - tr(X'*inv(S)*X)/2"
    source = code(text, "S", vars=declared(text), target=target)
    assert "dpotri" in source
    assert "dpotrs" not in source
    values = values_of(text, 7)
    inverse = np.linalg.inv(values["S"])
    true = 0.5 * (inverse @ values["X"] @ values["X"].T @ inverse - values["N"] * inverse)
    found = compile(text, "S", vars=declared(text), target=target)(**values)
    assert np.abs(found - true).max() < 1e-12 * np.abs(true).max()


PRODUCTS = {
    "logdet(X'*X)": lambda X: 2 * X @ np.linalg.inv(X.T @ X),
    "tr(A*inv(X'*X)*X'*B)": None,
    "tr(B*X*inv(X'*X)*A)": None,
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("text", PRODUCTS)
def test_half_of_an_inverse_is_enough_for_products(text: str, target: str) -> None:
    variables = {"X": "matrix(m, n)", "A": "matrix(n, n)", "B": "matrix(m, n)"}
    if "'*B" not in text:
        variables["B"] = "matrix(n, m)"
    variables = {k: v for k, v in variables.items() if k in text}
    rng = np.random.default_rng(3)
    size = {"m": 7, "n": 4}
    values = {
        k: rng.standard_normal([size[d] for d in re.findall(r"\b[mn]\b", v)])
        for k, v in variables.items()
    }
    true = PRODUCTS[text](**values) if PRODUCTS[text] else None
    value, gradient = compile(text, "X", (0, 1), target, vars=variables)(**values)
    exact = derive(text, "X", vars=variables, verify=False).as_tensor(values)
    assert np.abs(gradient - exact).max() < 1e-12 * np.abs(exact).max()
    if true is not None:
        assert np.abs(gradient - true).max() < 1e-12 * np.abs(true).max()
        source = code(text, "X", vars=variables, target=target)
        assert "blas.dsymm(1.0, half_inverse, X.T, lower=1)" in source
    step = 1e-6 * rng.standard_normal(values["X"].shape)
    f = compile(text, "X", 0, target, vars=variables)
    change = f(**{**values, "X": values["X"] + step}) - f(**{**values, "X": values["X"] - step})
    assert abs(change - 2 * (gradient * step).sum()) < 1e-9
    assert np.isfinite(value)


@pytest.mark.parametrize("target", TARGETS)
def test_of_two_inverses_that_are_multiplied_one_is_whole(target: str) -> None:
    variables = {"S": VARS["S"], "T": VARS["S"], "K": "matrix(n, n)"}
    values = {**values_of("S K", 5), "T": values_of("S", 6)["S"][:5, :5]}
    s, t, k = (np.linalg.inv(values[name]) if name != "K" else values[name] for name in "STK")
    for text, true in (
        ("inv(S)*inv(T)*K + K*inv(T)*inv(S)", s @ t @ k + k @ t @ s),
        ("inv(S)*(eye - inv(T)*inv(S))*K", s @ (np.eye(5) - t @ s) @ k),
        ("inv(S)*inv(T)*inv(S)*K*inv(T)", s @ t @ s @ k @ t),
        ("inv(S)^2*K*inv(S)", s @ s @ k @ s),
    ):
        used = {name: v for name, v in variables.items() if name in text}
        found, slope = compile(text, "K", (0, 1), target, vars=used)(
            **{name: values[name] for name in used}
        )
        assert np.abs(found - true).max() < 1e-12 * np.abs(true).max()
        exact = derive(text, "K", vars=used, verify=False)
        tensor = exact.as_tensor({name: values[name] for name in used})
        slope = np.asarray(slope.dense() if hasattr(slope, "dense") else slope)
        assert np.abs(slope.reshape(tensor.shape) - tensor).max() < 1e-12 * np.abs(tensor).max()


def test_a_vector_is_solved_for_even_then() -> None:
    text = "logdet(S) + x'*inv(S)*x"
    source = code(text, "S", vars={"S": "matrix(n, n) positive_definite"})
    assert "dpotri" in source
    assert "dpotrs(factor[0], x" in source


def test_a_general_matrix_has_one_inverse_and_its_transpose() -> None:
    text, variables = "tr(B*inv(A)*B) + sum(inv(A))", {"A": "matrix(n, n)", "B": "matrix(n, n)"}
    rng = np.random.default_rng(5)
    values = {"A": np.eye(6) + 0.3 * rng.standard_normal((6, 6)), "B": rng.standard_normal((6, 6))}
    for order in (1, (0, 1), (1, 2)):
        made = compile(text, "A", order, vars=variables)(**values)
        gradient = made if order == 1 else made[1 if order == (0, 1) else 0]
        exact = derive(text, "A", vars=variables, verify=False).as_tensor(values)
        assert np.abs(gradient - exact).max() < 1e-11 * np.abs(exact).max()
    second = derive(text, "A", "A", vars=variables, verify=False).as_tensor(values)
    assert np.abs(np.asarray(made[1]) - second).max() < 1e-11 * np.abs(second).max()
