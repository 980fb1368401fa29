"""Claims as test items of pytest: ``pytest --matrixcalc``, or ``matrixcalc = true`` in its ini.

Claims in ``.md``, ``.py``, ``.tex`` and ``.mc`` files are collected, one item each.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from matrixcalc.checks.batch import Outcome
    from matrixcalc.reading.records import Found

SUFFIXES = (".md", ".markdown", ".py", ".tex", ".mc")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option, and the ini line that stands for it."""
    group = parser.getgroup("matrixcalc")
    group.addoption(
        "--matrixcalc",
        action="store_true",
        help="check the claims in docs, docstrings and .mc files",
    )
    parser.addini("matrixcalc", "check the claims in files", type="bool", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A file that may hold claims."""
    config = parent.config
    if not (config.getoption("--matrixcalc") or config.getini("matrixcalc")):
        return None
    if file_path.suffix not in SUFFIXES:
        return None
    made: pytest.Collector = ClaimFile.from_parent(parent, path=file_path)
    return made


class ClaimFile(pytest.File):
    """A file with claims."""

    def collect(self) -> Iterable[pytest.Item]:
        from matrixcalc.reading.files import claims_of

        for found in claims_of(self.path):
            name = f"{found.line}: {found.shown or found.text}"
            yield ClaimItem.from_parent(self, name=name, found=found)


class WrongClaim(Exception):
    """A claim that is not what it should be."""


class ClaimItem(pytest.Item):
    """One claim."""

    def __init__(self, *, found: Found, **options: Any) -> None:
        super().__init__(**options)
        self.found = found

    def runtest(self) -> None:
        from matrixcalc.checks.batch import Options, check_found

        outcome = check_found(self.found, Options())
        if not outcome.good:
            raise WrongClaim(message(outcome))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, WrongClaim):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.found.line - 1, f"claim {self.found.shown}"


def message(outcome: Outcome) -> str:
    """A failure that reads well."""
    found = outcome.found
    lines = [f"{found.file}:{found.line}: the claim is {outcome.status}", f"  {found.shown}"]
    lines.append(f"  {outcome.reason}")
    counter = (outcome.verdict or {}).get("counterexample")
    if counter:
        lines.append(f"  at {counter['values']}: {counter['expected']}, not {counter['found']}")
    return "\n".join(lines)
