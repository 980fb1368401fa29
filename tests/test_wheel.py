"""The wheel holds the grammar, and the command line runs from it in a clean environment."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow


def call(*command: str | Path, cwd: Path) -> str:
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    environment = {k: v for k, v in os.environ.items() if k not in hidden}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**environment, "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT)
    call(*pip, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True)
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    call(binaries / "python", "-m", "pip", "install", "-q", wheel, cwd=folder)
    return binaries


def test_the_wheel_holds_grammar_and_license(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    grammar = {f"matrixcalc/grammar/{path.name}" for path in (ROOT / "grammar").iterdir()}
    assert "matrixcalc/grammar/matrix.lark" in grammar
    assert grammar <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests", "docs"))]


def test_the_command_runs_from_the_wheel(bin_folder: Path, tmp_path: Path) -> None:
    answer = "∂y/∂x = W    vector by vector, numerator layout, n×m, proved by SymPy\n"
    assert call(bin_folder / "matrixcalc", "y = W*x", "x", cwd=tmp_path) == answer
    module = (bin_folder / "python", "-m", "matrixcalc")
    assert call(*module, "y = W*x", "x", cwd=tmp_path) == answer
    assert call(*module, "--version", cwd=tmp_path).startswith("matrixcalc 0.")
