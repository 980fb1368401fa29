"""The public corpus of claims: every verdict, and nine slips of ten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from matrixcalc import Verdict, check

CORPUS = Path(__file__).parent / "corpus" / "claims.jsonl"
ROWS = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]


def verdict_of(row: dict[str, Any]) -> Verdict:
    return check(row["claim"], row["vars"], row["layout"], row.get("structured"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_verdict(row: dict[str, Any]) -> None:
    verdict = verdict_of(row)
    assert verdict.status in row["verdict"], str(verdict)
    if verdict.status == "true_if" and "condition" in row:
        assert verdict.conditions == [f"{name} symmetric" for name in row["condition"]]
    if verdict.status == "false":
        assert verdict.counterexample is not None
        assert verdict.derivative is not None


def test_slips() -> None:
    graded = [row for row in ROWS if row.get("slip")]
    right = sum(verdict_of(row).slip in row["slip"] for row in graded)
    assert right >= 0.9 * len(graded)
