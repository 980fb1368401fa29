"""Machine-checked cases from books, papers and questions: values, forms and lengths."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from matrixcalc import Derivative, derive, parse
from matrixcalc.numeric import evaluate_many
from matrixcalc.syntax import read

FILES = [Path(__file__).parent / "corpus" / name for name in ("cases.jsonl", "more.jsonl")]


def cases_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


CASES = [case for path in FILES for case in cases_of(path)]


def options(case: dict[str, Any]) -> dict[str, Any]:
    return {"vars": case["vars"], "structured": case.get("structured")}


def error(found: Any, expected: Any) -> float:
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    assert found.shape == expected.shape
    scale = float(np.max(np.abs(expected), initial=0.0)) or 1.0
    return float(np.max(np.abs(found - expected), initial=0.0)) / scale


def kinds(d: Derivative) -> dict[str, str]:
    return {name: str(kind) for name, kind in d.variables.items()}


def nodes(text: str) -> int:
    """Names, numbers, operators and calls of a text; parentheses are free."""
    stack: list[Any] = [read(text).statements[-1].right]
    count = 0
    while stack:
        node = stack.pop()
        stack.extend(node.args)
        if node.op == "group":
            continue
        # a chain of k operands has k - 1 operators
        chain = node.op in ("sum", "mul", "had")
        count += len(node.args) - 1 if chain else 1
    return count


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_every_case_is_right(case: dict[str, Any]) -> None:
    d = derive(case["expr"], *case["wrt"], **options(case))
    assert d.verification.status in ("proved", "sampled")
    for point in case["points"]:
        np.testing.assert_allclose(d.value(point["values"]), point["value"], rtol=1e-9, atol=1e-9)
        assert error(d.as_tensor(point["values"]), point["tensor"]) < 1e-8
    if case.get("expected"):
        assert d.result is not None
    if d.result is not None:
        assert parse(str(d), vars=kinds(d)) is d.result
    for layout in ("denominator", "mixed"):
        other = d.in_layout(layout)
        assert other.layout == layout
        assert error(other.as_tensor(point["values"]), point["tensor"]) < 1e-8


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.get("expected_vec")], ids=lambda case: case["id"]
)
def test_vec_forms_are_right(case: dict[str, Any]) -> None:
    d = derive(case["expr"], *case["wrt"], verify=False, **options(case))
    assert str(d) == d.vec_form
    found = d.evaluate(case["points"][0]["values"])
    tensor = np.asarray(case["points"][0]["tensor"], float)
    assert error(found, tensor.reshape(found.shape, order="F")) < 1e-8


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_results_are_as_short_as_a_textbooks(path: Path) -> None:
    ratios = []
    for case in cases_of(path):
        if not case.get("expected"):
            continue
        layout = case["expected_layout"]
        d = derive(case["expr"], *case["wrt"], layout=layout, verify=False, **options(case))
        ratios.append(nodes(str(d)) / nodes(case["expected"]))
    ratios.sort()
    assert median(ratios) <= 1.0
    assert ratios[int(0.95 * len(ratios))] <= 1.5


def texts(seed: str) -> str:
    code = (
        "import json, sys; from matrixcalc import derive\n"
        "for path in sys.argv[1:]:\n"
        "    for line in open(path, encoding='utf-8'):\n"
        "        c = json.loads(line)\n"
        "        print(derive(c['expr'], *c['wrt'], vars=c['vars'], verify=False))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, FILES)],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def test_the_same_input_gives_the_same_text_in_every_process() -> None:
    assert texts("1") == texts("2")


def problem_dependent() -> Iterator[dict[str, Any]]:
    for case in CASES:
        if len(case["wrt"]) == 1 and derive(
            case["expr"], *case["wrt"], verify=False, **options(case)
        ).problem_dependent:
            yield case


@pytest.mark.parametrize("case", list(problem_dependent()), ids=lambda case: case["id"])
def test_upstream_forms_are_contractions(case: dict[str, Any]) -> None:
    d = derive(case["expr"], *case["wrt"], verify=False, **options(case))
    point = case["points"][0]
    upstream = np.random.default_rng(7).normal(size=np.shape(point["value"]))
    made = d.backpropagated
    assert made is not None
    assert str(made) == d.vjp
    # the function beside it tells the sizes that the product alone would not
    found = evaluate_many([made, d.function], {**point["values"], "G": upstream})[0]
    tensor = np.asarray(point["tensor"], float)
    expected = np.tensordot(upstream, tensor, upstream.ndim)
    assert error(found.reshape(expected.shape), expected) < 1e-8
