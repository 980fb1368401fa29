"""Generated Julia code computes what the engine says, by an interpreter of a part of Julia."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import pytest

from matrixcalc.codegen.api import code

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
