"""Every version of every benchmark computes the same; nothing is timed here."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy
import pytest

from tests.benchmarks.bars import BARS, compared, judged, least
from tests.benchmarks.machine import processors
from tests.benchmarks.measure import AGREE, agreeing, cell, timed
from tests.benchmarks.page import PLOT, page, short
from tests.benchmarks.plot import svg
from tests.benchmarks.problems import PROBLEMS
from tests.benchmarks.problems.problem import KINDS, Problem
from tests.benchmarks.synchronous import SYNCHRONOUS, Partner
from tests.benchmarks.versions import LIBRARIES, TooLargeError, compiled, difference, limited

CELLS = [(problem, kind) for problem in PROBLEMS for kind in problem.plain]


IDS = [f"{problem.name}, {kind}" for problem, kind in CELLS]


@pytest.mark.parametrize(("problem", "kind"), CELLS, ids=IDS)
def test_our_code_agrees_with_plain_numpy(problem: Problem, kind: str) -> None:
    pytest.importorskip("scipy")
    ours = ("ours", "numpy")
    made, _, notes = agreeing(problem, kind, problem.values(kind, problem.few), [ours])
    assert notes == []
    assert list(made) == [("plain", "NumPy"), ours]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch:DeprecationWarning")  # PyTorch about itself
@pytest.mark.parametrize(("problem", "kind"), CELLS, ids=IDS)
def test_all_versions_agree(problem: Problem, kind: str) -> None:
    made, _, notes = agreeing(problem, kind, problem.values(kind, problem.few))
    assert notes == []
    assert {name for name, _ in made} == {"plain", "ours"} | {
        name for name, library in LIBRARIES.items() if find_spec(library)
    }


@pytest.mark.slow
def test_jax_is_timed_with_synchronous_dispatch_too() -> None:
    pytest.importorskip("jax")
    partner = Partner()
    made = cell(PROBLEMS[0], "gradient", 10, 0.0, partner)
    partner.close()
    timed_so = {(t["name"], t["mode"]) for t in made["times"] if t["name"].endswith(SYNCHRONOUS)}
    assert timed_so == {("JAX" + SYNCHRONOUS, "grad"), ("ours" + SYNCHRONOUS, "jax")}


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


def _cell(ours: float, jax: float, plain: float, n: int) -> dict[str, Any]:
    times = [("ours", "numpy", ours), ("JAX", "grad", jax), ("plain", "NumPy", plain)]
    return {
        "problem": "least squares", "kind": "gradient", "n": n, "threads": 1, "notes": [],
        "dims": {"m": 2 * n, "n": n},
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


def test_what_takes_too_long_is_stopped() -> None:
    with pytest.raises(TooLargeError, match=r"takes longer than 0\.05 s"), limited(0.05):
        time.sleep(5)


@pytest.mark.parametrize(
    ("times", "n", "word"),
    [(1.3, 1000, "tie"), (0.71, 501, "tie"), (1.3, 500, "faster"), (0.9, 500, "slower")],
)
def test_ties_are_ties(times: float, n: int, word: str) -> None:
    assert compared(times, n) == word


def test_the_page_in_the_docs_has_every_problem_and_bar() -> None:
    docs = Path(__file__).parent.parent / "docs"
    text = (docs / "benchmarks.md").read_text(encoding="utf-8")
    assert all(f"| `{problem.text}` | {problem.wrt} |" in text for problem in PROBLEMS)
    assert text.count(" | met |\n") + text.count(" | **missed** |\n") == len(BARS)
    assert f"]({PLOT})" in text


RUN: dict[str, Any] = {
    "about": {
        "date": "2030-01-02", "commit": "0123456789", "machine": "A machine", "processors": 4,
        "system": "Linux", "versions": {"numpy": "2"}, "blas": ["openblas"],
    },
    "cells": [
        _cell(1e-6, 3e-6, 2e-6, 10),
        {**_cell(2e-3, 1e-3, 1e-3, 1000), "threads": 0},
    ],
}  # fmt: skip


def test_the_page_tells_wins_and_losses() -> None:
    text = page(RUN)
    assert "Measured on 2030-01-02 at commit 0123456789: A machine, 4 processors" in text
    assert (
        "| least squares | gradient | 10 | 1 µs numpy | 3 µs, 3× (3×) | – | – | 2 µs, 2× | faster |"
    ) in text
    assert "| JAX | one | 1 | 0 | 0 |\n| JAX | all | 0 | 0 | 1 |\n" in text
    assert "0.5× (0.5×) | – | – | 1 ms, 0.5× | **slower** |" in text


def test_the_plot_has_a_dot_for_each_measurement() -> None:
    pytest.importorskip("matplotlib")
    drawn = svg(RUN["cells"])
    assert drawn == svg(RUN["cells"])
    words = [node.text for node in ElementTree.fromstring(drawn).iter() if node.text]
    assert {"one thread", "all threads", "least squares: gradient"} <= set(words)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2.5, "2.5 s"), (0.01234, "12.3 ms"), (4.2e-6, "4.2 µs"), (5e-8, "50 ns")],
)
def test_times_are_short(seconds: float, text: str) -> None:
    assert short(seconds) == text


def test_the_machine_has_processors() -> None:
    assert processors() >= 1


def test_samples_are_taken_in_turn() -> None:
    from timeit import Timer

    order: list[str] = []
    timers = {
        (name, ""): Timer(lambda name=name: order.append(name))  # type: ignore[misc]
        for name in "ab"
    }
    taken = timed(timers, dict.fromkeys(timers, 1.0), 0.0)
    assert [set(order[:2]), set(order[2:])] == [{"a", "b"}] * 2
    assert all(len(samples) == 2 for samples in taken.values())


class _Interrupted:
    """A clock of calls that take 10 µs, interrupted for 10 ms at every second sample."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def timeit(self, number: int) -> float:
        self.numbers.append(number)
        return 1e-5 * number + (1e-2 if len(self.numbers) % 2 else 0.0)


def test_an_interruption_does_not_shorten_the_samples() -> None:
    clock = _Interrupted()
    timed({("ours", "numpy"): clock}, {("ours", "numpy"): 1e-2}, 0.0)
    assert clock.numbers[-1] == 200


def test_the_compiled_order_is_that_of_the_names() -> None:
    logistic = PROBLEMS[0]
    values = logistic.values("hvp", logistic.few)
    assert list(values) == ["X", "v", "w", "y"]
    product = compiled(logistic, "hvp", "numpy")
    numpy.testing.assert_array_equal(product(*values.values()), product(**values))
