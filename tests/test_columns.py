"""Julia and MATLAB code is text: what can be seen without running it."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner
from codegen_programs import EXAMPLES

from matrixcalc.cli import cli
from matrixcalc.codegen import ir
from matrixcalc.codegen.api import code, compile
from matrixcalc.codegen.ir import schedule
from matrixcalc.codegen.spellings import ELEMENTWISE
from matrixcalc.codegen.structure import OPERATORS
from matrixcalc.errors import UnsupportedError


def test_the_examples_use_every_operation() -> None:
    assert ir.__doc__ is not None
    found = re.findall(r"``([^`]+)``", "``" + ir.__doc__.partition("====\n``")[2])
    operations = {w for t in found for w in re.findall(r"[a-z]\w+", re.sub(r"\(.*?\)", "", t))}
    values = {v for e in EXAMPLES for v in schedule([o.value for o in e.program().outputs])}
    assert operations - OPERATORS - {"copy"} <= {v.op for v in values}
    functions = {v.data for v in values if v.op == "apply"}
    assert functions == set(ELEMENTWISE)


BOTH = pytest.mark.parametrize("target", ["julia", "matlab"])


@pytest.mark.parametrize(("target", "title", "file"), [
    ("julia", "Julia", "derivative.jl"), ("matlab", "MATLAB", "derivative.m"),
])
def test_it_is_not_run_in_python(target: str, title: str, file: str) -> None:
    words = (
        rf"^{title} code does not run in Python\nsave what code\(\.\.\., target='{target}'\) "
        rf"gives as {file} and call derivative in {title}$"
    )
    with pytest.raises(UnsupportedError, match=words):
        compile("x'*x", "x", target=target)


@BOTH
def test_the_command_line_prints_it(target: str) -> None:
    done = CliRunner().invoke(cli, ["code", "x'*A*x", "x", "--target", target])
    assert done.exit_code == 0
    assert done.output == code("x'*A*x", "x", target=target)


@BOTH
def test_work_is_shared(target: str) -> None:
    text = code("sum(log(exp(-y.*(X*w)) + vector(1)))", "w", (0, 1, 2), target)
    assert text.count("X * w") == 1
    text = code("logdet(S) + a'*inv(S)*b", "S", (0, 1), target,
                vars={"a": "vector(n)", "b": "vector(n)"})
    assert len(re.findall(r"\blu\(", text)) == 1


@BOTH
def test_a_delta_is_not_formed(target: str) -> None:
    body = code("norm2(T - U*V')^2", "U", 2, target, dense=True)
    lines = [t for t in body.splitlines() if not t.lstrip().startswith(("#", "%", "- "))]
    assert not re.search(r"\bkron\(|\beye\(|\bI\b", "\n".join(lines))


@BOTH
def test_lines_are_short(target: str) -> None:
    text = code("kron(X, Y)", "X", target=target)
    lines = [t for t in text.splitlines() if not t.lstrip().startswith(("#", "%", "- "))]
    assert max(map(len, lines)) <= 100


def test_matlab_is_in_plain_letters() -> None:
    text = code("λ*x'*A*x", "x", target="matlab")
    lines = [t for t in text.splitlines() if not t.lstrip().startswith("%")]
    assert "\n".join(lines).isascii()
    assert "function first_derivative = derivative(A, x, lambda)" in text


def test_erf_in_julia_comes_from_its_package() -> None:
    assert "using SpecialFunctions: erf" in code("sum(erf(x))", "x", 0, "julia")
    assert "SpecialFunctions" not in code("sum(exp(x))", "x", 0, "julia")


def test_a_name_in_a_docstring_of_julia_is_not_filled_in() -> None:
    text = code("x'*A^-1*x", "x", target="julia")
    assert "$" not in text.split('"""')[1].replace("\\$", "")
