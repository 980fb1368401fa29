"""The plugin of pytest: off until it is asked for, an item for a claim, failures that read well."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec

import pytest

pytest_plugins = ["pytester"]

CLAIMS = """# a comment
A: matrix(n, n)
d(x'*A*x)/dx = x'*(A + A')
d(x'*x)/dx = x'
d(x'*x)/dx = x'  #! false: factor
tr(A) = tr(A'
"""
MODULE = '''
"""Doc.

>>> 1 + 1
2

```matrixcalc
d(x'*x)/dx = 2*x'
```
"""
'''
INSTALLED = any(e.value == "matrixcalc.pytest_option" for e in entry_points(group="pytest11"))
PLUGIN = () if INSTALLED else ("-p", "matrixcalc.pytest_option")


@pytest.fixture(autouse=True)
def alone(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    if not INSTALLED:  # in a checkout, or beside an older one that is installed
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\nfilterwarnings =\n")


def test_it_is_off_until_it_is_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makefile(".mc", claims=CLAIMS)
    pytester.runpytest_subprocess(*PLUGIN).assert_outcomes()


def test_every_claim_is_an_item(pytester: pytest.Pytester) -> None:
    pytester.makefile(".mc", claims=CLAIMS)
    result = pytester.runpytest_subprocess(*PLUGIN, "--matrixcalc", "-v")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*claims.mc::3: d(x'[*]A[*]x)/dx = x'[*](A + A') PASSED*",
            "claims.mc:4: the claim is false",
            "    d(x'[*]x)/dx = x'",
            "factor: it is 1/2 times the right answer: the factor 2 is missing; the right *",
            "at x = *: entry (1, 1) is *, not *",
            "claims.mc:6: the claim cannot be read",
            "this '(' is never closed*",
        ]
    )


def test_the_ini_line_turns_it_on(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmatrixcalc = true\n")
    pytester.makefile(".md", doc="```matrixcalc\ntr(A*B) = tr(B*A)\n```\n")
    pytester.runpytest_subprocess(*PLUGIN).assert_outcomes(passed=1)


def test_beside_the_doctests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(library=MODULE)
    doctests = (*PLUGIN, "--doctest-modules", "library.py")
    pytester.runpytest_subprocess(*doctests).assert_outcomes(passed=1)
    pytester.runpytest_subprocess(*doctests, "--matrixcalc").assert_outcomes(passed=2)


@pytest.mark.skipif(find_spec("xdist") is None, reason="needs pytest-xdist")
def test_in_several_processes(pytester: pytest.Pytester) -> None:
    pytester.makefile(".mc", claims=CLAIMS)
    result = pytester.runpytest_subprocess(*PLUGIN, "-p", "xdist", "--matrixcalc", "-n", "2")
    result.assert_outcomes(passed=2, failed=2)


def test_the_entry_imports_nothing_heavy() -> None:
    heavy = ("numpy", "sympy", "lark", "matrixcalc.checks", "matrixcalc.pytest_plugin")
    code = f"import matrixcalc.pytest_option, sys; print(*[m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
