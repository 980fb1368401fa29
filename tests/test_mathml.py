"""MathML, by way of LaTeX."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from matrixcalc import UnsupportedError, derive, parse
from matrixcalc.printers import mathml


def test_the_library_gets_the_latex(monkeypatch: pytest.MonkeyPatch) -> None:
    library = SimpleNamespace(convert=lambda text: f"<math>{text}</math>")
    monkeypatch.setattr(mathml, "import_module", lambda name: library)
    assert mathml.to_mathml(parse("x'*y")) == r"<math>\mathbf{x}^\top \mathbf{y}</math>"
    assert derive("a*b", "a", verify=False).mathml().endswith("= b</math>")


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(mathml, "import_module", missing)
    with pytest.raises(UnsupportedError, match=r"^MathML needs the package latex2mathml\n"):
        mathml.to_mathml("x")
