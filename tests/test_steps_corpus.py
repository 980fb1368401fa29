"""Every step of every case of the corpus is a true equation."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from matrixcalc import Derivative, derive
from matrixcalc.derivation.elements import elements

FILE = Path(__file__).parent / "corpus" / "cases.jsonl"
CASES: list[dict[str, Any]] = [
    json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()
]


def derived(case: dict[str, Any]) -> Derivative:
    options = {"structured": case["structured"]} if case.get("structured") else {}
    return derive(case["expr"], *case["wrt"], vars=case["vars"], verify=False, **options)


@pytest.mark.parametrize("case", CASES, ids=[c["id"] for c in CASES])
def test_every_step_is_a_true_equation(case: dict[str, Any]) -> None:
    d = derived(case)
    assert d.steps, "a derivation has a step"
    assert str(d.steps[-1].after) == str(d)
    for step in d.steps:
        assert str(step.before) != str(step.after), step
        assert step.check().status in ("proved", "sampled"), step


@pytest.mark.parametrize("case", CASES, ids=[c["id"] for c in CASES])
def test_every_step_by_entries_is_a_true_equation(case: dict[str, Any]) -> None:
    d = derived(case)
    steps = elements(d)
    assert str(steps[-1].after) == str(d)
    for step in steps:
        assert str(step.before) != str(step.after), step
        assert step.check().status in ("proved", "sampled"), step


def test_derivations_of_table_identities_are_short() -> None:
    lengths = [len(derived(case).steps) for case in CASES if "table" in case["tags"]]
    assert len(lengths) > 100
    assert median(lengths) <= 6
