"""The nine cells and the layouts."""

from __future__ import annotations

from itertools import product

import pytest

from matrixcalc.cases import CASES, LAYOUTS, Case, Example, case_of, table_rows
from matrixcalc.derive import derive
from matrixcalc.layouts import LAYOUTS as ENGINE_LAYOUTS

EXAMPLES = [
    pytest.param(case, example, id=f"{case}: {example.text}")
    for case in CASES.values()
    for example in case.examples
]


def test_there_are_nine_cells_each_with_an_example() -> None:
    assert list(CASES) == list(product(range(3), repeat=2))
    assert all(case.examples and case.why.endswith(".") for case in CASES.values())


def test_three_cells_are_problem_dependent() -> None:
    found = [case.name for case in CASES.values() if case.problem_dependent]
    assert found == ["vector by matrix", "matrix by vector", "matrix by matrix"]
    assert all(bool(case.advice) == case.problem_dependent for case in CASES.values())


@pytest.mark.parametrize(("case", "example"), EXAMPLES)
def test_the_example_gives_its_answer(case: Case, example: Example) -> None:
    d = derive(example.text, example.wrt)
    assert (str(d), str(d.case), d.layout) == (example.answer, case.name, "numerator")
    assert d.verification.status == "proved"
    assert d.problem_dependent == case.problem_dependent


@pytest.mark.parametrize("text", ["y = W*x", "W*x", "y = -W*x + b*x0"])
def test_the_study_example_has_every_reading(text: str) -> None:
    d = derive(text, "W")
    assert d.problem_dependent
    assert d.index_form
    assert d.vec_form
    assert d.vjp in ("G*x'", "-G*x'")
    assert d.why
    assert d.advice


@pytest.mark.parametrize(
    ("orders", "name", "shape"),
    [
        ((0, 1, 1), "scalar by vector by vector", "m×p"),
        ((0, 0, 0), "scalar by scalar by scalar", "1×1"),
        ((1, 0, 1), "vector by scalar by vector", "n×m, the Jacobian"),
        ((0, 2, 0), "scalar by matrix by scalar", "m×n, transposed"),
        ((0, 2, 2), "scalar by matrix by matrix", "problem-dependent"),
        ((2, 2, 2, 2), "matrix by matrix by matrix by matrix", "problem-dependent"),
    ],
)
def test_higher_derivatives_have_a_case(orders: tuple[int, ...], name: str, shape: str) -> None:
    case = case_of(orders)
    assert (str(case), case.shape) == (name, shape)
    assert case.problem_dependent == (sum(orders) > 2)
    assert case is case_of(list(orders))


@pytest.mark.parametrize("orders", [(), (1,), (1, 3), (-1, 0)])
def test_other_orders_are_refused(orders: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^the orders of y and of one variable or more are 0, 1"):
        case_of(orders)


def test_the_layouts_are_those_of_the_engine() -> None:
    assert set(LAYOUTS) == set(ENGINE_LAYOUTS)


def test_the_table_has_a_row_for_each_example() -> None:
    assert len(list(table_rows())) == len(EXAMPLES)
