"""The command line: what it prints, how it exits, and that it never shows a traceback."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence

import pytest

from matrixcalc import cli
from matrixcalc.derive import derive
from matrixcalc.errors import VerificationError

Captured = pytest.CaptureFixture[str]


def command(
    *arguments: str, text: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matrixcalc", *arguments],
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["y = W*x", "x"], "∂y/∂x = W    vector by vector, numerator layout, n×m, not verified"),
        (
            ["x'*A*x", "x", "--layout", "denominator"],
            "∂(x'*A*x)/∂x = (A + A')*x    scalar by vector, denominator layout, n×1, not verified",
        ),
        (
            ["x'*A*x", "x", "x"],
            "∂²(x'*A*x)/∂x∂x = A + A'    "
            "scalar by vector by vector, numerator layout, n×n, not verified",
        ),
        (["derive", "a^2", "a"], "∂(a^2)/∂a = 2*a    scalar by scalar, numerator layout, 1×1,"),
        (["-x'*x", "x"], "∂(-x'*x)/∂x = -2*x'    scalar by vector, numerator layout, 1×n,"),
        (["x: vector(3); x'*x", "x"], "∂(x'*x)/∂x = 2*x'    scalar by vector, numerator layout,"),
        (
            ["W*x", "x", "--vars", "W: matrix(3, p)", "--vars", "x: vector(p);"],
            "∂(W*x)/∂x = W    vector by vector, numerator layout, 3×p, not verified",
        ),
        (
            ["x'*S*x", "S", "--vars", "S: matrix(n, n) symmetric", "--structured", "gradient"],
            "∂(x'*S*x)/∂S = x*x'    "
            "scalar by matrix, numerator layout, n×n, structured: gradient, not verified",
        ),
    ],
)
def test_the_line(arguments: list[str], line: str, capsys: Captured) -> None:
    assert cli.run([*arguments, "--no-verify"]) == 0
    out, err = capsys.readouterr()
    assert (out.startswith(line), err) == (True, ""), out


def test_the_line_names_the_check(capsys: Captured) -> None:
    assert cli.run(["y = W*x", "x"]) == 0
    expected = "∂y/∂x = W    vector by vector, numerator layout, n×m, proved by SymPy\n"
    assert capsys.readouterr().out == expected


def test_conditions_follow_the_line(capsys: Captured) -> None:
    assert cli.run(["logdet(X)", "X", "--no-verify"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["    where X invertible"]


def test_a_problem_dependent_case_has_all_its_readings(capsys: Captured) -> None:
    assert cli.run(["y = W*x", "W", "--no-verify"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "∂y/∂vec(W)' = kron(x', eye(n))    "
        "vector by matrix, problem-dependent, numerator layout, n×(m*n), not verified"
    )
    starts = ("index form: ∂y_i/∂W_jk = δ_ij x_k", "vjp form: G*x'", "why: ", "advice: ")
    for line, start in zip(lines[1:], starts, strict=True):
        assert line.startswith(f"    {start}")


def test_the_denominator_layout_of_a_vec_form_says_so(capsys: Captured) -> None:
    assert cli.run(["y = W*x", "W", "--no-verify", "--layout", "denominator"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("∂y'/∂vec(W) = kron(x, eye(n))    vector by matrix,")
    assert "    vec form: ∂y/∂vec(W)' = kron(x', eye(n))" in lines


@pytest.mark.parametrize(
    ("form", "text"),
    [("index", "δ_ij x_k"), ("vec", "kron(x', eye(n))"), ("vjp", "G*x'")],
)
def test_one_reading_alone(form: str, text: str, capsys: Captured) -> None:
    assert cli.run(["y = W*x", "W", "--no-verify", "--form", form]) == 0
    assert capsys.readouterr().out == f"{text}\n"


def test_a_reading_that_does_not_exist(capsys: Captured) -> None:
    assert cli.run(["y = W*x", "W", "--no-verify", "--form", "matrix"]) == 2
    assert "vector by matrix, has no matrix form" in capsys.readouterr().err


def test_json_is_the_dictionary(capsys: Captured) -> None:
    assert cli.run(["y = W*x", "x", "--json", "--no-verify"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads(json.dumps(derive("y = W*x", "x", verify=False).to_dict()))


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("q = W*x\nf = norm2(q)^2\n"))
    assert cli.run(["-", "x", "--no-verify"]) == 0
    assert capsys.readouterr().out.startswith("∂f/∂x = 2*(W*x)'*W    scalar by vector")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([""], "Missing argument 'WRT...'"),
        (["W*x"], "Missing argument 'WRT...'"),
        (["W*x", "x", "--layout", "upright"], "'upright' is not one of 'numerator'"),
        (["W*x", "x", "--form", "tree"], "'tree' is not one of 'matrix'"),
        (["W*x", "x", "--vars", "W matrix"], "a declaration has the form name: kind"),
        (["W*x", "x", "--vars", "x: row(n); x: vector(n)"], "x is declared twice"),
        (["W*x", "x", "--layot=mixed"], "No such option"),
        (["W*x", "x", "--verfy"], "--verify"),
        (["W*(x", "x"], "^"),
        (["W*x", "z"], "z"),
        (["", "x"], "matrixcalc: "),
        (["\udcff*x", "x"], "matrixcalc: "),
        (["\0", "x"], "matrixcalc: "),
        (["cases", "x"], "unexpected extra argument"),
        (["rules", "--layout"], "No such option"),
    ],
)
def test_bad_input_is_status_2(arguments: list[str], message: str, capsys: Captured) -> None:
    assert cli.run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "Traceback" not in err


def test_the_caret_stands_under_the_place(capsys: Captured) -> None:
    assert cli.run(["W*x + + )", "x"]) == 2
    lines = capsys.readouterr().err.splitlines()
    place = next(n for n, line in enumerate(lines) if line.strip() == "W*x + + )")
    assert lines[place + 1].index("^") == lines[place].index(")")


class Failing:
    """A command that raises."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self, *_: object, **__: object) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (VerificationError("entry (1, 2) differs"), 1, "entry (1, 2) differs"),
        (RecursionError(), 2, "too deep or too large"),
        (MemoryError(), 2, "too deep or too large"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (ZeroDivisionError("by zero"), 70, "a defect of matrixcalc: ZeroDivisionError: by zero"),
    ],
)
def test_every_error_has_a_status(
    error: BaseException,
    status: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    monkeypatch.setattr(cli.cli, "invoke", Failing(error))
    assert cli.run(["W*x", "x"]) == status
    assert message in capsys.readouterr().err


def test_a_defect_shows_itself_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.cli, "invoke", Failing(ZeroDivisionError("by zero")))
    monkeypatch.setenv("MATRIXCALC_DEBUG", "1")
    with pytest.raises(ZeroDivisionError, match=r"^by zero$"):
        cli.run(["W*x", "x"])


