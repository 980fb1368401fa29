"""Generated MATLAB code computes in Octave what the engine says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import octave
import pytest
from codegen_programs import EXAMPLES, WIDE, wide_values

from matrixcalc.codegen.api import code, compile
from matrixcalc.derive import derive

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("octave-cli") is None, reason="Octave is not installed"),
]

CORPUS = Path(__file__).parent / "corpus" / "cases.jsonl"
CASES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
ONE = [c for c in CASES if len(set(c["wrt"])) == 1 and len(c["wrt"]) <= 2]


def columns(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape as MATLAB has it: two axes at least, none of length one at the end."""
    made = [*shape, *(1 for _ in range(2 - len(shape)))]
    while len(made) > 2 and made[-1] == 1:
        made.pop()
    return tuple(made)


def difference(found: numpy.ndarray, true: numpy.ndarray) -> str:
    """What is wrong with a result, or nothing."""
    if found.shape != columns(true.shape):
        return f"shape {found.shape}, not {true.shape}"
    scale = numpy.max(numpy.abs(true), initial=0.0)
    error = numpy.max(numpy.abs(found.reshape(true.shape) - true), initial=0.0)
    return "" if error <= 1e-8 * scale + 1e-12 else f"error {error}"


def ran(folder: Path, jobs: Sequence[octave.Job], wanted: Sequence[Sequence[Any]]) -> list[str]:
    """What is wrong with the results of some jobs."""
    wrong = []
    for k, (made, true) in enumerate(zip(octave.run(folder, jobs), wanted, strict=True)):
        if isinstance(made, str):
            wrong.append(f"{k}: {made}")
            continue
        pairs = zip(made, map(numpy.asarray, true), strict=True)
        wrong += [f"{k}: {d}" for f, t in pairs if (d := difference(f, t))]
    return wrong


def one_axis(value: Any, axes: int) -> numpy.ndarray:
    """A value of the corpus, which has two axes, with one if it is a vector or a row."""
    return numpy.reshape(value, -1) if axes == 1 else numpy.asarray(value)


def test_the_corpus_runs(tmp_path: Path) -> None:
    jobs: list[octave.Job] = []
    wanted = []
    for case in ONE:
        given: Mapping[str, Any] = {"vars": case.get("vars"), "structured": case.get("structured")}
        text = code(
            case["expr"], case["wrt"][0], (0, len(case["wrt"])), "matlab", dense=True, **given
        )
        d = derive(case["expr"], case["wrt"][0], verify=False, **given)
        for point in case["points"]:
            jobs.append((text, 2, dict(sorted(point["values"].items()))))
            wanted.append((one_axis(point["value"], d.function.order), point["tensor"]))
    assert ran(tmp_path, jobs, wanted) == []


def test_every_operation_runs(tmp_path: Path) -> None:
    jobs: list[octave.Job] = []
    wanted = []
    for e in EXAMPLES:
        text = e.source("matlab")
        for one in e.ones:
            values = e.values(one=one)
            jobs.append((text, len(e.orders), values))
            wanted.append(e.results(values))
    assert ran(tmp_path, jobs, wanted) == []


def test_wrong_arguments_are_told(tmp_path: Path) -> None:
    text = code("a*A*x", "x", target="matlab", vars={"a": "scalar"})
    a, x = numpy.ones((2, 3)), numpy.ones(3)
    jobs: list[octave.Job] = [
        (text, 1, {"A": a, "a": 1.0, "x": numpy.ones(2)}),
        (text, 1, {"A": a, "a": 1.0, "x": numpy.ones((2, 2))}),
        (text, 1, {"A": a, "a": x, "x": x}),
        (code("a'*inv(X)*b + logdet(X)", "X", target="matlab",
              vars={"a": "vector(n)", "b": "vector(n)"}), 1,
         {"X": numpy.ones((3, 3)), "a": x, "b": x}),
        (code("x'*A*x", "x", target="matlab"), 1, {"A": a, "x": x}),
    ]
    assert octave.run(tmp_path, jobs) == [
        "x is of length 2 and must be of length m = 3",
        "x must be a vector, of length m",
        "a must be a number",
        "X is singular",
        "A is 2-by-3 and must be n-by-n = 2-by-2",
    ]


def test_a_vector_may_be_a_row(tmp_path: Path) -> None:
    jobs: list[octave.Job] = [
        (code("x'*A*x", "x", target="matlab"), 1, {"A": [[1, 2], [3, 4]], "x": [[1, 1]]})
    ]
    assert ran(tmp_path, jobs, [[[7.0, 13.0]]]) == []


def test_nothing_overflows(tmp_path: Path) -> None:
    jobs: list[octave.Job] = []
    wanted = []
    for text, wrt in WIDE:
        made, f = code(text, wrt, (0, 1, 2), "matlab"), compile(text, wrt, (0, 1, 2))
        for t in (-1000.0, -30.0, 0.5, 30.0, 1000.0):
            values = {n: v for n, v in wide_values(t).items() if n in text}
            jobs.append((made, 3, values))
            wanted.append(f(**values))
    for found, true in zip(octave.run(tmp_path, jobs), wanted, strict=True):
        for a, b in zip(found, true, strict=True):
            assert isinstance(a, numpy.ndarray)
            numpy.testing.assert_allclose(a.reshape(numpy.shape(b)), b, rtol=1e-10, atol=1e-300)
