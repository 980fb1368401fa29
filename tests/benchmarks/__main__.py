"""The benchmark of generated code: ``python -m tests.benchmarks``.

Each derivative is computed by generated code, by JAX and PyTorch, and by plain NumPy; the
versions must agree before they are timed, in turn. Exit status 1 if a bar is missed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from tests.benchmarks.bars import BARS, fastest, judged, least, of, ratio
from tests.benchmarks.machine import about
from tests.benchmarks.measure import environment
from tests.benchmarks.page import PLOT, page, short
from tests.benchmarks.plot import svg
from tests.benchmarks.problems import PROBLEMS
from tests.benchmarks.problems.problem import KINDS
from tests.benchmarks.synchronous import SYNCHRONOUS

Cell = tuple[str, str, int]


def cells(
    only: tuple[str, ...], kinds: tuple[str, ...], sizes: tuple[int, ...], quick: bool
) -> list[Cell]:
    """What is measured: a problem's name, a kind and a size; all, or what has its own bar."""
    barred = {(bar.problem, bar.kind, bar.n) for bar in BARS}
    return [
        (problem.name, kind, n)
        for problem in PROBLEMS
        if not only or any(text in problem.name for text in only)
        for kind in problem.plain
        if not kinds or kind in kinds
        for n in sizes or problem.measured_at(kind)
        if not quick or (problem.name, kind, n) in barred
    ]


def measured(wanted: list[Cell], threads: int, seconds: float) -> Iterator[dict[str, Any]]:
    """The results, from a process that has so many threads; 0 is all."""
    while wanted:
        request = json.dumps({"cells": wanted, "threads": threads, "seconds": seconds})
        with subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.measure", request],
            env=environment(threads),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                wanted = wanted[1:]
                yield {**json.loads(line), "threads": threads}
        if wanted:
            why = f"the process ended with status {process.returncode}"
            note = {"name": "a version", "mode": "", "why": why, "wrong": "failed"}
            (name, kind, n), *wanted = wanted
            yield {
                "problem": name, "kind": kind, "n": n, "dims": {}, "times": [],
                "notes": [note], "threads": threads,
            }  # fmt: skip


def line(cell: dict[str, Any]) -> str:
    """A cell as it is printed."""
    parts = [f"{cell['problem']:32} {cell['kind']:10} {cell['n']:5}"]
    for mode in ("numpy", "jax", "numba"):
        mine = fastest(of(cell, "ours", mode))
        parts.append(f"{short(mine['min']) if mine else '-':>8}")
    for name, suffix in (("JAX", ""), ("JAX", SYNCHRONOUS), ("PyTorch", ""), ("plain", "")):
        best = fastest(of(cell, name + suffix))
        times, middle = (ratio(cell, name, what, suffix) for what in ("min", "median"))
        parts.append(f"{short(best['min']) if best else '-':>8}")
        parts.append(f"{times:8.3g} ({middle:.3g})" if times and middle else f"{'':8}")
    bar = least(cell["problem"], cell["kind"], cell["n"])
    parts.append(f"bar {bar:g}" if bar is not None and cell["threads"] == 1 else "")
    missed = [what for what, met in judged(cell) if not met]
    parts.append(f"MISSED: {'; '.join(missed)}" if missed else "ok")
    left = [f"{n['name']} {n['mode']} {n['why']}" for n in cell["notes"] if not n["wrong"]]
    return "  ".join(parts) + (f"  [{'; '.join(left)}]" if left else "")


@click.command()
@click.option("--quick", is_flag=True, help="Only what has a bar of its own, in one thread.")
@click.option("--only", multiple=True, metavar="TEXT", help="Problems whose name has TEXT.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)))
@click.option("--sizes", default="", metavar="N,N", help="Other sizes than the problem's own.")
@click.option("--seconds", default=0.7, show_default=True, help="Time for each cell.")
@click.option("--threads", type=click.Choice(["1", "all", "both"]), default="both")
@click.option("--write", is_flag=True, help="Write the page and its plot.")
@click.option("--folder", default="docs", show_default=True, help="Where they are written.")
@click.option("--json", "path", default="", help="A file for all figures.")
@click.option("--figures", default="", help="Such a file, instead of measuring.")
def main(
    quick: bool,
    only: tuple[str, ...],
    kinds: tuple[str, ...],
    sizes: str,
    seconds: float,
    threads: str,
    write: bool,
    folder: str,
    path: str,
    figures: str,
) -> None:
    """Measures generated derivatives against JAX, PyTorch and plain NumPy."""
    needed = ("jax", "matplotlib", "scipy", "threadpoolctl", "torch") if write else ()
    if missing := [name for name in needed if not find_spec(name)]:
        raise click.ClickException(
            f"the page needs {', '.join(missing)}: pip install -e '.[bench]'"
        )
    chosen = tuple(int(n) for n in sizes.split(",") if n)
    if figures:
        run = json.loads(Path(figures).read_text(encoding="utf-8"))
    else:
        run = {"about": about(), "cells": []}
    results: list[dict[str, Any]] = run["cells"]
    counts = {"1": (1,), "all": (0,)}.get("1" if quick else threads, (1, 0))
    for count in () if figures else counts:
        click.echo(
            f"{'one thread' if count else 'all threads'}: ours by target (numpy, jax, numba); JAX, "
            "JAX with synchronous dispatch, PyTorch and plain NumPy, each with the ratio of "
            "minima (medians) to our best of numpy and jax"
        )
        for cell in measured(cells(only, kinds, chosen, quick), count, seconds):
            results.append(cell)
            click.echo(line(cell))
            if path:
                Path(path).write_text(json.dumps(run, indent=1), encoding="utf-8")
    if write:
        Path(folder).mkdir(parents=True, exist_ok=True)
        Path(folder, PLOT).write_text(svg(results), encoding="utf-8")
        Path(folder, "benchmarks.md").write_text(page(run), encoding="utf-8")
    missed = sum(not met for cell in results for _, met in judged(cell))
    click.echo(f"{len(results)} cells, {missed} misses")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