def test_a_failed_rule_is_status_1(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    from matrixcalc import operators, rules_check

    rows = {name: operators.TABLE[name] for name in ("tr", "sin")}
    monkeypatch.setattr(operators, "TABLE", rows)
    verdicts = {"tr": ("proved", "at all"), "sin": ("failed", "entry (1, 1)")}
    monkeypatch.setattr(rules_check, "check_rule", lambda row: verdicts[row.name])
    monkeypatch.setattr(rules_check, "check_identities", list)
    monkeypatch.setattr(rules_check, "check_identities", list)
    assert cli.run(["rules", "--verify"]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[1:] == ["tr        proved   at all", "sin       failed   entry (1, 1)"]
    assert "wrong: sin" in err


@pytest.mark.slow
def test_every_rule_holds(capsys: Captured) -> None:
    assert cli.run(["rules", "--verify"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    statuses = {re.split(r"  +", line)[1] for line in lines}
    assert statuses <= {"proved", "sampled"}


@pytest.mark.parametrize("name", ["cases", "rules"])
def test_the_tables_print(name: str, capsys: Captured) -> None:
    assert cli.run([name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 20
    assert not any(line != line.rstrip() for line in lines)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["y = W*x", "x"],
            "d y/d x = W    vector by vector, numerator layout, n x m, not verified",
        ),
        (["λ*x", "x"], "d (lambda*x)/d x = lambda*eye"),
        (["x'*x", "x", "x"], "d2 (x'*x)/d x d x = 2*eye"),
        (["y = W*x", "W", "--form", "index"], "delta_ij x_k"),
    ],
)
def test_ascii_where_the_output_is_ascii(arguments: Sequence[str], line: str) -> None:
    done = command(*arguments, "--no-verify", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(line), done.stdout


def test_errors_are_ascii_where_the_terminal_is() -> None:
    done = command("λ*(x", "x", PYTHONIOENCODING="ascii:strict")
    assert done.returncode == 2
    assert done.stderr.isascii()
    assert "Traceback" not in done.stderr


def test_version_and_module() -> None:
    assert command("--version").stdout.startswith("matrixcalc ")
    assert command("y = W*x", "x", "--no-verify").stdout.startswith("∂y/∂x = W    ")
    assert command("-", "x", "--no-verify", text="W*x\n").stdout.startswith("∂(W*x)/∂x = W")


def test_standard_input_that_is_no_text() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "matrixcalc", "-", "x"],
        input=b"\xff\xfe*x",
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 2
    assert b"standard input is no utf-8 text" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_a_broken_pipe_is_silent() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run(
        [sys.executable, "-m", "matrixcalc", "rules"],
        stdout=writing,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    os.close(writing)
    assert (process.returncode, process.stderr) == (141, b"")


def test_deep_input_ends_in_a_message() -> None:
    done = command("-", "x", "--no-verify", text="(" * 50_000 + "x" + ")" * 49_999)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_unverified_answer_imports_neither_sympy_nor_numpy() -> None:
    code = (
        "import sys; from matrixcalc.cli import run; run(['--no-verify', 'W*x', 'x'])\n"
        "print(*sorted({'sympy', 'numpy', 'rich', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


def test_the_version_is_that_of_the_project(capsys: Captured) -> None:
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == f"matrixcalc {project['project']['version']}\n"


def test_without_arguments_it_tells_how_it_is_called(capsys: Captured) -> None:
    assert cli.run([]) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith("Usage: matrixcalc")) == ("", True)


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["x'*x"], "Missing argument 'WRT...'", 'as in matrixcalc "y = W*x" x'),
        (["derive"], "Missing argument 'EXPRESSION'", 'as in matrixcalc "y = W*x" x'),
        (["cases", "x"], "Got unexpected extra argument (x)", "matrixcalc derive cases"),
        (["x'*x", "x,z"], "no variable 'x,z' in the expression", "an argument of its own"),
        (["", "x"], "there is no expression", ""),
        (["x", ""], "a variable to differentiate by is a name, not ''", 'derive("W*x", "x")'),
    ],
)
def test_what_is_missing(arguments: list[str], message: str, hint: str, capsys: Captured) -> None:
    assert cli.run(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"matrixcalc: {message}")
    assert hint in err


def test_an_expression_that_is_named_like_a_command(capsys: Captured) -> None:
    assert cli.run(["derive", "cases^2", "cases", "--no-verify"]) == 0
    assert capsys.readouterr().out.startswith("∂(cases^2)/∂cases = 2*cases ")


def test_arguments_are_utf8_whatever_the_locale_says() -> None:
    plain = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = command("λ*x'*x", "x", "--no-verify", PYTHONIOENCODING="ascii", **plain)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("d (lambda*x'*x)/d x = 2*lambda*x'")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_output_that_cannot_be_written() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "matrixcalc", "x'*x", "x", "--no-verify"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 74
    assert done.stderr.startswith("matrixcalc: the output cannot be written: No space left")


def test_streams_that_are_closed(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert cli.run(["-", "x"]) == 2
    assert "standard input is closed" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdout", None)
    assert cli.run(["x'*x", "x", "--no-verify"]) == 0
