"""Generated Julia code computes what the engine says, by an interpreter of a part of Julia."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import pytest
from codegen_programs import EXAMPLES, WIDE, Example, wide_values

from matrixcalc.codegen.api import code, compile

pytestmark = pytest.mark.slow
pytest.importorskip("tree_sitter_julia")
julia = pytest.importorskip("julia_subset")

CORPUS = Path(__file__).parent / "corpus" / "cases.jsonl"
CASES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
ONE = [c for c in CASES if len(set(c["wrt"])) == 1 and len(c["wrt"]) <= 2]


def argument(value: Any) -> Any:
    """A number or an array as Julia has it."""
    return float(value) if numpy.ndim(value) == 0 else numpy.array(value, float, order="F")


@pytest.mark.parametrize("case", ONE, ids=[c["id"] for c in ONE])
def test_the_corpus_runs(case: dict[str, Any]) -> None:
    text = code(
        case["expr"], case["wrt"][0], (0, len(case["wrt"])), "julia",
        vars=case.get("vars"), structured=case.get("structured"), dense=True,
    )
    for point in case["points"]:
        args = [argument(v) for _, v in sorted(point["values"].items())]
        before = [numpy.copy(a) for a in args]
        value, tensor = julia.run(text, *args)
        true = numpy.array(point["tensor"])
        assert numpy.shape(tensor) == true.shape
        assert isinstance(tensor, float if not true.ndim else numpy.ndarray)
        scale = numpy.max(numpy.abs(true), initial=0.0)
        assert numpy.max(numpy.abs(tensor - true), initial=0.0) <= 1e-8 * scale + 1e-12
        numpy.testing.assert_allclose(
            numpy.ravel(value), numpy.ravel(point["value"]), rtol=1e-8, atol=1e-12
        )
        for a, b in zip(args, before, strict=True):
            numpy.testing.assert_array_equal(a, b)
            assert not numpy.shares_memory(a, value)
            assert not numpy.shares_memory(a, tensor)


@pytest.mark.parametrize("example", EXAMPLES, ids=[e.name for e in EXAMPLES])
def test_every_operation_runs(example: Example) -> None:
    text = example.source("julia")
    for one in example.ones:
        values = example.values(one=one)
        made = julia.run(text, *map(argument, values.values()))
        results = made if len(example.orders) > 1 else (made,)
        for found, true in zip(results, example.results(values), strict=True):
            assert numpy.shape(found) == numpy.shape(true)
            numpy.testing.assert_allclose(found, true, rtol=1e-8, atol=1e-11)


def test_wrong_arguments_are_told() -> None:
    text = code("a*A*x", "x", target="julia", vars={"a": "scalar"})
    a, x = numpy.ones((2, 3)), numpy.ones(3)
    for args, words in (
        ((a, 1.0, numpy.ones(2)), r": x is of length 2 and must be of length m = 3$"),
        ((a, 1.0, a), r": x must be a vector, of length m$"),
        ((a, x, x), r": a must be a number$"),
        ((x, 1.0, x), r": A must be a matrix, n×m$"),
    ):
        with pytest.raises(julia.JuliaError, match=words):
            julia.run(text, *args)
    text = code("x'*A*x", "x", target="julia")
    words = r": A is of size \(2, 3\) and must be n×n = \(2, 2\)$"
    with pytest.raises(julia.JuliaError, match=words):
        julia.run(text, a, x)


def test_whole_numbers_are_arguments_too() -> None:
    x = numpy.array([1, 2, 3])
    made = julia.run(code("sum(x.^-2) + x'*x", "x", target="julia"), x)
    numpy.testing.assert_allclose(made, -2 / x**3 + 2 * x)


@pytest.mark.parametrize(("body", "words"), [
    ("x + 1", "float is no array|int is no array"), ("A + x", "without a dot"),
    ("A .+ A[:, 1:2]", "DimensionMismatch"), ("x * A", "times"), ("x * x", "times"),
    ("exp(x)", "square"), ("sin(x)", "without a dot"), ("sum.(x)", "with a dot"),
    ("2 ^ (-1)", "negative power"), ("log(-1.0)", "DomainError"), ("y", "UndefVarError"),
    ("reshape(A, 2, 2)", "reshape"), ("fill(2, 3) .^ (-1)", "negative power"),
    ("x[4]", "BoundsError"), ("cumsum(A)", "dims"), ("cholesky(A)", "symmetric"),
    ("x[1", "ParseError"),
])
def test_the_interpreter_is_strict(body: str, words: str) -> None:
    text = f"using LinearAlgebra\nfunction f(A, x)\n    return {body}\nend\n"
    with pytest.raises(julia.JuliaError, match=words):
        julia.run(text, numpy.ones((3, 4)), numpy.ones(3))


@pytest.mark.parametrize(("text", "wrt"), WIDE)
def test_nothing_overflows(text: str, wrt: str) -> None:
    made, f = code(text, wrt, (0, 1, 2), "julia"), compile(text, wrt, (0, 1, 2))
    for t in (-1000.0, -30.0, 0.5, 30.0, 1000.0):
        values = {n: v for n, v in wide_values(t).items() if n in text}
        for found, true in zip(julia.run(made, *values.values()), f(**values), strict=True):
            numpy.testing.assert_allclose(found, true, rtol=1e-10, atol=1e-300)
