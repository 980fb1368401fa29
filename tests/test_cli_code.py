"""``matrixcalc code``: what it prints, and what it says of what it cannot do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import numpy
import pytest

from matrixcalc import cli
from matrixcalc.codegen.api import code
from matrixcalc.codegen.targets import TARGETS

Captured = pytest.CaptureFixture[str]


def printed(capsys: Captured, *arguments: str) -> str:
    assert cli.run(["code", *arguments]) == 0
    out, err = capsys.readouterr()
    assert not err
    return out


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], {}),
        (["--order", "0"], {"order": 0}),
        (["--order", "2"], {"order": 2}),
        (["--order", "0,1,2"], {"order": (0, 1, 2)}),
        (["--value"], {"order": (0, 1)}),
        (["--value", "--order", "2"], {"order": (0, 2)}),
        (["--value", "--order", "0"], {"order": 0}),
        (["--hvp"], {"product": "hvp"}),
        (["--hvp", "--order", "2"], {"product": "hvp"}),
        (["--hvp", "--value"], {"order": (0,), "product": "hvp"}),
        (["--product", "jvp"], {"product": "jvp"}),
        (["--jvp", "--order", "0,1"], {"order": (0, 1), "product": "jvp"}),
        (["--vjp"], {"product": "vjp"}),
        (["--layout", "numerator"], {"layout": "numerator"}),
        (["--sizes", "n=10,m=20"], {"sizes": {"n": 10, "m": 20}}),
        (["--vars", "A: matrix(n, n) symmetric"], {"vars": {"A": "matrix(n, n) symmetric"}}),
        (["--order", "2", "--dense"], {"order": 2, "dense": True}),
    ],
)
def test_the_options_are_those_of_the_function(
    capsys: Captured, arguments: Sequence[str], options: dict[str, object]
) -> None:
    text = "norm2(A*x)^2"
    assert printed(capsys, text, "x", *arguments) == code(text, "x", **options)  # type: ignore[arg-type]


def test_a_structured_variable_is_read_as_asked(capsys: Captured) -> None:
    arguments = ["tr(B*S)", "S", "--vars", "S: matrix(n, n) symmetric", "--structured"]
    assert printed(capsys, *arguments, "none") != printed(capsys, *arguments, "gradient")


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_writes_code(capsys: Captured, target: str) -> None:
    assert printed(capsys, "x'*A*x", "x", "--target", target).strip()


def test_what_is_printed_runs(capsys: Captured) -> None:
    text = printed(capsys, "norm2(T - U*V')^2", "U", "--order", "0,1", "--hvp")
    call = "print(*[numpy.shape(r) for r in function(T, U, V, U)])"
    shapes = "T, U, V = numpy.ones((5, 4)), numpy.ones((5, 2)), numpy.ones((4, 2))"
    program = f"{text}\nimport numpy\n{shapes}\n{call}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[0] == "() (5, 2) (5, 2)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x'*x", "x", "--target", "fortran"],
         f"no target 'fortran'\nthe targets are {', '.join(TARGETS)}"),
        (["x'*x", "x", "--order", "3"],
         "the order is 0, 1 or 2, or several such as 0,1,2, not '3'"),
        (["x'*x", "x", "--ordr", "2"], "No such option '--ordr'. Did you mean '--order'?"),
        (["x'*x", "x", "x"],
         "code is for one variable, not for x and x\n--order 2 gives the second derivative"),
        (["x'*x", "x", "--sizes", "n"],
         "a size has the form name = number, not 'n'\nsuch as --sizes n=1000,k=10"),
        (["x'*x", "x", "--sizes", "n=0"], "a size has the form name = number, not 'n=0'"),
        (["W*x", "x", "--hvp"],
         "a Hessian is of a scalar; this is a vector\n"
         "the product jvp is the Jacobian times a direction"),
        (["x'*A*x", "y"], "no variable 'y' in the expression\nits variables are x, A"),
        (["x'*A*", "x"], "the text ends after '*'"),
        (["x'*x", "x", "--product", "hv"], "Invalid value for '--product': 'hv' is not one of"),
        (["x'*x"], "Missing argument 'WRT'."),
    ],
)
def test_what_is_wrong_is_told(capsys: Captured, arguments: list[str], message: str) -> None:
    assert cli.run(["code", *arguments]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith(f"matrixcalc: {message}")


def test_the_help_names_targets_and_products(capsys: Captured) -> None:
    assert cli.run(["code", "--help"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    for target in TARGETS:
        assert target in words
    for option in ("--order", "--value", "--hvp", "--jvp", "--vjp", "--sizes", "--structured",
                   "--dense", "--layout", "--vars"):
        assert option in words
    assert words.startswith("Usage: matrixcalc code [OPTIONS] EXPRESSION WRT Print a function")


def test_the_function_that_is_printed_is_the_one_that_runs() -> None:
    scope: dict[str, object] = {}
    exec(code("x'*A*x", "x"), scope)
    made = scope["function"](numpy.eye(2), numpy.ones(2))  # type: ignore[operator]
    assert made.tolist() == [2.0, 2.0]
