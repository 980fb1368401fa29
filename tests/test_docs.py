"""The pages are current, and the README keeps its promises. The examples run as doctests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from matrixcalc import graph
from matrixcalc.cases import CASES
from matrixcalc.cli import FORMS, commands, run
from matrixcalc.codegen.api import code
from matrixcalc.operators import TABLE
from matrixcalc.rules_page import page

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_rules_page_is_current() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == page(), (
        "write it anew by: python -m matrixcalc.rules_page > docs/rules.md"
    )


def test_the_rules_page_names_every_function() -> None:
    assert all(
        f"`{row.example.replace('|', chr(92) + '|')}`" in page()
        for row in TABLE.values()
        if row.example
    )


def test_the_first_example_comes_early_and_shows_the_check() -> None:
    beginning = README.splitlines()[:25]
    assert any("proved by SymPy" in line for line in beginning)
    assert any(line.startswith(">>> d = derive(") for line in beginning)


def test_the_readme_prints_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["y = W*x", "x"]) == 0
    assert capsys.readouterr().out in README


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_index_leads_to_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    names = {p.name for p in (ROOT / "docs").iterdir() if p.suffix in (".md", ".ipynb")}
    for name in names - {"index.md"}:
        assert f"]({name})" in index


def test_the_picture_is_current() -> None:
    values = {"W": [[0.1, 0.5], [-0.3, 0.8]], "x": [0.2, 0.4]}
    drawn = graph("q = W*x; f = norm2(q)^2", values=values).svg()
    assert (ROOT / "docs" / "backpropagation.svg").read_text(encoding="utf-8") == drawn + "\n"


def test_the_readme_names_every_command_and_form() -> None:
    assert all(f"matrixcalc {name}" in README for name in commands())
    assert "|".join(FORMS) in README


def test_the_readme_flags_the_problem_dependent_cells() -> None:
    cells = sum(case.problem_dependent for case in CASES.values())
    table = README.partition("## The nine cases")[2].partition("Whether")[0]
    assert table.count("problem-dependent") == cells


def test_the_listing_of_generated_code_is_current() -> None:
    listing = code("sum(log(exp(-y.*(X*w)) + vector(1)))", "w", (0, 1, 2))
    page = (ROOT / "docs" / "codegen.md").read_text(encoding="utf-8")
    assert f"```python\n{listing}```" in page, "copy what the command above it prints"
