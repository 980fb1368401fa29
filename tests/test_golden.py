"""Generated Julia and MATLAB code is what was read and approved."""

from __future__ import annotations

from pathlib import Path

import pytest
from write_golden import NAMES, golden

FILES = list(golden())


@pytest.mark.parametrize(("path", "text"), FILES, ids=[p.name for p, _ in FILES])
def test_code_has_not_changed(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "python tests/write_golden.py renews the files"


def test_there_are_no_other_files() -> None:
    assert len(FILES) == 2 * len(NAMES)
    kept = {p for p in FILES[0][0].parent.iterdir() if p.suffix in (".jl", ".m")}
    assert kept == {p for p, _ in FILES}
