"""Generated MATLAB code computes in Octave what the engine says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy
import pytest

from matrixcalc.codegen.api import code
from tests import octave

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("octave-cli") is None, reason="Octave is not installed"),
]

CORPUS = Path(__file__).parent / "corpus" / "cases.jsonl"
CASES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
ONE = [c for c in CASES if len(set(c["wrt"])) == 1 and len(c["wrt"]) <= 2]


def columns(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape as MATLAB has it: two axes at least, none of length one at the end."""
    made = list(shape) + [1] * (2 - len(shape))
    while len(made) > 2 and made[-1] == 1:
        made.pop()
    return tuple(made)


def test_the_corpus_runs(tmp_path: Path) -> None:
    jobs: list[octave.Job] = []
    points: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for case in ONE:
        text = code(
            case["expr"], case["wrt"][0], (0, len(case["wrt"])), "matlab",
            vars=case.get("vars"), structured=case.get("structured"), dense=True,
        )
        for point in case["points"]:
            jobs.append((text, 2, dict(sorted(point["values"].items()))))
            points.append((case, point))
    wrong = []
    for (case, point), made in zip(points, octave.run(tmp_path, jobs), strict=True):
        if isinstance(made, str):
            wrong.append((case["id"], made))
            continue
        for found, wanted in zip(made, (point["value"], point["tensor"]), strict=True):
            true = numpy.array(wanted)
            if found is made[0]:
                true = true.reshape(found.shape) if true.size == found.size else true
            elif found.shape != columns(true.shape):
                wrong.append((case["id"], f"shape {found.shape}, not {true.shape}"))
                continue
            else:
                found = found.reshape(true.shape)
            scale = numpy.max(numpy.abs(true), initial=0.0)
            error = numpy.max(numpy.abs(found - true), initial=0.0)
            if not error <= 1e-8 * scale + 1e-12:
                wrong.append((case["id"], f"error {error}"))
    assert wrong == []
