"""Terms of index forms as matrices with Kronecker products, against their contraction."""

from __future__ import annotations

import random

import numpy as np
import pytest

from matrixcalc import build, compile, derive
from matrixcalc.dims import ONE, Dim
from matrixcalc.index import Factor, Index, Indices, Term
from matrixcalc.kronecker import stacked
from matrixcalc.numeric import Array, contract, evaluate_many

SIZES = {"n": 2, "m": 3, "p": 4}


def random_term(rng: random.Random) -> tuple[Term, Indices, dict[str, Array]]:
    """Vectors and matrices on a few indices, some of them free more than once."""
    indices = Indices()
    values: dict[str, Array] = {}
    noise = np.random.default_rng(rng.randrange(10**6))
    base = [indices.fresh(Dim.named(rng.choice("nmp"))) for _ in range(rng.randint(1, 5))]
    pool = rng.sample(base, len(base))
    free: list[Index] = []
    for _ in range(rng.randint(max(1, min(len(base), 3)), min(5, len(base) + 2))):
        free.append(rng.choice(base) if rng.random() < 0.3 or not pool else pool.pop())
    factors: list[Factor] = []
    for number in range(rng.randint(0, 4)):
        i, j = rng.choice(base), rng.choice(base)
        axes = (i, j) if i != j and rng.random() < 0.6 else (i,)
        dims = [indices.dims[k] for k in axes]
        shape = (dims[0], dims[1] if len(dims) > 1 else ONE)
        values[f"A{number}"] = noise.normal(size=[SIZES[str(d)] for d in dims])
        factors.append((build.sym(f"A{number}", shape), axes))
    return Term((), tuple(factors), tuple(free)), indices, values


@pytest.mark.parametrize("seed", range(20))
def test_the_matrix_of_a_term_holds_its_entries(seed: int) -> None:
    rng = random.Random(seed)
    said = 0
    for _ in range(60):
        term, indices, values = random_term(rng)
        cut = rng.randint(0, len(term.free))
        matrix = stacked(term, cut, indices)
        if matrix is None:
            continue
        said += 1
        true = contract([term], term.free, indices.dims, values, SIZES)
        rows = int(np.prod(true.shape[:cut], dtype=int))
        found = evaluate_many([matrix], values, SIZES)[0]
        expected = true.reshape((rows, -1), order="F")
        np.testing.assert_allclose(found.reshape(expected.shape), expected, atol=1e-12)
        assert tuple(d.value(SIZES) for d in matrix.shape) == expected.shape
    assert said > 20


@pytest.mark.parametrize(
    ("text", "wrt", "kinds"),
    [
        ("x/logdet(X)", ("X", "X"), {"x": "vector(m)"}),
        ("softmax(tr(X)*r)", ("X", "X"), {"r": "row(n)"}),
        ("softmax(tr(X)*r)", ("X", "r"), {"r": "row(n)"}),
        ("((x*r)'*(x*r) + eye(n))^-2", ("r", "r"), {"x": "vector(m)", "r": "row(n)"}),
        ("mean(X, 2)*mean(Y, 1)", ("X", "Y"), {"X": "matrix(n, p)", "Y": "matrix(n, m)"}),
        ("outer(X*x, r*Y)", ("x", "Y"), {"x": "vector(m)", "r": "row(p)"}),
        ("sum(inv(X), 1)", ("X", "X"), {"X": "matrix(n, n)"}),
        ("X*x*r", ("r", "X"), {"X": "matrix(n, p)", "x": "vector(p)", "r": "row(m)"}),
        ("log_softmax(diag(X))", ("X", "X"), {"X": "matrix(n, n)"}),
        ("outer(x, r)'*outer(x, r)", ("r", "x"), {"x": "vector(m)", "r": "row(p)"}),
    ],
)
def test_second_derivatives_with_pairs_of_rows(
    text: str, wrt: tuple[str, ...], kinds: dict[str, str]
) -> None:
    """A matrix on two of three row indices: its vec stands beside columns of their own."""
    d = derive(text, *wrt, vars=kinds)
    assert d.verification.status in ("proved", "sampled")
    assert d.result is not None


@pytest.mark.parametrize("order", [1, 2])
def test_code_of_the_norm_of_a_kronecker_product(order: int) -> None:
    """Contractions with an operand that has no axis are written too."""
    kinds = {"r": "row(p)", "X": "matrix(m, p)", "x": "vector(m)", "Y": "matrix(n, p)"}
    text = "norm2(kron(r*X', (x.^2 + 1).^1.5*mean(Y, 1)))"
    noise = np.random.default_rng(3)
    shapes = {"r": (4,), "X": (3, 4), "x": (3,), "Y": (2, 4)}
    values = {name: noise.normal(size=shape) for name, shape in shapes.items()}
    found = compile(text, "x", order, vars=kinds, dense=True)(**values)
    exact = derive(text, *("x",) * order, vars=kinds).as_tensor(values)
    np.testing.assert_allclose(found, exact, rtol=1e-10)
