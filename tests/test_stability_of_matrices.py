"""Functions of a matrix, by columns, rows or entries, stay finite and right to ten digits.

What is small beside 1 is right to twelve places: exp(X - log(sum(exp(X)))) is 1 but for those.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy
import pytest
from mpmath import mp, mpf

from matrixcalc.codegen.api import compile
from tests.jets_by_mpmath import Jet, cosh, exp, log, sigmoid, sqrt, tanh, total, truth
from tests.test_stability import A, dot, lse, softmax, squared

SIZES = (1e-8, 1e-3, 1.0, 30.0, 300.0, 1000.0)
CORNER = numpy.array([1000.0, -1000.0, -1000.0, 999.0, 3.0, -700.0])
Y = [[0.2, 0.1], [0.5, 0.1], [0.3, 0.8]]
V = [[0.3, -0.2], [0.7, 0.1], [-0.4, 0.9], [0.5, 0.6]]
DATA = {"A": A, "Y": Y, "V": V}
DECLARED = {"A": "matrix(4, 3)", "V": "matrix(4, 2)", "X": "matrix(3, 2)", "Y": "matrix(3, 2)"}
SOFTMAX = "exp(X)./(vector(1)*sum(exp(X), 1))"
BY_ROWS = "exp(X)./(sum(exp(X), 2)*vector(1)')"

Vector = Sequence[Jet]
Numbers = Sequence[Sequence[float]]


def rows(x: Vector) -> list[Vector]:
    return [x[i : i + 2] for i in range(0, 6, 2)]


def columns(x: Vector) -> list[Vector]:
    return [x[0::2], x[1::2]]


def images(x: Vector) -> list[Jet]:
    """The entries of A*X, row by row."""
    return [dot(row, column) for row in A for column in columns(x)]


def weighted(w: Numbers, z: Vector) -> Jet:
    return dot([a for row in w for a in row], z)


def log_softmax(z: Vector) -> list[Jet]:
    return [a - lse(z) for a in z]


def by_columns(x: Vector) -> list[Jet]:
    """The logarithms of softmax of each column, row by row."""
    one, two = (log_softmax(c) for c in columns(x))
    return [a for pair in zip(one, two, strict=True) for a in pair]


CASES: list[tuple[str, Callable[[Vector], Jet]]] = [
    ("sum(log(sum(exp(A*X), 1)))",
     lambda x: lse(images(x)[0::2]) + lse(images(x)[1::2])),
    (f"sum(Y.*log({SOFTMAX}))", lambda x: weighted(Y, by_columns(x))),
    ("sum(log(sum(exp(X), 2)))", lambda x: total([lse(r) for r in rows(x)])),
    (f"sum(Y.*log({BY_ROWS}))",
     lambda x: weighted(Y, [a for r in rows(x) for a in log_softmax(r)])),
    (f"norm2({SOFTMAX})^2", lambda x: total([squared(softmax(c)) for c in columns(x)])),
    (f"norm2(log({SOFTMAX}))^2", lambda x: squared(by_columns(x))),
    (f"exp(sum(Y.*log({SOFTMAX})))", lambda x: exp(weighted(Y, by_columns(x)))),
    (f"tanh(sum(log({SOFTMAX})))", lambda x: tanh(total(by_columns(x)))),
    ("sum(log(1 + exp(A*X)))", lambda x: total([log(1 + exp(a)) for a in images(x)])),
    ("log(sum(exp(X)))", lse),
    ("log(1 + sum(exp(X)))", lambda x: log(1 + total([exp(a) for a in x]))),
    ("log(sum(Y.*exp(X)))", lambda x: log(weighted(Y, [exp(a) for a in x]))),
    ("sum(V.*sigmoid(A*X))", lambda x: weighted(V, [sigmoid(a) for a in images(x)])),
    ("norm2(V - sigmoid(A*X))^2",
     lambda x: squared([sigmoid(a) + -v for a, v in
                        zip(images(x), [v for r in V for v in r], strict=True)])),
    ("sum(tanh(A*X).^2)", lambda x: squared([tanh(a) for a in images(x)])),
    ("sum(log(cosh(A*X)))", lambda x: total([log(cosh(a)) for a in images(x)])),
    ("norm2(log(sigmoid(A*X)))",
     lambda x: sqrt(squared([log(sigmoid(a)) for a in images(x)]))),
    ("sum(exp(-X.^2))", lambda x: total([exp(-(a * a)) for a in x])),
    ("log(det(eye + X'*X))",
     lambda x: log((squared(x[0::2]) + 1) * (squared(x[1::2]) + 1)
                   - total([a * b for a, b in rows(x)]) * total([a * b for a, b in rows(x)]))),
]


@pytest.mark.parametrize(("text", "f"), CASES, ids=[t for t, _ in CASES])
def test_of_a_matrix(text: str, f: Callable[[Vector], Jet]) -> None:
    needed = {k: numpy.array(v) for k, v in DATA.items() if re.search(rf"\b{k}\b", text)}
    declared = {k: v for k, v in DECLARED.items() if k in needed or k == "X"}
    g = compile(text, "X", (0, 1, 2), vars=declared, dense=True)
    rng = numpy.random.default_rng(0)
    for x in (*(size * rng.uniform(-1, 1, 6) for size in SIZES), CORNER):
        with mp.workdps(1000):
            true = truth(lambda *z: f(z), list(x))
            exact = ([true.value], true.first, [v for row in true.second for v in row])
            for found, right in zip(g(X=x.reshape(3, 2), **needed), exact, strict=True):
                assert numpy.isfinite(found).all(), x
                error = max(
                    abs(mpf(float(a)) - b)
                    for a, b in zip(numpy.ravel(found), right, strict=True)
                )
                assert error <= 1e-10 * max(map(abs, right)) + mpf(10) ** -12, x
