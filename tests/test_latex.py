"""LaTeX: the notation, whole answers, and the structure of every answer of the corpus."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from matrixcalc import UnsupportedError, check, derive, differential, parse
from matrixcalc.printers.latex import align, to_latex
from matrixcalc.printers.unicode import to_unicode
from matrixcalc.tex.names import name_latex

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "corpus" / "cases.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
COMMANDS = set(
    re.findall(
        r"\w+",
        "mathbf boldsymbol mathit mathrm operatorname mathbb top odot oslash otimes frac sqrt cdot "
        "left right lVert rVert lvert rvert sigma exp log sin cos tan arctan tanh det times "
        "partial alpha beta gamma delta lambda mu pi Sigma sum begin end",
    )
)


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


@pytest.mark.parametrize(
    ("text", "plain", "latex"),
    [
        ("1e300*x", "1e300*x", r"10^{300} \mathbf{x}"),
        ("-12e40*x", "-12e40*x", r"-12 \cdot 10^{40} \mathbf{x}"),
        ("x/1e30", "x/1e30", r"\frac{1}{10^{30}} \mathbf{x}"),
        ("123456789123456789123456*x", "123456789123456789123456*x",
         r"123456789123456789123456 \mathbf{x}"),
    ],
)
def test_long_numbers_have_an_exponent(text: str, plain: str, latex: str) -> None:
    e = parse(text)
    assert str(e) == plain
    assert parse(plain) is e
    assert to_latex(e) == latex
    assert parse(latex) is e


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
    assert d.pretty() == "∂y/∂x = W"
    assert parse("A*x")._repr_latex_() == r"$\displaystyle \mathbf{A} \mathbf{x}$"
    made = differential("inv(X)", verify=False).latex()
    assert made == r"-\mathbf{X}^{-1} \, \mathrm{d}\mathbf{X} \, \mathbf{X}^{-1}"
    assert align([("a", "b")]) == "\\begin{align*}\na &= b\n\\end{align*}"


def test_pretty_text() -> None:
    shown = {
        "2*x'*(A + A')": "2·xᵀ(A + Aᵀ)",
        "inv(A)*x./y": "(A⁻¹x) ⊘ y",
        "X.^2": "X⊙²",
        "a*b*A*x": "a·b·Ax",
        "W_1*x2": "W₁x₂",
        "loss*A*x": "loss·Ax",
        "A*Bx*y": "A·Bx·y",
        "A*sin(x)": "A·sin(x)",
        "diag(x)*A": "diag(x)A",
        "lambda*x'*x": "λ·xᵀx",
        "kron(A, eye(n))*x": "(A ⊗ I_n)x",
        "norm2(x)^2": "‖x‖²",
    }
    kinds = {"loss": "scalar", "Bx": "matrix(m, k)"}
    for text, signs in shown.items():
        given = {name: kind for name, kind in kinds.items() if name in text}
        assert to_unicode(parse(text, given)) == signs


def test_whole_answers_in_signs_and_in_ascii() -> None:
    d = derive("lambda*x'*A*x", "x", verify=False)
    assert d.pretty() == "∂(λ·xᵀAx)/∂x = λ·xᵀ(A + Aᵀ)"
    assert d.pretty(ascii=True) == "d (lambda*x'*A*x)/d x = lambda*x'*(A + A')"
    d = derive("y = W*x", "W", verify=False)
    assert d.pretty() == "∂y/∂vec(W)ᵀ = xᵀ ⊗ I_n"
    assert d.pretty("index") == "∂y_i/∂W_jk = δ_ij x_k"
    assert d.pretty("vjp") == "G ↦ Gxᵀ"
    assert d.in_layout("denominator").pretty().startswith("∂yᵀ/∂vec(W) = ")
    assert derive("x'*A*x", "x", "x", verify=False).pretty() == "∂²(xᵀAx)/∂x∂x = A + Aᵀ"


def test_every_form() -> None:
    d = derive("y = W*x", "W", verify=False)
    assert d.latex(form="index") == (
        r"\frac{\partial y_{i}}{\partial W_{jk}} = \delta_{ij} x_{k}"
    )
    assert d.latex(form="vjp") == r"\mathbf{G} \mapsto \mathbf{G} \mathbf{x}^\top"
    assert r"\operatorname{vec}(\mathbf{W})^\top" in d.latex(form="vec")
    with pytest.raises(UnsupportedError, match=r"^no form 'rows'\nthe forms are matrix, index, "):
        d.latex(form="rows")
    third = derive("sum(exp(A*x))", "x", "x", "x", verify=False)
    with pytest.raises(UnsupportedError, match=r"^this derivative, .* has no vec form$"):
        third.latex(form="vec")
    assert third.latex().startswith(r"\frac{\partial^{3} y}{\partial x_{i} \partial x_{j} ")


def test_what_notebooks_show() -> None:
    d = derive("y = W*x", "x")
    assert "vector by vector, numerator layout, n×m, proved by SymPy" in d._repr_html_()
    step = d.steps[-1]
    assert step._repr_latex_() == f"$\\displaystyle {step.latex()}$"
    assert step.rule in step._repr_html_()
    verdict = check("d(x'*x)/dx = x'")
    assert verdict.latex() == (
        r"\text{false} \quad \text{right: } \frac{\partial}{\partial \mathbf{x}} "
        r"(\mathbf{x}^\top \mathbf{x}) = 2 \mathbf{x}^\top"
    )
    assert "<b" in verdict._repr_html_()
    assert check("tr(A) = tr(A')")._repr_latex_() == r"$\displaystyle \text{true}$"
    assert "title=" in differential("inv(X)", verify=False)._repr_html_()


def test_steps_are_typeset() -> None:
    made = derive("y = W*x", "x", verify=False).explain(format="latex")
    assert r"\mathrm{d}\mathbf{y} &= \mathrm{d}(\mathbf{W} \mathbf{x})" in made
    assert r"\mathbf{W} \, \mathrm{d}\mathbf{x}" in made
    made = derive("sigmoid(A*x)", "x", verify=False).explain("elements", "latex")
    assert r"y_{i} &= \sigma(\mathbf{A} \mathbf{x})_{i}" in made


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


def test_long_formulas_name_their_shared_parts() -> None:
    net = "x"
    for k in range(1, 10):
        net = f"tanh(W_{k}*{net})"
    d = derive(f"sum({net})", "x", verify=False)
    assert d.result is not None
    made = d.latex()
    rows = made.splitlines()
    assert rows[0] == r"\begin{gathered}"
    assert rows[1].startswith(r"\mathbf{v}_{1} = \tanh(\mathbf{W}_{1} \mathbf{x})")
    assert r"\frac{\partial f}{\partial \mathbf{x}} = " in made
    kinds = {name: str(kind) for name, kind in d.variables.items()}
    assert parse(to_latex(d.result), kinds) is d.result
