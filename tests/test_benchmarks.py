"""Every version of every benchmark computes the same; nothing is timed here."""

from __future__ import annotations

from importlib.util import find_spec

import numpy
import pytest

from tests.benchmarks.bars import BARS, judged, least
from tests.benchmarks.measure import AGREE, agreeing, timed
from tests.benchmarks.problems import PROBLEMS
from tests.benchmarks.problems.problem import KINDS, Problem
from tests.benchmarks.versions import compiled, difference

CELLS = [(problem, kind) for problem in PROBLEMS for kind in problem.plain]


@pytest.mark.filterwarnings("ignore:`torch:DeprecationWarning")  # PyTorch about itself
@pytest.mark.parametrize(
    ("problem", "kind"), CELLS, ids=[f"{problem.name}, {kind}" for problem, kind in CELLS]
)
def test_all_versions_agree(problem: Problem, kind: str) -> None:
    made, _, notes = agreeing(problem, kind, problem.values(kind, problem.few))
    assert notes == []
    assert {name for name, _ in made} == {"plain", "ours"} | {
        name for name, library in (("JAX", "jax"), ("PyTorch", "torch")) if find_spec(library)
    }


def test_small_dimensions_differ() -> None:
    for problem in PROBLEMS:
        assert len(set(problem.few.values())) == len(problem.few), problem.name
        assert set(problem.few) == set(problem.dims(10)), problem.name


def test_every_bar_is_measured() -> None:
    measured = {
        (problem.name, kind, n)
        for problem in PROBLEMS
        for kind in problem.plain
        for n in problem.measured_at(kind)
    }
    assert {(bar.problem, bar.kind, bar.n) for bar in BARS} <= measured
    assert {kind for problem in PROBLEMS for kind in problem.plain} == set(KINDS)
    assert least("least squares", "hvp", 1000) == 0.7
    assert least("least squares", "hvp", 100) == 1.0
    assert least("least squares", "hessian", 100) is None


def test_a_wrong_version_is_seen() -> None:
    true = numpy.arange(24.0).reshape(2, 3, 4)
    assert difference(true, true) == 0.0
    assert difference(true * (1 + 1e-8), true) > AGREE
    assert difference(true.reshape(4, 3, 2), true) == float("inf")
    assert difference((true, true[0]), (true,)) == float("inf")
    assert difference(true * numpy.nan, true) == float("inf")


def _cell(ours: float, jax: float, plain: float, n: int) -> dict[str, object]:
    times = [("ours", "numpy", ours), ("JAX", "grad", jax), ("plain", "NumPy", plain)]
    return {
        "problem": "least squares", "kind": "gradient", "n": n, "threads": 1, "notes": [],
        "times": [
            {"name": name, "mode": mode, "min": t, "median": t} for name, mode, t in times
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "jax", "plain", "n", "met"),
    [
        (1.0, 1.0, 1.0, 10, [True, True]),
        (1.0, 0.9, 1.0, 10, [False, True]),
        (1.0, 0.9, 1.0, 1000, [True, True]),
        (1.0, 0.6, 0.8, 1000, [False, True]),
        (1.0, 2.0, 0.8, 10, [True, False]),
        (1.0, 2.0, 0.6, 1000, [True, False]),
    ],
)
def test_the_bars_judge(ours: float, jax: float, plain: float, n: int, met: list[bool]) -> None:
    assert [good for _, good in judged(_cell(ours, jax, plain, n))] == met


def test_a_failed_version_is_a_miss() -> None:
    cell = _cell(1.0, 2.0, 2.0, 10)
    cell["notes"] = [{"name": "ours", "mode": "numpy", "why": "differs by 1", "wrong": "differs"}]
    assert [good for _, good in judged(cell)] == [False, True, True]


def test_samples_are_taken_in_turn() -> None:
    from timeit import Timer

    order: list[str] = []
    timers = {
        (name, ""): Timer(lambda name=name: order.append(name))  # type: ignore[misc]
        for name in "ab"
    }
    taken = timed(timers, dict.fromkeys(timers, 1.0), 0.0)
    assert order == ["a", "b"] * 2
    assert all(len(samples) == 2 for samples in taken.values())


def test_the_compiled_order_is_that_of_the_names() -> None:
    logistic = PROBLEMS[0]
    values = logistic.values("hvp", logistic.few)
    assert list(values) == ["X", "v", "w", "y"]
    product = compiled(logistic, "hvp", "numpy")
    numpy.testing.assert_array_equal(product(*values.values()), product(**values))
