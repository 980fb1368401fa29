"""Every formula that we typeset compiles, by KaTeX where node and it can be had."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrixcalc import MatrixCalcError, check, derive, differential
from matrixcalc.operators import TABLE
from matrixcalc.printers.latex import to_latex
from matrixcalc.rules_check import claims_of

pytestmark = pytest.mark.slow

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "corpus" / "cases.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
SCRIPT = """
const katex = require(process.argv[1]), wrong = [];
const strict = code => code === "newLineInDisplayMode" ? "ignore" : "error";
for (const text of JSON.parse(require("fs").readFileSync(0)))
  try { katex.renderToString(text, {displayMode: true, throwOnError: true, strict}) }
  catch (error) { wrong.push(error.message + " in " + text) }
console.log(JSON.stringify(wrong))
"""


def compiled(formulas: list[str]) -> list[str]:
    """What KaTeX says of those that are wrong."""
    node, katex = shutil.which("node"), os.environ.get("KATEX")
    if node is None or not katex:
        pytest.skip("needs node, and KATEX=…/node_modules/katex")
    done = subprocess.run(
        [node, "-e", SCRIPT, katex],
        input=json.dumps(formulas),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    wrong: list[str] = json.loads(done.stdout)
    return wrong


def answers() -> Iterator[str]:
    for case in CASES:
        d = derive(case["expr"], *case["wrt"], vars=case.get("vars"), verify=False)
        yield to_latex(d.function)
        for layout in ("numerator", "denominator", "mixed"):
            yield d.in_layout(layout).latex()
        for form in ("index", "vec", "vjp"):
            try:
                yield d.latex(form=form)
            except MatrixCalcError:
                continue


def derivations() -> Iterator[str]:
    for case in CASES:
        d = derive(case["expr"], *case["wrt"], vars=case.get("vars"), verify=False)
        for step in d.steps:
            yield step.latex()
        for style in ("differential", "elements"):
            yield d.explain(style, "latex")


def rules() -> Iterator[str]:
    for row in TABLE.values():
        yield row.latex.format(A=r"\mathbf{A}", B=r"\mathbf{B}")
        for claim in claims_of(row)[:1]:
            yield check(claim).latex()
    yield differential("tr(A*X*B*X')", verify=False).latex()
    yield check("d(x'*A*x)/dx = A*x").latex()


@pytest.mark.parametrize("source", [answers, derivations, rules])
def test_all_formulas_compile(source: object) -> None:
    assert callable(source)
    formulas = list(source())
    assert len(formulas) > 50
    assert compiled(formulas) == []
