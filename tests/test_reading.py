"""Claims in files, on the command line, in pytest, and code that is checked."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from matrixcalc import check
from matrixcalc.checks.batch import Outcome
from matrixcalc.cli import run
from matrixcalc.identities_page import outcomes, page
from matrixcalc.reading.files import claims_of
from matrixcalc.reading.markdown import claims_in_markdown
from matrixcalc.reading.mc import claims_in

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


@pytest.mark.parametrize(
    ("name", "data", "line", "problem"),
    [
        ("a.mc", b"tr(A) = tr(A')\n# caf\xe9\n", 2, "this is no UTF-8 text (byte 20)"),
        ("a.md", b"\x00\xff\xfe", 1, "this is no UTF-8 text (byte 1)"),
        ("a.py", b"\n\ndef f(:\n", 3, "this is no Python: invalid syntax"),
        ("a.mc", b"layout: sideways\n", 1, "there is no layout 'sideways'; there are"),
    ],
)
def test_files_that_cannot_be_read(
    name: str, data: bytes, line: int, problem: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    (found,) = claims_of(tmp_path / name)
    assert found.line == line
    assert found.problem.startswith(problem)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert claims_of(tmp_path / "a.md")[0].problem == "no such file or directory"
    (tmp_path / "empty.mc").write_text("", encoding="utf-8")
    assert claims_of(tmp_path / "empty.mc") == []


@pytest.mark.parametrize(
    ("line", "claim"),
    [
        (">>> d(x'*x)/dx = 2*x'   # a comment", "d(x'*x)/dx = 2*x'"),
        (">>> tr(A*B) = tr(B*A)", "tr(A*B) = tr(B*A)"),
        ('    >>> check("tr(A*B) = tr(B*A)")', "tr(A*B) = tr(B*A)"),
        (">>> check('d(a^2)/da = 2*a')", "d(a^2)/da = 2*a"),
        (">>> x = f(3)", None),
        (">>> f(x) == 3", None),
        (">>> f(x, key=3)", None),
        ('>>> check("d(x\'*x)/dx = x").slip', None),
        (">>> values = {", None),
        ("d(x'*x)/dx = 2*x'", None),
    ],
)
def test_doctest_lines(line: str, claim: str | None) -> None:
    found = [f.text for f in claims_in_markdown(f"text\n\n{line}\n", "a.md")]
    assert found == ([] if claim is None else [claim])


def test_declarations_and_settings_of_a_file() -> None:
    text = (
        "layout: mixed\nA: matrix(n, n); x: vector(n)\nstructured: none\n"
        "d(x'*A*x)/dx = 2*A*x  # a note #! true_if: A symmetric\n"
        "A: matrix(n, n) symmetric\nd(x'*A*x)/dx = 2*A*x; x: vector(n)\n\n"
        "d(x'*x)/dx = x'  #! false: sign or factor\n"
    )
    one, two, three = claims_in(text, "a.mc")
    assert (one.line, one.layout, one.structured) == (4, "mixed", "none")
    assert (one.expected, one.why, one.note) == ("true_if", "A symmetric", "a note")
    assert two.text == "A: matrix(n, n) symmetric; d(x'*A*x)/dx = 2*A*x; x: vector(n)"
    assert (three.text, three.layout) == ("d(x'*x)/dx = x'", None)
    assert (three.expected, three.why) == ("false", "sign or factor")


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


def test_marked_claims_are_told_from_failures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.mc"
    path.write_text("d(x'*x)/dx = x'  #! false: factor\n", encoding="utf-8")
    assert run(["check", str(path)]) == 0
    assert f"{path}:1: false (as marked): factor: " in capsys.readouterr().out
    path.write_text("d(x'*x)/dx = 2*x'  #! false\n", encoding="utf-8")
    assert run(["check", str(path)]) == 1
    out = capsys.readouterr().out
    assert f"{path}:1: true (unexpected): numerator layout, " in out
    assert "the file says it is false" in out


def test_the_command_reads_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("# two claims\ntr(A) = tr(A')\nx'*y = y'*x\n"))
    assert run(["check", "-"]) == 0
    assert "<stdin>:3: true" in capsys.readouterr().out


def test_the_command_reads_structured_variables(capsys: pytest.CaptureFixture[str]) -> None:
    claim = "d(tr(A*X))/dX = A + A' - A.*eye; X: matrix(n, n) symmetric"
    assert run(["check", claim, "--layout", "mixed", "--structured", "entries"]) == 0
    assert run(["check", claim, "--layout", "mixed"]) == 1
    assert "by the independent entries, which is not what was asked" in capsys.readouterr().out


def test_the_command_checks_a_claim(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "tr(A*B) = tr(B*A)"]) == 0
    assert run(["check", "d(x'*x)/dx = x", "--layout", "mixed"]) == 1
    assert run(["check", "d(x'*x)/dx = = x"]) == 2
    assert "unreadable" in capsys.readouterr().out


@pytest.fixture(scope="module")
def library() -> dict[str, list[Outcome]]:
    return outcomes(LIBRARY)


def test_the_library_is_as_it_says(library: dict[str, list[Outcome]]) -> None:
    assert {f"{name}.mc" for name in library} == {path.name for path in LIBRARY.glob("*.mc")}
    assert [o for made in library.values() for o in made if not o.good] == []


def test_the_page_of_identities_is_current(library: dict[str, list[Outcome]]) -> None:
    text = (LIBRARY.parent / "identities.md").read_text(encoding="utf-8")
    assert text == page(LIBRARY, library)
