"""Names of variables and dimensions in generated code."""

from __future__ import annotations

import numpy
import pytest

from matrixcalc.codegen.api import compile
from matrixcalc.codegen.names import JULIA, MATLAB, PYTHON, Language, identifier


@pytest.mark.parametrize(("name", "language", "made"), [
    ("lambda", PYTHON, "lambda_"), ("np", PYTHON, "np_"), ("λ", PYTHON, "λ"),
    ("end", PYTHON, "end"), ("end", JULIA, "end_"), ("function", JULIA, "function_"),
    ("λ_1", JULIA, "λ_1"), ("end", MATLAB, "end_"), ("λ_1", MATLAB, "lambda_1"),
    ("Σ", MATLAB, "Sigma"), ("ς", MATLAB, "sigma"), ("é", MATLAB, "e"), ("数", MATLAB, "u6570"),
    ("_a", MATLAB, "v__a"), ("a" * 99, MATLAB, "a" * 40),
])
def test_a_name_is_made_one_of_the_language(name: str, language: Language, made: str) -> None:
    assert identifier(name, language=language) == made


def test_a_name_that_is_taken_gets_an_underscore() -> None:
    assert identifier("x", {"x", "x_"}) == "x__"


def test_a_dimension_may_have_the_name_of_a_keyword() -> None:
    f = compile("x'*x", "x", vars={"x": "vector(lambda)"})
    numpy.testing.assert_array_equal(f(x=[1.0, 2.0]), [2.0, 4.0])


def test_a_variable_may_have_the_name_of_a_helper() -> None:
    text = "sum(log(sum(exp(W*symmetric_product), 1)))"
    declared = {"W": "matrix(n, m)", "symmetric_product": "matrix(m, k)"}
    rng = numpy.random.default_rng(0)
    w, x = rng.standard_normal((3, 2)), rng.standard_normal((2, 4))
    found = compile(text, "W", 2, vars=declared)(W=w, symmetric_product=x)
    same = compile("sum(log(sum(exp(W*X), 1)))", "W", 2)(W=w, X=x)
    numpy.testing.assert_array_equal(found, same)
