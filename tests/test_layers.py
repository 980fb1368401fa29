"""Imports run one way, and importing the package is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "matrixcalc"
FILES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}

# From the ground to the front. A module imports only from groups above its own, or, within
# its group, without a cycle.
GROUPS = (
    ("matrixcalc.errors", "matrixcalc.dims", "matrixcalc.operators", "matrixcalc.cases"),
    ("matrixcalc.expr",),
    ("matrixcalc.build", "matrixcalc.constructors", "matrixcalc.calls"),
    ("matrixcalc.printers",),
    ("matrixcalc.problem",),
    ("matrixcalc.derivative",),
    ("matrixcalc.derive",),
    ("matrixcalc.derivation", "matrixcalc.backprop"),
    ("matrixcalc.report",),
    ("matrixcalc.rules_check", "matrixcalc.rules_page"),
    ("matrixcalc.cli",),
    ("matrixcalc.__main__",),
)

# Imports inside functions that look back: one piece cut in two files, or a method that is
# a door to a later stage.
DOORS = {
    ("matrixcalc.expr", "matrixcalc.printers.text"),
    ("matrixcalc.expr", "matrixcalc.printers.latex"),
    ("matrixcalc.constructors.functions", "matrixcalc.calls"),
    ("matrixcalc.derivative", "matrixcalc.derivation.explain"),
    ("matrixcalc.derivative", "matrixcalc.derivation.trace"),
    ("matrixcalc.derivation.records", "matrixcalc.derivation.checking"),
    ("matrixcalc.derivation.records", "matrixcalc.derivation.prose"),
    ("matrixcalc.derivation.records", "matrixcalc.derivation.typeset"),
    ("matrixcalc.backprop.network", "matrixcalc.backprop.listing"),
    ("matrixcalc.backprop.network", "matrixcalc.backprop.sources"),
    ("matrixcalc.backprop.network", "matrixcalc.backprop.svg"),
}
# Constructors need each other: what one needs of a later file it asks of the module of all.
DOORS |= {
    (name, "matrixcalc.build") for name in FILES if name.startswith("matrixcalc.constructors.")
}

HEAVY = ("sympy", "numpy", "scipy", "rich", "hypothesis", "jax", "mpmath")


def imports(tree: ast.AST, lazy: bool = False) -> Iterator[tuple[str, bool]]:
    """The package's modules that a file imports, and whether inside a function."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            found = [alias.name for alias in child.names]
        elif isinstance(child, ast.ImportFrom) and child.module:
            inner = [f"{child.module}.{alias.name}" for alias in child.names]
            found = [name for name in inner if name in FILES] or [child.module]
        else:
            inside = lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from imports(child, inside)
            continue
        yield from ((name, lazy) for name in found if name in FILES)


EDGES = [
    (name, target, lazy)
    for name, path in FILES.items()
    for target, lazy in imports(ast.parse(path.read_text(encoding="utf-8")))
    if target != name
]


def level(name: str) -> int | None:
    for position, group in enumerate(GROUPS):
        if any(name == member or name.startswith(f"{member}.") for member in group):
            return position
    return None


def test_the_named_modules_exist() -> None:
    assert {m for group in GROUPS for m in group} <= set(FILES)
    assert {name for door in DOORS for name in door} <= set(FILES)


def test_there_are_no_cycles() -> None:
    graph: dict[str, set[str]] = {name: set() for name in FILES}
    for name, target, _ in EDGES:
        if (name, target) not in DOORS and name != "matrixcalc":
            graph[name].add(target)
    assert len(list(TopologicalSorter(graph).static_order())) == len(FILES)


def test_the_order_of_the_groups_holds() -> None:
    for name, target, _ in EDGES:
        mine, other = level(name), level(target)
        if mine is not None and other is not None and (name, target) not in DOORS:
            assert other <= mine, f"{name} imports {target}"


def test_the_engine_does_not_know_its_front() -> None:
    front = {"matrixcalc.cli", "matrixcalc.report", "matrixcalc.rules_check", "matrixcalc.__main__"}
    allowed = {*front, "matrixcalc.rules_page"}
    assert not [(a, b) for a, b, _ in EDGES if b in front and a not in allowed]


@pytest.mark.parametrize(
    "code",
    [
        "import matrixcalc",
        "import matrixcalc.cli",
        "from matrixcalc import derive; derive('W*x', 'x', verify=False)",
    ],
)
def test_nothing_heavy_is_imported(code: str) -> None:
    code += f"; import sys; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
