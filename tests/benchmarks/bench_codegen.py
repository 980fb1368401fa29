"""How long code takes to be written: ``python -m tests.benchmarks.bench_codegen``.

Every case of the corpus by one variable, in a process that is warm: its derivative beside the
value, its products and its second derivatives. Processor time, the first and the median of three
more, before each of which the engine forgets what it has simplified; the slowest are printed. Exit
status 1 if one case takes 50 ms or longer.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from matrixcalc import build, simplify
from matrixcalc.codegen.api import code
from matrixcalc.codegen.stability import logs
from matrixcalc.errors import UnsupportedError

CORPUS = [Path(__file__).parent.parent / "corpus" / name for name in ("cases.jsonl", "more.jsonl")]
LIMIT = 0.050
SHOWN = 12


def cases() -> Iterator[dict[str, Any]]:
    for path in CORPUS:
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            if len(set(case["wrt"])) == 1 and len(case["wrt"]) <= 2:
                yield case


def wanted(case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What is written for a case: its name and the arguments that ask for it."""
    found: dict[str, dict[str, Any]] = {
        "derivative": {"order": (0, len(case["wrt"]))},
        "jvp": {"product": "jvp"},
        "vjp": {"product": "vjp"},
    }
    if case["case"].startswith("scalar-by-"):
        found["hvp"] = {"order": (0, 1), "product": "hvp"}
        found["second derivative"] = {"order": 2}
        found["all orders"] = {"order": (0, 1, 2)}
    return found


def forget() -> None:
    """Let no time be saved by the work of the time before."""
    simplify.remembered.clear()
    for function in (build.mul, logs.canonical, logs.peeled):
        function.cache_clear()


def seconds(case: dict[str, Any], options: dict[str, Any]) -> tuple[float, float] | None:
    """The first time, and the median of three more; None for what there is not."""
    taken = []
    for _ in range(4):
        forget()
        start = time.process_time()
        try:
            code(
                case["expr"], case["wrt"][0], vars=case["vars"],
                structured=case.get("structured"), **options,
            )
        except UnsupportedError:
            return None
        taken.append(time.process_time() - start)
    return taken[0], median(taken[1:])


def main() -> int:
    code("x'*A*x", "x")
    code("norm2(A*x)^2", "x", product="hvp")
    missed = 0
    for name in ("derivative", "jvp", "vjp", "hvp", "second derivative", "all orders"):
        found = []
        for case in cases():
            options = wanted(case).get(name)
            times = None if options is None else seconds(case, options)
            if times is not None:
                found.append((times[1], times[0], case["id"], case["expr"]))
        found.sort(reverse=True)
        middle = median(row[0] for row in found)
        late = [row for row in found if row[0] >= LIMIT]
        missed += len(late)
        print(f"{name}: {len(found)} cases, median {1e3 * middle:.1f} ms, {len(late)} late")
        for again, first, label, text in found[:SHOWN]:
            print(f"  {1e3 * again:6.1f} ms, first {1e3 * first:6.1f} ms  {label}  {text[:70]}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
