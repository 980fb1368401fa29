"""Every step of every case of the corpus is a true equation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from matrixcalc import Derivative, build, derive
from matrixcalc.derivation.elements import elements
from matrixcalc.derivation.records import plain

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


@pytest.mark.parametrize("case", CASES[::9], ids=[c["id"] for c in CASES[::9]])
def test_every_step_is_refuted_when_it_is_wrong(case: dict[str, Any]) -> None:
    for step in derived(case).steps:
        value = step.after.value
        if value is None or step.prove is not None or build.is_zero(value):
            continue
        for wrong in (build.mul(build.num(2), value), build.mul(build.MINUS, value)):
            changed = replace(step, via=None, after=plain(wrong, step.after.inner))
            assert changed.check().status == "failed", (str(step.before), str(changed.after))


def test_derivations_of_table_identities_are_short() -> None:
    lengths = [len(derived(case).steps) for case in CASES if "table" in case["tags"]]
    assert len(lengths) > 100
    assert median(lengths) <= 6
