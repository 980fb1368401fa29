"""The project's own claims: every verdict, by the package and by a second judge."""

from __future__ import annotations

import re
from pathlib import Path

import oracle
import pytest

from matrixcalc.checks.batch import Options, check_found
from matrixcalc.reading.files import claims_of
from matrixcalc.reading.records import Found

FOLDER = Path(__file__).parent / "claims"
CLAIMS = [found for path in sorted(FOLDER.glob("*.mc")) for found in claims_of(path)]
NOT_JUDGED = re.compile(r"cumsum|commutation|/dA = kron|logm|expm|/d\w = .*structured")
"""What the second judge has no words for."""


def name(found: Found) -> str:
    return f"{Path(found.file).stem}:{found.line}"


@pytest.mark.parametrize("found", CLAIMS, ids=name)
def test_verdict(found: Found) -> None:
    outcome = check_found(found, Options())
    assert outcome.good, outcome.reason


def test_there_are_many_of_each_kind() -> None:
    count = {kind: sum(f.expected == kind for f in CLAIMS) for kind in ("true", "true_if", "false")}
    assert all(count[kind] >= least for kind, least in zip(count, (200, 20, 250), strict=True))


@pytest.mark.parametrize("found", [f for f in CLAIMS if not NOT_JUDGED.search(f.shown)], ids=name)
def test_a_second_judge_agrees(found: Found) -> None:
    text, kinds, layout = oracle.apart(found.text, found.layout)
    if oracle.structured(text, kinds):
        pytest.skip("a structured variable")
    assert oracle.verdict(text, kinds, layout) == found.expected
