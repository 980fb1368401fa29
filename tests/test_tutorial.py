"""The tutorial notebook says what the package says today, and nothing of where it was run."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tutorial import PATH, load, shown, trimmed, written

NOTEBOOK = load()
CODE = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
WORDS = "\n".join(
    "".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "markdown"
)


def displayed(source: str, names: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """What a cell prints, and the representations of its last value, as a notebook has them."""
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        value = None
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    if value is None:
        return out.getvalue(), None
    data = {"text/plain": repr(value)}
    for kind in ("html", "latex"):
        method = getattr(value, f"_repr_{kind}_", None)
        if method is not None:
            data[f"text/{kind}"] = method()
    if hasattr(value, "_repr_svg_"):
        data["image/svg+xml"] = value._repr_svg_()
    return out.getvalue(), shown(data)


def test_every_cell_gives_what_is_stored() -> None:
    names: dict[str, Any] = {}
    for cell in CODE:
        printed, data = displayed("".join(cell["source"]), names)
        stored = {o["output_type"]: o for o in cell["outputs"]}
        assert "".join(stored.get("stream", {}).get("text", [])) == printed, cell["source"]
        assert stored.get("execute_result", {}).get("data") == data, cell["source"]


def test_every_code_cell_shows_something_and_no_error() -> None:
    for cell in CODE:
        assert cell["outputs"], cell["source"]
        assert {o["output_type"] for o in cell["outputs"]} <= {"stream", "execute_result"}
        assert all(o.get("name") != "stderr" for o in cell["outputs"])


def test_nothing_tells_where_or_when_it_was_run() -> None:
    text = PATH.read_text(encoding="utf-8")
    assert trimmed(NOTEBOOK) == NOTEBOOK
    assert written(NOTEBOOK) == text
    assert not re.search(r"/(home|tmp|work|root|usr|Users)/|ipykernel|\d{4}-\d\d-\d\d", text)


def test_it_walks_from_a_derivative_to_a_network() -> None:
    source = "\n".join("".join(cell["source"]) for cell in CODE)
    for call in ('derive("y = W*x", "x")', "in_layout(", "check(", ".steps", "explain(", "graph(",
                 "compile(", "hessian("):  # fmt: skip
        assert call in source
    pictures = [o for c in CODE for o in c["outputs"] if "image/svg+xml" in o.get("data", {})]
    assert len(pictures) == 2


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", WORDS))
def test_its_links_lead_somewhere(target: str) -> None:
    assert (PATH.parent / target).exists()


@pytest.mark.slow
def test_a_fresh_kernel_gives_the_same() -> None:
    script = Path(__file__).parent / "tutorial.py"
    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
