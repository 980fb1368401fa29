"""Claims in files, on the command line, in pytest, and code that is checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import pytest

from matrixcalc import check, check_code
from matrixcalc.checks.code import assert_gradient
from matrixcalc.cli import run
from matrixcalc.identities import IDENTITIES
from matrixcalc.identities_page import outcomes, page
from matrixcalc.operators import TABLE
from matrixcalc.reading.files import claims_of
from matrixcalc.rules_check import check_claim
from matrixcalc.rules_check import claims_of as claims_of_row

pytest_plugins = ["pytester"]
LIBRARY = Path(__file__).parent.parent / "docs" / "identities"

FILES = {
    "a.mc": "A: matrix(n, n)\nd(x'*A*x)/dx = x'*(A + A')  # right\nd(x'*x)/dx = x'\n",
    "a.md": "# Title\n\n```matrixcalc\ntr(A) = tr(A')\n```\n\n>>> d(x'*x)/dx = x'\n",
    "a.py": '"""Module.\n\n>>> d(x\'*x)/dx = 2*x\'\n>>> print(1)\n"""\n',
    "a.tex": "\\[\n\\frac{\\partial \\mathbf{x}^\\top A x}{\\partial \\mathbf{x}}"
    " = x^\\top (A + A^{\\top})\n\\]\n",
}
LINES = {"a.mc": [2, 3], "a.md": [4, 7], "a.py": [3], "a.tex": [2]}


@pytest.mark.parametrize("name", FILES)
def test_claims_are_found(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(FILES[name], encoding="utf-8")
    assert [f.line for f in claims_of(path)] == LINES[name]


ROWS = r"""
\begin{align*}
  \frac{\partial \lVert A\mathbf{x}\rVert^2}{\partial \mathbf{x}}
    &= 2 \mathbf{x}^\top A^\top A \label{eq:one} \\[2pt]
  \nabla_{\mathbf{x}}\, \mathbf{x}^\top A\mathbf{x} &= A\mathbf{x} \\
    &\quad + A^\top\mathbf{x}, \\
  y &= 2 % no claim
\end{align*}
$$\frac{d \log\det X}{dX} = X^{-\top} \text{ (denominator layout)}$$
"""


def test_claims_of_many_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.tex"
    path.write_text(ROWS, encoding="utf-8")
    found = claims_of(path)
    assert [f.line for f in found] == [3, 5, 9]
    assert [check(f.text).status for f in found] == ["true", "true", "true"]


def test_the_command_checks_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.mc"
    path.write_text(FILES["a.mc"], encoding="utf-8")
    assert run(["check", str(path), "--jobs", "2"]) == 1
    out = capsys.readouterr().out
    assert f"{path}:2: true" in out
    assert f"{path}:3: false: factor" in out
    assert run(["check", str(path), "--format", "json"]) == 1
    assert [row["status"] for row in json.loads(capsys.readouterr().out)] == ["true", "false"]
    assert run(["check", str(path), "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::error file=")


def test_the_command_checks_a_claim(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "tr(A*B) = tr(B*A)"]) == 0
    assert run(["check", "d(x'*x)/dx = x", "--layout", "mixed"]) == 1
    assert run(["check", "d(x'*x)/dx = = x"]) == 2
    assert "unreadable" in capsys.readouterr().out


def test_the_plugin(pytester: pytest.Pytester) -> None:
    pytester.makefile(".mc", claims=FILES["a.mc"])
    pytester.makeini("[pytest]\nfilterwarnings =\n")
    pytester.runpytest().assert_outcomes()
    plugin = () if _installed() else ("-p", "matrixcalc.pytest_plugin")
    result = pytester.runpytest(*plugin, "--matrixcalc")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*claims.mc:3: the claim is false", "*factor: *"])


def _installed() -> bool:
    from importlib.metadata import entry_points

    return any(e.name == "matrixcalc" for e in entry_points(group="pytest11"))


class Elsewhere:
    """An array of another library: it only knows how to become one of NumPy."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def detach(self) -> Elsewhere:
        return self

    def __array__(self, dtype: Any = None, copy: Any = None) -> numpy.ndarray:
        return numpy.asarray(self.data, dtype=dtype)


def test_code() -> None:
    def value(A: Any, x: Any) -> Any:
        return x @ A @ x

    def right(A: Any, x: Any) -> Any:
        return Elsewhere((A + A.T) @ x)

    assert check_code(value, right, "x'*A*x", "x").status == "true"
    assert check_code(value, lambda A, x: -(A + A.T) @ x, "x'*A*x", "x").slip == "sign"
    assert check_code(value, lambda A, x: A @ x, "x'*A*x", "x").slip == "missing term"
    assert check_code(lambda A, x: 0.0, right, "x'*A*x", "x").slip == "other"
    with pytest.raises(AssertionError, match="the factor 2 is missing"):
        assert_gradient(lambda x: x, "x'*x", "x")


@pytest.mark.parametrize("text", IDENTITIES)
def test_the_identities_of_the_simplifier_hold(text: str) -> None:
    assert check_claim(text).status in ("proved", "sampled")


@pytest.mark.parametrize("name", TABLE)
def test_the_claims_of_the_rules_hold(name: str) -> None:
    for claim in claims_of_row(TABLE[name]):
        assert check_claim(claim).status in ("proved", "sampled"), claim


def test_the_library_is_as_it_says() -> None:
    assert [o for made in outcomes(LIBRARY).values() for o in made if not o.good] == []


def test_the_page_of_identities_is_current() -> None:
    assert (LIBRARY.parent / "identities.md").read_text(encoding="utf-8") == page(LIBRARY)
