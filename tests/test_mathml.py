"""MathML, by way of LaTeX."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from matrixcalc import UnsupportedError, derive, parse
from matrixcalc.cli import run
from matrixcalc.printers import mathml


def test_the_library_gets_the_latex(monkeypatch: pytest.MonkeyPatch) -> None:
    def convert(text: str, display: str) -> str:
        return f"<math>{text}</math>"

    library = SimpleNamespace(convert=convert)
    monkeypatch.setattr(mathml, "import_module", lambda name: library)
    assert mathml.to_mathml(parse("x'*y")) == r"<math>\mathbf{x}^\top \mathbf{y}</math>"
    assert derive("a*b", "a", verify=False).mathml().endswith("= b</math>")


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(mathml, "import_module", missing)
    with pytest.raises(UnsupportedError, match=r"^MathML needs the package latex2mathml\n"):
        mathml.to_mathml("x")


CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "corpus" / "cases.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
SIGNS = {
    "top": "⊤", "odot": "⊙", "oslash": "⊘", "otimes": "⊗", "cdot": "⋅", "lVert": "‖", "rVert": "‖",
    "lvert": "|", "rvert": "|", "partial": "∂", "sum": "∑", "sigma": "σ", "delta": "δ",
    "mapsto": "↦",
    "lambda": "λ", "mu": "μ", "beta": "β", "Sigma": "Σ", "pi": "π", "alpha": "α", "gamma": "γ",
    "times": "×", "left": "", "right": "", "frac": "", "sqrt": "", "operatorname": "", "mathbf": "",
    "mathrm": "", "mathit": "", "boldsymbol": "", "mathbb": "",
}  # fmt: skip


def signs_of_latex(text: str) -> list[str]:
    """The visible signs of a formula, in any order."""
    text = re.sub(r"\\(?:begin|end)\{gathered\}|\\\\\n", "", text)
    text = text.replace(r"\_", "_mark").replace(r"\,", "").replace("[3]", "3")
    text = re.sub(r"[{}^]|(?<!\\)_(?!mark)", " ", text).replace("_mark", "_")
    text = re.sub(r"\\([A-Za-z]+)", lambda m: SIGNS.get(m[1], m[1]), text)
    return sorted(text.replace("-", "−").replace(" ", "").replace("\n", ""))


def signs_of_mathml(text: str) -> list[str]:
    words = "".join(ElementTree.fromstring(text).itertext())
    return sorted(unicodedata.normalize("NFKC", words).replace("-", "−").replace(" ", ""))


def test_nothing_is_lost() -> None:
    pytest.importorskip("latex2mathml")
    for case in CASES:
        d = derive(case["expr"], *case["wrt"], vars=case.get("vars"), verify=False)
        for form in ("matrix", "index", "vjp"):
            latex = d.latex(form=form)
            assert signs_of_mathml(d.mathml(form)) == signs_of_latex(latex), latex


def test_words_with_underscores_stay_words() -> None:
    pytest.importorskip("latex2mathml")
    made: Any = mathml.to_mathml(parse("log_softmax(x)"))
    assert "<mtext>log_softmax</mtext>" in made


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("latex2mathml")
    assert run(["W*x", "x", "--no-verify", "--mathml"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("<math ")
    assert ElementTree.fromstring(out).tag.endswith("math")
