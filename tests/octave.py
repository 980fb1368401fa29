"""Runs generated MATLAB code in one Octave process, for tests."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy

OCTAVE = ("octave-cli", "--no-gui", "--norc", "--quiet")
Job = tuple[str, int, Mapping[str, Any]]
"""A function's source, how many results it has, and its arguments by their names in order."""


def literal(value: Any) -> str:
    """An array as Octave reads it; one with one axis as a column."""
    array = numpy.asarray(value, dtype=float)
    if not array.ndim:
        return repr(float(array))
    rows = array.reshape(array.shape[0], -1)
    return "[" + "; ".join(", ".join(repr(float(x)) for x in row) for row in rows) + "]"


def run(folder: Path, jobs: Sequence[Job]) -> list[list[numpy.ndarray] | str]:
    """The results of each job, or the message of its error."""
    lines = [
        "function show(f, x)",
        "  x = full(x);",
        "  if ~isreal(x), error('a complex result'); end",
        "  fprintf(f, '%d ', size(x)); fprintf(f, '\\n');",
        "  fprintf(f, '%.17g ', x(:)); fprintf(f, '\\n');",
        "end",
        "f = fopen('results.txt', 'w');",
    ]
    for k, (source, count, values) in enumerate(jobs):
        place = folder / f"job{k}"
        place.mkdir()
        (place / "derivative.m").write_text(source, encoding="utf-8")
        results = ", ".join(f"r{i}" for i in range(count))
        call = f"derivative({', '.join(literal(v) for v in values.values())})"
        lines += [
            f"addpath('job{k}');",
            f"try\n  [{results}] = {call};\n  fprintf(f, 'good\\n');",
            *(f"  show(f, r{i});" for i in range(count)),
            "catch e\n  fprintf(f, 'bad\\n%s\\n', strrep(e.message, \"\\n\", ' '));\nend",
            f"rmpath('job{k}');",
        ]
    (folder / "jobs.m").write_text("1;\n" + "\n".join(lines) + "\nfclose(f);\n", encoding="utf-8")
    subprocess.run([*OCTAVE, "jobs.m"], cwd=folder, check=True, capture_output=True, timeout=600)
    rest = iter((folder / "results.txt").read_text(encoding="utf-8").splitlines())
    made: list[list[numpy.ndarray] | str] = []
    for _, count, _ in jobs:
        if next(rest) == "bad":
            made.append(next(rest))
            continue
        arrays = []
        for _ in range(count):
            shape = [int(n) for n in next(rest).split()]
            numbers = numpy.array([float(x) for x in next(rest).split()])
            arrays.append(numbers.reshape(shape, order="F"))
        made.append(arrays)
    return made
