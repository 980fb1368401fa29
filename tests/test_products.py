"""Products with a derivative: right, and at the cost of a few evaluations."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy
import pytest

from matrixcalc.codegen.api import compile
from matrixcalc.derive import derive
from matrixcalc.errors import UnsupportedError

FILES = [Path(__file__).parent / "corpus" / name for name in ("cases.jsonl", "more.jsonl")]
CASES = [json.loads(line) for f in FILES for line in f.read_text(encoding="utf-8").splitlines()]
FIRST = [c for c in CASES if len(c["wrt"]) == 1]
SCALAR = [c for c in CASES if len(set(c["wrt"])) == 1 and c["case"].startswith("scalar-by-")]


def options(case: dict[str, Any]) -> dict[str, Any]:
    return {"vars": case.get("vars"), "structured": case.get("structured")}


def agree(found: Any, true: Any) -> None:
    true = numpy.asarray(true)
    assert numpy.shape(found) == true.shape
    scale = numpy.max(numpy.abs(true), initial=0.0)
    assert numpy.max(numpy.abs(found - true), initial=0.0) <= 1e-8 * scale + 1e-10


def drawn(case: dict[str, Any], shape: tuple[int, ...]) -> Any:
    return numpy.random.default_rng(len(case["expr"])).standard_normal(shape)


def direction(case: dict[str, Any], point: dict[str, Any]) -> tuple[Any, Any]:
    """A direction, and what a tensor of partial derivatives is contracted with for it.

    Any direction will do for a tensor in a space of matrices; by independent entries it is a
    symmetric one, of which each entry counts once.
    """
    v = drawn(case, numpy.shape(point["values"][case["wrt"][0]]))
    if case.get("structured") != "entries":
        return v, v
    v = v + v.T
    return v, numpy.triu(v)


def singular(matrix: Any) -> bool:
    return bool(numpy.linalg.matrix_rank(matrix) < len(matrix))


def free(name: str, point: dict[str, Any]) -> str:
    """The name of a direction: v, or the first free v_1, v_2, …"""
    return name if name not in point["values"] else f"{name}_1"


@pytest.mark.parametrize("case", FIRST, ids=[c["id"] for c in FIRST])
def test_the_jacobian_times_a_direction(case: dict[str, Any]) -> None:
    f = compile(case["expr"], case["wrt"][0], product="jvp", **options(case))
    for point in case["points"]:
        v, once = direction(case, point)
        made = f(**point["values"], **{free("v", point): v})
        agree(made, numpy.tensordot(point["tensor"], once, v.ndim))


@pytest.mark.parametrize("case", FIRST, ids=[c["id"] for c in FIRST])
def test_an_upstream_gradient_times_the_jacobian(case: dict[str, Any]) -> None:
    f = compile(case["expr"], case["wrt"][0], product="vjp", **options(case))
    for point in case["points"]:
        g = drawn(case, numpy.shape(point["value"]))
        made = f(**point["values"], **{free("G", point): g})
        agree(made, numpy.tensordot(g, point["tensor"], g.ndim))


@pytest.mark.parametrize("case", SCALAR, ids=[c["id"] for c in SCALAR])
def test_the_hessian_times_a_direction(case: dict[str, Any]) -> None:
    x = case["wrt"][0]
    try:
        d = derive(case["expr"], x, x, verify=False, **options(case))
    except UnsupportedError as error:
        with pytest.raises(UnsupportedError, match=f"^{re.escape(error.message)}"):
            compile(case["expr"], x, product="hvp", **options(case))
        return
    first = derive(case["expr"], x, verify=False, **options(case))
    f = compile(case["expr"], x, (0, 1), product="hvp", **options(case))
    for point in case["points"]:
        v, once = direction(case, point)
        values = {**point["values"], free("v", point): v}
        if "X invertible" in d.conditions and singular(point["values"]["X"]):
            continue
        hessian = d.as_tensor(point["values"])
        value, gradient, made = f(**values)
        agree(value, point["value"])
        agree(gradient, first.as_tensor(point["values"]))
        agree(made, numpy.tensordot(hessian, once, v.ndim))
