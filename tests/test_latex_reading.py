"""LaTeX in: the notations of papers, the mistakes, and what we print read back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from strategies import Problem, problems, sample
from test_properties import QUICK

from matrixcalc import (
    LimitError,
    MatrixCalcError,
    ParseError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    check,
    derive,
    differential,
    gradient,
    graph,
    hessian,
    parse,
)
from matrixcalc.cli import run
from matrixcalc.declare import declare
from matrixcalc.expr import Expr, symbols
from matrixcalc.identities import IDENTITIES
from matrixcalc.notation import is_latex
from matrixcalc.numeric import evaluate_many
from matrixcalc.operators import TABLE
from matrixcalc.printers.latex import to_latex

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "corpus" / "cases.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]

# Each LaTeX text with the same in the language, and declarations where they are needed.
READ: list[tuple[str, str, dict[str, str]]] = [
    # names and their styles
    (r"\mathbf{x}^\top A \mathbf{x}", "x'*A*x", {}),
    (r"\mathbf x^T \boldsymbol{A}\bm{x}", "x'*A*x", {}),
    (r"\vec{x}^{\mathsf T} \vec y", "x'*y", {}),
    (r"\mathbf{a}^\top\mathbf{X}\mathbf{b}", "a'*X*b", {"a": "vector(n)", "b": "vector(m)"}),
    (r"\boldsymbol{\mu}^\top\boldsymbol\Sigma\boldsymbol\mu", "mu'*Sigma*mu", {"mu": "vector(n)"}),
    (r"\mathbf{W}_{1}\mathbf{x}_2", "W_1*x_2", {}),
    (r"W_1 x_{\mathrm{max}} + \mathbf{b}_\text{out}", "W_1*x_max + b_out", {"b_out": "vector(n)"}),
    (r"\mathbf{Ax} + \mathbf{b}", "A*x + b", {"b": "vector(n)"}),
    (r"\mathbf{A x}", "A*x", {}),
    (r"\mathbf{X^\top y}", "X'*y", {}),
    (r"\hat{\mathbf{y}} - \mathbf{y}", "y_hat - y", {}),
    (r"\mathbf{\hat{y}}_1 - \bar y", "y_1_hat - y_bar", {}),
    (r"\mathit{loss}^2", "loss^2", {"loss": "scalar"}),
    (r"\mathcal{L}^2 + \ell", "L^2 + ell", {"L": "scalar", "ell": "scalar"}),
    (r"\lambda\alpha_1", "lambda*alpha_1", {}),
    (r"loss\cdot\alpha", "loss*alpha", {"loss": "scalar"}),
    # transposes, inverses, powers
    (r"A^{\top}B^{T}C^\intercal D^{\text{T}}", "A'*B'*C'*D'", {}),
    (r"A^{-1}B^{-\top}C^{-T}", "inv(A)*inv(B)'*inv(C)'", {}),
    (r"A^+ B^\dagger C^{+}", "pinv(A)*pinv(B)*pinv(C)", {}),
    (r"{A^{-1}}^\top x'", "(inv(A))'*x'", {"x": "row(n)"}),
    (r"(A + B)^2 a^{10}", "(A + B)^2*a^10", {}),
    (r"A^{1/2} + a^{1/2}B", "sqrtm(A) + a^0.5*B", {}),
    (r"A^{-1/2}", "inv(sqrtm(A))", {}),
    (r"\mathbf{x}^{\odot 2} + \mathbf{x}^{\circ -1}", "x.^2 + x.^-1", {}),
    (r"a^{b+1}", "a^(b + 1)", {}),
    # products and quotients
    (r"2 x\,y^\top", "2*x*y'", {}),
    (r"2 \cdot 3 a \times b", "2*3*a*b", {}),
    (r"\frac{1}{2}\mathbf{x} + \tfrac12 \mathbf{x} + \dfrac{\mathbf{x}}{a}", "0.5*x + 0.5*x + x/a", {}),
    (r"\frac a b", "a/b", {}),
    (r"1/2 \mathbf{x}", "x/2", {}),
    (r"\mathbf{x}/\lVert\mathbf{x}\rVert", "x/norm2(x)", {}),
    (r"A \odot B \oslash C", "A.*B./C", {}),
    (r"A\mathbf{x} \odot \mathbf{y}", "(A*x).*y", {}),
    (r"\mathbf{x} \circ \mathbf{y}", "x.*y", {}),
    (r"A \otimes (B C)", "kron(A, B*C)", {}),
    (r"\langle \mathbf{x}, A\mathbf{y}\rangle", "sum(x.*(A*y))", {}),
    (r"-\mathbf{x} - (-\mathbf{y})", "-x - (-y)", {}),
    # delimiters
    (r"\left( a + b \right) \bigl[ c \bigr] \{ d \}", "(a + b)*c*d", {}),
    (r"\lVert A\mathbf{x} - \mathbf{b}\rVert_2^2", "norm2(A*x - b)^2", {"b": "vector(n)"}),
    (r"\|\mathbf{x}\| \|\mathbf{y}\|", "norm2(x)*norm2(y)", {}),
    (r"\left\| \|\mathbf{x}\| \mathbf{y} \right\|_1", "norm1(norm2(x)*y)", {}),
    (r"||\mathbf{x}||_{2} + \lVert X\rVert_F^2", "norm2(x) + norm2(X)^2", {}),
    (r"|a| + |X| + \lvert \mathbf{x}^\top \mathbf{y}\rvert", "abs(a) + det(X) + abs(x'*y)", {}),
    (r"\lvert\mathbf{x}\rvert", "abs(x)", {}),
    # functions
    (r"\log\det X + \ln\det(Y) + \log |\det Z|", "logdet(X) + logdet(Y) + logdet(Z)", {}),
    (r"\log |X|", "log(det(X))", {}),
    (r"\operatorname{tr}(A B) + \mathrm{Tr}(A) + \text{tr} B", "tr(A*B) + tr(A) + tr(B)", {}),
    (r"\exp\left(-\frac{\mathbf{x}^\top\mathbf{x}}{2}\right)", "exp(-x'*x/2)", {}),
    (r"\mathrm{e}^{-a} + \mathrm{e}^a", "exp(-a) + exp(a)", {}),
    (r"\mathrm{e}^{A}", "expm(A)", {}),
    (r"\sqrt{a} + \sqrt[3]{b}", "sqrt(a) + cbrt(b)", {}),
    (r"\sigma(W\mathbf{x}) + \sigma \mathbf{x}", "sigmoid(W*x) + sigma*x", {}),
    (r"\sigma(a + b)", "sigma*(a + b)", {"sigma": "scalar"}),
    (r"\operatorname{softmax}(\mathbf{x}) + \mathrm{ReLU}(\mathbf{x})", "softmax(x) + relu(x)", {}),
    (r"\operatorname{diag}(\mathbf{x})\operatorname{vec}(A)", "diag(x)*vec(A)", {}),
    (r"\max(0, a) + \max(\mathbf{x})", "relu(a) + max(x)", {}),
    (r"\sin^2(a) + \cos a", "sin(a)^2 + cos(a)", {}),
    (r"\log\lVert \mathbf{x}\rVert^2", "log(norm2(x)^2)", {}),
    (r"\det A \det B", "det(A)*det(B)", {}),
    # constants
    (r"A + \lambda I + \mathbf{I}_{n}", "A + lambda*eye + eye(n)", {"A": "matrix(n, n)"}),
    (r"\mathbf{1}^\top A \mathbf{1} + \mathbb{1}^\top \mathbf{x}", "vector(1)'*A*vector(1) + vector(1)'*x", {}),
    (r"\mathbf{1}_n 1_m^\top + \mathbf{0}_{n \times m}", "vector(1, n)*vector(1, m)' + matrix(0, n, m)", {}),
    (r"I\mathbf{x}", "I*x", {"I": "matrix(n, n)"}),
    (r"2\pi a", "2*pi*a", {}),
    (r"\mathbf{K}_{n,m}\operatorname{vec}(X)", "commutation(n, m)*vec(X)", {"X": "matrix(n, m)"}),
    # whole texts
    (r"$x^\top x$", "x'*x", {}),
    (r"\[ \begin{aligned} x^\top x. \end{aligned} \]", "x'*x", {}),
    (r"\mathbf{q} = W\mathbf{x}; f = \lVert\mathbf{q}\rVert^2", "q = W*x; f = norm2(q)^2", {}),
    ("q &= Wx \\\\\n f &= \\|q\\|^2 % the end", "q = W*x; f = norm2(q)^2", {}),
    (r"f(\mathbf{x}, A) = \mathbf{x}^\top A \mathbf{x}", "f = x'*A*x", {}),
    (r"a: vector(n); \lambda: vector(n); a^\top \lambda", "a: vector(n); lambda: vector(n); a'*lambda", {}),
    (r"x^{2}", "x^2", {"x": "scalar"}),
    (r"-a\log a", "-a*log(a)", {}),
    (r"A\exp(x)", "inv(A)*exp(x)", {}),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "text", "kinds"), READ, ids=[row[0] for row in READ])
def test_it_means_the_same(latex: str, text: str, kinds: dict[str, str]) -> None:
    assert parse(latex, kinds) is parse(text, kinds)


@pytest.mark.parametrize(
    ("text", "names", "latex"),
    [
        (r"A\b", [], False),
        (r"A\rhs", [], False),
        (r"A\ b", [], False),
        (r"A\(b + c)", [], False),
        (r"A\beta", ["beta"], False),
        (r"A\beta", [], True),
        (r"\beta*a", ["beta"], True),
        (r"A\exp(x)", [], False),
        (r"2\alpha", ["alpha"], True),
        (r"-p\log p", [], False),
        (r"\(a\)", [], True),
        ("x_{1}", [], True),
        ("{x}", [], False),
        ("x'*A", [], False),
        ("$a$", [], True),
        (7, [], False),
    ],
)
def test_which_texts_are_latex(text: Any, names: list[str], latex: bool) -> None:
    assert is_latex(text, names) is latex


def test_everything_takes_it() -> None:
    form = r"\mathbf{x}^\top A \mathbf{x}"
    assert str(derive(form, "x")) == str(derive(form, r"\mathbf{x}")) == "x'*(A + A')"
    assert str(gradient(form, "x", verify=False)) == "(A + A')*x"
    assert str(hessian(form, "x", verify=False)) == "A + A'"
    assert str(differential(form, r"\mathbf{x}", verify=False)) == "dx'*(A + A')*x"
    assert str(derive(r"\lambda_1^2", r"\lambda_1", verify=False)) == "2*lambda_1"
    g = graph(r"\mathbf{q} = W\mathbf{x}; f = \lVert \mathbf{q}\rVert^2", r"\mathbf{W}")
    assert str(g.node("W").gradient) == "2*q*x'"
    assert derive(form, "x", verify=False).to_dict()["expression"] == form


def test_it_shows_the_function_in_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([r"\mathbf{x}^\top A \mathbf{x}", r"\mathbf{x}", "--no-verify"]) == 0
    assert capsys.readouterr().out.startswith("∂(x'*A*x)/∂x = x'*(A + A')    scalar by vector")


@pytest.mark.parametrize(
    ("claim", "kinds", "status"),
    [
        (r"\frac{\partial \mathbf{x}^\top A\mathbf{x}}{\partial \mathbf{x}} = \mathbf{x}^\top(A + A^\top)", {}, "true"),
        (r"\frac{\partial}{\partial X} \log\det X = X^{-\top}", {}, "true"),
        (r"\partial \operatorname{tr}(AX)/\partial X = A^\top", {}, "true"),
        (r"\frac{d a^3}{d a} = 3 a^2", {}, "true"),
        (r"\frac{\mathrm{d}}{\mathrm{d}\mathbf{x}} A\mathbf{x} = A", {}, "true"),
        (r"\nabla_{\mathbf{x}} \lVert A\mathbf{x}\rVert^2 = 2 A^\top A\mathbf{x}", {}, "true"),
        (r"\nabla^2_{\mathbf{x}}\, \mathbf{x}^\top A\mathbf{x} = A + A^\top", {}, "true"),
        (r"\frac{\partial^2 \mathbf{x}^\top A\mathbf{x}}{\partial \mathbf{x}^2} = A + A^\top", {}, "true"),
        (r"\frac{\partial^2 \mathbf{x}^\top A\mathbf{y}}{\partial \mathbf{x}\,\partial \mathbf{y}^\top} = A", {}, "true"),
        (r"\mathrm{d}(X^{-1}) = -X^{-1}\,\mathrm{d}X\,X^{-1}", {}, "true"),
        (r"d(\mathbf{x}^\top A\mathbf{x}) = d\mathbf{x}^\top (A + A^\top)\mathbf{x}", {}, "true"),
        (r"\frac{\partial\operatorname{vec}(AXB)}{\partial\operatorname{vec}(X)^\top} = B^\top \otimes A", {}, "true"),
        (r"\operatorname{tr}(A B) = \operatorname{tr}(B A)", {}, "true"),
        (r"\frac{\partial \mathbf{x}^\top A\mathbf{x}}{\partial \mathbf{x}} = 2A\mathbf{x}", {}, "true_if"),
        (r"\frac{\partial \lVert\mathbf{x}\rVert^2}{\partial \mathbf{x}} = \mathbf{x}^\top", {}, "false"),
        (r"y = W\mathbf{x}; \frac{\partial \lVert y\rVert^2}{\partial W} = 2 y \mathbf{x}^\top", {}, "true"),
        (r"\frac{\partial \mathbf{a}^\top\mathbf{x}}{\partial\mathbf{x}} = \mathbf{a} \quad \text{(denominator layout)}", {}, "true"),
    ],
)  # fmt: skip
def test_claims(claim: str, kinds: dict[str, str], status: str) -> None:
    assert check(claim, kinds).status == status


# Each text with the error, its message, the piece it points at, and what the hint says.
MISTAKES: list[tuple[str, type[MatrixCalcError], str, str, str]] = [
    (r"\sum_i x_i", ParseError, r"'\sum' is not read here", r"\sum", "over indices"),
    (r"\foo{x} \mathbf{x}", ParseError, r"'\foo' is not a command that is read here", r"\foo", r"\operatorname{foo}"),
    (r"\mathbf{x} +", ParseError, "the formula ends after '+'", "", "an operand is missing"),
    (r"\mathbf{x} \odot \odot y", ParseError, r"there is nothing between '\odot' and '\odot'", r"\odot", "operand"),
    (r"(\mathbf{x}", ParseError, "this '(' is never closed", "(", ""),
    (r"\mathbf{x})", ParseError, "this ')' closes nothing", ")", ""),
    (r"\left(\mathbf{x}\right]", ParseError, r"this '\left' is closed by '\right]'", "", ""),
    (r"\lVert x", ParseError, r"this '\lVert' is never closed", "", ""),
    (r"{\mathbf{x}", ParseError, "this '{' is never closed", "{", ""),
    (r"\frac{\mathbf{x}}", ParseError, "the formula ends after '}'", "", "operand"),
    (r"\mathbf{x}^", ParseError, "the power is missing", "", "x^{2}"),
    (r"\mathbf{x}^{(1)}", ParseError, "a power in parentheses is a label", "^{(1)}", "W_{1}"),
    (r"\mathbf{x}^* A", ParseError, "conjugates are not read: variables are real", "^*", r"^\top"),
    (r"\alpha^10", ParseError, "a power of several digits stands in braces", "10", "x^{10}"),
    (r"\alpha^-1", ParseError, "a power of several signs stands in braces", "-", "x^{-1}"),
    (r"\sin 2\alpha", ParseError, "how far the argument of this function goes is not clear", r"\sin 2\alpha", "parentheses"),
    (r"\operatorname{tr} A B", ParseError, "how far the argument of this function goes is not clear", "", "parentheses"),
    (r"\alpha/\beta c", ParseError, "what stands below this / is not clear", "/", r"\frac"),
    (r"e^{-\alpha}", ParseError, "whether this e is a variable is not clear", "e", r"\exp"),
    (r"\mathbf{a}^\top \mathbf{x} a", ParseError, "a stands here in two styles, and may be one variable or two", "a", "declare"),
    (r"\mathbf{x}2", ParseError, "a number right behind a name", "2", "product"),
    (r"\mathbf{x}, \mathbf{y}", ParseError, "',' can stand only between the arguments of a function", ",", ""),
    (r"(\mathbf{x}, \mathbf{y})", ParseError, "',' can stand only between the arguments of a function", "", ""),
    (r"\mathbf{x} = \mathbf{y} = z", ParseError, "a second '=' in one statement, or one within parentheses", "=", ""),
    (r"2 \frac{\partial f}{\partial \mathbf{x}}", ParseError, "a derivative can stand only at the head of a claim", r"\frac", ""),
    (r"\log", ParseError, r"the argument of '\log' is missing", "", "parentheses"),
    (r"\log_2 \alpha", ParseError, "a function with a subscript is not read", r"\log_2", ""),
    (r"\sqrt[5]{\alpha}", ParseError, "a root of order 5 is not read", r"\sqrt[5]", "power"),
    (r"\mathbf{x}_{i+1}", ParseError, "this subscript is not read", "{i+1}", ""),
    (r"\lVert \mathbf{x}\rVert_\infty", ParseError, r"the norm '\\infty' is not read here", "", ""),
    (r"\top \mathbf{x}", ParseError, r"'\top' stands above its operand", r"\top", ""),
    (r"\mathbb{R}", ParseError, r"'\mathbb{R}' is not read here", r"\mathbb{R}", ""),
    (r"\mathbf{x}''", ParseError, "a double prime is not read", "''", ""),
    (r"\begin{bmatrix} 1 \end{bmatrix}", ParseError, r"'\begin' is not read here", r"\begin", "name them"),
    (r"\sin^{-1}(x)_", ParseError, "a subscript belongs to a name", "_", ""),
    (r"\sin^{-1}(\mathbf{x})", ParseError, "this power of a function is not read", "{-1}", ""),
    (r"\operatorname{foo}(\mathbf{x})", UnknownNameError, "there is no function 'foo'", "", ""),
    (r"\mathbf{x}\mathbf{y}", ShapeError, "x*y: both are columns, n×1 and m×1", "", "write x'*y for the inner product"),
    (r"\lVert X\rVert_2", UnsupportedError, "the operator norm with the mark 2 is not supported; this is n×m", "", r"\rVert_F"),
    (r"\mathbf{x}^{1/2}", ShapeError, "the power 1/2 is of a scalar or of a square matrix, not of n×1", "", r"\odot"),
    (r"\mathbf{\mathbf{\mathbf{\mathbf{\mathbf{\mathbf{\mathbf{\mathbf{\mathbf{x}}}}}}}}}", ParseError, "too many styles within each other", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "error", "message", "at", "hint"), MISTAKES, ids=[row[0] for row in MISTAKES]
)
def test_mistakes(
    text: str, error: type[MatrixCalcError], message: str, at: str, hint: str
) -> None:
    with pytest.raises(error, match=re.escape(message)) as caught:
        parse(text)
    made = caught.value
    assert made.message == message
    assert made.text == text
    assert made.span is not None
    if at:
        assert text[slice(*made.span)].startswith(at)
    assert hint in made.hint


def test_carets_stand_in_the_latex_text() -> None:
    with pytest.raises(ShapeError, match="inner dimensions") as caught:
        parse(r"\mathbf{y}^\top + \mathbf{x}^\top\, A\, B", {"A": "matrix(n, m)", "B": "matrix(n, k)"})
    assert str(caught.value).splitlines()[2].index("^") == 4 + 18


@pytest.mark.parametrize(
    "text",
    [
        r"\mathbf{x}^\top \mathbf{x}" + r" + \alpha" * 3000,
        "(" * 3000 + r"\alpha" + ")" * 3000,
        r"\sqrt{" * 900 + "a" + "}" * 900,
        r"\frac{1}{" * 500 + "a" + "}" * 500,
        r"\exp " * 400 + "a",
        "-" * 3000 + r"\alpha",
    ],
)
def test_long_and_deep_texts_end(text: str) -> None:
    try:
        parse(text)
    except LimitError as error:
        assert error.message  # noqa: PT017


def test_too_long_a_text() -> None:
    with pytest.raises(LimitError, match=r"^the text has 250,001 characters; the limit is 200,000"):
        parse(r"\alpha" + " " * 249_995)
    with pytest.raises(LimitError, match=r"^the text has more than 30,000 names"):
        parse(r"\alpha" + "+a" * 20_000)


# What we print, read back.


def read_back(e: Expr) -> Expr:
    kinds = {s.name: str(declare(s.shape, s.data[1])) for s in symbols(e)}
    return parse(to_latex(e), kinds)


def test_every_answer_of_the_corpus_reads_back_as_the_same_object() -> None:
    for case in CASES:
        d = derive(case["expr"], *case["wrt"], vars=case.get("vars"), verify=False)
        other = d.in_layout("denominator")
        found = [d.function, d.result, d.vec, d.backpropagated, other.result]
        for e in filter(None, found):
            back = read_back(e)
            assert back is e or back.key == e.key, f"{e} is read back as {back}"


def test_every_rule_reads_back() -> None:
    claims = [row.example for row in TABLE.values()] + list(IDENTITIES)
    for claim in claims:
        right = claim.partition(" = ")[2]
        try:
            e = parse(right)
        except MatrixCalcError:
            continue  # sized by its left side
        assert read_back(e).key == e.key, right


def test_names_that_look_alike_are_told_apart() -> None:
    e = parse("x1'*x_1 + I + sigma*sigmoid(a)", {"I": "scalar", "x1": "vector(n)"})
    assert read_back(e) is e
    e = parse("K*commutation(n, m)*(A + eye)*I", {"K": "matrix(n*m, n*m)", "I": "matrix(n*m, k)"})
    assert read_back(e) is e


@QUICK
@given(problems(depth=3))
def test_random_expressions_read_back(problem: Problem) -> None:
    try:
        e = parse(problem.text, problem.vars)
        latex = to_latex(e)
    except MatrixCalcError:
        return
    kinds = {s.name: str(declare(s.shape, s.data[1])) for s in symbols(e)}
    back = parse(latex, {**problem.vars, **kinds})
    assert back.shape == e.shape
    if back.key != e.key and symbols(e):
        values = sample(problem, 3)
        known = [s for s in symbols(parse(problem.text, problem.vars)) if s.name in values]
        with np.errstate(all="ignore"):
            a, b = evaluate_many([e, back, *known], values)[:2]
        np.testing.assert_allclose(b, a, rtol=1e-7, atol=1e-9)


def test_our_equations_are_claims() -> None:
    for text, wrt in [("y = W*x", "x"), ("x'*A*x", "x"), ("A*X*B", "X"), ("tr(X^2)", "X")]:
        d = derive(text, wrt, verify=False)
        for layout in ("numerator", "denominator"):
            made = d.in_layout(layout).latex()
            if "y" in text:
                made = rf"\mathbf{{y}} = \mathbf{{W}} \mathbf{{x}}; {made}"
            assert check(made).status == "true", made
