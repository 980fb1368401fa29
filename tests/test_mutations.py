"""No false claim is called true: true ones are mutated, and those that differ are kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest

from matrixcalc import MatrixCalcError, check, parse
from matrixcalc.numeric import evaluate

CORPUS = Path(__file__).parent / "corpus" / "claims.jsonl"
ROWS = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
RIGHT = [row for row in ROWS if row["verdict"] == ["true"]]


def mutants(right: str) -> Iterator[str]:
    for m in re.finditer("'", right):
        yield right[: m.start()] + right[m.end() :]
    for m in re.finditer(r"(?<![\w.^])2\*", right):
        yield right[: m.start()] + "3*" + right[m.end() :]
    for m in re.finditer(r"(?<=[\w)'])([+-])", right):
        yield right[: m.start()] + ("-" if m[1] == "+" else "+") + right[m.end() :]
    for m in re.finditer(r"\b([A-Za-z]'?)\*([A-Za-z]'?)(?![\w(])", right):
        yield right[: m.start()] + f"{m[2]}*{m[1]}" + right[m.end() :]
    yield f"-({right})"
    yield f"2*({right})"


def value(text: str, kinds: dict[str, str]) -> numpy.ndarray | None:
    """The value at one point, with n = 3, m = 2, p = 4, q = 5."""
    random = numpy.random.default_rng(7)
    sizes = {"n": 3, "m": 2, "p": 4, "q": 5}
    values = {}
    for name, kind in kinds.items():
        shape = [sizes[s] for s in re.findall(r"\b[nmpq]\b", kind)]
        made = random.uniform(0.3, 1.5, shape)
        if "positive_definite" in kind:
            made = made @ made.T + numpy.eye(len(made))
        elif "symmetric" in kind:
            made = made + made.T
        values[name] = made
    try:
        return numpy.asarray(evaluate(parse(text, kinds), values))
    except MatrixCalcError:
        return None


@pytest.mark.parametrize("row", RIGHT, ids=lambda row: row["id"])
def test_mutants_are_not_true(row: dict[str, Any]) -> None:
    claim, kinds = row["claim"], row["vars"]
    left, _, right = claim.partition(" = ")
    own = value(right, kinds)
    for mutant in dict.fromkeys(mutants(right)):
        theirs = value(mutant, kinds)
        if own is None or theirs is None or own.shape != theirs.shape:
            continue
        if numpy.allclose(own, theirs, rtol=1e-9, atol=1e-9):
            continue
        verdict = check(f"{left} = {mutant}", kinds, row["layout"], row.get("structured"))
        assert verdict.status != "true", f"{left} = {mutant}"
