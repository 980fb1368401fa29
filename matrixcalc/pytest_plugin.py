"""Claims as test items of pytest: ``pytest --matrixcalc``, or ``matrixcalc = true`` in its ini.

Claims in ``.md``, ``.py``, ``.tex`` and ``.mc`` files are collected, one item each. The module
``matrixcalc.pytest_option`` has the option.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from matrixcalc.checks.batch import Options, Outcome, check_found
from matrixcalc.checks.verdict import Counterexample
from matrixcalc.reading.files import SUFFIXES, claims_of
from matrixcalc.reading.records import Found


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A file that may hold claims."""
    if file_path.suffix not in SUFFIXES:
        return None
    made: pytest.Collector = ClaimFile.from_parent(parent, path=file_path)
    return made


class ClaimFile(pytest.File):
    """A file with claims."""

    def collect(self) -> Iterable[pytest.Item]:
        for found in claims_of(self.path):
            name = f"{found.line}: {found.shown or found.problem}"
            yield ClaimItem.from_parent(self, name=name, found=found)


class WrongClaim(Exception):
    """A claim that is not what it should be."""


class ClaimItem(pytest.Item):
    """One claim."""

    def __init__(self, *, found: Found, **options: Any) -> None:
        super().__init__(**options)
        self.found = found

    def runtest(self) -> None:
        outcome = check_found(self.found, Options())
        if not outcome.good:
            raise WrongClaim(message(outcome, self.config.rootpath))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, WrongClaim):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.found.line - 1, f"claim {self.found.shown}"


def message(outcome: Outcome, root: Path) -> str:
    """A failure that reads well: the place, the claim, the verdict, the reason, the numbers."""
    found = outcome.found
    path = Path(found.file)
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    head = f"{shown}:{found.line}: the claim "
    head += "cannot be read" if outcome.status == "unreadable" else f"is {outcome.status}"
    lines = [head, "", f"    {found.shown}", "", outcome.reason]
    counter = (outcome.verdict or {}).get("counterexample")
    if counter:
        lines.append(str(Counterexample.from_dict(counter)))
    return "\n".join(line.rstrip() for line in lines)
