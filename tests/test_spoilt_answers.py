"""No wrong answer passes the check: right ones are spoilt, and those that differ must fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy
import pytest

from matrixcalc import Derivative, VerificationError, build, derive
from matrixcalc.errors import MatrixCalcError
from matrixcalc.expr import Expr, topological
from matrixcalc.templates import substitute

CORPUS = Path(__file__).parent / "corpus" / "cases.jsonl"
CASES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
SPOILT = ("sym", "num", "add", "mul", "had", "pow", "epow", "T")


def spoil(e: Expr) -> Expr:
    """Another expression of the same shape: the slips that people make."""
    if e.op == "num":
        return build.num(e.data + 1)
    if e.op == "add":
        return build.add(e.args[0], build.neg(build.add(*e.args[1:])))
    if e.is_square and not e.is_scalar and build.transpose(e) is not e:
        return build.transpose(e)
    if e.op == "pow" and e.is_scalar and e.args[1].op == "num":
        return build.power(e.args[0], build.num(e.args[1].data + 1))
    return build.mul(build.num(2), e)


def spoilt(d: Derivative, seed: int, most: int) -> Iterator[Derivative]:
    assert d.result is not None
    nodes = [e for e in topological(d.result) if e.op in SPOILT]
    for e in Random(seed).sample(nodes, min(most, len(nodes))):
        try:
            made = substitute(d.result, {e: spoil(e)})
        except MatrixCalcError:
            continue
        if made.shape == d.result.shape and made is not d.result:
            yield d.with_result(made)


def differs(d: Derivative, points: list[dict[str, Any]]) -> bool:
    """Whether the answer is wrong at a point, by the numbers of the corpus."""
    try:
        return any(
            not numpy.allclose(d.as_tensor(p["values"]), p["tensor"], rtol=1e-7, atol=1e-9)
            for p in points
        )
    except (MatrixCalcError, numpy.linalg.LinAlgError):
        return False


def check_case(case: dict[str, Any], most: int) -> None:
    options = {"vars": case["vars"], "structured": case.get("structured")}
    d = derive(case["expr"], *case["wrt"], verify=False, **options)
    if d.result is None:
        return
    for wrong in spoilt(d, 5, most):
        if differs(wrong, case["points"]):
            with pytest.raises(VerificationError, match="wrong in entry"):
                wrong.check()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_spoilt_answer_fails(case: dict[str, Any]) -> None:
    check_case(case, 2)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_many_spoilt_answers_fail(case: dict[str, Any]) -> None:
    check_case(case, 40)
