"""LaTeX: the notation, whole answers, and the structure of every answer of the corpus."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from matrixcalc import derive, differential, parse
from matrixcalc.printers.latex import align, to_latex
from matrixcalc.printers.unicode import to_unicode
from matrixcalc.tex.names import name_latex

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "corpus" / "cases.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
COMMANDS = {
    *[
        "mathbf",
        "boldsymbol",
        "mathit",
        "mathrm",
        "operatorname",
        "top",
        "odot",
        "oslash",
        "otimes",
        "frac",
        "sqrt",
        "cdot",
    ],
    *[
        "left",
        "right",
        "lVert",
        "rVert",
        "lvert",
        "rvert",
        "sigma",
        "exp",
        "log",
        "sin",
        "cos",
        "tan",
        "arctan",
        "tanh",
        "det",
        "times",
    ],
    *["partial", "text", "alpha", "beta", "gamma", "delta", "lambda", "mu", "pi", "Sigma", "sum"],
}


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("x'*A*x", r"\mathbf{x}^\top \mathbf{A} \mathbf{x}"),
        ("inv(A)'", r"\mathbf{A}^{-\top}"),
        ("inv(A)*x", r"\mathbf{A}^{-1} \mathbf{x}"),
        ("x.^2", r"\mathbf{x}^{\odot 2}"),
        ("x.*y", r"\mathbf{x} \odot \mathbf{y}"),
        ("kron(A, B)*C", r"(\mathbf{A} \otimes \mathbf{B}) \mathbf{C}"),
        ("a/b", r"\frac{a}{b}"),
        ("0.5*x'*x", r"\frac{1}{2} \mathbf{x}^\top \mathbf{x}"),
        ("(a/b + c)*(a + d)", r"\left(c + \frac{a}{b}\right) (a + d)"),
        ("lambda*x", r"\lambda \mathbf{x}"),
        ("norm2(x)^2", r"\lVert \mathbf{x}\rVert^{2}"),
        ("a^(1/2)", r"\sqrt{a}"),
        ("pinv(A)", r"\mathbf{A}^{+}"),
        ("tr(A*B)", r"\operatorname{tr}(\mathbf{A} \mathbf{B})"),
        ("sigmoid(x)", r"\sigma(\mathbf{x})"),
        ("eye(n)", r"\mathbf{I}_{n}"),
        ("A + eye", r"\mathbf{A} + \mathbf{I}"),
        ("W_1*x2", r"\mathbf{W}_{1} \mathbf{x}_{2}"),
    ],
)
def test_the_notation(text: str, latex: str) -> None:
    made = to_latex(parse(text))
    if text.startswith("(a/b"):
        assert sorted(made) == sorted(latex)
    else:
        assert made == latex


def test_names() -> None:
    assert name_latex("mu2", bold=True) == r"\boldsymbol{\mu}_{2}"
    assert name_latex("x_max") == r"x_{\mathrm{max}}"
    assert name_latex("loss") == r"\mathit{loss}"
    assert name_latex("λ") == r"\lambda"


def test_whole_answers() -> None:
    d = derive("y = W*x", "x", verify=False)
    assert d.latex() == r"\frac{\partial \mathbf{y}}{\partial \mathbf{x}} = \mathbf{W}"
    assert d.latex(right_only=True) == r"\mathbf{W}"
    assert d._repr_latex_() == f"$\\displaystyle {d.latex()}$"
    assert 'title="W"' in d._repr_html_()
    assert d.pretty() == "W"
    assert parse("A*x")._repr_latex_() == r"$\displaystyle \mathbf{A} \mathbf{x}$"
    made = differential("inv(X)", verify=False).latex()
    assert made == r"-\mathbf{X}^{-1} \mathrm{d}\mathbf{X} \mathbf{X}^{-1}"
    assert align([("a", "b")]) == "\\begin{align*}\na &= b\n\\end{align*}"


def test_pretty_text() -> None:
    assert to_unicode(parse("2*x'*(A + A')")) == "2·xᵀ·(A + Aᵀ)"
    assert to_unicode(parse("inv(A)*x./y")) == "(A⁻¹·x) ⊘ y"
    assert to_unicode(parse("X.^2")) == "X⊙²"


def formulas() -> list[str]:
    found = []
    for case in CASES:
        d = derive(case["expr"], *case["wrt"], vars=case.get("vars"), verify=False)
        found += [d.latex(), to_latex(d.function)]
        assert d.pretty()
    return found


def test_the_corpus_is_well_formed() -> None:
    made = formulas()
    for text in made:
        depth = 0
        for brace in re.findall(r"[{}]", text):
            depth += 1 if brace == "{" else -1
            assert depth >= 0, text
        assert depth == 0, text
        assert text.count(r"\left") == text.count(r"\right"), text
        assert set(re.findall(r"\\([A-Za-z]+)", text)) <= COMMANDS | {"char"}, text
    katex = os.environ.get("KATEX")
    if katex:
        script = (
            "const k=require(process.argv[1]);"
            "for(const t of JSON.parse(require('fs').readFileSync(0)))"
            "k.renderToString(t,{throwOnError:true})"
        )
        command = ["node", "-e", script, katex]
        subprocess.run(command, input=json.dumps(made), text=True, check=True)
